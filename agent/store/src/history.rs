//! Which records count: a journal that went on in a later epoch tells the end of the one before again.

use crate::columns::RecordId;
use crate::error::{StoreError, Within, unreadable};
use crate::journal::sealed;
use crate::{HashColumn, Store, Till};
use rusqlite::{Connection, OptionalExtension};
use tillside_core::{ChainError, Event, Head, Record, Sealed};

/// A stretch of one epoch whose records count; empty where `last` comes before `first`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Segment {
    first: RecordId,
    last: RecordId,
}

/// The stretches that make up the journal's one history, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct History(Vec<Segment>);

impl History {
    pub(crate) fn read(conn: &Connection) -> Within<Self> {
        let mut next = conn.prepare_cached(
            "SELECT id, hash, body FROM journal WHERE id > ?1 ORDER BY id LIMIT 1",
        )?;
        let mut segments: Vec<Segment> = Vec::new();
        let mut before = RecordId(0);
        while let Some((first, sealed)) = next
            .query_row([before], |row| {
                Ok((row.get::<_, RecordId>(0)?, sealed(row)?))
            })
            .optional()?
        {
            if let Some(last) = segments.last_mut() {
                last.last = from(&sealed)?;
            }
            before = RecordId::new(first.epoch(), u64::MAX);
            segments.push(Segment {
                first,
                last: before,
            });
        }
        Ok(Self(segments))
    }

    /// Whether a record of the journal counts.
    pub(crate) fn counts(&self, id: RecordId) -> bool {
        let within = |segment: &Segment| segment.first <= id && id <= segment.last;
        self.0.iter().any(within)
    }

    /// The next stretch with something after `after`: past which place, and up to which.
    fn after(&self, after: RecordId) -> Option<(RecordId, RecordId)> {
        let mut rest = self.0.iter().filter(|segment| after < segment.last);
        let next = rest.find(|segment| segment.first <= segment.last)?;
        Some((after.max(RecordId(next.first.0 - 1)), next.last))
    }
}

/// Where the epoch that this record begins goes on from.
fn from(sealed: &Sealed) -> Within<RecordId> {
    let record: Record =
        serde_json::from_str(&sealed.body).map_err(|e| unreadable("an epoch's first record", e))?;
    let seq = sealed.seq;
    match record.event {
        Event::EpochBegan { from, .. } if from.epoch < record.epoch => {
            Ok(RecordId::new(from.epoch, from.seq))
        }
        _ => Err(unannounced(seq)),
    }
}

fn unannounced(seq: u64) -> crate::error::Fault {
    let source = ChainError::Unlinked { seq };
    StoreError::ChainBroken { seq, source }.into()
}

/// Checks that a later epoch's first record names where the one before ends, and a record of it.
pub(crate) fn check_beginning(conn: &Connection, before: &Head, record: &Record) -> Within<()> {
    let Event::EpochBegan { from, closed } = &record.event else {
        return Err(unannounced(record.seq));
    };
    match closed == before && from.epoch < record.epoch && stands(conn, record, from)? {
        true => Ok(()),
        false => Err(unannounced(record.seq)),
    }
}

fn stands(conn: &Connection, record: &Record, head: &Head) -> Within<bool> {
    if head.seq == 0 {
        return Ok(*head == Head::genesis(record.terminal, head.epoch));
    }
    holds(conn, head)
}

/// Whether the journal has that record.
pub(crate) fn holds(conn: &Connection, head: &Head) -> Within<bool> {
    let id = RecordId::new(head.epoch, head.seq);
    Ok(conn
        .prepare_cached("SELECT 1 FROM journal WHERE id = ?1 AND hash = ?2")?
        .exists((id, HashColumn(head.hash)))?)
}

impl Store {
    /// Records that count after a place (epoch and position, which need not exist), oldest first, at most
    /// `limit`, all of one epoch, which comes with them.
    pub fn history(
        &self,
        (epoch, seq): (u32, u64),
        limit: usize,
    ) -> Result<(u32, Vec<Sealed>), StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| {
            let history = History::read(conn)?;
            let Some((after, last)) = history.after(RecordId::new(epoch, seq)) else {
                return Ok((epoch, Vec::new()));
            };
            let mut statement = conn.prepare_cached(
                "SELECT id, hash, body FROM journal WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
            )?;
            let rows = statement.query_map((after, last, limit), sealed)?;
            Ok((last.epoch(), rows.collect::<Result<_, _>>()?))
        })
    }

    /// This journal's record at a position of the present epoch, as others name it. At 0, what the epoch
    /// goes on from; the beginning of the journal in its first epoch. None: it has no such record.
    pub fn head_at(&self, seq: u64) -> Result<Option<Head>, StoreError> {
        let till = self.enrolled()?;
        let epoch = till.head.epoch;
        self.read(|conn| match seq {
            0 => origin(conn, till).map(Some),
            _ => {
                let hash: Option<HashColumn> = conn
                    .prepare_cached("SELECT hash FROM journal WHERE id = ?1")?
                    .query_row([RecordId::new(epoch, seq)], |row| row.get(0))
                    .optional()?;
                let head = |hash: HashColumn| Head {
                    epoch,
                    seq,
                    hash: hash.0,
                };
                Ok(hash.map(head))
            }
        })
    }
}

fn origin(conn: &Connection, till: &Till) -> Within<Head> {
    let epoch = till.head.epoch;
    let first: Option<String> = conn
        .prepare_cached("SELECT body FROM journal WHERE id = ?1")?
        .query_row([RecordId::new(epoch, 1)], |row| row.get(0))
        .optional()?;
    let first: Option<Record> = first
        .map(|body| serde_json::from_str(&body))
        .transpose()
        .map_err(|e| unreadable("an epoch's first record", e))?;
    Ok(match first.map(|record| record.event) {
        Some(Event::EpochBegan { from, .. }) => from,
        _ => Head::genesis(till.profile.terminal, epoch),
    })
}
