//! Rows of movements, and how each comes to its end.

use super::tenders;
use crate::emoney::ledger::{Action, Holder, holder};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, code, failed};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use tillside_core::{
    CardIdentity, Event, MemberId, PurseEnd, PurseIntended, PurseKind, PurseTx, Record, SaleId,
    StoreId, Timestamp,
};

/// A movement as it is kept.
#[derive(Clone, Debug)]
pub(super) struct Movement {
    pub(super) txid: PurseTx,
    pub(super) terminal: i64,
    pub(super) store: StoreId,
    pub(super) kind: PurseKind,
    pub(super) action: Action,
    pub(super) card: CardIdentity,
    pub(super) member: Option<MemberId>,
    pub(super) minor: i64,
    pub(super) of: Option<PurseTx>,
    pub(super) from: Option<CardIdentity>,
    pub(super) before_tmc: Option<u32>,
    pub(super) at: Timestamp,
    pub(super) intended: Option<i64>,
    pub(super) given_up: bool,
    pub(super) ended: Option<PurseEnd>,
    pub(super) ended_by: Option<String>,
    pub(super) told: bool,
    pub(super) case: Option<i64>,
    pub(super) sale: Option<SaleId>,
}

pub(super) const COLUMNS: &str = "SELECT txid, terminal, store, kind, action, card, member, minor,
    of_txid, from_card, before_tmc, at, intended, given_up, ended, ended_by, told, case_id, sale
    FROM purse_movement";

pub(super) fn read(row: &Row<'_>) -> Result<Movement, StoreError> {
    let unreadable = |what| StoreError::Unreadable { what };
    let kind: String = row.get(3).map_err(failed)?;
    let member: Option<[u8; 16]> = row.get(6).map_err(failed)?;
    let of: Option<[u8; 8]> = row.get(8).map_err(failed)?;
    let from: Option<String> = row.get(9).map_err(failed)?;
    let sale: Option<[u8; 16]> = row.get(18).map_err(failed)?;
    let ended: Option<String> = row.get(14).map_err(failed)?;
    let action = Action::numbered(row.get(4).map_err(failed)?);
    Ok(Movement {
        txid: PurseTx::new(row.get(0).map_err(failed)?),
        terminal: row.get(1).map_err(failed)?,
        store: code("store", row.get(2).map_err(failed)?)?,
        kind: match kind.as_str() {
            "account" => PurseKind::Account,
            _ => PurseKind::OnCard,
        },
        action: action.ok_or(unreadable("action"))?,
        card: code("card", row.get(5).map_err(failed)?)?,
        member: member.map(MemberId::read),
        minor: row.get(7).map_err(failed)?,
        of: of.map(PurseTx::new),
        from: from.map(|text| code("card", text)).transpose()?,
        before_tmc: row.get(10).map_err(failed)?,
        at: Timestamp(row.get(11).map_err(failed)?),
        intended: row.get(12).map_err(failed)?,
        given_up: row.get(13).map_err(failed)?,
        ended: ended.map(|ended| match ended.as_str() {
            "done" => PurseEnd::Done,
            _ => PurseEnd::NotDone,
        }),
        ended_by: row.get(15).map_err(failed)?,
        told: row.get(16).map_err(failed)?,
        case: row.get(17).map_err(failed)?,
        sale: sale.map(SaleId::read),
    })
}

impl Movement {
    /// Whose purse it moves.
    pub(super) fn holder(&self) -> Result<Holder, StoreError> {
        let holder = holder(self.kind, &self.card, self.member);
        holder.ok_or(StoreError::Unreadable {
            what: "account without its member",
        })
    }

    /// What the terminal intended, as its journal says it.
    pub(super) fn intended(
        &self,
        transaction: &Transaction<'_>,
    ) -> Result<Option<PurseIntended>, StoreError> {
        let Some(record) = self.intended else {
            return Ok(None);
        };
        let body: String = transaction
            .prepare_cached("SELECT body FROM record WHERE id = ?1")
            .map_err(failed)?
            .query_row([record], |row| row.get(0))
            .map_err(failed)?;
        match serde_json::from_str::<Record>(&body).map(|record| record.event) {
            Ok(Event::PurseIntended(intended)) => Ok(Some(*intended)),
            _ => Err(StoreError::Unreadable {
                what: "journal record",
            }),
        }
    }
}

