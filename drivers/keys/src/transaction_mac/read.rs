//! Reads a transaction MAC input back, strictly: what it accepts, the builder writes byte for byte.

use super::entry::{Frames, LAST_FILE, RECORD_SIZES, Shape, TmiEntry, enters_tmi, rule_of};
use super::tmi::{BLOCK, TMI_LONGEST, Tmi, TmiError};

impl Tmi {
    /// Reads an input back, with the record sizes of our layout. What it returns gives the same bytes
    /// again through [`Tmi::push`].
    ///
    /// # Errors
    /// Everything that no card of our layout writes.
    pub fn read(bytes: &[u8]) -> Result<Vec<TmiEntry>, TmiError> {
        Self::read_with(bytes, &RECORD_SIZES)
    }

    /// As [`Tmi::read`], with the record sizes of another layout, as (file, bytes).
    ///
    /// # Errors
    /// As [`Tmi::read`].
    pub fn read_with(bytes: &[u8], record_sizes: &[(u8, u32)]) -> Result<Vec<TmiEntry>, TmiError> {
        if bytes.len() > TMI_LONGEST {
            return Err(TmiError::TooLong);
        }
        let mut rest = Blocks(bytes);
        let mut entries = Vec::new();
        while let [command, ..] = rest.0 {
            entries.push(entry(*command, &mut rest, record_sizes)?);
        }
        Ok(entries)
    }
}

/// What is left of an input.
struct Blocks<'a>(&'a [u8]);

impl<'a> Blocks<'a> {
    /// The next `length` bytes; the zeros after them are checked and dropped.
    fn take(&mut self, length: usize) -> Result<&'a [u8], TmiError> {
        let whole = length.checked_next_multiple_of(BLOCK);
        let (part, rest) = whole
            .and_then(|whole| self.0.split_at_checked(whole))
            .ok_or(TmiError::Short)?;
        self.0 = rest;
        let (data, zeros) = part.split_at(length);
        if zeros.iter().any(|zero| *zero != 0) {
            return Err(TmiError::Padding);
        }
        Ok(data)
    }
}

fn entry(
    command: u8,
    rest: &mut Blocks<'_>,
    record_sizes: &[(u8, u32)],
) -> Result<TmiEntry, TmiError> {
    let unknown = TmiError::Command(command);
    match rule_of(command).ok_or(unknown)?.shape {
        Shape::Value => value_entry(rest.take(6)?),
        Shape::File => match file_of(rest.take(2)?)? {
            file if enters_tmi(command, Some(file)) => Ok(TmiEntry::ClearRecordFile { file }),
            _ => Err(unknown),
        },
        Shape::Reader => {
            let bytes = rest.take(33)?;
            let block = |from| bytes[from..].first_chunk().copied().ok_or(TmiError::Short);
            Ok(TmiEntry::CommitReaderId {
                reader: block(1)?,
                encrypted_previous: block(17)?,
            })
        }
        shape => data_entry(shape, rest, record_sizes),
    }
}

fn file_of(header: &[u8]) -> Result<u8, TmiError> {
    match header {
        [command, file, ..] if !enters_tmi(*command, Some(*file)) => {
            Err(TmiError::Command(*command))
        }
        [_, file @ 0..=LAST_FILE, ..] => Ok(*file),
        _ => Err(TmiError::Range("file number")),
    }
}

fn value_entry(header: &[u8]) -> Result<TmiEntry, TmiError> {
    let file = file_of(header)?;
    let value = *header[2..].first_chunk().ok_or(TmiError::Short)?;
    let value = i32::from_le_bytes(value);
    if header[0] == 0x6C {
        return Ok(TmiEntry::GetValue { file, value });
    }
    let amount = u32::try_from(value).map_err(|_| TmiError::Range("amount"))?;
    match header[0] {
        0x0C => Ok(TmiEntry::Credit { file, amount }),
        0xDC => Ok(TmiEntry::Debit { file, amount }),
        0x1C => Ok(TmiEntry::LimitedCredit { file, amount }),
        other => Err(TmiError::Command(other)),
    }
}

fn data_entry(
    shape: Shape,
    rest: &mut Blocks<'_>,
    record_sizes: &[(u8, u32)],
) -> Result<TmiEntry, TmiError> {
    let header = rest.take(if shape == Shape::Update { 11 } else { 8 })?;
    let (command, file) = (header[0], file_of(header)?);
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], 0]);
    let length = match shape {
        Shape::Records => number(5)
            .checked_mul(record_size(file, record_sizes)?)
            .ok_or(TmiError::Short)?,
        Shape::Update => number(8),
        _ => number(5),
    };
    let length = usize::try_from(length).map_err(|_| TmiError::Short)?;
    let data = rest.take(length)?.to_vec();
    let frames = match command {
        0xBD | 0x3D | 0x3B | 0xBB | 0xDB => Frames::Native,
        _ => Frames::Iso,
    };
    let offset = number(2);
    match command {
        0xBD | 0xAD => Ok(TmiEntry::ReadData {
            frames,
            file,
            offset,
            data,
        }),
        0x3D | 0x8D => Ok(TmiEntry::WriteData {
            frames,
            file,
            offset,
            data,
        }),
        0x3B | 0x8B => Ok(TmiEntry::WriteRecord {
            frames,
            file,
            offset,
            data,
        }),
        0xBB | 0xAB => Ok(TmiEntry::ReadRecords {
            frames,
            file,
            first: offset,
            count: number(5),
            data,
        }),
        0xDB | 0xBA => Ok(TmiEntry::UpdateRecord {
            frames,
            file,
            record: offset,
            offset: number(5),
            data,
        }),
        other => Err(TmiError::Command(other)),
    }
}

fn record_size(file: u8, record_sizes: &[(u8, u32)]) -> Result<u32, TmiError> {
    record_sizes
        .iter()
        .find(|(of, size)| *of == file && *size > 0)
        .map(|(_, size)| *size)
        .ok_or(TmiError::Records(file))
}
