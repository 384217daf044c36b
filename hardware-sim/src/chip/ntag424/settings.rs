//! File settings, with those of secure dynamic messaging (SDM): as data, and as bytes both ways.
//!
//! From NT4H2421Gx 10.7.1 and 10.7.2. Offsets are those of bytes in the file.

use serde::{Deserialize, Serialize};

use super::status::Status;

/// Free, and never, as an access condition.
pub(crate) const FREE: u8 = 0x0E;
pub(crate) const NEVER: u8 = 0x0F;

/// Hex digits of what is mirrored.
pub(crate) const UID_TEXT: usize = 14;
pub(crate) const COUNTER_TEXT: usize = 6;
pub(crate) const PICC_TEXT: usize = 32;
pub(crate) const MAC_TEXT: usize = 16;

/// How a command to the file is sent when a key gave the right to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Mac,
    Full,
}

/// What ChangeFileSettings sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Two bits: x0 plain, 01 MAC, 11 full.
    pub(crate) mode: u8,
    /// Read, write, read and write, change: a nibble each, from the highest.
    pub(crate) rights: u16,
    pub(crate) sdm: Option<Sdm>,
}

/// Secure dynamic messaging: what is written over the file when a phone reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sdm {
    pub(crate) mirror_uid: bool,
    pub(crate) mirror_counter: bool,
    /// The counter up to which reads are answered.
    pub(crate) limit: Option<u32>,
    /// Who encrypts UID and counter: a key, or [`FREE`] for plain text, or [`NEVER`] for none.
    pub(crate) meta: u8,
    /// The key of the MAC and of encrypted file data; [`NEVER`] for none.
    pub(crate) file: u8,
    /// Who may ask for the counter.
    pub(crate) counter_access: u8,
    pub(crate) uid_at: Option<usize>,
    pub(crate) counter_at: Option<usize>,
    pub(crate) picc_at: Option<usize>,
    pub(crate) mac: Option<MacPlace>,
}

/// Where the MAC begins to look, and where it goes; what it covers may be partly encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MacPlace {
    pub(crate) input_at: usize,
    /// Where encrypted file data begins, and how many digits it takes.
    pub(crate) encrypted: Option<(usize, usize)>,
    pub(crate) at: usize,
}

const HAS_SDM: u8 = 0x40;

impl Settings {
    pub(crate) fn plain(mode: u8, rights: u16) -> Self {
        Self {
            mode,
            rights,
            sdm: None,
        }
    }

    pub(crate) fn mode(&self) -> Mode {
        match self.mode & 0b11 {
            0b01 => Mode::Mac,
            0b11 => Mode::Full,
            _ => Mode::Plain,
        }
    }

    pub(crate) fn read(&self) -> u8 {
        nibble(self.rights, 12)
    }

    pub(crate) fn write(&self) -> u8 {
        nibble(self.rights, 8)
    }

    pub(crate) fn read_write(&self) -> u8 {
        nibble(self.rights, 4)
    }

    pub(crate) fn change(&self) -> u8 {
        nibble(self.rights, 0)
    }

    /// What GetFileSettings answers: type, option, rights, size, SDM.
    pub(crate) fn describe(&self, size: usize) -> Vec<u8> {
        let option = self.mode | if self.sdm.is_some() { HAS_SDM } else { 0 };
        let mut out = vec![0x00, option];
        out.extend(self.rights.to_le_bytes());
        out.extend(three(size));
        if let Some(sdm) = &self.sdm {
            sdm.describe(&mut out);
        }
        out
    }

    /// What ChangeFileSettings brings, for a file of `size` bytes.
    pub(crate) fn parse(data: &[u8], size: usize) -> Result<Self, Status> {
        let mut bytes = Bytes(data);
        let option = bytes.one()?;
        let rights = bytes.two()?;
        if option & !(HAS_SDM | 0b11) != 0 {
            return Err(Status::PARAMETER);
        }
        let sdm = (option & HAS_SDM != 0)
            .then(|| Sdm::parse(&mut bytes, size))
            .transpose()?;
        if !bytes.0.is_empty() {
            return Err(Status::LENGTH);
        }
        Ok(Self {
            mode: option & 0b11,
            rights,
            sdm,
        })
    }
}

