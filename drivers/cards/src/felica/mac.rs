//! MAC_A of FeliCa Lite-S: two-key triple DES in CBC mode, with every group of 8 bytes turned around.
//!
//! Source: FeliCa Lite-S user's manual, as public implementations of it show it. The session key comes
//! from the card key (CK) and the random challenge (RC); the MAC of a read covers the numbers of the
//! blocks that were read, then their data.

use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use des::TdesEde2;
use tillside_keys::CardKey;
use zeroize::{Zeroize, ZeroizeOnDrop};

type Cbc = cbc::Encryptor<TdesEde2>;

/// The session key of one challenge.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Session {
    /// As the cipher takes it: each half is turned around already.
    key: [u8; 16],
    iv: [u8; 8],
}

impl Session {
    /// For the card key and the challenge as they stand in the card's blocks.
    pub(super) fn new(card_key: &CardKey, challenge: &[u8; 16]) -> Self {
        let mut turned = turned(card_key.bytes());
        let [first, second] = halves(challenge);
        let mut key = [0; 16];
        let mut cbc = Cbc::new(&turned.into(), &[0; 8].into());
        for (half, part) in [first, second].into_iter().zip(key.chunks_mut(8)) {
            let mut block = half.into();
            cbc.encrypt_block(&mut block);
            part.copy_from_slice(&block);
        }
        turned.zeroize();
        Self { key, iv: first }
    }

    /// The MAC of blocks that were read, under the numbers `blocks` (the last is MAC_A's own).
    pub(super) fn of_read(&self, blocks: &[u8], data: &[u8]) -> [u8; 8] {
        // Two bytes a number; places that are not used hold FF.
        let mut numbers = [0xFF; 8];
        for (place, block) in numbers.chunks_mut(2).zip(blocks) {
            place.copy_from_slice(&[*block, 0x00]);
        }
        self.mac(&[&numbers, data].concat())
    }

    /// CBC over groups of 8 bytes, each turned around, as is the result. `data` is whole groups.
    fn mac(&self, data: &[u8]) -> [u8; 8] {
        let mut cbc = Cbc::new(&self.key.into(), &self.iv.into());
        let mut last = [0; 8];
        for group in data.as_chunks::<8>().0 {
            let mut group = *group;
            group.reverse();
            let mut block = group.into();
            cbc.encrypt_block(&mut block);
            last = block.into();
        }
        last.reverse();
        last
    }
}

/// Both halves, each turned around.
fn halves(bytes: &[u8; 16]) -> [[u8; 8]; 2] {
    [0, 8].map(|from| std::array::from_fn(|at| bytes[from + 7 - at]))
}

fn turned(bytes: &[u8; 16]) -> [u8; 16] {
    let [first, second] = halves(bytes);
    std::array::from_fn(|at| if at < 8 { first[at] } else { second[at - 8] })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::script::{bytes, vector};

    /// The challenge that the vectors were made with (their source draws 00 to 0F, and sends each half
    /// turned around).
    fn session() -> Session {
        let vectors = vector("felica.json");
        let card_key = vectors["auth_lite_s_external"]["ck_password_ascii"].as_str();
        let card_key: [u8; 16] = card_key.unwrap().as_bytes().try_into().unwrap();
        let challenge = std::array::from_fn(|at| u8::try_from(at).unwrap());
        Session::new(&CardKey::new(turned(&card_key)), &turned(&challenge))
    }

    #[test]
    fn macs_of_blocks_are_those_of_the_public_vectors() {
        let vectors = vector("felica.json");
        let case = &vectors["auth_lite_s_external"];
        for (block, mac) in [("id_block", "id_mac"), ("attr_block", "attr_mac")] {
            let found = session().mac(&bytes(&case[block]));
            assert_eq!(found.as_slice(), bytes(&case[mac]), "{block}");
        }
        let state = [&[1], &[0; 15][..]].concat();
        assert_eq!(
            session().mac(&state).as_slice(),
            bytes(&case["state_read_mac"])
        );
    }

    /// MAC_A of a write starts with counter and block numbers as a read's does with block numbers, and
    /// has the session key's halves the other way round.
    #[test]
    fn mac_a_with_block_numbers_is_that_of_the_public_vector() {
        let vectors = vector("felica.json");
        let case = &vectors["auth_lite_s_external"];
        let mut session = session();
        session.key.rotate_left(8);
        let counter = bytes(&case["wcnt"]);
        let state = [&[1], &[0; 15][..]].concat();
        let input = [&counter, &[0, 0x92, 0, 0x91, 0][..], &state].concat();
        assert_eq!(session.mac(&input).as_slice(), bytes(&case["mac_a"]));
    }

    #[test]
    fn the_numbers_of_the_blocks_are_under_the_mac() {
        let (session, data) = (session(), [7; 48]);
        let mac = session.of_read(&[0x82, 0x86, 0x00, 0x91], &data);
        assert_ne!(mac, session.of_read(&[0x86, 0x82, 0x00, 0x91], &data));
        assert_ne!(mac, session.of_read(&[0x82, 0x86, 0x91], &data));
        let input = [&[0x82, 0, 0x86, 0, 0, 0, 0x91, 0], &data[..]].concat();
        assert_eq!(mac, session.mac(&input));
        let short = [&[0x82, 0, 0x91, 0, 0xFF, 0xFF, 0xFF, 0xFF], &data[..16]].concat();
        assert_eq!(
            session.of_read(&[0x82, 0x91], &data[..16]),
            session.mac(&short)
        );
    }
}
