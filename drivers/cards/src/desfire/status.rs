//! What a DESFire card says at the end of every answer (the `xx` of `91 xx`).

use std::fmt;

/// A status of the card. Names and numbers are those of the data sheets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Status {
    /// 00: done.
    Ok,
    /// 0C: nothing was there to be committed or aborted.
    NoChanges,
    /// 0E: no memory left.
    OutOfMemory,
    /// 1C: the card does not know the command.
    IllegalCommand,
    /// 1E: a MAC, a CRC or a padding is wrong.
    Integrity,
    /// 40: there is no such key.
    NoSuchKey,
    /// 7E: the command has the wrong length.
    Length,
    /// 9D: not allowed here, or not with this key.
    Permission,
    /// 9E: a parameter is out of range.
    Parameter,
    /// A0: there is no such application.
    NoApplication,
    /// AE: the key is wrong, or the command needs an authentication.
    Authentication,
    /// AF: there is more.
    More,
    /// BE: past the end of a file, or past a limit of a value.
    Boundary,
    /// C1: the card found itself damaged.
    CardIntegrity,
    /// CA: a command was left half-way.
    Aborted,
    /// CD: the card was disabled.
    Disabled,
    /// DE: it is there already.
    Duplicate,
    /// EE: the memory could not be written; the card rolled back.
    Memory,
    /// F0: there is no such file.
    NoFile,
    /// F1: the file is damaged.
    FileIntegrity,
    /// Any other.
    Other(u8),
}

const NUMBERED: [(u8, Status); 20] = [
    (0x00, Status::Ok),
    (0x0C, Status::NoChanges),
    (0x0E, Status::OutOfMemory),
    (0x1C, Status::IllegalCommand),
    (0x1E, Status::Integrity),
    (0x40, Status::NoSuchKey),
    (0x7E, Status::Length),
    (0x9D, Status::Permission),
    (0x9E, Status::Parameter),
    (0xA0, Status::NoApplication),
    (0xAE, Status::Authentication),
    (0xAF, Status::More),
    (0xBE, Status::Boundary),
    (0xC1, Status::CardIntegrity),
    (0xCA, Status::Aborted),
    (0xCD, Status::Disabled),
    (0xDE, Status::Duplicate),
    (0xEE, Status::Memory),
    (0xF0, Status::NoFile),
    (0xF1, Status::FileIntegrity),
];

impl Status {
    /// The byte on the line.
    pub fn byte(self) -> u8 {
        match self {
            Status::Other(byte) => byte,
            known => NUMBERED
                .iter()
                .find(|(_, status)| *status == known)
                .map_or(0xFF, |(byte, _)| *byte),
        }
    }
}

impl From<u8> for Status {
    fn from(byte: u8) -> Self {
        NUMBERED
            .iter()
            .find(|(number, _)| *number == byte)
            .map_or(Status::Other(byte), |(_, status)| *status)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "91{:02X}", self.byte())
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn every_byte_is_one_status_and_back() {
        for byte in 0..=u8::MAX {
            assert_eq!(Status::from(byte).byte(), byte);
        }
        assert_eq!(Status::from(0xAE), Status::Authentication);
        assert_eq!(Status::from(0x1D), Status::Other(0x1D));
    }
}
