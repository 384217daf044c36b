//! The one thing a factory-fresh card needs the oldest secure messaging for (D40, DES): its master key
//! is DES zeros, and becomes ours, AES.
//!
//! The card only ever enciphers, so that we decipher what we send, too. From public client sources
//! (libfreefare's behaviour); on a real card it is (unverified).

use des::Des;
use des::cipher::{Array, BlockCipherDecrypt, KeyInit};
use zeroize::Zeroizing;

use super::card::{Card, expect};
use super::checksum::crc_a;
use super::error::CardError;
use super::frame;
use super::keys::VersionedKey;
use super::status::Status;

const AUTHENTICATE: u8 = 0x0A;
const CHANGE_KEY: u8 = 0xC4;
/// The card's master key (number 0), to be of type AES from now on.
const MASTER_KEY_AES: u8 = 0x80;
const BLOCK: usize = 8;
const STEP: &str = "the card's first key";

impl Card<'_> {
    /// At card level: authenticates with the factory's key and sets `new` in its place, in one session
    /// of four APDUs. `random` is 8 bytes that nobody can predict.
    ///
    /// # Errors
    /// `WrongKey` if the card's master key is not the factory's any more; `Refused`, `Garbled`, the
    /// reader's: the card then has the old key or the new one.
    pub fn change_factory_master_key(
        &mut self,
        new: &VersionedKey,
        random: [u8; BLOCK],
    ) -> Result<(), CardError> {
        self.end_session();
        let session = self.authenticate_factory(random)?;
        let mut data = Zeroizing::new([&new.key.bytes()[..], &[new.version]].concat());
        let crc = crc_a(&data);
        data.extend(crc.to_le_bytes());
        let whole = data.len().next_multiple_of(BLOCK);
        data.resize(whole, 0);
        let sealed = deciphered_chain(&session, &data);
        let command = [&[MASTER_KEY_AES], sealed.as_slice()].concat();
        let (status, _) = frame::whole(self.session, STEP, CHANGE_KEY, &command)?;
        expect(STEP, status, Status::Ok)
    }

    /// Gives the session's key.
    fn authenticate_factory(&mut self, ours: [u8; BLOCK]) -> Result<[u8; BLOCK], CardError> {
        let garbled = CardError::Garbled { step: STEP };
        let zeros = [0; BLOCK];
        let (status, first) = frame::once(self.session, STEP, AUTHENTICATE, &[0x00])?;
        expect(STEP, status, Status::More)?;
        let first = <[u8; BLOCK]>::try_from(first).map_err(|_| garbled)?;
        let theirs = deciphered(&zeros, first);
        let mut echo = theirs;
        echo.rotate_left(1);
        let second = deciphered_chain(&zeros, &[ours, echo].concat());
        let (status, proof) = frame::once(self.session, STEP, frame::ADDITIONAL_FRAME, &second)?;
        if status == Status::Authentication {
            return Err(CardError::WrongKey { step: STEP });
        }
        expect(STEP, status, Status::Ok)?;
        let garbled = CardError::Garbled { step: STEP };
        let proof = <[u8; BLOCK]>::try_from(proof).map_err(|_| garbled)?;
        let mut due = ours;
        due.rotate_left(1);
        if deciphered(&zeros, proof) != due {
            return Err(CardError::WrongKey { step: STEP });
        }
        let [a, b, c, d, ..] = ours;
        let [e, f, g, h, ..] = theirs;
        Ok([a, b, c, d, e, f, g, h])
    }
}

fn deciphered(key: &[u8; BLOCK], block: [u8; BLOCK]) -> [u8; BLOCK] {
    let mut block = Array::from(block);
    Des::new(&Array::from(*key)).decrypt_block(&mut block);
    block.into()
}

/// The send mode of a terminal: each block is deciphered after it was mixed with the one sent before.
fn deciphered_chain(key: &[u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let (blocks, _) = plain.as_chunks::<BLOCK>();
    let mut before = [0; BLOCK];
    let mut sent = Vec::with_capacity(plain.len());
    for block in blocks {
        let mixed = std::array::from_fn(|at| block[at] ^ before[at]);
        before = deciphered(key, mixed);
        sent.extend(before);
    }
    sent
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use des::cipher::BlockCipherEncrypt;

    /// What the card does: it enciphers.
    pub(crate) fn enciphered(key: &[u8; BLOCK], block: [u8; BLOCK]) -> [u8; BLOCK] {
        let mut block = Array::from(block);
        Des::new(&Array::from(*key)).encrypt_block(&mut block);
        block.into()
    }

    /// What the card makes of [`deciphered_chain`].
    pub(crate) fn received(key: &[u8; BLOCK], sent: &[u8]) -> Vec<u8> {
        let (blocks, _) = sent.as_chunks::<BLOCK>();
        let mut before = [0; BLOCK];
        let mut plain = Vec::new();
        for block in blocks {
            let clear = enciphered(key, *block);
            plain.extend(clear.iter().zip(before).map(|(clear, mixed)| clear ^ mixed));
            before = *block;
        }
        plain
    }

    #[test]
    fn the_card_reads_what_was_sent() {
        let key = [1, 2, 3, 4, 5, 6, 7, 8];
        let plain: Vec<u8> = (0..24).collect();
        assert_eq!(received(&key, &deciphered_chain(&key, &plain)), plain);
    }
}
