//! The transaction MAC input, written command by command.

use super::entry::{Frames, LAST_FILE, TmiEntry, enters_tmi};

/// The longest input that is written or read, in bytes. A payment's is under 500.
pub const TMI_LONGEST: usize = 8192;
pub(super) const BLOCK: usize = 16;

/// Why an input cannot be written or read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TmiError {
    /// Longer than [`TMI_LONGEST`].
    #[error("the transaction has more than {TMI_LONGEST} bytes")]
    TooLong,
    /// It ends inside an entry, or is no multiple of 16 bytes.
    #[error("the transaction ends in the middle of a command")]
    Short,
    /// A command that does not enter the input, or a file that does not.
    #[error("command {0:02X} has no place in a transaction")]
    Command(u8),
    /// A number that the card's command has no room for.
    #[error("a {0} is out of range")]
    Range(&'static str),
    /// The filling between entries is not zeros.
    #[error("the filling of a transaction is not zeros")]
    Padding,
    /// Records were read from a file of unknown record size, or data and count do not match.
    #[error("the records of file {0:02X} have another size")]
    Records(u8),
}

/// The transaction MAC input as the card builds it. Tell it every data command that the card answered
/// well, in order; it knows which enter ([`super::ENTERS_TMI`]). An aborted transaction starts a new one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tmi {
    bytes: Vec<u8>,
}

impl Tmi {
    /// An empty input.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// The input so far: a multiple of 16 bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The input.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// GetValue, and the value that the card answered.
    ///
    /// # Errors
    /// As [`Tmi::push`]; so do all that follow.
    pub fn get_value(&mut self, file: u8, value: i32) -> Result<(), TmiError> {
        self.push(&TmiEntry::GetValue { file, value })
    }

    /// Credit.
    pub fn credit(&mut self, file: u8, amount: u32) -> Result<(), TmiError> {
        self.push(&TmiEntry::Credit { file, amount })
    }

    /// Debit.
    pub fn debit(&mut self, file: u8, amount: u32) -> Result<(), TmiError> {
        self.push(&TmiEntry::Debit { file, amount })
    }

    /// LimitedCredit.
    pub fn limited_credit(&mut self, file: u8, amount: u32) -> Result<(), TmiError> {
        self.push(&TmiEntry::LimitedCredit { file, amount })
    }

    /// ReadData, and the data that the card answered.
    pub fn read_data(
        &mut self,
        frames: Frames,
        file: u8,
        offset: u32,
        data: &[u8],
    ) -> Result<(), TmiError> {
        let data = data.to_vec();
        self.push(&TmiEntry::ReadData {
            frames,
            file,
            offset,
            data,
        })
    }

    /// WriteData.
    pub fn write_data(
        &mut self,
        frames: Frames,
        file: u8,
        offset: u32,
        data: &[u8],
    ) -> Result<(), TmiError> {
        let data = data.to_vec();
        self.push(&TmiEntry::WriteData {
            frames,
            file,
            offset,
            data,
        })
    }

    /// WriteRecord.
    pub fn write_record(
        &mut self,
        frames: Frames,
        file: u8,
        offset: u32,
        data: &[u8],
    ) -> Result<(), TmiError> {
        let data = data.to_vec();
        self.push(&TmiEntry::WriteRecord {
            frames,
            file,
            offset,
            data,
        })
    }

    /// ReadRecords from record number `first` on, and the `count` records that the card answered.
    pub fn read_records(
        &mut self,
        frames: Frames,
        file: u8,
        first: u32,
        count: u32,
        data: &[u8],
    ) -> Result<(), TmiError> {
        let data = data.to_vec();
        self.push(&TmiEntry::ReadRecords {
            frames,
            file,
            first,
            count,
            data,
        })
    }

    /// UpdateRecord.
    pub fn update_record(
        &mut self,
        frames: Frames,
        file: u8,
        record: u32,
        offset: u32,
        data: &[u8],
    ) -> Result<(), TmiError> {
        let data = data.to_vec();
        self.push(&TmiEntry::UpdateRecord {
            frames,
            file,
            record,
            offset,
            data,
        })
    }

