//! Taking in a batch: load what it names, decide, write, all in one transaction.

use super::codec::{UuidId, count, failed, hash, signed};
use super::fleet::FIRST_EPOCH;
use super::fleet_epoch::{in_common, newest_epoch};
use super::ingest_load::load;
use super::ingest_write::Writing;
use super::{SqliteStore, emoney, run};
use crate::emoney::proof::{Mac, Proof, prove};
use crate::ingest::chain::{Found, Place, head_after, place, read};
use crate::ingest::{Batch, IngestStore, Standing, Step, plan};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::HashMap;
use tillside_core::{
    CardIdentity, Event, Head, PurseEvidence, Record, Sealed, SignedHead, StoreId, TerminalId,
    Timestamp,
};
use tillside_protocol::{PushRequest, PushResponse};

#[async_trait]
impl IngestStore for SqliteStore {
    async fn take(&self, request: PushRequest, now: Timestamp) -> Result<PushResponse, StoreError> {
        let (found, request) = run(move || Ok((read(&request.records), request))).await?;
        let (found, proofs) = self.proofs(found).await?;
        self.write(move |transaction| take(transaction, request, found, &proofs, now))
            .await
    }
}

impl SqliteStore {
    /// Proves what the records say that cards committed, before the transaction.
    async fn proofs(&self, found: Vec<Found>) -> Result<(Vec<Found>, Proofs), StoreError> {
        let committed = |found: &Found| found.as_ref().is_ok_and(|record| mac(record).is_some());
        if !found.iter().any(committed) {
            return Ok((found, Proofs::new()));
        }
        let scheme = self.read(emoney::scheme).await?;
        let keyring = self.keyring.clone();
        run(move || {
            let opened = keyring.open().unwrap_or_else(|error| {
                tracing::error!(%error, "the key vault did not open: cards' proofs wait in cases");
                None
            });
            let vault = opened.as_ref().map(|opened| opened.vault());
            let records = found.iter().filter_map(|found| found.as_ref().ok());
            let proofs = records.filter_map(|record| {
                let (card, mac) = mac(record)?;
                let scheme = &scheme.as_ref()?.scheme;
                Some((record.seq, prove(vault, scheme, card, &mac)))
            });
            let proofs = proofs.collect();
            Ok((found, proofs))
        })
        .await
    }
}

/// What became of the proofs of a batch, by position.
pub(super) type Proofs = HashMap<u64, Proof>;

/// The card's MAC that a record brings.
fn mac(record: &Record) -> Option<(&CardIdentity, Mac<'_>)> {
    let Event::PurseEnded(ended) = &record.event else {
        return None;
    };
    match &ended.evidence {
        PurseEvidence::CommitAnswer { tmc, tmv, tmi, .. } => Some((
            &ended.card,
            Mac {
                tmc: *tmc,
                tmv: *tmv,
                tmi: tmi.bytes(),
            },
        )),
        _ => None,
    }
}

/// A terminal's row.
pub(super) struct TerminalRow {
    pub(super) id: i64,
    pub(super) terminal: TerminalId,
    pub(super) store: StoreId,
}

fn take(
    transaction: &Transaction<'_>,
    request: PushRequest,
    found: Vec<Found>,
    proofs: &Proofs,
    now: Timestamp,
) -> Result<PushResponse, StoreError> {
    let terminal = terminal_row(transaction, request.terminal)?;
    let mut standing = standing(transaction, &terminal, request.epoch, &request.records)?;
    if let Some(Ok(Record {
        event: Event::EpochBegan { from, .. },
        ..
    })) = found.first()
    {
        standing.continues = in_common(transaction, terminal.terminal, terminal.id, from)?;
    }
    let places = place(terminal.terminal, &request.records, found, &standing);
    let mut batch = Batch {
        head: head_after(standing.head, &request.records, &places),
        records: request.records,
        places,
    };
    let first_new = batch
        .places
        .iter()
        .position(|place| matches!(place, Place::Next(_)));
    let (mut working, accounts) = load(transaction, &terminal, &batch.needs())?;
    let steps = plan(&mut batch, &mut working);
    let purses = steps.iter().any(|step| match step {
        Step::Purse(_) => true,
        Step::Book(booking) => !booking.purse_tenders.is_empty(),
        _ => false,
    });
    let scheme = if purses {
        emoney::scheme(transaction)?
    } else {
        None
    };
    let mut writing = Writing::new(transaction, &terminal, request.epoch, now, accounts);
    writing.scheme = scheme.as_ref();
    writing.proofs = Some(proofs);
    writing.fork_cases = standing.forks;
    let mut acks = Vec::with_capacity(steps.len());
    for (sealed, step) in batch.records.iter().zip(steps) {
        acks.push(writing.step(sealed, step)?);
    }
    let newest = newest_epoch(transaction, terminal.id)?;
    if let Some(first) = first_new.and_then(|first| batch.records.get(first)) {
        if request.epoch < newest {
            writing.old_epoch_goes_on(first, newest)?;
        } else if first.seq == 1 && request.epoch > FIRST_EPOCH {
            writing.epoch_begins(first)?;
        }
    }
    writing.finish(&working.balances, &batch.head, standing.head)?;
    if let Some(signed) = request.signed.filter(|signed| signed.head() == batch.head) {
        keep_signed(transaction, &terminal, &signed)?;
    }
    Ok(PushResponse {
        acks,
        head: batch.head,
        acknowledged: None,
    })
}

