//! Cards in SQLite: issued, blocked, replaced, expired.

use super::account::desk;
use super::{money, movement, points, settle};
use crate::emoney::Scheme;
use crate::emoney::cards::{BlockKind, CardHold, Replacement};
use crate::emoney::ledger::Account;
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, code, failed};
use crate::store::sqlite::ingest_load::card_owner;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use tillside_core::{CardIdentity, CardIssued, Money, PurseTx, StoreId, Timestamp};

/// Why a card may not be used.
pub(super) fn hold(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Option<CardHold>, StoreError> {
    let found: Option<(String, String, i64)> = transaction
        .prepare_cached("SELECT kind, why, since FROM card_block WHERE card = ?1")
        .map_err(failed)?
        .query_row([card.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()
        .map_err(failed)?;
    Ok(found.map(|(kind, why, since)| CardHold {
        card: card.clone(),
        kind,
        why,
        since: Timestamp(since),
    }))
}

/// Every blocked card, by number.
pub(super) fn holds(transaction: &Transaction<'_>) -> Result<Vec<CardHold>, StoreError> {
    let mut list = transaction
        .prepare("SELECT card, kind, why, since FROM card_block ORDER BY card")
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut holds = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        holds.push(CardHold {
            card: code("card", row.get(0).map_err(failed)?)?,
            kind: row.get(1).map_err(failed)?,
            why: row.get(2).map_err(failed)?,
            since: Timestamp(row.get(3).map_err(failed)?),
        });
    }
    Ok(holds)
}

pub(super) fn block(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    kind: BlockKind,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = transaction
        .execute(
            "INSERT INTO card_block (card, kind, why, since) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (card) DO UPDATE SET kind = excluded.kind, why = excluded.why
                 WHERE (kind, why) IS NOT (excluded.kind, excluded.why)
                     AND (kind NOT IN ('replaced', 'expired') OR excluded.kind = 'expired')",
            params![card.as_str(), kind.as_str(), why, now.0],
        )
        .map_err(failed)?;
    Ok(changed > 0)
}

pub(super) fn unblock(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<(), StoreError> {
    let removed = transaction
        .execute(
            "DELETE FROM card_block WHERE card = ?1 AND kind NOT IN ('replaced', 'expired')",
            [card.as_str()],
        )
        .map_err(failed)?;
    match removed {
        1 => Ok(()),
        _ => Err(StoreError::NotFound(format!(
            "card {card} is not blocked, or its balance was given to another: see `tillside-hq card show {card}`"
        ))),
    }
}

const REPLACEMENT: &str = "SELECT old, new, store, due_at, minor, restored FROM card_replacement";

fn replacement(row: &Row<'_>, scheme: &Scheme) -> Result<Replacement, StoreError> {
    let minor: Option<i64> = row.get(4).map_err(failed)?;
    let restored: Option<[u8; 8]> = row.get(5).map_err(failed)?;
    let amount = minor
        .map(|minor| Money::new(minor, scheme.scheme.currency))
        .transpose();
    Ok(Replacement {
        old: code("card", row.get(0).map_err(failed)?)?,
        new: code("card", row.get(1).map_err(failed)?)?,
        store: code("store", row.get(2).map_err(failed)?)?,
        due_at: Timestamp(row.get(3).map_err(failed)?),
        amount: amount.map_err(|_| StoreError::Unreadable { what: "amount" })?,
        restored: restored.map(PurseTx::new),
    })
}

/// Replacements that `rest` of the query names.
pub(super) fn replacements(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Replacement>, StoreError> {
    let mut list = transaction
        .prepare_cached(&format!("{REPLACEMENT} {rest}"))
        .map_err(failed)?;
    let mut rows = list.query(values).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        found.push(replacement(row, scheme)?);
    }
    Ok(found)
}

/// Orders a carry-over; an error is in words.
pub(super) fn replace(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    old: &CardIdentity,
    new: &CardIdentity,
    at: Option<&StoreId>,
    now: Timestamp,
) -> Result<Result<Replacement, String>, StoreError> {
    if old == new {
        return Ok(Err("a card cannot stand in for itself".to_owned()));
    }
    let either = replacements(
        transaction,
        scheme,
        "WHERE old IN (?1, ?2) OR new IN (?1, ?2)",
        params![old.as_str(), new.as_str()],
    )?;
    if let Some(known) = either
        .iter()
        .find(|known| known.old == *old && known.new == *new)
    {
        return Ok(Ok(known.clone()));
    }
    // The lost card may itself have stood in for another.
    if let Some(other) = either.iter().find(|known| known.new != *old) {
        return Ok(Err(format!(
            "card {} is replaced by {} already",
            other.old, other.new
        )));
    }
    if let Some(hold) = hold(transaction, new)? {
        return Ok(Err(format!("card {new} is blocked itself: {}", hold.why)));
    }
    let owner = card_owner(transaction, old)?;
    let to = card_owner(transaction, new)?;
    if let (Some(owner), Some(to)) = (owner, to)
        && owner != to
    {
        return Ok(Err(format!("card {new} is another member's than {old}")));
    }
    let Some(store) = store_for(transaction, owner.or(to), at)? else {
        return Ok(Err(match at {
            Some(at) => format!("store {at} is no top-up desk"),
            None => "no store is a top-up desk: see `tillside-hq store desk`".to_owned(),
        }));
    };
    let kind = BlockKind::Replaced;
    block(transaction, old, kind, kind.words(), now)?;
    let wait = i64::from(scheme.scheme.replacement_wait_hours) * 3_600_000;
    let due_at = Timestamp(now.0.saturating_add(wait));
    transaction
        .execute(
            "INSERT INTO card_replacement (old, new, store, ordered_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![old.as_str(), new.as_str(), store.as_str(), now.0, due_at.0],
        )
        .map_err(failed)?;
    Ok(Ok(Replacement {
        old: old.clone(),
        new: new.clone(),
        store,
        due_at,
        amount: None,
        restored: None,
    }))
}

/// The store that carries a balance over: the one that was asked for, the member's own, or the first that can.
fn store_for(
    transaction: &Transaction<'_>,
    member: Option<tillside_core::MemberId>,
    at: Option<&StoreId>,
) -> Result<Option<StoreId>, StoreError> {
    if let Some(at) = at {
        return Ok(desk(transaction, at)?.top_up.then(|| at.clone()));
    }
    let found: Option<String> = transaction
        .query_row(
            "SELECT store FROM store WHERE desk_top_up = 1 ORDER BY
                 store <> coalesce((SELECT home_store FROM member WHERE member = ?1), ''), store
             LIMIT 1",
            [member.map(|member| member.bytes())],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?;
    found.map(|store| code("store", store)).transpose()
}

/// Fixes the amount of every carry-over whose wait is over: what is booked, less what open movements
/// may have taken.
pub(super) fn fix_carry_overs(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<(), StoreError> {
    let due = replacements(
        transaction,
        scheme,
        "WHERE minor IS NULL AND due_at <= ?1",
        [now.0],
    )?;
    for Replacement { old, .. } in due {
        let booked = money::balance(transaction, &Account::OnCard(old.clone()))?;
        let doubt = in_doubt(transaction, &old)?;
        let minor = booked
            .saturating_sub(doubt)
            .clamp(0, scheme.scheme.cap.minor());
        transaction
            .execute(
                "UPDATE card_replacement SET minor = ?2 WHERE old = ?1",
                params![old.as_str(), minor],
            )
            .map_err(failed)?;
    }
    Ok(())
}

/// What movements with an unknown end may have taken off a card.
pub(super) fn in_doubt(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "SELECT coalesce(sum(minor), 0) FROM purse_movement
             WHERE card = ?1 AND kind = 'on_card' AND action = 1 AND ended IS NULL",
        )
        .map_err(failed)?
        .query_row([card.as_str()], |row| row.get(0))
        .map_err(failed)
}

/// Keeps that a desk issued a card. What is wrong with the card that it stands in for is told in words.
pub(in crate::store::sqlite) fn issued(
    transaction: &Transaction<'_>,
    issued: &CardIssued,
    store: &StoreId,
    record: i64,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO card (card, member) VALUES (?1, ?2)")
        .map_err(failed)?
        .execute(params![issued.card.as_str(), issued.member.bytes()])
        .map_err(failed)?;
    transaction
        .prepare_cached(
            "INSERT INTO purse_card (card, member, key_version, expires, record)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (card) DO UPDATE SET key_version = excluded.key_version,
                 expires = excluded.expires, record = excluded.record",
        )
        .map_err(failed)?
        .execute(params![
            issued.card.as_str(),
            issued.member.bytes(),
            issued.key_version,
            issued.expires.to_string(),
            record
        ])
        .map_err(failed)?;
    let (Some(old), Some(scheme)) = (&issued.replaces, settle::scheme(transaction)?) else {
        return Ok(None);
    };
    let desk = desk(transaction, store)?.top_up.then_some(store);
    let done = replace(transaction, &scheme, old, &issued.card, desk, now)?;
    Ok(done.err())
}

/// Takes what is left on a card past its last day off the books.
pub(super) fn expire(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    now: Timestamp,
) -> Result<Money, StoreError> {
    let nothing = |why: &str| StoreError::NotFound(format!("card {card} {why}"));
    let scheme = settle::scheme(transaction)?;
    let scheme = scheme.ok_or_else(|| nothing("has no purse: there is no e-money"))?;
    let expires: Option<String> = transaction
        .query_row(
            "SELECT expires FROM purse_card WHERE card = ?1",
            [card.as_str()],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?;
    let expires: Option<jiff::civil::Date> = expires.and_then(|day| day.parse().ok());
    let expires = expires.ok_or_else(|| nothing("was never issued"))?;
    let today = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    if today.to_zoned(jiff::tz::TimeZone::UTC).date() <= expires {
        return Err(nothing(&format!("may be used until {expires}")));
    }
    if in_doubt(transaction, card)? > 0 {
        return Err(nothing("has a movement that nobody knows the end of"));
    }
    let account = Account::OnCard(card.clone());
    let minor = money::balance(transaction, &account)?;
    if minor <= 0 {
        return Err(nothing("holds nothing"));
    }
    money::transfer(
        transaction,
        "expire",
        None,
        &account,
        &Account::Expired,
        minor,
        now,
    )?;
    let kind = BlockKind::Expired;
    block(transaction, card, kind, kind.words(), now)?;
    Money::new(minor, scheme.scheme.currency).map_err(|_| StoreError::Unreadable { what: "amount" })
}

/// Whether HQ ever heard of a card.
pub(super) fn is_known(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<bool, StoreError> {
    Ok(card_owner(transaction, card)?.is_some()
        || hold(transaction, card)?.is_some()
        || points::newest(transaction, card)?.is_some()
        || !movement::select(transaction, "WHERE card = ?1 LIMIT 1", [card.as_str()])?.is_empty())
}
