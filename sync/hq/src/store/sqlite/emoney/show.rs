//! One card in full; and what a person decides of a movement that nobody knows the end of.

use super::check::changes;
use super::movement::{self, By};
use super::report::{amount, booked, overdue};
use super::settle::{self, conclude};
use super::{cards, money, no_scheme, points, tenders};
use crate::emoney::cards::{CARD_FILE_LIMIT, CardFile, CardMovement};
use crate::emoney::ledger::Holder;
use crate::emoney::lots::pair;
use crate::emoney::sequence::gaps;
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, count, failed, signed};
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CardIdentity, MemberId, PurseEnd, PurseTx, Timestamp};

pub(super) fn card_file(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<CardFile, StoreError> {
    if !cards::is_known(transaction, card)? {
        return Err(StoreError::NotFound(format!(
            "HQ never heard of card {card}"
        )));
    }
    let scheme = settle::scheme(transaction)?.ok_or_else(no_scheme)?;
    let holder = Holder::Card(card.clone());
    let newest = points::newest(transaction, card)?;
    let purses = changes(transaction, &scheme)?;
    let lots = pair(&purses).lots.remove(&holder).unwrap_or_default();
    let rows = movement::select(
        transaction,
        "WHERE card = ?1 ORDER BY before_tmc DESC, at DESC LIMIT ?2",
        params![card.as_str(), CARD_FILE_LIMIT],
    )?;
    let movements: Result<Vec<_>, StoreError> = rows
        .into_iter()
        .map(|row| {
            Ok(CardMovement {
                tmc: row.before_tmc.and_then(|tmc| tmc.checked_add(1)),
                txid: row.txid,
                action: row.action,
                amount: amount(&scheme, row.minor)?,
                store: row.store,
                at: row.at,
                end: row.ended,
                ended_by: row.ended_by,
            })
        })
        .collect();
    let balance = money::balance(transaction, &holder.account())?;
    Ok(CardFile {
        card: card.clone(),
        owner: owner(transaction, card)?,
        expires: expires(transaction, card)?,
        balance: Some(amount(&scheme, balance)?),
        newest,
        hold: cards::hold(transaction, card)?,
        replacements: cards::replacements(
            transaction,
            &scheme,
            "WHERE old = ?1 OR new = ?1 ORDER BY ordered_at",
            [card.as_str()],
        )?,
        movements: movements?,
        gaps: newest.map_or(Ok(Vec::new()), |newest| {
            booked(transaction, card).map(|booked| gaps(&booked, newest.tmc))
        })?,
        lots,
    })
}

fn owner(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Option<(MemberId, String, String)>, StoreError> {
    let found: Option<([u8; 16], String, String)> = transaction
        .prepare_cached(
            "SELECT m.member, m.number, m.display_name FROM card JOIN member AS m
                 ON m.member = card.member WHERE card.card = ?1",
        )
        .map_err(failed)?
        .query_row([card.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
        .map_err(failed)?;
    Ok(found.map(|(member, number, name)| (MemberId::read(member), number, name)))
}

fn expires(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Option<jiff::civil::Date>, StoreError> {
    let found: Option<String> = transaction
        .prepare_cached("SELECT expires FROM purse_card WHERE card = ?1")
        .map_err(failed)?
        .query_row([card.as_str()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.and_then(|day| day.parse().ok()))
}

/// Opens a case for each movement that is open past the time-out, and for each sale that waits for one so
/// long.
pub(super) fn sweep(transaction: &Transaction<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(0);
    };
    let overdue = overdue(transaction, &scheme, now)?;
    for movement in &overdue {
        let words = format!(
            "nobody knows since {} days how movement {} ended: decide it with `tillside-hq cases decide`",
            scheme.timeout_days, movement.txid
        );
        let evidence = serde_json::json!({ "txid": movement.txid, "card": movement.card });
        transaction
            .execute(
                "INSERT INTO cases (kind, terminal, epoch, seq, opened_at, words, evidence)
                 SELECT 'purse_timed_out', terminal, epoch, seq, ?2, ?3, ?4 FROM record WHERE id = ?1",
                params![movement.intended, now.0, words, evidence.to_string()],
            )
            .map_err(failed)?;
        let case = transaction.last_insert_rowid();
        movement::mark(transaction, movement.txid, "case_id", case)?;
    }
    let tenders = tenders::time_out(transaction, &scheme, now)?;
    Ok(count(overdue.len() as i64) + tenders)
}

/// A person's word ends the movement, and closes the case.
pub(super) fn decide(
    transaction: &Transaction<'_>,
    case: u64,
    end: PurseEnd,
    note: &str,
    now: Timestamp,
) -> Result<PurseTx, StoreError> {
    let missing = |why: &str| StoreError::NotFound(format!("case {case} {why}"));
    let evidence: Option<String> = transaction
        .query_row(
            "SELECT evidence FROM cases WHERE id = ?1 AND closed_at IS NULL",
            [signed(case)],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?;
    let evidence = evidence.ok_or_else(|| missing("is not open"))?;
    let evidence: serde_json::Value =
        serde_json::from_str(&evidence).map_err(|_| StoreError::Unreadable { what: "evidence" })?;
    let txid = evidence["txid"].as_str().and_then(|text| text.parse().ok());
    let txid: PurseTx = txid.ok_or_else(|| missing("is about no movement of a purse"))?;
    let movement = movement::find(transaction, txid)?;
    let movement = movement.filter(|movement| movement.ended.is_none());
    let movement = movement.ok_or_else(|| missing("is about a movement whose end is known"))?;
    let scheme = settle::scheme(transaction)?.ok_or_else(no_scheme)?;
    conclude(transaction, &scheme, &movement, end, By::Person, now)?;
    transaction
        .execute(
            "UPDATE cases SET closed_at = ?2, note = ?3 WHERE id = ?1",
            params![signed(case), now.0, note],
        )
        .map_err(failed)?;
    Ok(txid)
}
