//! What the ledger of points booked for one member, in the order in which it was booked.

use super::codec::{UuidId, count, failed};
use crate::ledger::Account;
use crate::members::MemberAccount;
use crate::members::account::{Entry, EntryKind, fold, hq, of_hq};
use crate::members::adjust::Adjustment;
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
use tillside_core::lots::{LotId, LotsRefusal, RecordRef};
use tillside_core::{Event, FunderId, MemberId, Points, Record, TerminalId, Timestamp};

/// The account of the member with that number.
pub(super) fn account(
    transaction: &Transaction<'_>,
    number: &str,
    now: Timestamp,
) -> Result<Option<MemberAccount>, StoreError> {
    let found = transaction
        .query_row(
            "SELECT member FROM member WHERE number = ?1",
            [number],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed)?;
    let Some(member) = found.map(MemberId::read) else {
        return Ok(None);
    };
    let account = account_of(transaction, member)?.unwrap_or(0);
    let read = read(transaction, account, member, now)?;
    let account = read.map_err(|refused| {
        let source = Box::new(refused);
        StoreError::Database { source }
    })?;
    Ok(Some(account))
}

/// The row of a member's account; none before anything was booked.
pub(super) fn account_of(
    transaction: &Transaction<'_>,
    member: MemberId,
) -> Result<Option<i64>, StoreError> {
    transaction
        .prepare_cached("SELECT id FROM account WHERE name = ?1")
        .map_err(failed)?
        .query_row([Account::Member(member).to_string()], |row| row.get(0))
        .optional()
        .map_err(failed)
}

/// A member's account as lots, or why it cannot be worked out.
pub(super) fn read(
    transaction: &Transaction<'_>,
    account: i64,
    member: MemberId,
    now: Timestamp,
) -> Result<Result<MemberAccount, LotsRefusal>, StoreError> {
    let in_book: Option<i64> = transaction
        .prepare_cached("SELECT points FROM account WHERE id = ?1")
        .map_err(failed)?
        .query_row([account], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let mut entries = Vec::new();
    gather(transaction, account, 0, i64::MAX, &mut entries)?;
    let named = |_| StoreError::Unreadable { what: "code" };
    let opening = FunderId::new("opening").map_err(named)?;
    let by = hq().map_err(named)?;
    let expired = booked_expiries(transaction, account)?;
    let folded = fold(member, entries, &opening, &by, now);
    Ok(folded.map(|lots| MemberAccount {
        member,
        in_book: Points(in_book.unwrap_or(0)),
        expired,
        lots,
    }))
}

/// What the ledger booked as expired in an account, by lot.
fn booked_expiries(
    transaction: &Transaction<'_>,
    account: i64,
) -> Result<BTreeMap<LotId, Points>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT e.terminal, e.epoch, e.seq, e.lot,
                 sum(CASE WHEN m.from_account = e.account THEN m.points ELSE -m.points END)
             FROM expiry AS e JOIN movement AS m ON m.id = e.movement
             WHERE e.account = ?1 GROUP BY e.terminal, e.epoch, e.seq, e.lot",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([account], |row| {
            let source = RecordRef {
                terminal: TerminalId::read(row.get(0)?),
                epoch: row.get(1)?,
                seq: count(row.get(2)?),
            };
            let index = row.get(3)?;
            Ok((LotId { source, index }, Points(row.get(4)?)))
        })
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// One booking of an account: all that one record moved in it for one reason.
struct Booked {
    movement: i64,
    kind: String,
    at: Timestamp,
    points: i64,
    other: i64,
    record: Option<String>,
}

/// Adds what was booked in an account after one movement and before another. Where a card found its owner,
/// what the card had earned since its last owner stands in its place.
fn gather(
    transaction: &Transaction<'_>,
    account: i64,
    after: i64,
    before: i64,
    entries: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    for booked in bookings(transaction, account, after, before)? {
        if booked.kind == "resolve" {
            let owned = last_owner(transaction, booked.other, booked.movement)?;
            gather(transaction, booked.other, owned, booked.movement, entries)?;
        } else {
            entries.push(entry(transaction, booked)?);
        }
    }
    Ok(())
}

