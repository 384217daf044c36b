//! The journal: appending to it, reading it, and proving that it holds together.

use crate::columns::{HashColumn, RecordId};
use crate::error::{StoreError, Within, unreadable};
use crate::history::{History, check_beginning};
use crate::{Store, Till, acknowledged, meta};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};
use std::io::Write;
use tillside_core::{
    ChainError, Clock, Event, Head, RECORD_BODY_LIMIT, RECORD_VERSION, Record, Sealed, SignedHead,
    TerminalProfile, Timestamp,
};

/// How many of the newest records are checked each time the database is opened.
pub const TAIL_CHECKED: u64 = 64;

/// A journal that holds together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// How many records it has.
    pub records: u64,
    /// Its end.
    pub head: Head,
    /// HQ's newest signature under it.
    pub acknowledged: Option<SignedHead>,
}

impl Store {
    /// Records after `after_seq` in the present epoch, oldest first, at most `limit`.
    pub fn journal(&self, after_seq: u64, limit: usize) -> Result<Vec<Sealed>, StoreError> {
        let Some(head) = self.head() else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, hash, body FROM journal WHERE id > ?1 ORDER BY id LIMIT ?2",
            )?;
            let after = RecordId::new(head.epoch, after_seq);
            let rows = statement.query_map((after, limit), sealed)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How many records the journal has, in all epochs.
    pub fn record_count(&self) -> Result<u64, StoreError> {
        self.read(|conn| {
            Ok(conn.query_row("SELECT count(*) FROM journal", [], |row| {
                row.get::<_, i64>(0)
            })? as u64)
        })
    }

    /// Proves that every record is what was written, follows the one before it, and that none is
    /// missing up to the newest that HQ or the outbox knows of; and that it is what HQ acknowledged.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        self.verify_telling(|_| {})
    }

    /// As [`Store::verify`]; `progress` is told how many records were checked.
    pub fn verify_telling(&self, mut progress: impl FnMut(u64)) -> Result<Verified, StoreError> {
        let till = self.enrolled()?;
        self.read(|conn| {
            let mut records = 0;
            let head = each(conn, &till.profile, |_, _, _| {
                records += 1;
                progress(records);
                Ok(())
            })?;
            check_end(conn, &head)?;
            Ok(Verified {
                records,
                head,
                acknowledged: acknowledged::check(conn, till.profile.terminal)?,
            })
        })
    }
}

pub(crate) fn write_line(to: &mut dyn Write, record: &Sealed) -> std::io::Result<()> {
    serde_json::to_writer(&mut *to, record)?;
    to.write_all(b"\n")
}

/// Adds a record for `event` after `till.head`, to the journal and to the outbox, and moves the head.
pub(crate) fn append(
    conn: &Connection,
    till: &mut Till,
    at: Timestamp,
    clock: Clock,
    event: &Event,
) -> Within<(RecordId, Sealed)> {
    let record = Record {
        v: RECORD_VERSION,
        terminal: till.profile.terminal,
        epoch: till.head.epoch,
        seq: till.head.seq + 1,
        prev: till.head.hash,
        at,
        clock,
        event: event.clone(),
    };
    let sealed = record.seal().map_err(|e| unreadable("a new record", e))?;
    if sealed.body.len() > RECORD_BODY_LIMIT {
        let (what, limit) = ("the size of one record in bytes", RECORD_BODY_LIMIT as u64);
        return Err(StoreError::Limit { what, limit }.into());
    }
    let id = RecordId::new(record.epoch, record.seq);
    conn.prepare_cached("INSERT INTO journal (id, at, hash, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, at.0, HashColumn(sealed.hash), &sealed.body))?;
    conn.prepare_cached("INSERT INTO outbox (id) VALUES (?1)")?
        .execute([id])?;
    till.head = Head {
        epoch: record.epoch,
        seq: record.seq,
        hash: sealed.hash,
    };
    till.newest = Some(at);
    Ok((id, sealed))
}

/// A row of `id, hash, body`.
pub(crate) fn sealed(row: &Row<'_>) -> rusqlite::Result<Sealed> {
    Ok(Sealed {
        seq: row.get::<_, RecordId>(0)?.seq(),
        hash: row.get::<_, HashColumn>(1)?.0,
        body: row.get(2)?,
    })
}

/// Finds single records, with one prepared statement.
pub(crate) struct Finder<'c>(CachedStatement<'c>);

