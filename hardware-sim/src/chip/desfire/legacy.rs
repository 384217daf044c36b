//! The two older secure messagings: D40 (DES; only what a factory-fresh card needs), and EV1 (AES).
//!
//! From public client sources (libfreefare, python-desfire) and the EV1 data sheet's summary.

use des::Des;
use des::cipher::{BlockCipherEncrypt, KeyInit};

use crate::chip::aes_modes::{BLOCK, Key, decrypt, encrypt, encrypt_block, xor};

/// A D40 session: single DES.
#[derive(Debug, Clone)]
pub(crate) struct D40 {
    pub(crate) key_number: u8,
    pub(crate) key: [u8; 8],
}

pub(crate) fn des_encrypt(key: &[u8; 8], block: [u8; 8]) -> [u8; 8] {
    let mut block = block.into();
    Des::new(key.into()).encrypt_block(&mut block);
    block.into()
}

/// What a terminal sent in D40's way: it deciphers each block, mixed with the one it sent before.
pub(crate) fn d40_received(key: &[u8; 8], sent: &[u8]) -> Vec<u8> {
    let mut before = [0; 8];
    let mut plain = Vec::with_capacity(sent.len());
    for block in sent.as_chunks::<8>().0 {
        let clear = des_encrypt(key, *block);
        plain.extend(clear.iter().zip(before).map(|(clear, mixed)| clear ^ mixed));
        before = *block;
    }
    plain
}

/// CRC-16 of ISO 14443-3 type A.
pub(crate) fn crc16(data: &[u8]) -> [u8; 2] {
    let mut crc = 0x6363_u16;
    for byte in data {
        let mut byte = byte ^ crc.to_le_bytes()[0];
        byte ^= byte << 4;
        let byte = u16::from(byte);
        crc = (crc >> 8) ^ (byte << 8) ^ (byte << 3) ^ (byte >> 4);
    }
    crc.to_le_bytes()
}

/// CRC-32 as the cards use it: not inverted at the end.
pub(crate) fn crc32(data: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = match crc & 1 {
                1 => crc >> 1 ^ 0xEDB8_8320,
                _ => crc >> 1,
            };
        }
    }
    crc.to_le_bytes()
}

/// An EV1 session with AES: one vector goes through all commands and answers.
#[derive(Debug, Clone)]
pub(crate) struct Ev1 {
    pub(crate) key_number: u8,
    key: Key,
    vector: Key,
}

impl Ev1 {
    pub(crate) fn new(key_number: u8, theirs: &Key, ours: &Key) -> Self {
        let mut key = [0; BLOCK];
        key[..4].copy_from_slice(&theirs[..4]);
        key[4..8].copy_from_slice(&ours[..4]);
        key[8..12].copy_from_slice(&theirs[12..]);
        key[12..].copy_from_slice(&ours[12..]);
        Self {
            key_number,
            key,
            vector: [0; BLOCK],
        }
    }

    /// CMAC whose chain begins with the session's vector, which it becomes.
    fn cmac(&mut self, message: &[u8]) -> Key {
        let double = |block: Key| {
            let number = u128::from_be_bytes(block);
            let carry = if number >> 127 == 1 { 0x87 } else { 0 };
            (number << 1 ^ carry).to_be_bytes()
        };
        let first = double(encrypt_block(&self.key, &[0; BLOCK]));
        let whole = !message.is_empty() && message.len().is_multiple_of(BLOCK);
        let mut padded = message.to_vec();
        if !whole {
            padded.push(0x80);
            padded.resize(padded.len().next_multiple_of(BLOCK), 0);
        }
        let last = padded.len() - BLOCK;
        let subkey = if whole { first } else { double(first) };
        padded[last..]
            .iter_mut()
            .zip(subkey)
            .for_each(|(byte, key)| *byte ^= key);
        for block in padded.as_chunks::<BLOCK>().0 {
            self.vector = encrypt_block(&self.key, &xor(block, &self.vector));
        }
        self.vector
    }

    /// A command that goes in the clear still moves the vector.
    pub(crate) fn heard(&mut self, command: u8, data: &[u8]) -> Key {
        self.cmac(&[&[command], data].concat())
    }

    /// An answer in the clear, with eight bytes of MAC.
    pub(crate) fn said(&mut self, status: u8, data: &[u8]) -> Vec<u8> {
        let mac = self.cmac(&[data, &[status]].concat());
        [data, &mac[..8]].concat()
    }

    /// What came enciphered, without its check sum and padding; `length` bytes are expected.
    pub(crate) fn open(
        &mut self,
        command: u8,
        header: &[u8],
        sealed: &[u8],
        length: usize,
    ) -> Option<Vec<u8>> {
        if sealed.is_empty() || !sealed.len().is_multiple_of(BLOCK) {
            return None;
        }
        let plain = decrypt(&self.key, &self.vector, sealed);
        self.vector = *sealed.last_chunk()?;
        let data = plain.get(..length)?;
        let check = plain.get(length..length + 4)?;
        (check == crc32(&[&[command], header, data].concat())).then(|| data.to_vec())
    }

    /// An enciphered answer.
    pub(crate) fn close(&mut self, status: u8, data: &[u8]) -> Vec<u8> {
        let check = crc32(&[data, &[status]].concat());
        let mut plain = [data, &check].concat();
        plain.resize(plain.len().next_multiple_of(BLOCK), 0);
        let sealed = encrypt(&self.key, &self.vector, &plain);
        if let Some(last) = sealed.last_chunk() {
            self.vector = *last;
        }
        sealed
    }
}
