//! The number a card shows before anything else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A card's UID (ISO 14443-3: 4, 7 or 10 bytes; 8 for the IDm of FeliCa and the UID of ISO 15693),
/// shown as upper-case hex. Never a random one. It identifies and proves nothing: it can be copied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uid {
    len: u8,
    bytes: [u8; 10],
}

/// Why some bytes are not a [`Uid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UidError {
    /// Not 4, 7, 8 or 10 bytes.
    #[error("a UID has 4, 7, 8 or 10 bytes, not {0}")]
    Length(usize),
    /// Four bytes that start with 08: new at each tap (ISO 14443-3).
    #[error("a UID of 4 bytes that starts with 08 is random and identifies nothing")]
    Random,
    /// All bytes are the same (00…, FF…): what a reader gives when it failed to read.
    #[error("a UID of {0:02X} only is no UID")]
    Blank(u8),
    /// Not hex.
    #[error("a UID is written as pairs of hex digits")]
    NotHex,
}

impl Uid {
    /// Checks and takes the bytes in the order the reader gives them.
    ///
    /// # Errors
    /// A length no card has, a random UID, or one byte repeated.
    pub fn new(bytes: &[u8]) -> Result<Self, UidError> {
        if !matches!(bytes.len(), 4 | 7 | 8 | 10) {
            return Err(UidError::Length(bytes.len()));
        }
        if bytes.len() == 4 && bytes[0] == 0x08 {
            return Err(UidError::Random);
        }
        if bytes.iter().all(|byte| *byte == bytes[0]) && matches!(bytes[0], 0x00 | 0xFF) {
            return Err(UidError::Blank(bytes[0]));
        }
        let mut own = [0; 10];
        own[..bytes.len()].copy_from_slice(bytes);
        // At most 10, checked above.
        Ok(Self {
            len: bytes.len() as u8,
            bytes: own,
        })
    }

    /// The bytes, in the order the reader gave them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({self})")
    }
}

impl FromStr for Uid {
    type Err = UidError;

    fn from_str(text: &str) -> Result<Self, UidError> {
        if !text.is_ascii() || !text.len().is_multiple_of(2) {
            return Err(UidError::NotHex);
        }
        let bytes = text
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let digit = |c: u8| char::from(c).to_digit(16);
                let (high, low) = (digit(pair[0])?, digit(pair[1])?);
                u8::try_from(high * 16 + low).ok()
            })
            .collect::<Option<Vec<u8>>>()
            .ok_or(UidError::NotHex)?;
        Self::new(&bytes)
    }
}

impl TryFrom<String> for Uid {
    type Error = UidError;

    fn try_from(text: String) -> Result<Self, UidError> {
        text.parse()
    }
}

impl From<Uid> for String {
    fn from(uid: Uid) -> String {
        uid.to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn shows_and_reads_upper_case_hex() {
        let uid: Uid = "04a1b2c3d4e5f6".parse().unwrap();
        assert_eq!(uid.to_string(), "04A1B2C3D4E5F6");
        assert_eq!(uid.as_bytes(), [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6]);
    }

    #[test]
    fn refuses_what_identifies_nothing() {
        assert_eq!("08112233".parse::<Uid>(), Err(UidError::Random));
        assert_eq!("00000000".parse::<Uid>(), Err(UidError::Blank(0)));
        assert_eq!("0411".parse::<Uid>(), Err(UidError::Length(2)));
        assert_eq!("".parse::<Uid>(), Err(UidError::Length(0)));
        assert_eq!("0411223".parse::<Uid>(), Err(UidError::NotHex));
        assert_eq!("+4112233".parse::<Uid>(), Err(UidError::NotHex));
        assert_eq!("é112233".parse::<Uid>(), Err(UidError::NotHex));
    }

    #[test]
    fn seven_bytes_that_start_with_08_are_not_random() {
        assert!("08112233445566".parse::<Uid>().is_ok());
    }
}
