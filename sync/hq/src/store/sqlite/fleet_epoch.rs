//! New epochs for terminals whose disk was restored or copied.

use super::codec::{UuidId, count, failed, hash, signed};
use super::fleet::row_id;
use crate::fleet::{EPOCH_LIMIT, NoEpoch};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{Head, TerminalId, Timestamp};
use tillside_protocol::{EpochRequest, EpochResponse};

/// The ends of a terminal's epochs, newest first.
pub(super) fn heads(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    limit: usize,
) -> Result<Vec<Head>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT epoch, seq, hash FROM journal_head
             WHERE terminal = (SELECT id FROM terminal WHERE terminal = ?1)
             ORDER BY epoch DESC LIMIT ?2",
        )
        .map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = list
        .query(params![terminal.bytes(), limit])
        .map_err(failed)?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let bytes: Vec<u8> = row.get(2).map_err(failed)?;
        heads.push(Head {
            epoch: row.get(0).map_err(failed)?,
            seq: count(row.get(1).map_err(failed)?),
            hash: hash(&bytes)?,
        });
    }
    Ok(heads)
}

/// Gives the epoch, or says why not.
pub(super) fn begin(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    request: &EpochRequest,
    now: Timestamp,
) -> Result<Result<EpochResponse, NoEpoch>, StoreError> {
    let row = row_id(transaction, terminal)?;
    let given: Option<(u32, i64)> = transaction
        .query_row(
            "SELECT epoch, case_id FROM epoch WHERE terminal = ?1 AND key = ?2",
            params![row, request.key.bytes()],
            |row| row.try_into(),
        )
        .optional()
        .map_err(failed)?;
    if let Some((epoch, case)) = given {
        let case = count(case);
        return Ok(Ok(EpochResponse { epoch, case }));
    }
    if !in_common(transaction, terminal, row, &request.from)? {
        return Ok(Err(NoEpoch::NotInCommon(request.from.seq)));
    }
    let from = request.from;
    let ends = heads(transaction, terminal, usize::MAX)?;
    let beyond = |end: &Head| {
        end.epoch <= request.head.epoch && (end.epoch, end.seq) > (from.epoch, from.seq)
    };
    if !ends.iter().any(beyond) {
        return Ok(Err(NoEpoch::NoFork));
    }
    let newest = newest_epoch(transaction, row)?.max(from.epoch);
    if newest >= EPOCH_LIMIT {
        return Ok(Err(NoEpoch::TooMany));
    }
    let epoch = newest + 1;
    let case = case(transaction, row, request, epoch, now)?;
    transaction
        .execute(
            "INSERT INTO epoch (terminal, epoch, key, from_epoch, from_seq, begun_at, case_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                row,
                epoch,
                request.key.bytes(),
                from.epoch,
                signed(from.seq),
                now.0,
                signed(case)
            ],
        )
        .map_err(failed)?;
    Ok(Ok(EpochResponse { epoch, case }))
}

/// The newest epoch that a terminal has or was given; 0 before its first record.
pub(super) fn newest_epoch(transaction: &Transaction<'_>, row: i64) -> Result<u32, StoreError> {
    transaction
        .prepare_cached(
            "SELECT max(coalesce((SELECT max(epoch) FROM journal_head WHERE terminal = ?1), 0),
                        coalesce((SELECT max(epoch) FROM epoch WHERE terminal = ?1), 0))",
        )
        .map_err(failed)?
        .query_row([row], |row| row.get(0))
        .map_err(failed)
}

/// Whether HQ has that record, or it is an epoch's beginning.
pub(super) fn in_common(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    row: i64,
    head: &Head,
) -> Result<bool, StoreError> {
    if head.seq == 0 {
        return Ok(*head == Head::genesis(terminal, head.epoch));
    }
    transaction
        .prepare_cached(
            "SELECT 1 FROM record WHERE terminal = ?1 AND epoch = ?2 AND seq = ?3 AND hash = ?4",
        )
        .map_err(failed)?
        .exists(params![
            row,
            head.epoch,
            signed(head.seq),
            head.hash.bytes()
        ])
        .map_err(failed)
}

/// The open case about the epoch's two histories; a new one if nothing of the other was sent yet.
fn case(
    transaction: &Transaction<'_>,
    row: i64,
    request: &EpochRequest,
    epoch: u32,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let open: Option<i64> = transaction
        .query_row(
            "SELECT max(id) FROM cases
             WHERE kind = 'two_histories' AND terminal = ?1 AND epoch = ?2 AND seq > ?3 AND closed_at IS NULL",
            params![row, request.from.epoch, signed(request.from.seq)],
            |row| row.get(0),
        )
        .map_err(failed)?;
    if let Some(open) = open {
        return Ok(count(open));
    }
    let evidence =
        serde_json::json!({ "from": request.from, "head": request.head, "epoch": epoch });
    transaction
        .execute(
            "INSERT INTO cases (kind, terminal, epoch, seq, opened_at, words, evidence)
             VALUES ('two_histories', ?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                row,
                request.from.epoch,
                signed(request.from.seq + 1),
                now.0,
                "the till lacks records that HQ has of it: its disk was restored from a backup or copied",
                evidence.to_string()
            ],
        )
        .map_err(failed)?;
    Ok(count(transaction.last_insert_rowid()))
}