    /// ClearRecordFile.
    pub fn clear_record_file(&mut self, file: u8) -> Result<(), TmiError> {
        self.push(&TmiEntry::ClearRecordFile { file })
    }

    /// CommitReaderID: our 16 bytes, and the 16 that the card answered (the previous reader,
    /// encrypted).
    pub fn commit_reader_id(
        &mut self,
        reader: &[u8; 16],
        encrypted_previous: &[u8; 16],
    ) -> Result<(), TmiError> {
        self.push(&TmiEntry::CommitReaderId {
            reader: *reader,
            encrypted_previous: *encrypted_previous,
        })
    }

    /// Adds one command; nothing, if it does not enter.
    ///
    /// # Errors
    /// `Range` for a number that the command has no room for, `TooLong` past [`TMI_LONGEST`]. The
    /// input is then as before.
    pub fn push(&mut self, entry: &TmiEntry) -> Result<(), TmiError> {
        let (header, data) = parts(entry)?;
        if !enters_tmi(entry.command(), entry.file()) {
            return Ok(());
        }
        let length = self.bytes.len() + padded(header.len()) + padded(data.len());
        if length > TMI_LONGEST {
            return Err(TmiError::TooLong);
        }
        for part in [header.as_slice(), data] {
            self.bytes.extend_from_slice(part);
            self.bytes.resize(padded(self.bytes.len()), 0);
        }
        Ok(())
    }
}

const fn padded(length: usize) -> usize {
    length.next_multiple_of(BLOCK)
}

/// Header and data of an entry, without the zeros after each.
fn parts(entry: &TmiEntry) -> Result<(Vec<u8>, &[u8]), TmiError> {
    if entry.file().is_some_and(|file| file > LAST_FILE) {
        return Err(TmiError::Range("file number"));
    }
    let mut header = vec![entry.command()];
    header.extend(entry.file());
    let mut data: &[u8] = &[];
    match entry {
        TmiEntry::GetValue { value, .. } => header.extend(value.to_le_bytes()),
        TmiEntry::Credit { amount, .. }
        | TmiEntry::Debit { amount, .. }
        | TmiEntry::LimitedCredit { amount, .. } => {
            let amount = i32::try_from(*amount).map_err(|_| TmiError::Range("amount"))?;
            header.extend(amount.to_le_bytes());
        }
        TmiEntry::ReadData {
            offset, data: d, ..
        }
        | TmiEntry::WriteData {
            offset, data: d, ..
        }
        | TmiEntry::WriteRecord {
            offset, data: d, ..
        } => {
            header.extend(three(*offset)?);
            header.extend(length(d)?);
            data = d;
        }
        TmiEntry::ReadRecords {
            file,
            first,
            count,
            data: d,
            ..
        } => {
            let whole = match usize::try_from(*count) {
                Ok(0) | Err(_) => d.is_empty() && *count == 0,
                Ok(count) => !d.is_empty() && d.len().is_multiple_of(count),
            };
            if !whole {
                return Err(TmiError::Records(*file));
            }
            header.extend(three(*first)?);
            header.extend(three(*count)?);
            data = d;
        }
        TmiEntry::UpdateRecord {
            record,
            offset,
            data: d,
            ..
        } => {
            header.extend(three(*record)?);
            header.extend(three(*offset)?);
            header.extend(length(d)?);
            data = d;
        }
        TmiEntry::ClearRecordFile { .. } => {}
        TmiEntry::CommitReaderId {
            reader,
            encrypted_previous,
        } => {
            header.extend(reader);
            header.extend(encrypted_previous);
        }
    }
    Ok((header, data))
}

fn length(data: &[u8]) -> Result<[u8; 3], TmiError> {
    three(u32::try_from(data.len()).map_err(|_| TmiError::TooLong)?)
}

/// Three bytes, least significant first.
fn three(number: u32) -> Result<[u8; 3], TmiError> {
    match number.to_le_bytes() {
        [low, middle, high, 0] => Ok([low, middle, high]),
        _ => Err(TmiError::Range("position or length")),
    }
}
