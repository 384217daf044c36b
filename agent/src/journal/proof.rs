//! Proving a journal file: the chain, the counts, the terminal's signature and HQ's.
//!
//! One line is in memory at a time. Whose HQ's key is, the file cannot prove: whoever checks it names the
//! key that HQ gave out, or reads which one the proof used.

use super::{FILE_VERSION, FileEnd, FileHeader};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;
use std::io::{BufRead, Read};
use tillside_core::{
    ChainError, CodeKey, Event, Hash, Head, HeadSigner, RECORD_BODY_LIMIT, Record, Sealed,
    SignedHead, TerminalId,
};

/// The longest line that is read, in bytes: a record's text with every character escaped. A header has room
/// for thirty years of daily acknowledgements in it.
pub const LINE_LIMIT: u64 = 8 * RECORD_BODY_LIMIT as u64;

/// What a file proves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileProof {
    /// Whose journal.
    pub terminal: TerminalId,
    /// How many records the file has.
    pub records: u64,
    /// The position of the first, if it is not the first of its epoch: what came before is elsewhere.
    pub begins_at: Option<u64>,
    /// The last record.
    pub head: Option<Head>,
    /// The terminal's signature under it.
    pub signed: Option<SignedHead>,
    /// HQ's newest signature.
    pub acknowledged: Option<SignedHead>,
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// It could not be read.
    #[error("the file cannot be read")]
    Unread(#[from] std::io::Error),
    /// It begins with something else.
    #[error(
        "its first line is not that of an exported journal, so nobody can say whether it is complete"
    )]
    NoHeader,
    /// It was made by a newer program.
    #[error("it has layout {0}, and this program reads layout {FILE_VERSION}: update it")]
    Newer(u32),
    /// A line is not as the program wrote it.
    #[error("line {line} was changed")]
    Changed {
        /// Which, from 1.
        line: u64,
    },
    /// A record does not follow the one before.
    #[error("line {line}: {source}")]
    Chain {
        /// Which, from 1.
        line: u64,
        /// Why.
        #[source]
        source: ChainError,
    },
    /// The end is missing.
    #[error("the end of the file is missing")]
    Cut,
    /// Something stands after the end.
    #[error("there is something after the end of the journal, at line {line}")]
    GoesOn {
        /// Where.
        line: u64,
    },
    /// The last line does not fit the others.
    #[error("lines were changed, added or taken out: the sum at the end is another")]
    Sum,
    /// The terminal's signature does not hold.
    #[error("the till's own signature does not fit the journal's end")]
    Head,
    /// HQ's signature does not hold.
    #[error("HQ's signature under record {seq} is not HQ's")]
    Acknowledgement {
        /// Which record.
        seq: u64,
    },
    /// A record is not as HQ acknowledged it.
    #[error("record {seq} is not as HQ acknowledged it, or is missing")]
    NotAcknowledged {
        /// Which record.
        seq: u64,
    },
    /// Nothing in it is under the key that was asked for.
    #[error("nothing in it is acknowledged by HQ with the key that you named")]
    NoAcknowledgement,
}

/// Proves a journal file. With `pinned`, HQ's signatures count only under one of these keys, and there must
/// be one. `progress` is told how many records were read.
///
/// # Errors
/// [`ProofError`]: what is wrong first.
pub fn prove(
    from: &mut dyn BufRead,
    pinned: &[CodeKey],
    progress: &mut dyn FnMut(u64),
) -> Result<FileProof, ProofError> {
    let mut lines = Lines::new(from);
    let first = lines.next()?.ok_or(ProofError::Cut)?;
    let header = header(&first)?;
    check_signatures(&header, pinned)?;
    let mut due: VecDeque<SignedHead> = header.acknowledged.iter().copied().collect();
    let mut head = header.after;
    let mut records = 0;
    let end = loop {
        let sum = lines.sum();
        let line = lines.next()?.ok_or(ProofError::Cut)?;
        let number = lines.number;
        if let Ok(end) = read::<FileEnd>(&line, number) {
            break (end, sum);
        }
        let sealed: Sealed = read(&line, number)?;
        let before = head.ok_or(ProofError::Changed { line: number })?;
        let after =
            follow(header.terminal, before, &sealed).map_err(|source| ProofError::Chain {
                line: number,
                source,
            })?;
        meet(&mut due, &after)?;
        head = Some(after);
        records += 1;
        progress(records);
    };
    if let Some(line) = lines.after_end()? {
        return Err(ProofError::GoesOn { line });
    }
    if end.0
        != (FileEnd {
            records,
            sha256: end.1,
        })
    {
        return Err(ProofError::Sum);
    }
    if let Some(missing) = due.front() {
        return Err(ProofError::NotAcknowledged { seq: missing.seq });
    }
    let head = head.filter(|_| records > 0);
    if header
        .head
        .is_some_and(|signed| Some(signed.head()) != head)
    {
        return Err(ProofError::Head);
    }
    let begins = header.after.map_or(0, |after| after.seq);
    Ok(FileProof {
        terminal: header.terminal,
        records,
        begins_at: (begins > 0).then_some(begins + 1),
        head,
        signed: header.head,
        acknowledged: header.acknowledged.last().copied(),
    })
}