fn bookings(
    transaction: &Transaction<'_>,
    account: i64,
    after: i64,
    before: i64,
) -> Result<Vec<Booked>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT min(m.id), m.kind, max(m.at),
                 sum(CASE WHEN m.to_account = ?1 THEN m.points ELSE -m.points END),
                 max(CASE WHEN m.to_account = ?1 THEN m.from_account ELSE m.to_account END),
                 r.body
             FROM movement AS m LEFT JOIN record AS r ON r.id = m.record
             WHERE (m.from_account = ?1 OR m.to_account = ?1) AND m.id > ?2 AND m.id < ?3
                 AND m.kind <> 'expire'
             GROUP BY coalesce(m.record, -m.id), m.kind ORDER BY min(m.id)",
        )
        .map_err(failed)?;
    let rows = list
        .query_map(params![account, after, before], |row| {
            Ok(Booked {
                movement: row.get(0)?,
                kind: row.get(1)?,
                at: Timestamp(row.get(2)?),
                points: row.get(3)?,
                other: row.get(4)?,
                record: row.get(5)?,
            })
        })
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// The movement by which a card's points went to its owner last, before another; 0 if they never did.
fn last_owner(transaction: &Transaction<'_>, card: i64, before: i64) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "SELECT coalesce(max(id), 0) FROM movement
             WHERE kind = 'resolve' AND (from_account = ?1 OR to_account = ?1) AND id < ?2",
        )
        .map_err(failed)?
        .query_row(params![card, before], |row| row.get(0))
        .map_err(failed)
}

fn entry(transaction: &Transaction<'_>, booked: Booked) -> Result<Entry, StoreError> {
    let Some(body) = booked.record else {
        let kind = match booked.kind.as_str() {
            "adjust" => EntryKind::Adjusted(adjustment(transaction, &booked)?),
            _ => EntryKind::Opening(Points(booked.points)),
        };
        return Ok(Entry {
            source: of_hq(count(booked.movement)),
            at: booked.at,
            kind,
        });
    };
    let unreadable = StoreError::Unreadable { what: "record" };
    let Ok(record) = serde_json::from_str::<Record>(&body) else {
        return Err(unreadable);
    };
    let (moved, taken) = (Points(booked.points), Points(-booked.points));
    let kind = match (booked.kind.as_str(), record.event) {
        ("spend", Event::SaleCompleted(sale)) => EntryKind::Spent(sale.sale, taken),
        ("unspend", Event::SaleVoided(void)) => EntryKind::Unspent(void.sale, moved),
        ("unspend", Event::GoodsReturned(goods)) => EntryKind::Unspent(goods.sale, moved),
        (_, Event::SaleCompleted(sale)) => EntryKind::Earned(sale),
        (_, Event::SaleVoided(void)) => EntryKind::Voided(void.lots),
        (_, Event::GoodsReturned(goods)) => EntryKind::Returned(goods, taken),
        _ => return Err(unreadable),
    };
    Ok(Entry {
        source: RecordRef {
            terminal: record.terminal,
            epoch: record.epoch,
            seq: record.seq,
        },
        // A clock that is ahead moves nothing into the future.
        at: record.at.min(booked.at),
        kind,
    })
}

fn adjustment(transaction: &Transaction<'_>, booked: &Booked) -> Result<Adjustment, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "adjustment" };
    let (reason, last_day, funder): (String, Option<String>, String) = transaction
        .prepare_cached(
            "SELECT j.reason, j.last_day, a.name FROM adjustment AS j, account AS a
             WHERE j.movement = ?1 AND a.id = ?2",
        )
        .map_err(failed)?
        .query_row(params![booked.movement, booked.other], |row| row.try_into())
        .map_err(failed)?;
    let funder = funder.strip_prefix("funder:").ok_or_else(unreadable)?;
    let last_day = last_day.map(|day| day.parse()).transpose();
    Ok(Adjustment {
        points: Points(booked.points),
        funder: FunderId::new(funder).map_err(|_| unreadable())?,
        reason,
        last_day: last_day.map_err(|_| unreadable())?,
    })
}
