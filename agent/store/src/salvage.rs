//! Getting what can be read out of a damaged database, without touching it.

use crate::columns::RecordId;
use crate::error::{StoreError, Within};
use crate::journal::{sealed, write_line};
use crate::lock::{Lock, beside};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::io::Write;
use std::path::Path;

/// After so many places in a row without a record, the end is taken to be reached.
const MISSES: u64 = 10_000;

/// What was got out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Salvaged {
    /// How many records were written.
    pub records: u64,
    /// How many were met that could not be read.
    pub unreadable: u64,
}

/// Writes every record that can still be read as JSON Lines.
///
/// Works on a copy of `file` and of its log that is made in `scratch` (an empty folder of the
/// caller's), so that the damaged file stays as it is. A record that is written is not proved to be
/// right: that is for whoever checks its hash and its place. Refused while Tillside runs on the file.
pub fn salvage(file: &Path, scratch: &Path, to: &mut dyn Write) -> Result<Salvaged, StoreError> {
    let _lock = match Lock::take(file) {
        Err(in_use @ StoreError::InUse { .. }) => return Err(in_use),
        // A disk that can only be read has no place for a lock, and needs none.
        lock => lock.ok(),
    };
    let copy = scratch.join("copy.db");
    for suffix in ["", "-wal"] {
        let from = beside(file, suffix);
        if suffix.is_empty() || from.exists() {
            std::fs::copy(&from, beside(&copy, suffix))
                .map_err(|source| StoreError::of_file(&from, source))?;
        }
    }
    let conn = Connection::open_with_flags(
        &copy,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    conn.map_err(Into::into)
        .and_then(|conn| read_all(&conn, to))
        .map_err(|fault: crate::error::Fault| fault.at(file))
}

fn read_all(conn: &Connection, to: &mut dyn Write) -> Within<Salvaged> {
    let mut salvaged = Salvaged {
        records: 0,
        unreadable: 0,
    };
    let mut find = conn.prepare("SELECT id, hash, body FROM journal WHERE id = ?1")?;
    let newest: Option<RecordId> = conn
        .query_row("SELECT max(id) FROM journal", [], |row| row.get(0))
        .ok()
        .flatten();
    let first: Option<RecordId> = conn
        .query_row("SELECT min(id) FROM journal", [], |row| row.get(0))
        .ok()
        .flatten();
    let mut at = first.unwrap_or(RecordId::new(newest.map_or(1, RecordId::epoch), 1));
    let mut misses = 0;
    while misses < MISSES && newest.is_none_or(|newest| at <= newest) {
        match find.query_row([at], sealed).optional() {
            Ok(Some(record)) => {
                write_line(to, &record)
                    .map_err(|source| StoreError::of_file("the export".as_ref(), source))?;
                salvaged.records += 1;
                misses = 0;
            }
            Ok(None) => misses += 1,
            Err(_) => {
                salvaged.unreadable += 1;
                misses += 1;
            }
        }
        at = RecordId(at.0 + 1);
    }
    Ok(salvaged)
}
