//! Which shares HQ gave, beside its database: what was given after the newest backup is in here still when
//! the backup is put back, and is not given a second time.
//!
//! A line of JSON for each share, on the disk before the till hears of it. One program appends: the one that
//! serves. Shares that are surely over are left out when it starts.

use crate::data::{DataError, sync_folder, write_private};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use tillside_core::Timestamp;
use tillside_core::authority::{AllowanceId, Terms};

/// What went wrong with the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareLogError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] DataError),
    /// A line is no share.
    #[error(
        "line {line} of {path} is damaged, and without it HQ could give a share of an offer twice: \
         take the line out if the tills have been heard since, or put the file back from a copy"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
}

/// The file, and what is in it.
#[derive(Debug)]
pub struct ShareLog {
    path: PathBuf,
    known: BTreeSet<AllowanceId>,
    file: Option<File>,
}

impl ShareLog {
    /// The file at a path. Nothing is read or made yet.
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            known: BTreeSet::new(),
            file: None,
        }
    }

    /// What was given and may not be over; the file then holds just that.
    ///
    /// # Errors
    /// If the file cannot be read or written, or one of its lines, other than a last one that was cut off
    /// before anybody heard of it, is no share.
    pub fn read(&mut self, now: Timestamp) -> Result<Vec<Terms>, ShareLogError> {
        let path = || self.path.clone();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(source) => {
                return Err(DataError::Read {
                    path: path(),
                    source,
                }
                .into());
            }
        };
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        let mut given: Vec<Terms> = Vec::new();
        for (n, line) in whole.lines().enumerate() {
            let terms = serde_json::from_str(line);
            let line = n + 1;
            given.push(terms.map_err(|_| ShareLogError::Damaged { path: path(), line })?);
        }
        let all = given.len();
        given.retain(|terms| now < terms.surely_over());
        if given.len() < all || whole.len() < text.len() {
            let lines = lines(given.iter()).map_err(|source| DataError::Write {
                path: path(),
                source,
            })?;
            self.file = None;
            write_private(&self.path, &lines)?;
        }
        self.known = given.iter().map(|terms| terms.id).collect();
        Ok(given)
    }

    /// Writes down what is given, unless it is there already, and waits until it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written; it may then not be given.
    pub fn keep(&mut self, given: &[Terms]) -> Result<(), ShareLogError> {
        let new: Vec<&Terms> = given
            .iter()
            .filter(|terms| !self.known.contains(&terms.id))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let written = lines(new.iter().copied()).and_then(|lines| self.append(&lines));
        written.map_err(|source| {
            // What came of it is not known: the next time begins on a line of its own.
            self.file = None;
            DataError::Write {
                path: self.path.clone(),
                source,
            }
        })?;
        self.known.extend(new.iter().map(|terms| terms.id));
        Ok(())
    }

    fn append(&mut self, lines: &[u8]) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(open(&self.path)?),
        };
        file.write_all(lines)?;
        file.sync_data()
    }
}

/// Opens the file to append, after whole lines only.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    sync_folder(path);
    let bytes = std::fs::read(path)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let whole = whole.map_or(0, |end| end as u64 + 1);
    if whole < bytes.len() as u64 {
        // Half a line: nobody heard of that share.
        file.set_len(whole)?;
    }
    Ok(file)
}

fn lines<'a>(given: impl Iterator<Item = &'a Terms>) -> std::io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for terms in given {
        serde_json::to_writer(&mut lines, terms)?;
        lines.push(b'\n');
    }
    Ok(lines)
}