/// The movement of that number.
pub(super) fn find(
    transaction: &Transaction<'_>,
    txid: PurseTx,
) -> Result<Option<Movement>, StoreError> {
    let mut find = transaction
        .prepare_cached(&format!("{COLUMNS} WHERE txid = ?1"))
        .map_err(failed)?;
    let mut rows = find.query([txid.bytes()]).map_err(failed)?;
    rows.next().map_err(failed)?.map(read).transpose()
}

/// All movements that `rest` of the query names.
pub(super) fn select(
    transaction: &Transaction<'_>,
    rest: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Movement>, StoreError> {
    let mut list = transaction
        .prepare_cached(&format!("{COLUMNS} {rest}"))
        .map_err(failed)?;
    let mut rows = list.query(values).map_err(failed)?;
    let mut movements = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        movements.push(read(row)?);
    }
    Ok(movements)
}

/// Keeps what a terminal intends.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    terminal: i64,
    store: &StoreId,
    intended: &PurseIntended,
    record: Option<i64>,
) -> Result<(), StoreError> {
    use tillside_core::PurseAction::{Refund, Restore, Void};
    let action = &intended.action;
    let of = match action {
        Void { of, .. } | Refund { of } => Some(*of.bytes()),
        _ => None,
    };
    let from = match action {
        Restore { from } => Some(from.as_str()),
        _ => None,
    };
    let before = intended.before.as_ref();
    let last = before.and_then(|before| before.last);
    transaction
        .prepare_cached(
            "INSERT INTO purse_movement (txid, terminal, store, kind, action, card, member, minor,
                 of_txid, from_card, sale, before_balance, before_tmc, before_last, date, at, intended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )
        .map_err(failed)?
        .execute(params![
            intended.txid.bytes(),
            terminal,
            store.as_str(),
            kind(intended.kind),
            action.number(),
            intended.card.as_str(),
            intended.member.map(|member| member.bytes()),
            intended.amount.minor(),
            of,
            from,
            action.sale().map(|sale| sale.bytes()),
            before.map(|before| before.balance),
            before.map(|before| before.tmc),
            last.map(|last| *last.bytes()),
            intended.date.to_string(),
            intended.at.0,
            record,
        ])
        .map_err(failed)?;
    Ok(())
}

pub(super) const fn kind(kind: PurseKind) -> &'static str {
    match kind {
        PurseKind::Account => "account",
        _ => "on_card",
    }
}

pub(super) const fn end(end: PurseEnd) -> &'static str {
    match end {
        PurseEnd::Done => "done",
        _ => "not_done",
    }
}

/// Whose word ends a movement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    Terminal,
    Hq,
    Person,
    Account,
}

impl By {
    const fn as_str(self) -> &'static str {
        match self {
            By::Terminal => "terminal",
            By::Hq => "hq",
            By::Person => "person",
            By::Account => "account",
        }
    }
}

/// Ends a movement, once, and tells the sale that waits for it; the money is the caller's to book.
pub(super) fn finish(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    how: PurseEnd,
    by: By,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "UPDATE purse_movement SET ended = ?2, ended_by = ?3, ended_at = ?4 WHERE txid = ?1",
        )
        .map_err(failed)?
        .execute(params![txid.bytes(), end(how), by.as_str(), now.0])
        .map_err(failed)?;
    tenders::ended(transaction, txid, now)
}

/// Sets a mark of a movement: `told`, `unknown`, `given_up`, or the case about it.
pub(super) fn mark(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    column: &'static str,
    value: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(&format!(
            "UPDATE purse_movement SET {column} = ?2 WHERE txid = ?1"
        ))
        .map_err(failed)?
        .execute(params![txid.bytes(), value])
        .map_err(failed)?;
    Ok(())
}

/// What was given back of a payment, and is booked.
pub(super) fn given_back(transaction: &Transaction<'_>, of: PurseTx) -> Result<i64, StoreError> {
    let sum: Option<i64> = transaction
        .prepare_cached(
            "SELECT sum(minor) FROM purse_movement WHERE of_txid = ?1 AND ended = 'done'",
        )
        .map_err(failed)?
        .query_row([of.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)?
        .flatten();
    Ok(sum.unwrap_or(0))
}
