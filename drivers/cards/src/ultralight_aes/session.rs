//! The cryptography of Ultralight AES, without a card: the three passes, and the MACs after them.

use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use tillside_keys::{CardKey, aes_cmac, same_mac, truncated};
use zeroize::Zeroizing;

/// The card answers the first pass with this, and expects it before the second.
const CONTINUE: u8 = 0xAF;
const DONE: u8 = 0x00;
const IV: [u8; 16] = [0; 16];

/// Between the second and the third pass.
pub(super) struct Authentication {
    key: CardKey,
    ours: [u8; 16],
    theirs: Zeroizing<[u8; 16]>,
}

impl Authentication {
    /// Takes the card's `AF ‖ E(RndB)`, and gives the frame `AF ‖ E(RndA ‖ RndB')`. `None` for
    /// anything else.
    pub(super) fn answer(key: CardKey, ours: [u8; 16], first: &[u8]) -> Option<(Self, Vec<u8>)> {
        let [CONTINUE, sealed @ ..] = first else {
            return None;
        };
        let theirs = Zeroizing::new(decrypted(&key, sealed.try_into().ok()?));
        let mut blocks = [ours, rotated(&theirs)].map(Into::into);
        // Zero IV: not chained with the card's block (AN13452).
        cbc::Encryptor::<Aes128>::new(key.bytes().into(), &IV.into()).encrypt_blocks(&mut blocks);
        let frame = [&[CONTINUE], blocks[0].as_slice(), blocks[1].as_slice()].concat();
        Some((Self { key, ours, theirs }, frame))
    }

    /// Checks the card's `00 ‖ E(RndA')`. `None` if it does not know the key.
    pub(super) fn finish(self, proof: &[u8]) -> Option<MacSession> {
        let [DONE, sealed @ ..] = proof else {
            return None;
        };
        let found = decrypted(&self.key, sealed.try_into().ok()?);
        same_mac(&found, &rotated(&self.ours)).then(|| MacSession {
            key: session_key(&self.key, &self.ours, &self.theirs),
            counter: 0,
        })
    }
}

/// The MACs on frames after an authentication (CMAC mode).
pub(super) struct MacSession {
    key: CardKey,
    counter: u16,
}

impl MacSession {
    /// `frame` with its MAC.
    pub(super) fn command(&mut self, frame: &[u8]) -> Vec<u8> {
        let mac = self.next_mac(frame);
        [frame, &mac].concat()
    }

    /// The data of `answer`, if its MAC is right.
    pub(super) fn response<'a>(&mut self, answer: &'a [u8]) -> Option<&'a [u8]> {
        let (data, mac) = answer.split_last_chunk::<8>()?;
        same_mac(mac, &self.next_mac(data)).then_some(data)
    }

    /// MACt over counter ‖ frame; the counter goes up by one with the command and with its answer.
    fn next_mac(&mut self, frame: &[u8]) -> [u8; 8] {
        let input = [&self.counter.to_le_bytes(), frame].concat();
        self.counter = self.counter.wrapping_add(1);
        truncated(aes_cmac(self.key.bytes(), &input))
    }
}

fn decrypted(key: &CardKey, sealed: [u8; 16]) -> [u8; 16] {
    let mut block = sealed.into();
    cbc::Decryptor::<Aes128>::new(key.bytes().into(), &IV.into()).decrypt_block(&mut block);
    block.into()
}

/// By one byte to the left.
fn rotated(bytes: &[u8; 16]) -> [u8; 16] {
    let mut rotated = *bytes;
    rotated.rotate_left(1);
    rotated
}

/// SesAuthMACKey: as EV2's, from both random numbers (AN13452).
fn session_key(key: &CardKey, ours: &[u8; 16], theirs: &[u8; 16]) -> CardKey {
    let mixed: Vec<u8> = (0..6).map(|at| ours[2 + at] ^ theirs[at]).collect();
    let vector = [
        &[0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80],
        &ours[..2],
        &mixed,
        &theirs[6..],
        &ours[8..],
    ]
    .concat();
    CardKey::new(aes_cmac(key.bytes(), &vector))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::script::{bytes, vector};

    #[test]
    fn the_passes_are_those_of_the_data_sheet_and_of_an13452() {
        let vectors = vector("ultralight_aes.json");
        let cases = vectors["vectors"].as_array().unwrap();
        assert_eq!(cases.len(), 2);
        for case in cases {
            let key = CardKey::new(bytes(&case["key"]).try_into().unwrap());
            let ours = bytes(&case["rndA"]).try_into().unwrap();
            let first = bytes(&case["rx1"]);
            let (pass, second) = Authentication::answer(key, ours, &first).unwrap();
            assert_eq!(second, bytes(&case["tx2"]));
            let mut session = pass.finish(&bytes(&case["rx2"])).unwrap();
            if let Some(mac) = case.get("mac") {
                let expected = bytes(&case["ses_mac"]);
                assert_eq!(session.key.bytes().as_slice(), expected);
                let input = bytes(&mac["input"]);
                let frame = session.command(&input[2..]);
                assert_eq!(frame[1..], bytes(&mac["mact"]));
            }
        }
    }

    #[test]
    fn a_mac_is_good_once_and_in_its_place() {
        let session = || MacSession {
            key: CardKey::new([3; 16]),
            counter: 0,
        };
        let (mut card, mut till) = (session(), session());
        card.next_mac(&[0x30, 4]);
        till.command(&[0x30, 4]);
        let answer = card.command(&[7; 16]);
        assert_eq!(till.response(&answer), Some(&[7; 16][..]));
        // The same answer again, and one without a MAC.
        assert_eq!(till.response(&answer), None);
        assert_eq!(till.response(&[7; 16]), None);
        assert_eq!(till.response(&[7; 7]), None);
    }
}
