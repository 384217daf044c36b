//! Where each record of a batch stands, seen from HQ's copy of the journal. Pure.

use super::Standing;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use tillside_core::{ChainError, Hash, Head, Record, Sealed, TerminalId};

/// Where one record stands.
#[derive(Debug)]
pub enum Place {
    /// HQ had it before this batch, byte for byte; and the case it opened then.
    Known(Option<u64>),
    /// It came earlier in this very batch.
    Repeated,
    /// It continues HQ's copy. An error is a record HQ cannot read: the chain goes on over its hash.
    Next(Result<Box<Record>, ChainError>),
    /// It belongs to another history of the same journal: a cloned or restored terminal.
    Fork(Fork),
    /// A record before it has not arrived.
    Missing,
}

/// A record of another history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fork {
    /// What differs: `hash` where HQ has another record there, `prev` where it continues another.
    pub field: &'static str,
    /// The case that holds this very record already.
    pub kept: Option<u64>,
    /// The fork record before it, whose case it joins.
    pub after: Option<(u64, Hash)>,
}

/// What places a record even where the rest of it cannot be read.
#[derive(Deserialize)]
struct Link {
    prev: Hash,
}

fn previous(sealed: &Sealed) -> Option<Hash> {
    let link: Result<Link, _> = serde_json::from_str(&sealed.body);
    link.ok().map(|link| link.prev)
}

/// A record as [`Sealed::read`] found it.
pub type Found = Result<Record, ChainError>;

/// Reads the records of a batch, half of them on another thread: it is most of the work on a backlog,
/// and needs no transaction.
pub fn read(records: &[Sealed]) -> Vec<Found> {
    let (left, right) = records.split_at(records.len() / 2);
    std::thread::scope(|scope| {
        let left = scope.spawn(|| left.iter().map(Sealed::read).collect::<Vec<_>>());
        let right: Vec<_> = right.iter().map(Sealed::read).collect();
        let mut all = match left.join() {
            Ok(found) => found,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        all.extend(right);
        all
    })
}

/// Places the records of a batch, in the order they were sent. `found` is what [`read`] made of them.
pub fn place(
    terminal: TerminalId,
    records: &[Sealed],
    found: Vec<Found>,
    standing: &Standing,
) -> Vec<Place> {
    let mut placing = Placing {
        terminal,
        head: standing.head,
        standing,
        forks: standing.forks.keys().copied().collect(),
        here: BTreeMap::new(),
    };
    let records = records.iter().zip(found);
    records
        .map(|(sealed, found)| placing.place(sealed, found))
        .collect()
}

struct Placing<'a> {
    terminal: TerminalId,
    head: Head,
    standing: &'a Standing,
    forks: HashSet<(u64, Hash)>,
    /// What this batch added to HQ's copy: hash, and whether the text matches it.
    here: BTreeMap<u64, &'a Sealed>,
}

impl<'a> Placing<'a> {
    fn place<'b: 'a>(&mut self, sealed: &'b Sealed, found: Found) -> Place {
        if sealed.seq <= self.head.seq {
            self.at_known_position(sealed)
        } else if sealed.seq == self.head.seq + 1 {
            self.at_the_end(sealed, found)
        } else {
            self.beyond(sealed)
        }
    }

    fn at_known_position(&mut self, sealed: &Sealed) -> Place {
        if let Some(here) = self.here.get(&sealed.seq) {
            return if *here == sealed {
                Place::Repeated
            } else {
                self.fork(sealed, "hash", previous(sealed))
            };
        }
        match self.standing.known.get(&sealed.seq) {
            // The text is compared by its hash. Where HQ keeps a text that never matched its hash, a
            // case says so, and the claimed hash alone names it.
            Some((hash, case))
                if *hash == sealed.hash
                    && (case.is_some() || Hash::of(sealed.body.as_bytes()) == *hash) =>
            {
                Place::Known(*case)
            }
            _ => self.fork(sealed, "hash", previous(sealed)),
        }
    }

    fn at_the_end<'b: 'a>(&mut self, sealed: &'b Sealed, found: Found) -> Place {
        let opened = found.and_then(|record| {
            record.continues(sealed.seq, self.terminal, &self.head)?;
            Ok(record)
        });
        let other = match &opened {
            Ok(_) | Err(ChainError::Altered { .. } | ChainError::TooLong { .. }) => None,
            Err(_) => previous(sealed).filter(|prev| *prev != self.head.hash),
        };
        if let Some(prev) = other {
            return self.fork(sealed, "prev", Some(prev));
        }
        if sealed.seq == 1 && !self.standing.continues {
            return Place::Missing;
        }
        self.head.seq = sealed.seq;
        self.head.hash = sealed.hash;
        self.here.insert(sealed.seq, sealed);
        Place::Next(opened.map(Box::new))
    }

    fn beyond(&mut self, sealed: &Sealed) -> Place {
        match previous(sealed) {
            Some(prev) if self.forks.contains(&(sealed.seq - 1, prev)) => {
                self.fork(sealed, "prev", Some(prev))
            }
            _ => Place::Missing,
        }
    }

    fn fork(&mut self, sealed: &Sealed, field: &'static str, prev: Option<Hash>) -> Place {
        let at = (sealed.seq, sealed.hash);
        let after = prev
            .map(|prev| (sealed.seq - 1, prev))
            .filter(|before| self.forks.contains(before));
        self.forks.insert(at);
        Place::Fork(Fork {
            field,
            kept: self.standing.forks.get(&at).copied(),
            after,
        })
    }
}

/// The new end of HQ's copy after the placed records.
pub fn head_after(head: Head, records: &[Sealed], places: &[Place]) -> Head {
    records
        .iter()
        .zip(places)
        .filter(|(_, place)| matches!(place, Place::Next(_)))
        .fold(head, |head, (sealed, _)| Head {
            seq: sealed.seq,
            hash: sealed.hash,
            ..head
        })
}

/// Cases of fork records by position and hash, as they grow while a batch is written.
pub type ForkCases = HashMap<(u64, Hash), u64>;
