//! Reading and writing files. What is written to files with a backup waits for the commit.

use super::files::{READ, READ_WRITE, WRITE};
use super::image::{Body, Bytes};
use super::{Auth, Desfire, Mode, Native, Status, Stop, three};

/// A standard file is written in blocks of this many bytes, and can be torn between two of them.
const WRITE_BLOCK: usize = 32;
/// File, offset, length.
const HEADER: usize = 7;

/// Where a command reads or writes.
struct Range {
    file: u8,
    first: usize,
    count: usize,
}

impl Range {
    fn of(data: &[u8]) -> Result<Self, Stop> {
        let header = data.first_chunk::<HEADER>().ok_or(Status::LENGTH)?;
        Ok(Self {
            file: header[0],
            first: three(&header[1..4]),
            count: three(&header[4..]),
        })
    }
}

impl Desfire {
    /// Bytes of a write command on their way, for `plain` bytes of header and data.
    pub(super) fn on_the_way(&self, file: u8, plain: usize) -> usize {
        let Ok(file) = self.file(file) else {
            return 0;
        };
        let Ok(mode) = self.granted(file, &[WRITE, READ_WRITE]) else {
            return 0;
        };
        let data = plain - HEADER;
        match (&self.now.auth, mode) {
            (Auth::Ev2(_), Mode::Full) => HEADER + (data + 1).next_multiple_of(16) + 8,
            (Auth::Ev2(_), Mode::Mac) => plain + 8,
            (Auth::Ev1(_), Mode::Full) => HEADER + (data + 4).next_multiple_of(16),
            _ => plain,
        }
    }

    pub(super) fn read_data(&mut self, code: u8, data: &[u8]) -> Native {
        let file = self.file(*data.first().ok_or(Status::LENGTH)?)?;
        let mode = self.granted(file, &[READ, READ_WRITE])?;
        let plain = self.opened(asked(mode), code, data, HEADER, 0)?;
        let range = Range::of(&plain)?;
        let content = match &self.file(range.file)?.body {
            Body::Standard { data } | Body::Backup { data } => data.0.clone(),
            Body::TransactionMac { tmc, tmv, .. } => [&tmc.to_le_bytes()[..], tmv].concat(),
            _ => return Err(Status::PARAMETER.into()),
        };
        let rest = content.get(range.first..).ok_or(Status::BOUNDARY)?;
        let wanted = if range.count == 0 {
            rest.len()
        } else {
            range.count
        };
        let answer = rest.get(..wanted).ok_or(Status::BOUNDARY)?.to_vec();
        self.note_range(code, &range, answer.len(), &answer);
        self.closed(mode, Status::OK, &answer)
    }

    pub(super) fn write_data(&mut self, code: u8, data: &[u8]) -> Native {
        let (range, mode, new) = self.writing(code, data)?;
        let file = self.file(range.file)?;
        let size = match &file.body {
            Body::Standard { data } | Body::Backup { data } => data.0.len(),
            _ => return Err(Status::PARAMETER.into()),
        };
        if range.first + new.len() > size {
            return Err(Status::BOUNDARY.into());
        }
        if file.body.is_committed() {
            if let Body::Backup { data } = self.mirror(range.file)? {
                data.0[range.first..range.first + new.len()].copy_from_slice(&new);
            }
        } else {
            self.write_standard(range.file, range.first, &new)?;
        }
        self.note_range(code, &range, new.len(), &new);
        self.done(mode)
    }

    /// Block by block: this is what can be torn in the middle.
    pub(super) fn write_standard(
        &mut self,
        number: u8,
        offset: usize,
        new: &[u8],
    ) -> Result<(), Stop> {
        for (index, block) in new.chunks(WRITE_BLOCK).enumerate() {
            let at = offset + index * WRITE_BLOCK;
            self.change(|app| {
                if let Some(Body::Standard { data }) =
                    app.files.get_mut(&number).map(|file| &mut file.body)
                {
                    data.0[at..at + block.len()].copy_from_slice(block);
                }
            })?;
        }
        Ok(())
    }

