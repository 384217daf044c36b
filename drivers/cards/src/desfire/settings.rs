//! What a card says about an application's files and keys, and how new ones are described to it.

use super::error::CardError;
use super::secure::Mode;

/// Who may do what with a file: four key numbers. `E` is everybody, `F` nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessRights {
    /// Reads. On a value file: GetValue and Debit.
    pub read: u8,
    /// Writes. On a value file: GetValue, Debit and LimitedCredit.
    pub write: u8,
    /// Both. On a value file also Credit; on a transaction MAC file CommitReaderID.
    pub read_write: u8,
    /// Changes these rights.
    pub change: u8,
}

/// The key number that is nobody's.
pub const NOBODY: u8 = 0xF;

impl AccessRights {
    /// From the four numbers, each below 16.
    pub const fn new(read: u8, write: u8, read_write: u8, change: u8) -> Self {
        Self {
            read,
            write,
            read_write,
            change,
        }
    }

    /// Read ‖ Write ‖ ReadWrite ‖ Change, four bits each, least significant byte first.
    pub const fn bytes(self) -> [u8; 2] {
        [
            (self.read_write << 4) | (self.change & 0x0F),
            (self.read << 4) | (self.write & 0x0F),
        ]
    }

    /// The reverse of [`AccessRights::bytes`].
    pub const fn of_bytes(bytes: [u8; 2]) -> Self {
        Self {
            read: bytes[1] >> 4,
            write: bytes[1] & 0x0F,
            read_write: bytes[0] >> 4,
            change: bytes[0] & 0x0F,
        }
    }
}

impl std::fmt::Debug for AccessRights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [low, high] = self.bytes();
        write!(f, "{high:02X}{low:02X}")
    }
}

/// The kind of a file, and what its kind has besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FileShape {
    /// 00: written at once, not tear-safe.
    Standard {
        /// Bytes.
        size: u32,
    },
    /// 01: written by the commit.
    Backup {
        /// Bytes.
        size: u32,
    },
    /// 02: a number, changed by the commit.
    Value {
        /// The least it may be.
        lower: i32,
        /// The most it may be.
        upper: i32,
        /// Whether a limited credit is possible.
        limited_credit: bool,
    },
    /// 04: records, the oldest of which is written over.
    Cyclic {
        /// Bytes of a record.
        record: u32,
        /// How many there may be, with one that is never seen.
        most: u32,
        /// How many there are.
        held: u32,
    },
    /// 05: the transaction MAC.
    TransactionMac {
        /// The version of its key.
        key_version: u8,
    },
}

/// A file, as GetFileSettings shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSettings {
    /// How its commands are protected.
    pub mode: Mode,
    /// Who may do what.
    pub rights: AccessRights,
    /// What it is.
    pub shape: FileShape,
}

impl FileSettings {
    /// Reads the answer of GetFileSettings. Kinds and options that our layout has not are refused.
    ///
    /// # Errors
    /// `Garbled`.
    pub fn read(answer: &[u8]) -> Result<Self, CardError> {
        Self::parse(answer).ok_or(CardError::Garbled {
            step: "the file's settings",
        })
    }

    fn parse(answer: &[u8]) -> Option<Self> {
        let [kind, mode, low, high, rest @ ..] = answer else {
            return None;
        };
        let shape = match (*kind, rest) {
            (0x00, size) => FileShape::Standard { size: three(size)? },
            (0x01, size) => FileShape::Backup { size: three(size)? },
            // Lower and upper limit, the limited credit that is left, options.
            (0x02, value) if value.len() == 13 => FileShape::Value {
                lower: i32::from_le_bytes(*value.first_chunk()?),
                upper: i32::from_le_bytes(*value.get(4..)?.first_chunk()?),
                limited_credit: value.last()? & 1 == 1,
            },
            (0x04, records) if records.len() == 9 => FileShape::Cyclic {
                record: three(&records[..3])?,
                most: three(&records[3..6])?,
                held: three(&records[6..])?,
            },
            (0x05, [_, version]) => FileShape::TransactionMac {
                key_version: *version,
            },
            _ => return None,
        };
        Some(Self {
            mode: Mode::of_bits(*mode)?,
            rights: AccessRights::of_bytes([*low, *high]),
            shape,
        })
    }
}

