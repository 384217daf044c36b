//! EV2 secure messaging: session keys, MACs with their counter, encryption of commands and answers.
//!
//! From NT4H2421Gx 9.1.3-9.1.10 and AN12196.

use super::settings::Mode;
use super::status::Status;
use crate::chip::aes_modes::{
    Key, SHORT_MAC, cmac, decrypt, encrypt, encrypt_block, padded, session_vector, short_mac,
    unpadded,
};

/// What an authentication left: who, the keys, the transaction's name and its command counter.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) key_number: u8,
    encryption: Key,
    mac: Key,
    pub(crate) name: [u8; 4],
    pub(crate) counter: u16,
}

impl Session {
    pub(crate) fn new(
        (key_number, key): (u8, &Key),
        (theirs, ours): (&Key, &Key),
        name: [u8; 4],
        counter: u16,
    ) -> Self {
        let derive = |label| cmac(key, &session_vector(label, theirs, ours));
        Self {
            key_number,
            encryption: derive([0xA5, 0x5A, 0x00, 0x01, 0x00, 0x80]),
            mac: derive([0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80]),
            name,
            counter,
        }
    }

    #[cfg(test)]
    pub(crate) fn known(encryption: Key, mac: Key, name: [u8; 4], counter: u16) -> Self {
        Self {
            key_number: 0,
            encryption,
            mac,
            name,
            counter,
        }
    }

    /// The MAC over a command or an answer at the present counter, for a terminal's side in tests.
    #[cfg(test)]
    pub(crate) fn command_mac(&self, code: u8, data: &[u8]) -> [u8; SHORT_MAC] {
        self.tag(code, self.counter, data)
    }

    #[cfg(test)]
    pub(crate) fn keys(&self) -> (Key, Key) {
        (self.encryption, self.mac)
    }

    /// What came with a command behind its header of `header` bytes, in the clear; or what is wrong
    /// with it. `rest` is header, data and MAC.
    pub(crate) fn open(
        &self,
        mode: Mode,
        command: u8,
        rest: &[u8],
        header: usize,
    ) -> Result<Vec<u8>, Status> {
        if mode == Mode::Plain {
            return Ok(rest.to_vec());
        }
        let (body, mac) = rest.split_last_chunk::<SHORT_MAC>().ok_or(Status::LENGTH)?;
        let (head, data) = body.split_at_checked(header).ok_or(Status::LENGTH)?;
        if self.tag(command, self.counter, body) != *mac {
            return Err(Status::INTEGRITY);
        }
        if mode == Mode::Mac || data.is_empty() {
            return Ok(body.to_vec());
        }
        if !data.len().is_multiple_of(16) {
            return Err(Status::LENGTH);
        }
        let plain = decrypt(
            &self.encryption,
            &self.vector([0xA5, 0x5A], self.counter),
            data,
        );
        let plain = unpadded(&plain).ok_or(Status::INTEGRITY)?;
        Ok([head, plain].concat())
    }

    /// An answer as it goes out; the command is counted with it.
    pub(crate) fn close(&mut self, mode: Mode, status: Status, data: &[u8]) -> Vec<u8> {
        self.counter = self.counter.wrapping_add(1);
        match mode {
            Mode::Plain => data.to_vec(),
            Mode::Full if !data.is_empty() => {
                let vector = self.vector([0x5A, 0xA5], self.counter);
                let sealed = encrypt(&self.encryption, &vector, &padded(data));
                self.tagged(status, sealed)
            }
            Mode::Mac | Mode::Full => self.tagged(status, data.to_vec()),
        }
    }

    fn tagged(&self, status: Status, mut data: Vec<u8>) -> Vec<u8> {
        let mac = self.tag(status.0, self.counter, &data);
        data.extend(mac);
        data
    }

    fn tag(&self, code: u8, counter: u16, data: &[u8]) -> [u8; SHORT_MAC] {
        let input = [&[code], counter.to_le_bytes().as_slice(), &self.name, data].concat();
        short_mac(&self.mac, &input)
    }

    fn vector(&self, label: [u8; 2], counter: u16) -> Key {
        let mut block = [0; 16];
        block[..2].copy_from_slice(&label);
        block[2..6].copy_from_slice(&self.name);
        block[6..8].copy_from_slice(&counter.to_le_bytes());
        encrypt_block(&self.encryption, &block)
    }
}
