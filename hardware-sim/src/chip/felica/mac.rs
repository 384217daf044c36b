//! The MACs of FeliCa Lite-S: 2-key triple DES in CBC over bytes that are reversed in groups of 8.
//!
//! From the FeliCa Lite-S user's manual; held to `tests/vectors/felica.json`.

use des::TdesEde2;
use des::cipher::{BlockCipherEncrypt, KeyInit};

use super::memory::Block;

const GROUP: usize = 8;

/// A MAC as it stands in a block.
pub(crate) type Mac = [u8; GROUP];

/// The session key SK of a card key CK and a challenge RC, all as they stand in their blocks.
pub(crate) fn session_key(card_key: &Block, challenge: &Block) -> Block {
    let sealed = chain(&reversed(card_key), [0; GROUP], challenge);
    let mut key = [0; 16];
    for (place, group) in key.chunks_mut(GROUP).zip(sealed) {
        place.copy_from_slice(&group);
    }
    key
}

/// MAC over `data` (whole groups) from a session key and the challenge that made it.
pub(crate) fn mac(key: &Block, challenge: &Block, data: &[u8]) -> Mac {
    let mut start: Mac = std::array::from_fn(|index| challenge[index]);
    start.reverse();
    let mut last = chain(key, start, data).last().copied().unwrap_or(start);
    last.reverse();
    last
}

/// MAC_A of a read: the numbers of the blocks, then their data.
pub(crate) fn read_mac_a(key: &Block, challenge: &Block, blocks: &[u8], data: &[u8]) -> Mac {
    let mut head = [0xFF; GROUP];
    for (place, block) in head.chunks_mut(2).zip(blocks) {
        place.copy_from_slice(&[*block, 0]);
    }
    mac(key, challenge, &[&head, data].concat())
}

/// MAC_A of a write: the write counter, the two blocks, the data; its key has its halves swapped.
pub(crate) fn write_mac_a(
    key: &Block,
    challenge: &Block,
    counter: [u8; 3],
    block: u8,
    data: &Block,
) -> Mac {
    let mut swapped = *key;
    swapped.rotate_left(GROUP);
    let [a, b, c] = counter;
    let head = [a, b, c, 0, block, 0, 0x91, 0];
    mac(&swapped, challenge, &[head.as_slice(), data].concat())
}

/// CBC over the reversed groups of `data`; the key is in the cipher's own order.
fn chain(key: &Block, start: Mac, data: &[u8]) -> Vec<Mac> {
    let cipher = TdesEde2::new(key.into());
    let mut last = start;
    let groups = data.as_chunks::<GROUP>().0.iter();
    groups
        .map(|group| {
            let mixed: Mac = std::array::from_fn(|index| group[GROUP - 1 - index] ^ last[index]);
            let mut block = mixed.into();
            cipher.encrypt_block(&mut block);
            last = block.into();
            last
        })
        .collect()
}

fn reversed(block: &Block) -> Block {
    std::array::from_fn(|index| block[index / GROUP * GROUP + GROUP - 1 - index % GROUP])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::vectors::{bytes, hex, of};

    /// The results are in nfcpy's own tests (`test_generate_mac`); the file has the inputs.
    #[test]
    fn the_mac_is_that_of_nfcpy() {
        let vector = &of("felica.json")["generate_mac"];
        let key: Block = bytes(&vector["key"]).try_into().unwrap();
        let data = bytes(&vector["data"]);
        let mut challenge = [0; 16];
        // Blocks hold it reversed.
        challenge[..8].copy_from_slice(&bytes(&vector["iv"]));
        challenge[..8].reverse();
        assert_eq!(
            mac(&key, &challenge, &data).to_vec(),
            hex("0B1268D7A4AC6932")
        );
        let mut swapped = key;
        swapped.rotate_left(8);
        assert_eq!(
            mac(&swapped, &challenge, &data).to_vec(),
            hex("18CDD33C0FB25DD7")
        );
    }
}
