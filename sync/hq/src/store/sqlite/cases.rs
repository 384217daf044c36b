//! Cases in SQLite.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed, signed};
use crate::cases::{Case, CaseFile, CaseStore};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use tillside_core::{TerminalId, Timestamp};

const COLUMNS: &str = "SELECT c.id, c.kind, t.terminal, t.store, c.epoch, c.seq, c.opened_at,
    c.words, c.closed_at, c.note, c.evidence, c.terminal
    FROM cases AS c JOIN terminal AS t ON t.id = c.terminal";

#[async_trait]
impl CaseStore for SqliteStore {
    async fn cases(&self, closed_too: bool) -> Result<Vec<Case>, StoreError> {
        self.read(move |transaction| {
            let mut list = transaction
                .prepare(&format!(
                    "{COLUMNS} WHERE c.closed_at IS NULL OR ?1 ORDER BY c.id"
                ))
                .map_err(failed)?;
            let mut rows = list.query([closed_too]).map_err(failed)?;
            let mut cases = Vec::new();
            while let Some(row) = rows.next().map_err(failed)? {
                cases.push(read_case(row)?);
            }
            Ok(cases)
        })
        .await
    }

    async fn case(&self, case: u64) -> Result<Option<CaseFile>, StoreError> {
        self.read(move |transaction| case_file(transaction, case))
            .await
    }

    async fn close_case(&self, case: u64, note: String, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let closed = transaction
                .execute(
                    "UPDATE cases SET closed_at = ?2, note = ?3
                     WHERE id = ?1 AND closed_at IS NULL",
                    params![signed(case), now.0, note],
                )
                .map_err(failed)?;
            if closed == 1 {
                return Ok(());
            }
            Err(StoreError::NotFound(format!(
                "there is no open case {case}: `tillside-hq cases` shows the open ones"
            )))
        })
        .await
    }
}

fn read_case(row: &Row<'_>) -> Result<Case, StoreError> {
    let closed_at: Option<i64> = row.get(8).map_err(failed)?;
    Ok(Case {
        case: count(row.get(0).map_err(failed)?),
        kind: row.get(1).map_err(failed)?,
        terminal: TerminalId::read(row.get(2).map_err(failed)?),
        store: code("store", row.get(3).map_err(failed)?)?,
        epoch: row.get(4).map_err(failed)?,
        seq: count(row.get(5).map_err(failed)?),
        opened_at: Timestamp(row.get(6).map_err(failed)?),
        words: row.get(7).map_err(failed)?,
        closed_at: closed_at.map(Timestamp),
        note: row.get(9).map_err(failed)?,
    })
}

fn case_file(transaction: &Transaction<'_>, id: u64) -> Result<Option<CaseFile>, StoreError> {
    let mut find = transaction
        .prepare(&format!("{COLUMNS} WHERE c.id = ?1"))
        .map_err(failed)?;
    let mut rows = find.query([signed(id)]).map_err(failed)?;
    let Some(row) = rows.next().map_err(failed)? else {
        return Ok(None);
    };
    let case = read_case(row)?;
    let evidence: String = row.get(10).map_err(failed)?;
    let terminal: i64 = row.get(11).map_err(failed)?;
    let mut bodies = transaction
        .prepare(
            "SELECT body FROM record WHERE terminal = ?2 AND epoch = ?3 AND seq = ?4
                 AND (case_id = ?1 OR NOT EXISTS (SELECT 1 FROM fork_record WHERE case_id = ?1))
             UNION ALL SELECT body FROM (
                 SELECT body FROM fork_record
                 WHERE terminal = ?2 AND epoch = ?3 AND case_id = ?1 ORDER BY seq)",
        )
        .map_err(failed)?;
    let records: Result<Vec<String>, _> = bodies
        .query_map(
            params![signed(id), terminal, case.epoch, signed(case.seq)],
            |row| row.get(0),
        )
        .map_err(failed)?
        .collect();
    let hq_record = match case.kind.as_str() {
        "two_histories" => transaction
            .query_row(
                "SELECT body FROM record WHERE terminal = ?1 AND epoch = ?2 AND seq = ?3",
                params![terminal, case.epoch, signed(case.seq)],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed)?,
        _ => None,
    };
    Ok(Some(CaseFile {
        case,
        evidence: serde_json::from_str(&evidence)
            .map_err(|_| StoreError::Unreadable { what: "evidence" })?,
        records: records.map_err(failed)?,
        hq_record,
    }))
}
