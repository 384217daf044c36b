//! File 04: one record for every movement of the purse, the newest N of them.
//!
//! Offset: 0 txid 8 · 8 kind · 9 amount 4 · 13 balance after 4 · 17 points 4 · 21 terminal 4 · 25 time 4 ·
//! 29 seq 3. Numbers are least significant byte first; points may be negative.

use super::{Fields, LayoutError, RECORD_BYTES};

const FILE: &str = "log";

/// What was done to the purse. The numbers are those on the card.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Movement {
    /// 1: paid.
    Pay,
    /// 2: money was put on at a desk.
    TopUp,
    /// 3: the last payment was taken back on the same day.
    Void,
    /// 4: money was given back for an older payment.
    Refund,
    /// 5: the balance of the card that this one replaces.
    Restore,
}

impl Movement {
    /// Every kind.
    pub const ALL: [Movement; 5] = [
        Movement::Pay,
        Movement::TopUp,
        Movement::Void,
        Movement::Refund,
        Movement::Restore,
    ];

    /// Its number on the card.
    pub const fn number(self) -> u8 {
        match self {
            Movement::Pay => 1,
            Movement::TopUp => 2,
            Movement::Void => 3,
            Movement::Refund => 4,
            Movement::Restore => 5,
        }
    }

    /// The kind with that number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Whether it takes money off.
    pub const fn takes(self) -> bool {
        matches!(self, Movement::Pay)
    }

    /// Whether only a desk with the top-up key can do it.
    pub const fn needs_top_up_key(self) -> bool {
        matches!(self, Movement::TopUp | Movement::Refund | Movement::Restore)
    }
}

/// One record of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogEntry {
    /// Which movement. Not zeros.
    pub txid: [u8; 8],
    /// What was done.
    pub kind: Movement,
    /// How much, minor units, more than zero.
    pub amount: i64,
    /// The balance after it, minor units.
    pub balance_after: i64,
    /// Points that came or went with it.
    pub points: i32,
    /// Which terminal.
    pub terminal: [u8; 4],
    /// When by that terminal's clock: seconds since 1970.
    pub time: u32,
    /// The card's count of movements (TMC), its lowest 24 bits.
    pub seq: u32,
}

impl LogEntry {
    /// The record's 32 bytes. Amounts are at most `i32::MAX` (the purse refuses more), and `seq` is cut
    /// to 24 bits.
    pub fn write(&self) -> [u8; RECORD_BYTES] {
        let fields = [
            &self.txid[..],
            &[self.kind.number()],
            &cut(self.amount).to_le_bytes(),
            &cut(self.balance_after).to_le_bytes(),
            &self.points.to_le_bytes(),
            &self.terminal,
            &self.time.to_le_bytes(),
            &self.seq.to_le_bytes()[..3],
        ]
        .concat();
        std::array::from_fn(|at| fields.get(at).copied().unwrap_or(0))
    }

    /// Reads a record.
    ///
    /// # Errors
    /// `Length`; `Blank`; `Wrong` for a field that we never write.
    pub fn read(bytes: &[u8]) -> Result<Self, LayoutError> {
        let found = bytes.len();
        if found != RECORD_BYTES {
            return Err(LayoutError::Length { file: FILE, found });
        }
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(LayoutError::Blank { file: FILE });
        }
        let wrong = |what| LayoutError::Wrong { file: FILE, what };
        let (entry, kind) = Self::fields(&mut Fields(bytes)).ok_or(wrong("length"))?;
        let kind = Movement::numbered(kind).ok_or(wrong("kind"))?;
        if entry.txid == [0; 8] {
            return Err(wrong("number"));
        }
        if entry.amount < 1 || entry.amount > i64::from(i32::MAX) {
            return Err(wrong("amount"));
        }
        if entry.balance_after > i64::from(i32::MAX) {
            return Err(wrong("balance"));
        }
        Ok(Self { kind, ..entry })
    }

    fn fields(fields: &mut Fields<'_>) -> Option<(Self, u8)> {
        let txid = fields.take()?;
        let kind = fields.byte()?;
        let entry = Self {
            txid,
            kind: Movement::Pay,
            amount: i64::from(fields.number()?),
            balance_after: i64::from(fields.number()?),
            points: i32::from_le_bytes(fields.take()?),
            terminal: fields.take()?,
            time: fields.number()?,
            seq: {
                let [low, middle, high] = fields.take()?;
                u32::from_le_bytes([low, middle, high, 0])
            },
        };
        Some((entry, kind))
    }
}

/// Past the range of the card there is nothing to write; the purse never asks for it.
pub(super) fn cut(amount: i64) -> u32 {
    u32::try_from(amount).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> LogEntry {
        LogEntry {
            txid: *b"txid0001",
            kind: Movement::Void,
            amount: 1_250,
            balance_after: 8_750,
            points: -12,
            terminal: [1, 2, 3, 4],
            time: 1_790_000_000,
            seq: 0x0001_0203,
        }
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        assert_eq!(LogEntry::read(&entry().write()), Ok(entry()));
        for kind in Movement::ALL {
            let entry = LogEntry { kind, ..entry() };
            assert_eq!(LogEntry::read(&entry.write()), Ok(entry));
        }
    }

    #[test]
    fn what_we_never_write_is_refused() {
        let wrong = |what| Err(LayoutError::Wrong { file: FILE, what });
        assert_eq!(
            LogEntry::read(&[0; 32]),
            Err(LayoutError::Blank { file: FILE })
        );
        for length in (0..32).chain([33, 64]) {
            let found = LogEntry::read(&vec![1; length]);
            assert_eq!(
                found,
                Err(LayoutError::Length {
                    file: FILE,
                    found: length
                })
            );
        }
        let with = |at: usize, byte: u8| {
            let mut bytes = entry().write();
            bytes[at] = byte;
            bytes
        };
        assert_eq!(LogEntry::read(&with(8, 0)), wrong("kind"));
        assert_eq!(LogEntry::read(&with(8, 6)), wrong("kind"));
        assert_eq!(LogEntry::read(&with(12, 0x80)), wrong("amount"));
        assert_eq!(LogEntry::read(&with(16, 0x80)), wrong("balance"));
        let nothing = LogEntry {
            amount: 0,
            ..entry()
        };
        assert_eq!(LogEntry::read(&nothing.write()), wrong("amount"));
        let unnamed = LogEntry {
            txid: [0; 8],
            ..entry()
        };
        assert_eq!(LogEntry::read(&unnamed.write()), wrong("number"));
    }
}