impl Sdm {
    fn parse(bytes: &mut Bytes<'_>, size: usize) -> Result<Self, Status> {
        let options = bytes.one()?;
        let rights = bytes.two()?;
        // ASCII is the only encoding; LRP and tamper bits are not this chip's.
        if options & 0x01 == 0 || options & 0x0E != 0 {
            return Err(Status::PARAMETER);
        }
        let mut sdm = Self {
            mirror_uid: options & 0x80 != 0,
            mirror_counter: options & 0x40 != 0,
            meta: nibble(rights, 12),
            file: nibble(rights, 8),
            counter_access: nibble(rights, 0),
            ..Self::default()
        };
        let encrypts = options & 0x10 != 0;
        let fine = is_access(sdm.meta)
            && (sdm.file < 5 || sdm.file == NEVER)
            && is_access(sdm.counter_access);
        if !fine || (encrypts && !(sdm.file < 5 && sdm.mirror_uid && sdm.mirror_counter)) {
            return Err(Status::PARAMETER);
        }
        if sdm.meta == FREE {
            sdm.uid_at = place(bytes, sdm.mirror_uid, UID_TEXT, size)?;
            sdm.counter_at = place(bytes, sdm.mirror_counter, COUNTER_TEXT, size)?;
        } else {
            sdm.picc_at = place(bytes, sdm.meta < 5, PICC_TEXT, size)?;
        }
        if sdm.file < 5 {
            let input_at = bytes.three()?;
            let encrypted = if encrypts {
                Some((bytes.three()?, bytes.three()?))
            } else {
                None
            };
            let at = bytes.three()?;
            sdm.mac = Some(MacPlace::checked(input_at, encrypted, at, size)?);
        }
        if options & 0x20 != 0 {
            sdm.limit = Some(u32::try_from(bytes.three()?).map_err(|_| Status::PARAMETER)?);
        }
        Ok(sdm)
    }

    fn describe(&self, out: &mut Vec<u8>) {
        let encrypted = self.mac.as_ref().and_then(|mac| mac.encrypted);
        let bits = [
            (self.mirror_uid, 0x80),
            (self.mirror_counter, 0x40),
            (self.limit.is_some(), 0x20),
            (encrypted.is_some(), 0x10),
        ];
        out.push(
            bits.iter()
                .fold(0x01, |sum, (set, bit)| if *set { sum | bit } else { sum }),
        );
        let rights = u16::from(self.meta) << 12
            | u16::from(self.file) << 8
            | 0x00F0
            | u16::from(self.counter_access);
        out.extend(rights.to_le_bytes());
        let places = [self.uid_at, self.counter_at, self.picc_at];
        places
            .into_iter()
            .flatten()
            .for_each(|at| out.extend(three(at)));
        if let Some(mac) = &self.mac {
            out.extend(three(mac.input_at));
            if let Some((at, length)) = mac.encrypted {
                out.extend(three(at));
                out.extend(three(length));
            }
            out.extend(three(mac.at));
        }
        if let Some(limit) = self.limit {
            out.extend(&limit.to_le_bytes()[..3]);
        }
    }
}

impl MacPlace {
    fn checked(
        input_at: usize,
        encrypted: Option<(usize, usize)>,
        at: usize,
        size: usize,
    ) -> Result<Self, Status> {
        let encrypted_fits = encrypted.is_none_or(|(start, length)| {
            length > 0 && length.is_multiple_of(32) && start >= input_at && start + length <= at
        });
        if input_at > at || at + MAC_TEXT > size || !encrypted_fits {
            return Err(Status::PARAMETER);
        }
        Ok(Self {
            input_at,
            encrypted,
            at,
        })
    }
}

/// A key, free, or never.
fn is_access(nibble: u8) -> bool {
    !(5..FREE).contains(&nibble)
}

fn place(
    bytes: &mut Bytes<'_>,
    wanted: bool,
    text: usize,
    size: usize,
) -> Result<Option<usize>, Status> {
    if !wanted {
        return Ok(None);
    }
    let at = bytes.three()?;
    if at + text > size {
        return Err(Status::PARAMETER);
    }
    Ok(Some(at))
}

fn nibble(word: u16, shift: u8) -> u8 {
    (word >> shift & 0x0F) as u8
}

/// Three bytes, the lowest first.
pub(crate) fn three(number: usize) -> [u8; 3] {
    let [a, b, c, ..] = number.to_le_bytes();
    [a, b, c]
}

/// What is left to parse.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Bytes<'_> {
    pub(crate) fn one(&mut self) -> Result<u8, Status> {
        let (first, rest) = self.0.split_first().ok_or(Status::LENGTH)?;
        self.0 = rest;
        Ok(*first)
    }

    fn two(&mut self) -> Result<u16, Status> {
        Ok(u16::from_le_bytes([self.one()?, self.one()?]))
    }

    pub(crate) fn three(&mut self) -> Result<usize, Status> {
        let number = u32::from_le_bytes([self.one()?, self.one()?, self.one()?, 0]);
        usize::try_from(number).map_err(|_| Status::PARAMETER)
    }
}
