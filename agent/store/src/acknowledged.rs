//! HQ's signed acknowledgements: kept beside the journal, and held against it.
//!
//! Whoever changes an acknowledged record and all that follows it would have to forge HQ's signature too.
//! Asking for them, and whose key signed, is left to sync and to whoever checks.

use crate::columns::{RecordId, from_json, to_json};
use crate::error::{StoreError, Within};
use crate::{HashColumn, Store};
use rusqlite::{Connection, OptionalExtension};
use tillside_core::{HeadSigner, SignedHead, TerminalId};

/// One acknowledgement a day is kept for good, in milliseconds; the newest of each epoch always is.
const DAY_MS: i64 = 86_400_000;

impl Store {
    /// HQ's acknowledgements that this till kept, oldest first.
    pub fn acknowledgements(&self) -> Result<Vec<SignedHead>, StoreError> {
        self.read(|conn| {
            let mut all = Vec::new();
            each(conn, |signed| {
                all.push(signed);
                Ok(())
            })?;
            Ok(all)
        })
    }
}

/// Keeps one, in place of the one before it unless that stands for its day. What this journal does not
/// hold is not kept: sync says that HQ has another history.
pub(crate) fn keep(conn: &Connection, terminal: TerminalId, signed: &SignedHead) -> Within<()> {
    let id = RecordId::new(signed.epoch, signed.seq);
    if signed.terminal != terminal || !holds(conn, signed)? || !signed.is_by(HeadSigner::Hq) {
        tracing::warn!(seq = signed.seq, "HQ's acknowledgement does not fit");
        return Ok(());
    }
    let mut before = conn.prepare_cached(
        "SELECT id, at FROM acknowledgement WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT 2",
    )?;
    let epoch = RecordId::new(signed.epoch, 0);
    let before: Vec<(RecordId, i64)> = before
        .query_map((epoch, id), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    if let [(newest, at), (_, earlier)] = before[..]
        && at.saturating_sub(earlier) < DAY_MS
    {
        conn.prepare_cached("DELETE FROM acknowledgement WHERE id = ?1")?
            .execute([newest])?;
    }
    conn.prepare_cached(
        "INSERT INTO acknowledgement (id, at, signed) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute((id, signed.at.0, to_json("an acknowledgement", signed)?))?;
    Ok(())
}

/// Holds each acknowledgement against the journal, whose own chain was proved. Returns the newest.
pub(crate) fn check(conn: &Connection, terminal: TerminalId) -> Within<Option<SignedHead>> {
    let mut newest = None;
    each(conn, |signed| {
        let seq = signed.seq;
        if signed.terminal != terminal || !signed.is_by(HeadSigner::Hq) {
            return Err(StoreError::AcknowledgementForged { seq }.into());
        }
        if !holds(conn, &signed)? {
            return Err(StoreError::AcknowledgedLost { seq }.into());
        }
        newest = Some(signed);
        Ok(())
    })?;
    Ok(newest)
}

fn holds(conn: &Connection, signed: &SignedHead) -> Within<bool> {
    let id = RecordId::new(signed.epoch, signed.seq);
    let found = conn
        .prepare_cached("SELECT hash FROM journal WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, HashColumn>(0))
        .optional()?;
    Ok(found.is_some_and(|found| found.0 == signed.hash))
}

/// Each as it stands in its row, whose place is its head's.
fn each(conn: &Connection, mut visit: impl FnMut(SignedHead) -> Within<()>) -> Within<()> {
    let mut statement =
        conn.prepare_cached("SELECT id, signed FROM acknowledgement ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: RecordId = row.get(0)?;
        let signed: SignedHead = from_json("an acknowledgement", &row.get::<_, String>(1)?)?;
        if id != RecordId::new(signed.epoch, signed.seq) {
            let seq = id.seq();
            return Err(StoreError::AcknowledgementForged { seq }.into());
        }
        visit(signed)?;
    }
    Ok(())
}
