//! Transfers and running balances of e-money.

use super::movement::{self, Movement};
use crate::emoney::ledger::{Account, Action, Moved};
use crate::store::StoreError;
use crate::store::sqlite::codec::failed;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{FunderId, PurseTx, Timestamp};

/// Books what a movement that is done moved.
pub(super) fn book(
    transaction: &Transaction<'_>,
    done: &Movement,
    funder: &FunderId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let payment = match (done.action, done.of) {
        (Action::Void | Action::Refund, Some(of)) => movement::find(transaction, of)?,
        _ => None,
    };
    let paid = payment.as_ref().unwrap_or(done);
    let moved = Moved {
        action: done.action,
        holder: done.holder()?,
        store: paid.store.clone(),
        owed: paid.action == Action::Pay && paid.given_up,
        from: done.from.clone(),
    };
    let legs = moved.legs(funder);
    let (from, to) = legs.ok_or(StoreError::Unreadable { what: "carry-over" })?;
    let kind = done.action.as_str();
    transfer(
        transaction,
        kind,
        Some(done.txid),
        &from,
        &to,
        done.minor,
        now,
    )
}

/// A payment that was booked as spent turns out to be owed: its sale was paid in another way.
pub(super) fn reclassify(
    transaction: &Transaction<'_>,
    done: &Movement,
    now: Timestamp,
) -> Result<(), StoreError> {
    let spent = Account::Spent(done.store.clone());
    let owed = Account::Owed(done.holder()?);
    transfer(
        transaction,
        "give_up",
        Some(done.txid),
        &spent,
        &owed,
        done.minor,
        now,
    )
}

/// Money out of one account and into another.
pub(super) fn transfer(
    transaction: &Transaction<'_>,
    kind: &str,
    txid: Option<PurseTx>,
    from: &Account,
    to: &Account,
    minor: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (from, to) = (
        change(transaction, from, -minor)?,
        change(transaction, to, minor)?,
    );
    transaction
        .prepare_cached(
            "INSERT INTO emoney_movement (kind, txid, at, from_account, to_account, minor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .map_err(failed)?
        .execute(params![
            kind,
            txid.map(|txid| *txid.bytes()),
            now.0,
            from,
            to,
            minor
        ])
        .map_err(failed)?;
    Ok(())
}

/// Changes a running balance, and gives the account's row.
fn change(transaction: &Transaction<'_>, account: &Account, minor: i64) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO emoney_account (name, minor) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET minor = minor + excluded.minor RETURNING id",
        )
        .map_err(failed)?
        .query_row(params![account.to_string(), minor], |row| row.get(0))
        .map_err(failed)
}

/// An account's running balance; zero for one that was never used.
pub(super) fn balance(transaction: &Transaction<'_>, account: &Account) -> Result<i64, StoreError> {
    let found: Option<i64> = transaction
        .prepare_cached("SELECT minor FROM emoney_account WHERE name = ?1")
        .map_err(failed)?
        .query_row([account.to_string()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(found.unwrap_or(0))
}