/// A number of three bytes, least significant first.
pub(super) fn three_bytes(step: &'static str, number: usize) -> Result<[u8; 3], CardError> {
    match u32::try_from(number).map(u32::to_le_bytes) {
        Ok([low, middle, high, 0]) => Ok([low, middle, high]),
        _ => Err(CardError::Unsendable { step }),
    }
}

fn three(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [low, middle, high] => Some(u32::from_le_bytes([*low, *middle, *high, 0])),
        _ => None,
    }
}

/// What chip it is, from GetVersion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChipVersion {
    /// Vendor, type, subtype, major, minor, storage size, protocol of the hardware.
    pub hardware: [u8; 7],
    /// The same of the software.
    pub software: [u8; 7],
    /// The UID, zeros on a card that hides it.
    pub uid: [u8; 7],
}

/// Product generations of NXP's DESFire chips (the hardware's major version).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Generation {
    /// No DESFire of NXP, or one older than EV2: it knows no EV2 secure messaging.
    Other,
    /// DESFire EV2.
    Ev2,
    /// DESFire EV3.
    Ev3,
}

impl ChipVersion {
    /// Reads the 28 bytes (three frames) of GetVersion.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (hardware, rest) = bytes.split_first_chunk::<7>()?;
        let (software, rest) = rest.split_first_chunk::<7>()?;
        let (uid, production) = rest.split_first_chunk::<7>()?;
        // Batch 5, week, year; EV3 adds a fabrication key identifier where the batch says so.
        (7..=8).contains(&production.len()).then_some(Self {
            hardware: *hardware,
            software: *software,
            uid: *uid,
        })
    }

    /// Which generation it is: vendor 04 (NXP), type 01 (DESFire), major version 12 or 33.
    pub const fn generation(&self) -> Generation {
        match self.hardware {
            [0x04, 0x01, _, 0x12, ..] => Generation::Ev2,
            [0x04, 0x01, _, 0x33, ..] => Generation::Ev3,
            _ => Generation::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rights_are_four_nibbles() {
        let rights = AccessRights::new(1, 0xF, 2, 0);
        assert_eq!(rights.bytes(), [0x20, 0x1F]);
        assert_eq!(AccessRights::of_bytes([0x20, 0x1F]), rights);
        assert_eq!(format!("{rights:?}"), "1F20");
    }

    #[test]
    fn settings_are_read_strictly() {
        let value = b"\x02\x03\x30\x22\0\0\0\0\x10\x27\0\0\x05\0\0\0\x01";
        let settings = FileSettings::read(value).unwrap();
        assert_eq!(settings.rights, AccessRights::new(2, 2, 3, 0));
        let shape = FileShape::Value {
            lower: 0,
            upper: 10_000,
            limited_credit: true,
        };
        assert_eq!((settings.mode, settings.shape), (Mode::Full, shape));
        let cyclic = b"\x04\x03\x20\x1F\x20\0\0\x0B\0\0\x02\0\0";
        let shape = FileShape::Cyclic {
            record: 32,
            most: 11,
            held: 2,
        };
        assert_eq!(FileSettings::read(cyclic).unwrap().shape, shape);
        for (whole, least) in [(&value[..], value.len()), (&cyclic[..], cyclic.len())] {
            for length in 0..least {
                assert!(FileSettings::read(&whole[..length]).is_err(), "{length}");
            }
        }
        assert!(FileSettings::read(b"\x00\x43\x20\x1F\x20\0\0").is_err());
        assert!(FileSettings::read(b"\x09\x03\x20\x1F\x20\0\0").is_err());
    }

    #[test]
    fn a_version_says_its_generation() {
        let mut bytes = [0; 28];
        bytes[..7].copy_from_slice(&[4, 1, 1, 0x33, 0, 0x1A, 5]);
        assert_eq!(
            ChipVersion::read(&bytes).unwrap().generation(),
            Generation::Ev3
        );
        bytes[3] = 0x01;
        assert_eq!(
            ChipVersion::read(&bytes).unwrap().generation(),
            Generation::Other
        );
        assert_eq!(ChipVersion::read(&bytes[..27]), None);
        assert_eq!(ChipVersion::read(&[0; 30]), None);
    }
}
