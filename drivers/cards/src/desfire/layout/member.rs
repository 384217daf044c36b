//! File 01: whose card this is, until when, and in which currency.
//!
//! Offset: 0 layout version (1) · 1 member 16 · 17 issued 2 · 19 expires 2 · 21 currency 3 · 24 key
//! version · 25 zeros · 56 tag 8. Days count from 1970-01-01; numbers are least significant byte first.
//!
//! The tag is the CMAC (truncated) over a label, the card's UID and the 56 bytes before it, under the
//! card's Identify key (K1) of the version in the file: every till has that key, and the tag tells a
//! file that was torn while it was written, or copied from another card. That no other than the
//! personalisation desk can write the file is the card's own doing (Write is nobody's).

use tillside_keys::{CardKey, aes_cmac, same_mac, truncated};

use super::{Fields, LayoutError, MEMBER_BYTES};

const FILE: &str = "member file";
const LAYOUT_VERSION: u8 = 1;
const TAG: usize = 8;
/// No session key is ever made from a message that starts like this.
const LABEL: &[u8; 16] = b"tillside member\0";

/// A day, counted from 1970-01-01 (day 0). The last is 2149-06-06.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CardDay(pub u16);

impl CardDay {
    /// The UTC day of a Unix time in seconds, cut to the days that there are.
    pub fn of_unix(seconds: i64) -> Self {
        let days = seconds.div_euclid(86_400);
        Self(u16::try_from(days.max(0)).unwrap_or(u16::MAX))
    }
}

/// The member file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemberFile {
    /// The member's number. Not zeros.
    pub member: [u8; 16],
    /// The day of issue.
    pub issued: CardDay,
    /// The last day on which the card may be used.
    pub expires: CardDay,
    /// The currency of its e-money, ISO 4217, three capital letters.
    pub currency: [u8; 3],
    /// The version of the keys that it was issued with.
    pub key_version: u8,
}

impl MemberFile {
    /// The file's 64 bytes, for the card `uid` with the Identify key `key`.
    pub fn write(&self, uid: &[u8], key: &CardKey) -> [u8; MEMBER_BYTES] {
        let mut file = [0; MEMBER_BYTES];
        let fields = [
            &[LAYOUT_VERSION],
            &self.member[..],
            &self.issued.0.to_le_bytes(),
            &self.expires.0.to_le_bytes(),
            &self.currency,
            &[self.key_version],
        ]
        .concat();
        for (place, byte) in file.iter_mut().zip(fields) {
            *place = byte;
        }
        let (content, place) = file.split_at_mut(MEMBER_BYTES - TAG);
        place.copy_from_slice(&tag(uid, key, content));
        file
    }

    /// Reads the file of the card `uid`, its tag first.
    ///
    /// # Errors
    /// `Length`; `Blank`; `Wrong` tag; `Version`; `Wrong` for a field that we never write.
    pub fn read(bytes: &[u8], uid: &[u8], key: &CardKey) -> Result<Self, LayoutError> {
        let length = LayoutError::Length {
            file: FILE,
            found: bytes.len(),
        };
        let whole: &[u8; MEMBER_BYTES] = bytes.try_into().map_err(|_| length)?;
        if whole.iter().all(|byte| *byte == 0) {
            return Err(LayoutError::Blank { file: FILE });
        }
        let (content, found) = whole.split_at(MEMBER_BYTES - TAG);
        if !same_mac(found, &tag(uid, key, content)) {
            return Err(wrong("tag"));
        }
        if content[0] != LAYOUT_VERSION {
            return Err(LayoutError::Version {
                file: FILE,
                version: content[0],
            });
        }
        let file = Self::fields(&mut Fields(&content[1..])).ok_or(wrong("length"))?;
        if file.member == [0; 16] {
            return Err(wrong("member"));
        }
        if !file.currency.iter().all(u8::is_ascii_uppercase) {
            return Err(wrong("currency"));
        }
        if content[25..].iter().any(|byte| *byte != 0) {
            return Err(wrong("filling"));
        }
        Ok(file)
    }

    /// The key version that a file says it was issued with; to choose the key that [`MemberFile::read`]
    /// then checks it with.
    pub fn issued_with(bytes: &[u8]) -> Option<u8> {
        bytes.get(24).copied()
    }

    fn fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            member: fields.take()?,
            issued: CardDay(u16::from_le_bytes(fields.take()?)),
            expires: CardDay(u16::from_le_bytes(fields.take()?)),
            currency: fields.take()?,
            key_version: fields.byte()?,
        })
    }
}

fn tag(uid: &[u8], key: &CardKey, content: &[u8]) -> [u8; TAG] {
    truncated(aes_cmac(key.bytes(), &[LABEL, uid, content].concat()))
}

const fn wrong(what: &'static str) -> LayoutError {
    LayoutError::Wrong { file: FILE, what }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const UID: [u8; 7] = [4, 1, 2, 3, 4, 5, 6];
    const KEY: CardKey = CardKey::new([9; 16]);

    fn file() -> MemberFile {
        MemberFile {
            member: *b"0123456789abcdef",
            issued: CardDay(20_000),
            expires: CardDay(21_000),
            currency: *b"EUR",
            key_version: 3,
        }
    }

    #[test]
    fn it_is_read_as_it_was_written_and_from_this_card_only() {
        let bytes = file().write(&UID, &KEY);
        assert_eq!(MemberFile::read(&bytes, &UID, &KEY), Ok(file()));
        let other = [4, 1, 2, 3, 4, 5, 7];
        assert_eq!(MemberFile::read(&bytes, &other, &KEY), Err(wrong("tag")));
        for at in 0..MEMBER_BYTES {
            let mut torn = bytes;
            torn[at] ^= 0x20;
            assert_eq!(
                MemberFile::read(&torn, &UID, &KEY),
                Err(wrong("tag")),
                "{at}"
            );
        }
        for length in (0..MEMBER_BYTES).chain([65, 128]) {
            let found = MemberFile::read(&vec![1; length], &UID, &KEY);
            assert!(matches!(found, Err(LayoutError::Length { .. })), "{length}");
        }
    }

    #[test]
    fn what_we_never_write_is_refused_even_with_a_good_tag() {
        let blank = [0; MEMBER_BYTES];
        let found = MemberFile::read(&blank, &UID, &KEY);
        assert_eq!(found, Err(LayoutError::Blank { file: FILE }));
        let nobody = MemberFile {
            member: [0; 16],
            ..file()
        };
        let coins = MemberFile {
            currency: *b"eur",
            ..file()
        };
        for (file, what) in [(nobody, "member"), (coins, "currency")] {
            let bytes = file.write(&UID, &KEY);
            assert_eq!(MemberFile::read(&bytes, &UID, &KEY), Err(wrong(what)));
        }
        for (at, error) in [
            (
                0,
                LayoutError::Version {
                    file: FILE,
                    version: 2,
                },
            ),
            (40, wrong("filling")),
        ] {
            let mut bytes = file().write(&UID, &KEY);
            bytes[at] = 2;
            let (content, place) = bytes.split_at_mut(MEMBER_BYTES - TAG);
            place.copy_from_slice(&tag(&UID, &KEY, content));
            assert_eq!(MemberFile::read(&bytes, &UID, &KEY), Err(error));
        }
    }

    #[test]
    fn days_are_cut_to_what_there_is() {
        assert_eq!(CardDay::of_unix(86_400 * 20_000 + 5), CardDay(20_000));
        assert_eq!(CardDay::of_unix(-1), CardDay(0));
        assert_eq!(CardDay::of_unix(i64::MAX), CardDay(u16::MAX));
    }
}
