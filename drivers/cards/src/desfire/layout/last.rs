//! File 05: the last transaction, committed together with it.
//!
//! Offset: 0 txid 8 · 8 amount 4 · 12 balance after 4 · 16 seq 4 · 20 terminal 4 · 24 flags · 25 kind · 26
//! zeros 2 · 28 check 4 (CRC-32 as in ChangeKey, over the 28 bytes before). Numbers are least
//! significant byte first. All zeros: the card was never used.

use super::log::{Movement, cut};
use super::{Fields, LayoutError, RECORD_BYTES};
use crate::desfire::checksum::jam_crc32;

const FILE: &str = "last transaction";
/// The flag of a card that the chain blocked.
pub const BLOCKED: u8 = 0x01;

/// The last transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Last {
    /// Which movement. Not zeros.
    pub txid: [u8; 8],
    /// How much, minor units, more than zero.
    pub amount: i64,
    /// The balance after it, minor units.
    pub balance_after: i64,
    /// The card's count of movements after it: its TMC.
    pub seq: u32,
    /// Which terminal.
    pub terminal: [u8; 4],
    /// [`BLOCKED`], or nothing.
    pub flags: u8,
    /// What was done.
    pub kind: Movement,
}

impl Last {
    /// Whether the chain blocked the card.
    pub const fn is_blocked(&self) -> bool {
        self.flags & BLOCKED != 0
    }

    /// The file's 32 bytes.
    pub fn write(&self) -> [u8; RECORD_BYTES] {
        let fields = [
            &self.txid[..],
            &cut(self.amount).to_le_bytes(),
            &cut(self.balance_after).to_le_bytes(),
            &self.seq.to_le_bytes(),
            &self.terminal,
            &[self.flags, self.kind.number(), 0, 0],
        ]
        .concat();
        let check = jam_crc32(&fields).to_le_bytes();
        let whole = [&fields[..], &check].concat();
        std::array::from_fn(|at| whole.get(at).copied().unwrap_or(0))
    }

    /// Reads the file; `None` on a card that was never used.
    ///
    /// # Errors
    /// `Length`; `Wrong` for the check, or a field that we never write.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, LayoutError> {
        let found = bytes.len();
        if found != RECORD_BYTES {
            return Err(LayoutError::Length { file: FILE, found });
        }
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let wrong = |what| LayoutError::Wrong { file: FILE, what };
        let (content, check) = bytes.split_at(RECORD_BYTES - 4);
        if check != jam_crc32(content).to_le_bytes() {
            return Err(wrong("check"));
        }
        let (last, kind, filling) = Self::fields(&mut Fields(content)).ok_or(wrong("length"))?;
        let kind = Movement::numbered(kind).ok_or(wrong("kind"))?;
        if last.txid == [0; 8] {
            return Err(wrong("number"));
        }
        if last.amount < 1 || last.amount > i64::from(i32::MAX) {
            return Err(wrong("amount"));
        }
        if last.balance_after > i64::from(i32::MAX) {
            return Err(wrong("balance"));
        }
        if last.flags & !BLOCKED != 0 || filling != [0, 0] {
            return Err(wrong("flags"));
        }
        Ok(Some(Self { kind, ..last }))
    }

    fn fields(fields: &mut Fields<'_>) -> Option<(Self, u8, [u8; 2])> {
        let last = Self {
            txid: fields.take()?,
            amount: i64::from(fields.number()?),
            balance_after: i64::from(fields.number()?),
            seq: fields.number()?,
            terminal: fields.take()?,
            flags: fields.byte()?,
            kind: Movement::Pay,
        };
        Some((last, fields.byte()?, fields.take()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last() -> Last {
        Last {
            txid: *b"txid0001",
            amount: 1_250,
            balance_after: 8_750,
            seq: 7,
            terminal: [1, 2, 3, 4],
            flags: 0,
            kind: Movement::TopUp,
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        assert_eq!(Last::read(&last().write()), Ok(Some(last())));
        assert_eq!(Last::read(&[0; 32]), Ok(None));
        let blocked = Last {
            flags: BLOCKED,
            ..last()
        };
        assert_eq!(Last::read(&blocked.write()), Ok(Some(blocked)));
        assert!(blocked.is_blocked() && !last().is_blocked());
    }

    #[test]
    fn what_we_never_write_is_refused() {
        let wrong = |what| Err(LayoutError::Wrong { file: FILE, what });
        for at in 0..32 {
            let mut bytes = last().write();
            bytes[at] ^= 1;
            assert_eq!(Last::read(&bytes), wrong("check"), "{at}");
        }
        for length in (0..32).chain([33, 64]) {
            let found = Last::read(&vec![1; length]);
            assert_eq!(
                found,
                Err(LayoutError::Length {
                    file: FILE,
                    found: length
                })
            );
        }
        let checked = |at: usize, byte: u8| {
            let mut bytes = last().write();
            bytes[at] = byte;
            let check = jam_crc32(&bytes[..28]).to_le_bytes();
            bytes[28..].copy_from_slice(&check);
            Last::read(&bytes)
        };
        assert_eq!(checked(24, 2), wrong("flags"));
        assert_eq!(checked(26, 1), wrong("flags"));
        assert_eq!(checked(25, 0), wrong("kind"));
        assert_eq!(checked(11, 0x80), wrong("amount"));
        assert_eq!(checked(15, 0x80), wrong("balance"));
        for (last, what) in [
            (
                Last {
                    amount: 0,
                    ..last()
                },
                "amount",
            ),
            (
                Last {
                    txid: [0; 8],
                    ..last()
                },
                "number",
            ),
        ] {
            assert_eq!(Last::read(&last.write()), wrong(what));
        }
    }
}