/// Keeps the newest head that a terminal signed. A key that changed is told: its old one is lost, or two
/// terminals run under one name.
fn keep_signed(
    transaction: &Transaction<'_>,
    terminal: &TerminalRow,
    signed: &SignedHead,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(signed).map_err(|_| StoreError::Unreadable {
        what: "signed head",
    })?;
    let before: Option<String> = transaction
        .prepare_cached(
            "SELECT signed ->> '$.key' FROM signed_head WHERE terminal = ?1 ORDER BY epoch DESC LIMIT 1",
        )
        .map_err(failed)?
        .query_row([terminal.id], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    if before.is_some_and(|before| before != signed.key.to_string()) {
        tracing::warn!(terminal = %terminal.terminal, "a till signs its journal with another key now");
    }
    transaction
        .prepare_cached(
            "INSERT INTO signed_head (terminal, epoch, signed) VALUES (?1, ?2, ?3)
             ON CONFLICT (terminal, epoch) DO UPDATE SET signed = excluded.signed",
        )
        .map_err(failed)?
        .execute(params![terminal.id, signed.epoch, text])
        .map_err(failed)?;
    Ok(())
}

pub(super) fn terminal_row(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
) -> Result<TerminalRow, StoreError> {
    let found: Option<(i64, String)> = transaction
        .prepare_cached("SELECT id, store FROM terminal WHERE terminal = ?1")
        .map_err(failed)?
        .query_row([terminal.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    let (id, store) =
        found.ok_or_else(|| StoreError::NotFound(format!("HQ has no terminal {terminal}")))?;
    Ok(TerminalRow {
        id,
        terminal,
        store: super::codec::code("store", store)?,
    })
}

/// Where HQ's copy of a journal ends.
pub(super) fn head(
    transaction: &Transaction<'_>,
    terminal: &TerminalRow,
    epoch: u32,
) -> Result<Head, StoreError> {
    let found: Option<(i64, Vec<u8>)> = transaction
        .prepare_cached("SELECT seq, hash FROM journal_head WHERE terminal = ?1 AND epoch = ?2")
        .map_err(failed)?
        .query_row(params![terminal.id, epoch], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(failed)?;
    match found {
        None => Ok(Head::genesis(terminal.terminal, epoch)),
        Some((seq, bytes)) => Ok(Head {
            epoch,
            seq: count(seq),
            hash: hash(&bytes)?,
        }),
    }
}

fn standing(
    transaction: &Transaction<'_>,
    terminal: &TerminalRow,
    epoch: u32,
    records: &[Sealed],
) -> Result<Standing, StoreError> {
    let mut standing = Standing::empty(head(transaction, terminal, epoch)?);
    let seqs = records.iter().map(|record| record.seq);
    let (Some(first), Some(last)) = (seqs.clone().min(), seqs.max()) else {
        return Ok(standing);
    };
    if first <= standing.head.seq {
        let mut known = transaction
            .prepare_cached(
                "SELECT seq, hash, case_id FROM record
                 WHERE terminal = ?1 AND epoch = ?2 AND seq = ?3",
            )
            .map_err(failed)?;
        // One look-up a record: a batch may name positions far apart.
        for record in records.iter().filter(|r| r.seq <= standing.head.seq) {
            let row = known
                .query_row(params![terminal.id, epoch, signed(record.seq)], |row| {
                    let case: Option<i64> = row.get(2)?;
                    Ok((row.get::<_, Vec<u8>>(1)?, case.map(count)))
                })
                .optional()
                .map_err(failed)?;
            if let Some((bytes, case)) = row {
                standing.known.insert(record.seq, (hash(&bytes)?, case));
            }
        }
    }
    let mut forks = transaction
        .prepare_cached(
            "SELECT seq, hash, case_id FROM fork_record
             WHERE terminal = ?1 AND epoch = ?2 AND seq BETWEEN ?3 AND ?4",
        )
        .map_err(failed)?;
    let range = params![terminal.id, epoch, signed(first) - 1, signed(last)];
    let rows = forks
        .query_map(range, |row| {
            Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?))
        })
        .map_err(failed)?;
    for row in rows {
        let (seq, bytes, case): (i64, Vec<u8>, i64) = row.map_err(failed)?;
        standing
            .forks
            .insert((count(seq), hash(&bytes)?), count(case));
    }
    Ok(standing)
}