    /// The part that writing data and records share: rights, secure messaging, length.
    fn writing(&mut self, code: u8, data: &[u8]) -> Result<(Range, Mode, Vec<u8>), Stop> {
        let range = Range::of(data)?;
        let file = self.file(range.file)?;
        let mode = self.granted(file, &[WRITE, READ_WRITE])?;
        // With a reader to be named, nothing goes in the clear (card layout).
        if mode == Mode::Plain && self.wants_reader()? && file.body.is_committed() {
            return Err(Status::PERMISSION_DENIED.into());
        }
        let plain = self.opened(mode, code, data, HEADER, range.count)?;
        let new = plain[HEADER..].to_vec();
        match new.len() == range.count {
            true => Ok((range, mode, new)),
            false => Err(Status::LENGTH.into()),
        }
    }

    /// A record that begins with zeros; a second command in one transaction changes the same one.
    pub(super) fn write_record(&mut self, code: u8, data: &[u8]) -> Native {
        let (range, mode, new) = self.writing(code, data)?;
        let Body::Records {
            size, most, cyclic, ..
        } = self.file(range.file)?.body
        else {
            return Err(Status::PARAMETER.into());
        };
        if range.first + new.len() > size {
            return Err(Status::BOUNDARY.into());
        }
        let fresh = self.now.transaction.fresh.insert(range.file);
        let Body::Records { records, .. } = self.mirror(range.file)? else {
            return Err(Status::PARAMETER.into());
        };
        if fresh {
            if !cyclic && records.len() >= most {
                return Err(Status::BOUNDARY.into());
            }
            records.insert(0, Bytes(vec![0; size]));
            // One place is always free for the record that is being written.
            if cyclic {
                records.truncate(most - 1);
            }
        }
        if let Some(newest) = records.first_mut() {
            newest.0[range.first..range.first + new.len()].copy_from_slice(&new);
        }
        self.note_range(code, &range, new.len(), &new);
        self.done(mode)
    }

    /// `first` is the newest one wanted (0 is the newest of all); they come oldest first.
    pub(super) fn read_records(&mut self, code: u8, data: &[u8]) -> Native {
        let file = self.file(*data.first().ok_or(Status::LENGTH)?)?;
        let mode = self.granted(file, &[READ, READ_WRITE])?;
        let plain = self.opened(asked(mode), code, data, HEADER, 0)?;
        let range = Range::of(&plain)?;
        let Body::Records { records, .. } = &self.file(range.file)?.body else {
            return Err(Status::PARAMETER.into());
        };
        let from = records.get(range.first..).filter(|from| !from.is_empty());
        let from = from.ok_or(Status::BOUNDARY)?;
        let count = if range.count == 0 {
            from.len()
        } else {
            range.count
        };
        let wanted = from.get(..count).ok_or(Status::BOUNDARY)?;
        let answer: Vec<u8> = wanted
            .iter()
            .rev()
            .flat_map(|record| record.0.clone())
            .collect();
        self.note_range(code, &range, count, &answer);
        self.closed(mode, Status::OK, &answer)
    }

    pub(super) fn clear_records(&mut self, data: &[u8]) -> Native {
        let number = *data.first().ok_or(Status::LENGTH)?;
        let mode = self.granted(self.file(number)?, &[READ_WRITE])?;
        let plain = self.opened(asked(mode), 0xEB, data, 1, 0)?;
        if plain.len() != 1 {
            return Err(Status::LENGTH.into());
        }
        let Body::Records { records, .. } = self.mirror(number)? else {
            return Err(Status::PARAMETER.into());
        };
        records.clear();
        self.note(&[0xEB, number], &[]);
        self.done(asked(mode))
    }

    fn note_range(&mut self, code: u8, range: &Range, count: usize, data: &[u8]) {
        let transaction_mac = matches!(
            self.file(range.file).map(|file| &file.body),
            Ok(Body::TransactionMac { .. })
        );
        if transaction_mac {
            return;
        }
        let number = |value: usize| {
            let [a, b, c, _] = (value as u32).to_le_bytes();
            [a, b, c]
        };
        let head = [
            &[code, range.file][..],
            &number(range.first),
            &number(count),
        ]
        .concat();
        self.note(&head, data);
    }
}

/// A command without data to encipher is MACed where its answer is enciphered.
fn asked(mode: Mode) -> Mode {
    match mode {
        Mode::Plain => Mode::Plain,
        Mode::Mac | Mode::Full => Mode::Mac,
    }
}