impl<'c> Finder<'c> {
    pub(crate) fn new(conn: &'c Connection) -> Within<Self> {
        Ok(Self(conn.prepare_cached(
            "SELECT body FROM journal WHERE id = ?1",
        )?))
    }

    /// The record at `id`, which a projection names.
    pub(crate) fn record(&mut self, id: RecordId) -> Within<Record> {
        let body: String = self.0.query_row([id], |row| row.get(0))?;
        serde_json::from_str(&body).map_err(|e| unreadable(format!("record {}", id.seq()), e))
    }
}

/// Walks the whole journal, each record checked against the one before it, and says of each whether it
/// counts: not if a later epoch tells it again. Returns where it ends.
pub(crate) fn each(
    conn: &Connection,
    profile: &TerminalProfile,
    mut visit: impl FnMut(RecordId, &Record, bool) -> Within<()>,
) -> Within<Head> {
    let history = History::read(conn)?;
    let mut statement =
        conn.prepare_cached("SELECT id, hash, body, at FROM journal ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut head = Head::genesis(profile.terminal, profile.epoch);
    let mut first = true;
    while let Some(row) = rows.next()? {
        let id: RecordId = row.get(0)?;
        let later = id.epoch() != head.epoch && id.seq() == 1;
        let before = head;
        if later {
            head = Head::genesis(profile.terminal, id.epoch());
        }
        let record = follow(&mut head, profile, &sealed(row)?)?;
        if later && !first {
            check_beginning(conn, &before, &record)?;
        }
        first = false;
        if record.at.0 != row.get::<_, i64>(3)? {
            let (seq, source) = (record.seq, ChainError::Altered { seq: record.seq });
            return Err(StoreError::ChainBroken { seq, source }.into());
        }
        visit(id, &record, history.counts(id))?;
    }
    Ok(head)
}

/// Checks that the newest [`TAIL_CHECKED`] records hold together.
pub(crate) fn check_tail(conn: &Connection, profile: &TerminalProfile) -> Within<()> {
    let mut statement = conn.prepare_cached(
        "SELECT id, hash, body FROM
             (SELECT id, hash, body FROM journal ORDER BY id DESC LIMIT ?1) ORDER BY id",
    )?;
    let mut rows = statement.query([TAIL_CHECKED as i64 + 1])?;
    let mut head: Option<Head> = None;
    while let Some(row) = rows.next()? {
        let id: RecordId = row.get(0)?;
        let record = sealed(row)?;
        let mut before = match head {
            Some(before) if before.epoch == id.epoch() => before,
            _ if id.seq() == 1 => Head::genesis(profile.terminal, id.epoch()),
            // The oldest of these stands only as the one before the next.
            _ => Head {
                epoch: id.epoch(),
                seq: record.seq,
                hash: record.hash,
            },
        };
        if before.seq < record.seq {
            follow(&mut before, profile, &record)?;
        }
        head = Some(before);
    }
    match head {
        Some(head) => check_end(conn, &head),
        None => Ok(()),
    }
}

fn follow(head: &mut Head, profile: &TerminalProfile, sealed: &Sealed) -> Within<Record> {
    let record = sealed
        .open(profile.terminal, head)
        .map_err(|source| StoreError::ChainBroken {
            seq: sealed.seq,
            source,
        })?;
    head.seq = record.seq;
    head.hash = sealed.hash;
    Ok(record)
}

/// Checks that nothing that HQ or the outbox knows of lies past the journal's end.
fn check_end(conn: &Connection, head: &Head) -> Within<()> {
    let newest_out: Option<RecordId> = conn
        .prepare_cached("SELECT max(id) FROM outbox")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let at_hq: Option<Head> = meta::read(conn, meta::HQ_HEAD)?;
    let written = newest_out.max(at_hq.map(|head| RecordId::new(head.epoch, head.seq)));
    match written {
        Some(written) if written > RecordId::new(head.epoch, head.seq) => {
            Err(StoreError::Shortened {
                found: head.seq,
                expected: written.seq(),
            }
            .into())
        }
        _ => Ok(()),
    }
}
