//! EV2 secure messaging, without a card: the handshake, the session keys, and what is put on and taken
//! off each command (NXP AN12343; the same on DESFire EV2 and EV3).
//!
//! The counter goes up by one with every command after AuthenticateEV2First; AuthenticateEV2NonFirst
//! changes the keys and leaves counter and transaction identifier as they are.

use tillside_keys::{CardKey, aes_cmac, same_mac, truncated};
use zeroize::Zeroizing;

use super::cipher::{BLOCK, decrypt, encrypt, encrypt_block, padded, unpadded};

const ZERO_IV: [u8; BLOCK] = [0; BLOCK];
/// Bytes of a MAC on the line.
pub(crate) const MAC: usize = 8;

/// How a command and its answer are protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Not at all. (Inside a session, none of our commands.)
    Plain,
    /// By a MAC.
    Mac,
    /// By a MAC, and the data enciphered.
    Full,
}

impl Mode {
    /// The bits in a file's settings.
    pub const fn bits(self) -> u8 {
        match self {
            Mode::Plain => 0x00,
            Mode::Mac => 0x01,
            Mode::Full => 0x03,
        }
    }

    /// The mode of a file's settings; bits beyond the two are another option.
    pub const fn of_bits(bits: u8) -> Option<Self> {
        match bits {
            0x00 | 0x02 => Some(Mode::Plain),
            0x01 => Some(Mode::Mac),
            0x03 => Some(Mode::Full),
            _ => None,
        }
    }
}

/// Between the first and the second pass of an authentication.
pub(crate) struct Handshake {
    key: CardKey,
    ours: [u8; 16],
    theirs: Zeroizing<[u8; 16]>,
}

impl Handshake {
    /// Takes the card's E(RndB) and gives our E(RndA ‖ RndB').
    pub(crate) fn answer(key: CardKey, ours: [u8; 16], first: &[u8]) -> Option<(Self, Vec<u8>)> {
        if first.len() != BLOCK {
            return None;
        }
        let theirs = decrypt(&key, &ZERO_IV, first)?;
        let theirs = Zeroizing::new(<[u8; 16]>::try_from(theirs).ok()?);
        let plain = Zeroizing::new([ours, rotated(&theirs)].concat());
        let second = encrypt(&key, &ZERO_IV, &plain);
        Some((Self { key, ours, theirs }, second))
    }

    /// Takes E(TI ‖ RndA' ‖ capabilities) of AuthenticateEV2First. `None` if the card does not have
    /// the key.
    pub(crate) fn first(self, proof: &[u8]) -> Option<Secure> {
        let plain = decrypt(&self.key, &ZERO_IV, proof)?;
        let (ti, rest) = plain.split_first_chunk::<4>()?;
        let (echo, capabilities) = rest.split_first_chunk::<16>()?;
        let good = same_mac(echo, &rotated(&self.ours)) && capabilities.len() == 12;
        good.then(|| self.secure(*ti, 0))
    }

    /// Takes E(RndA') of AuthenticateEV2NonFirst, in the session `before`.
    pub(crate) fn non_first(self, proof: &[u8], before: &Secure) -> Option<Secure> {
        let plain = decrypt(&self.key, &ZERO_IV, proof)?;
        let good = same_mac(&plain, &rotated(&self.ours));
        good.then(|| self.secure(before.ti, before.counter))
    }

    fn secure(&self, ti: [u8; 4], counter: u16) -> Secure {
        let vector = |label: [u8; 2]| {
            let mixed: Vec<u8> = (0..6)
                .map(|at| self.ours[2 + at] ^ self.theirs[at])
                .collect();
            [
                &label[..],
                &[0x00, 0x01, 0x00, 0x80],
                &self.ours[..2],
                &mixed,
                &self.theirs[6..],
                &self.ours[8..],
            ]
            .concat()
        };
        let key = |label| CardKey::new(aes_cmac(self.key.bytes(), &vector(label)));
        Secure {
            encryption: key([0xA5, 0x5A]),
            mac: key([0x5A, 0xA5]),
            ti,
            counter,
        }
    }
}

/// An authenticated session.
#[derive(Clone)]
pub(crate) struct Secure {
    pub(crate) encryption: CardKey,
    pub(crate) mac: CardKey,
    pub(crate) ti: [u8; 4],
    pub(crate) counter: u16,
}

impl Secure {
    /// The data field of a command: header ‖ data (enciphered in full mode) ‖ MAC. `None` when the
    /// counter is used up.
    pub(crate) fn command(
        &self,
        mode: Mode,
        ins: u8,
        header: &[u8],
        data: &[u8],
    ) -> Option<Vec<u8>> {
        if self.counter == u16::MAX {
            return None;
        }
        let data = match mode {
            Mode::Full if !data.is_empty() => {
                let iv = self.iv([0xA5, 0x5A], self.counter);
                encrypt(&self.encryption, &iv, &Zeroizing::new(padded(data)))
            }
            _ => data.to_vec(),
        };
        let mut body = [header, &data].concat();
        if mode != Mode::Plain {
            body.extend(self.mac_of(ins, self.counter, &body));
        }
        Some(body)
    }

    /// The data of a good answer (status 00), its MAC verified before anything is believed. The
    /// counter goes up, whatever the answer is worth.
    pub(crate) fn response(&mut self, mode: Mode, answer: &[u8]) -> Option<Vec<u8>> {
        self.counter = self.counter.checked_add(1)?;
        if mode == Mode::Plain {
            return Some(answer.to_vec());
        }
        let (data, mac) = answer.split_last_chunk::<MAC>()?;
        if !same_mac(mac, &self.mac_of(0x00, self.counter, data)) {
            return None;
        }
        if mode == Mode::Mac || data.is_empty() {
            return Some(data.to_vec());
        }
        let iv = self.iv([0x5A, 0xA5], self.counter);
        unpadded(decrypt(&self.encryption, &iv, data)?)
    }

    /// MACt over code ‖ counter ‖ TI ‖ rest.
    pub(crate) fn mac_of(&self, code: u8, counter: u16, rest: &[u8]) -> [u8; MAC] {
        let input = [&[code], &counter.to_le_bytes()[..], &self.ti, rest].concat();
        truncated(aes_cmac(self.mac.bytes(), &input))
    }

    /// E(SesAuthENCKey, label ‖ TI ‖ counter ‖ zeros).
    pub(crate) fn iv(&self, label: [u8; 2], counter: u16) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[..2].copy_from_slice(&label);
        block[2..6].copy_from_slice(&self.ti);
        block[6..8].copy_from_slice(&counter.to_le_bytes());
        encrypt_block(&self.encryption, &block)
    }
}

impl std::fmt::Debug for Secure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secure(…, command {})", self.counter)
    }
}

/// By one byte to the left.
pub(crate) fn rotated(bytes: &[u8; 16]) -> [u8; 16] {
    let mut rotated = *bytes;
    rotated.rotate_left(1);
    rotated
}

#[cfg(test)]
mod tests;
