//! Cards' histories: points as they are told, and how they clash.

use crate::emoney::PurseFault;
use crate::emoney::sequence::{BEGINNING, Clash, Point};
use crate::store::StoreError;
use crate::store::sqlite::codec::{code, failed};
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CardIdentity, PurseTx, Timestamp};

/// What is known of a card at that count.
pub(super) fn point(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    tmc: u32,
) -> Result<Option<Point>, StoreError> {
    let found: Option<(Option<[u8; 8]>, Option<i64>)> = transaction
        .prepare_cached("SELECT txid, balance FROM card_point WHERE card = ?1 AND tmc = ?2")
        .map_err(failed)?
        .query_row(params![card.as_str(), tmc], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(failed)?;
    Ok(found.map(|(txid, balance)| Point {
        tmc,
        txid: txid.map(PurseTx::new),
        balance,
    }))
}

/// The newest point of a card.
pub(super) fn newest(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Option<Point>, StoreError> {
    let tmc: Option<u32> = transaction
        .prepare_cached("SELECT max(tmc) FROM card_point WHERE card = ?1")
        .map_err(failed)?
        .query_row([card.as_str()], |row| row.get(0))
        .map_err(failed)?;
    tmc.map_or(Ok(None), |tmc| point(transaction, card, tmc))
}

/// What a point would be with this telling, or how they clash.
fn joined(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    told: &Point,
) -> Result<Result<Point, PurseFault>, StoreError> {
    let fault = |clash| PurseFault::Card {
        card: card.clone(),
        clash,
    };
    let begins = (told.tmc == 0).then_some(BEGINNING);
    let known = point(transaction, card, told.tmc)?.or(begins);
    let joined = match known {
        Some(known) => known.joined(*told),
        None => Ok(*told),
    };
    let point = match joined {
        Ok(point) => point,
        Err(clash) => return Ok(Err(fault(clash))),
    };
    if let Some(txid) = told.txid {
        let found: Option<(String, u32)> = transaction
            .prepare_cached("SELECT card, tmc FROM card_point WHERE txid = ?1")
            .map_err(failed)?
            .query_row([txid.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        if let Some((other, tmc)) = found {
            let other: CardIdentity = code("card", other)?;
            if other != *card || tmc != told.tmc {
                let (known, told) = (txid, txid);
                return Ok(Err(fault(Clash::Txid { tmc, known, told })));
            }
        }
    }
    Ok(Ok(point))
}

/// The first clash of these tellings with what is known; nothing is kept.
pub(super) fn clash(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    told: &[Point],
) -> Result<Option<PurseFault>, StoreError> {
    for told in told {
        if let Err(fault) = joined(transaction, card, told)? {
            return Ok(Some(fault));
        }
    }
    Ok(None)
}

/// Keeps what was told, but for what clashes with what is known.
pub(super) fn keep(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    told: &[Point],
    now: Timestamp,
) -> Result<Vec<PurseFault>, StoreError> {
    let mut faults = Vec::new();
    for told in told {
        match joined(transaction, card, told)? {
            Err(fault) => faults.push(fault),
            Ok(point) => {
                transaction
                    .prepare_cached(
                        "INSERT INTO card_point (card, tmc, txid, balance, known_at)
                         VALUES (?1, ?2, ?3, ?4, ?5)
                         ON CONFLICT (card, tmc) DO UPDATE
                             SET txid = excluded.txid, balance = excluded.balance",
                    )
                    .map_err(failed)?
                    .execute(params![
                        card.as_str(),
                        point.tmc,
                        point.txid.map(|txid| *txid.bytes()),
                        point.balance,
                        now.0
                    ])
                    .map_err(failed)?;
            }
        }
    }
    Ok(faults)
}
