//! AES-128 as the chips of the NTAG 424 DNA and Ultralight AES kind use it: CBC, CMAC (NIST SP
//! 800-38B), the eight odd bytes of a CMAC, and the padding 80 00 …

use aes::Aes128;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use cmac::{Cmac, Mac};

/// Bytes of a block and of a key.
pub(crate) const BLOCK: usize = 16;
/// Bytes of a truncated CMAC.
pub(crate) const SHORT_MAC: usize = 8;
/// The first vector of a chain that has none.
pub(crate) const NO_IV: Key = [0; BLOCK];

/// A key, or any other block.
pub(crate) type Key = [u8; BLOCK];

/// CBC over whole blocks; what does not fill a block at the end is left out.
pub(crate) fn encrypt(key: &Key, iv: &Key, data: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut last = *iv;
    let mut out = Vec::with_capacity(data.len());
    for block in data.as_chunks::<BLOCK>().0 {
        let mut block = xor(block, &last).into();
        cipher.encrypt_block(&mut block);
        last = block.into();
        out.extend_from_slice(&last);
    }
    out
}

/// The way back.
pub(crate) fn decrypt(key: &Key, iv: &Key, data: &[u8]) -> Vec<u8> {
    let cipher = Aes128::new(key.into());
    let mut last = *iv;
    let mut out = Vec::with_capacity(data.len());
    for sealed in data.as_chunks::<BLOCK>().0 {
        let mut block = (*sealed).into();
        cipher.decrypt_block(&mut block);
        out.extend_from_slice(&xor(&block.into(), &last));
        last = *sealed;
    }
    out
}

/// One block.
pub(crate) fn encrypt_block(key: &Key, block: &Key) -> Key {
    let mut block = (*block).into();
    Aes128::new(key.into()).encrypt_block(&mut block);
    block.into()
}

/// CMAC, all 16 bytes.
pub(crate) fn cmac(key: &Key, message: &[u8]) -> Key {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(key.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The bytes 1, 3 … 15 of the CMAC, as NXP truncates it.
pub(crate) fn short_mac(key: &Key, message: &[u8]) -> [u8; SHORT_MAC] {
    let whole = cmac(key, message);
    std::array::from_fn(|index| whole[2 * index + 1])
}

/// 80, then zeros up to a whole block (ISO 9797-1, method 2).
pub(crate) fn padded(data: &[u8]) -> Vec<u8> {
    let mut out = [data, &[0x80]].concat();
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    out
}

/// What was there before it was padded; `None` if it was not.
pub(crate) fn unpadded(data: &[u8]) -> Option<&[u8]> {
    let end = data.iter().rposition(|byte| *byte != 0)?;
    (data[end] == 0x80).then_some(&data[..end])
}

/// To the left by one byte: how a side shows that it read the other's challenge.
pub(crate) fn turned(block: &Key) -> Key {
    let mut turned = *block;
    turned.rotate_left(1);
    turned
}

pub(crate) fn xor(a: &Key, b: &Key) -> Key {
    std::array::from_fn(|index| a[index] ^ b[index])
}

/// The 26 bytes of both challenges that go into a session key, behind `label` of 6 bytes
/// (NT4H2421Gx 9.1.7; MF0AES(H)20 uses the same for its one key).
pub(crate) fn session_vector(label: [u8; 6], a: &Key, b: &Key) -> [u8; 32] {
    let mut vector = [0; 32];
    vector[..6].copy_from_slice(&label);
    vector[6..8].copy_from_slice(&a[..2]);
    for index in 0..6 {
        vector[8 + index] = a[2 + index] ^ b[index];
    }
    vector[14..24].copy_from_slice(&b[6..]);
    vector[24..].copy_from_slice(&a[8..]);
    vector
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chip::vectors::{bytes, of};

    #[test]
    fn cmac_is_that_of_rfc_4493() {
        let file = of("cmac_rfc4493_and_nist.json");
        let vectors = &file["aes128"];
        let key = bytes(&vectors["key"]).try_into().unwrap();
        for case in vectors["cases"].as_array().unwrap() {
            assert_eq!(
                cmac(&key, &bytes(&case["msg"])).to_vec(),
                bytes(&case["mac"])
            );
        }
    }

    #[test]
    fn padding_comes_off_again() {
        for length in [0, 1, 15, 16, 17] {
            let data = vec![0x80; length];
            let padded = padded(&data);
            assert!(padded.len() > length && padded.len().is_multiple_of(BLOCK));
            assert_eq!(unpadded(&padded), Some(&data[..]));
        }
        assert_eq!(unpadded(&[0; 16]), None);
        assert_eq!(unpadded(&[0x80, 1]), None);
    }

    #[test]
    fn what_is_encrypted_can_be_read_again() {
        let (key, iv) = ([7; 16], [9; 16]);
        let data: Vec<u8> = (0..48).collect();
        let sealed = encrypt(&key, &iv, &data);
        assert_ne!(sealed[16..32], encrypt(&key, &iv, &data[16..32])[..]);
        assert_eq!(decrypt(&key, &iv, &sealed), data);
    }
}
