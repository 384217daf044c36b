//! AES-128 in CBC mode over whole blocks, and the padding that marks its end (ISO 9797-1, method 2).

use aes::Aes128;
use cbc::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use tillside_keys::CardKey;

/// Bytes of a block.
pub(crate) const BLOCK: usize = 16;
type Block = Array<u8, cbc::cipher::consts::U16>;

/// `plain` enciphered. Its length must be a multiple of 16: what is past the last whole block is dropped.
pub(crate) fn encrypt(key: &CardKey, iv: &[u8; BLOCK], plain: &[u8]) -> Vec<u8> {
    let mut blocks = blocks(plain);
    cbc::Encryptor::<Aes128>::new(key.bytes().into(), iv.into()).encrypt_blocks(&mut blocks);
    blocks.concat()
}

/// The reverse of [`encrypt`]; `None` if `sealed` is no whole number of blocks.
pub(crate) fn decrypt(key: &CardKey, iv: &[u8; BLOCK], sealed: &[u8]) -> Option<Vec<u8>> {
    if !sealed.len().is_multiple_of(BLOCK) {
        return None;
    }
    let mut blocks = blocks(sealed);
    cbc::Decryptor::<Aes128>::new(key.bytes().into(), iv.into()).decrypt_blocks(&mut blocks);
    Some(blocks.concat())
}

/// One block in ECB mode: how initialisation vectors are made.
pub(crate) fn encrypt_block(key: &CardKey, block: &[u8; BLOCK]) -> [u8; BLOCK] {
    let mut blocks = [Block::from(*block)];
    cbc::Encryptor::<Aes128>::new(key.bytes().into(), &[0; BLOCK].into())
        .encrypt_blocks(&mut blocks);
    blocks[0].into()
}

/// `data` with 80 and zeros up to whole blocks; always at least one byte is added.
pub(crate) fn padded(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(BLOCK), 0);
    padded
}

/// The reverse of [`padded`]; `None` if the padding is wrong or longer than a block.
pub(crate) fn unpadded(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    if padded.get(end) != Some(&0x80) || padded.len() - end > BLOCK {
        return None;
    }
    padded.truncate(end);
    Some(padded)
}

fn blocks(bytes: &[u8]) -> Vec<Block> {
    let (whole, _) = bytes.as_chunks::<BLOCK>();
    whole.iter().map(|block| Block::from(*block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_goes_on_and_off() {
        for length in 0..40 {
            let data = vec![7; length];
            let padded = padded(&data);
            assert!(padded.len() > length && padded.len().is_multiple_of(BLOCK));
            assert_eq!(unpadded(padded), Some(data));
        }
        for wrong in [vec![], vec![0; 16], vec![1; 16]] {
            assert_eq!(unpadded(wrong), None);
        }
        let mut two = vec![0; 32];
        two[15] = 0x80;
        assert_eq!(unpadded(two), None);
    }

    #[test]
    fn enciphering_is_undone_by_its_reverse() {
        let (key, iv) = (CardKey::new([1; 16]), [2; 16]);
        let sealed = encrypt(&key, &iv, &[3; 48]);
        assert_eq!(decrypt(&key, &iv, &sealed), Some(vec![3; 48]));
        assert_eq!(decrypt(&key, &iv, &sealed[1..]), None);
    }
}
