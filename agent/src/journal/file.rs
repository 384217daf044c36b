//! Writing a journal file: JSON Lines, the header first, then the records, then the end.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use tillside_core::{Hash, Head, Record, Sealed, SignedHead, TerminalId};
use tillside_store::{Store, StoreError, Stretch};

/// The version of the file's layout.
pub const FILE_VERSION: u32 = 1;

/// The first line. After it comes each record as it is kept (`seq`, `body`, `hash`), oldest first, and
/// [`FileEnd`] as the last line. Every line is written in one way only, and ends with a line feed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHeader {
    /// [`FILE_VERSION`].
    pub tillside_journal: u32,
    /// Whose journal.
    pub terminal: TerminalId,
    /// What the first record follows; none in a file without records.
    pub after: Option<Head>,
    /// The last record, under the terminal's signature; none if it has no key.
    pub head: Option<SignedHead>,
    /// HQ's signatures under records of the file, oldest first.
    pub acknowledged: Vec<SignedHead>,
}

/// The last line. It finds what was damaged on the way; against whoever computes it anew stand the
/// signatures in the header.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEnd {
    /// How many records the file has.
    pub records: u64,
    /// SHA-256 of all lines before this one, with their line feeds.
    pub sha256: Hash,
}

/// Writes a stretch of a till's journal; `sign` puts the terminal's signature under its head. Returns how
/// many records were written.
///
/// # Errors
/// If the journal cannot be read or the file not written. Nothing is checked: see [`Store::verify`].
pub fn write(
    store: &Store,
    stretch: Option<Stretch>,
    sign: impl FnOnce(&Head) -> Option<SignedHead>,
    to: &mut dyn Write,
) -> Result<u64, StoreError> {
    let terminal = store.profile().ok_or(StoreError::NotEnrolled)?.terminal;
    let mut lines = Lines {
        to,
        sum: Sha256::new(),
    };
    let mut header = FileHeader {
        tillside_journal: FILE_VERSION,
        terminal,
        after: None,
        head: stretch.as_ref().and_then(|stretch| sign(&stretch.last)),
        acknowledged: acknowledged(store, stretch.as_ref())?,
    };
    let mut records = 0;
    if let Some(stretch) = stretch {
        store.walk(&stretch, |epoch, sealed| {
            if records == 0 {
                header.after = Some(before(epoch, &sealed)?);
                lines.put(&header)?;
            }
            records += 1;
            lines.put(&sealed)
        })?;
    }
    let last = |mut lines: Lines<'_>| {
        if records == 0 {
            lines.put(&header)?;
        }
        let sha256 = Hash::from_bytes(lines.sum.clone().finalize().into());
        lines.put(&FileEnd { records, sha256 })
    };
    last(lines).map_err(|source| StoreError::File {
        file: "the export".into(),
        source,
    })?;
    Ok(records)
}

/// HQ's signatures under records of the stretch.
fn acknowledged(store: &Store, stretch: Option<&Stretch>) -> Result<Vec<SignedHead>, StoreError> {
    let Some(stretch) = stretch else {
        return Ok(Vec::new());
    };
    let place = |head: &Head| (head.epoch, head.seq);
    let mut all = store.acknowledgements()?;
    all.retain(|signed| {
        let at = (signed.epoch, signed.seq);
        place(&stretch.first) <= at && at <= place(&stretch.last)
    });
    Ok(all)
}

/// The head that a record follows, by its own words.
fn before(epoch: u32, sealed: &Sealed) -> std::io::Result<Head> {
    let record: Record = serde_json::from_str(&sealed.body)?;
    Ok(Head {
        epoch,
        seq: sealed.seq.saturating_sub(1),
        hash: record.prev,
    })
}

struct Lines<'a> {
    to: &'a mut dyn Write,
    sum: Sha256,
}

impl Lines<'_> {
    fn put(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.sum.update(&line);
        self.to.write_all(&line)
    }
}
