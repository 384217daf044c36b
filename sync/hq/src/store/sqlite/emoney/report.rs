//! Reports on e-money: what is open, what is missing, what each purse holds.

use super::movement::{self, Movement};
use super::{cards, money, points, settle};
use crate::emoney::ledger::{Account, Holder};
use crate::emoney::sequence::gaps;
use crate::emoney::{Gap, OpenMovement, PurseRow, Scheme};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, code, count, failed, signed};
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeSet;
use tillside_core::{CardIdentity, MemberId, Money, TerminalId, Timestamp};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The moment before which what is open is past the time-out.
pub(super) fn timeout(scheme: &Scheme, now: Timestamp) -> i64 {
    now.0.saturating_sub(i64::from(scheme.timeout_days) * DAY)
}

pub(super) fn amount(scheme: &Scheme, minor: i64) -> Result<Money, StoreError> {
    Money::new(minor, scheme.scheme.currency).map_err(|_| StoreError::Unreadable { what: "amount" })
}

/// Counts of a card that are booked, ascending.
pub(super) fn booked(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Vec<u32>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT before_tmc + 1 FROM purse_movement
             WHERE card = ?1 AND kind = 'on_card' AND ended = 'done' ORDER BY before_tmc",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([card.as_str()], |row| row.get(0))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Every card that anybody told a history of.
pub(super) fn told_cards(transaction: &Transaction<'_>) -> Result<Vec<CardIdentity>, StoreError> {
    let mut list = transaction
        .prepare("SELECT DISTINCT card FROM card_point ORDER BY card")
        .map_err(failed)?;
    let rows: Result<Vec<String>, _> = list
        .query_map([], |row| row.get(0))
        .map_err(failed)?
        .collect();
    let rows = rows.map_err(failed)?.into_iter();
    rows.map(|card| code("card", card)).collect()
}

pub(super) fn all_gaps(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<Gap>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let before = timeout(&scheme, now);
    let mut found = Vec::new();
    for card in told_cards(transaction)? {
        let Some(newest) = points::newest(transaction, &card)? else {
            continue;
        };
        for (first, last) in gaps(&booked(transaction, &card)?, newest.tmc) {
            // A hole is known since somebody told of its end, or of what came after it.
            let since: i64 = transaction
                .prepare_cached(
                    "SELECT min(known_at) FROM card_point WHERE card = ?1 AND tmc >= ?2",
                )
                .map_err(failed)?
                .query_row(params![card.as_str(), last], |row| row.get(0))
                .map_err(failed)?;
            if since <= before {
                found.push(Gap {
                    card: card.clone(),
                    first,
                    last,
                    newest: newest.tmc,
                    since: Timestamp(since),
                });
            }
        }
    }
    Ok(found)
}

pub(super) fn open(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<OpenMovement>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let before = timeout(&scheme, now);
    let rows = movement::select(transaction, "WHERE ended IS NULL ORDER BY at, txid", [])?;
    rows.into_iter()
        .map(|row| {
            let terminal: [u8; 16] = transaction
                .prepare_cached("SELECT terminal FROM terminal WHERE id = ?1")
                .map_err(failed)?
                .query_row([row.terminal], |row| row.get(0))
                .map_err(failed)?;
            // By HQ's clock: a till's may be wrong.
            let received: Option<i64> = transaction
                .prepare_cached("SELECT received_at FROM record WHERE id = ?1")
                .map_err(failed)?
                .query_row([row.intended], |row| row.get(0))
                .optional()
                .map_err(failed)?;
            let received = received.unwrap_or(row.at.0);
            Ok(OpenMovement {
                txid: row.txid,
                terminal: TerminalId::read(terminal),
                store: row.store,
                kind: row.kind,
                action: row.action,
                card: row.card,
                amount: amount(&scheme, row.minor)?,
                at: row.at,
                given_up: row.given_up,
                in_doubt: received < before,
                case: row.case.map(count),
            })
        })
        .collect()
}

pub(super) fn rows(transaction: &Transaction<'_>) -> Result<Vec<PurseRow>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let mut holders = BTreeSet::new();
    for (name, _) in accounts(transaction)? {
        holders.extend(holder_of(&name));
    }
    for movement in movement::select(transaction, "WHERE ended IS NULL", [])? {
        holders.insert(movement.holder()?);
    }
    holders
        .into_iter()
        .map(|holder| {
            let balance = money::balance(transaction, &holder.account())?;
            let owed = money::balance(transaction, &Account::Owed(holder.clone()))?;
            let doubt = match &holder {
                Holder::Card(card) => cards::in_doubt(transaction, card)?,
                Holder::Member(_) => 0,
            };
            Ok(PurseRow {
                balance: amount(&scheme, balance)?,
                owed: amount(&scheme, owed)?,
                in_doubt: amount(&scheme, doubt)?,
                holder,
            })
        })
        .collect()
}

/// Every account's name and running balance.
pub(super) fn accounts(transaction: &Transaction<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    let mut list = transaction
        .prepare("SELECT name, minor FROM emoney_account ORDER BY name")
        .map_err(failed)?;
    let rows = list
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Whose purse, or whose claim, an account is.
pub(super) fn holder_of(name: &str) -> Option<Holder> {
    let (kind, rest) = name.split_once(':')?;
    let (kind, rest) = match kind {
        "owed" => rest.split_once(':')?,
        "on_card" => ("card", rest),
        "account" => ("member", rest),
        _ => return None,
    };
    match kind {
        "card" => CardIdentity::new(rest).ok().map(Holder::Card),
        _ => rest.parse::<MemberId>().ok().map(Holder::Member),
    }
}

/// Movements that are open past the time-out, by HQ's clock, and no case is about.
pub(super) fn overdue(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<Vec<Movement>, StoreError> {
    movement::select(
        transaction,
        "WHERE ended IS NULL AND case_id IS NULL
             AND (SELECT received_at FROM record WHERE id = intended) < ?1 ORDER BY at, txid",
        [timeout(scheme, now)],
    )
}

/// Movements that wait for the terminal to be told.
pub(super) fn untold(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    limit: usize,
) -> Result<Vec<Movement>, StoreError> {
    movement::select(
        transaction,
        "WHERE terminal = (SELECT id FROM terminal WHERE terminal = ?1) AND told = 0
             AND ended IS NOT NULL AND ended_by <> 'terminal' AND intended IS NOT NULL
         ORDER BY ended_at, txid LIMIT ?2",
        params![terminal.bytes(), signed(limit as u64)],
    )
}