fn header(line: &[u8]) -> Result<FileHeader, ProofError> {
    #[derive(serde::Deserialize)]
    struct Version {
        tillside_journal: u32,
    }
    let version: Version = serde_json::from_slice(line).map_err(|_| ProofError::NoHeader)?;
    match version.tillside_journal {
        FILE_VERSION => read(line, 1),
        newer => Err(ProofError::Newer(newer)),
    }
}

/// All signatures of the header, and that HQ's stand in order.
fn check_signatures(header: &FileHeader, pinned: &[CodeKey]) -> Result<(), ProofError> {
    let ours = |signed: &SignedHead| signed.terminal == header.terminal;
    let till = |signed: &SignedHead| ours(signed) && signed.is_by(HeadSigner::Terminal);
    if !header.head.as_ref().is_none_or(till) {
        return Err(ProofError::Head);
    }
    let mut before = (0, 0);
    for signed in &header.acknowledged {
        let place = (signed.epoch, signed.seq);
        let known = pinned.is_empty() || pinned.contains(&signed.key);
        if !(known && ours(signed) && signed.is_by(HeadSigner::Hq) && place > before) {
            return Err(ProofError::Acknowledgement { seq: signed.seq });
        }
        before = place;
    }
    if !pinned.is_empty() && header.acknowledged.is_empty() {
        return Err(ProofError::NoAcknowledgement);
    }
    Ok(())
}

/// The head after a record, which follows the one before it or begins a later epoch.
fn follow(terminal: TerminalId, before: Head, sealed: &Sealed) -> Result<Head, ChainError> {
    let record = sealed.read()?;
    let before = if record.epoch > before.epoch {
        goes_on(&before, &record)?;
        Head::genesis(terminal, record.epoch)
    } else {
        before
    };
    record.continues(sealed.seq, terminal, &before)?;
    Ok(Head {
        epoch: record.epoch,
        seq: sealed.seq,
        hash: sealed.hash,
    })
}

/// Whether a later epoch's first record names where the one before ends.
fn goes_on(before: &Head, record: &Record) -> Result<(), ChainError> {
    match &record.event {
        Event::EpochBegan { from, closed }
            if closed == before && (from.epoch, from.seq) <= (closed.epoch, closed.seq) =>
        {
            Ok(())
        }
        _ => Err(ChainError::Unlinked { seq: record.seq }),
    }
}

/// Holds the next of HQ's signatures against a record, once it is reached.
fn meet(due: &mut VecDeque<SignedHead>, at: &Head) -> Result<(), ProofError> {
    while let Some(signed) = due.front() {
        if (signed.epoch, signed.seq) > (at.epoch, at.seq) {
            break;
        }
        if signed.head() != *at {
            return Err(ProofError::NotAcknowledged { seq: signed.seq });
        }
        due.pop_front();
    }
    Ok(())
}

/// Reads a line that is written in the one way that [`super::write`] writes it.
fn read<T: DeserializeOwned + Serialize>(line: &[u8], number: u64) -> Result<T, ProofError> {
    let changed = ProofError::Changed { line: number };
    let Ok(value) = serde_json::from_slice::<T>(line) else {
        return Err(changed);
    };
    match serde_json::to_vec(&value) {
        Ok(written) if written == line => Ok(value),
        _ => Err(changed),
    }
}

struct Lines<'a> {
    from: &'a mut dyn BufRead,
    sum: Sha256,
    number: u64,
}

impl<'a> Lines<'a> {
    fn new(from: &'a mut dyn BufRead) -> Self {
        Self {
            from,
            sum: Sha256::new(),
            number: 0,
        }
    }

    /// The sum of all lines so far.
    fn sum(&self) -> Hash {
        Hash::from_bytes(self.sum.clone().finalize().into())
    }

    /// The next line without its line feed; none at the end. One without a line feed was cut.
    fn next(&mut self) -> Result<Option<Vec<u8>>, ProofError> {
        let mut line = Vec::new();
        (&mut *self.from)
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        self.sum.update(&line);
        match line.pop() {
            Some(b'\n') => Ok(Some(line)),
            _ => Err(ProofError::Cut),
        }
    }

    /// The line after the end, if there is one.
    fn after_end(&mut self) -> Result<Option<u64>, ProofError> {
        let more = !self.from.fill_buf()?.is_empty();
        Ok(more.then_some(self.number + 1))
    }
}
