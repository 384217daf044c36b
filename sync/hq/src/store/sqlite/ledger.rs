//! Accounts, movements and running balances in SQLite.

use super::codec::failed;
use crate::ledger::{Account, Balances, LedgerCheck, Movement};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::{HashMap, HashSet};
use tillside_core::Timestamp;

/// The accounts one transaction touches: their row ids, and which balances changed.
#[derive(Default)]
pub(super) struct Accounts {
    rows: HashMap<Account, i64>,
    touched: HashSet<Account>,
}

impl Accounts {
    /// Loads an account's row and balance, if it has one.
    pub(super) fn load(
        &mut self,
        transaction: &Transaction<'_>,
        balances: &mut Balances,
        account: Account,
    ) -> Result<(), StoreError> {
        if balances.knows(&account) {
            return Ok(());
        }
        let mut find = transaction
            .prepare_cached("SELECT id, points FROM account WHERE name = ?1")
            .map_err(failed)?;
        let found: Option<(i64, i64)> = find
            .query_row([account.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(failed)?;
        if let Some((id, points)) = found {
            self.rows.insert(account.clone(), id);
            balances.put(account, points);
        } else {
            balances.put(account, 0);
        }
        Ok(())
    }

    /// Writes movements; the balances are written by [`Accounts::settle`].
    pub(super) fn write(
        &mut self,
        transaction: &Transaction<'_>,
        movements: &[Movement],
        record: Option<i64>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        for movement in movements {
            let from = self.row(transaction, movement.from())?;
            let to = self.row(transaction, movement.to())?;
            transaction
                .prepare_cached(
                    "INSERT INTO movement (kind, record, at, from_account, to_account, points)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .map_err(failed)?
                .execute(params![
                    movement.kind().as_str(),
                    record,
                    at.0,
                    from,
                    to,
                    movement.points()
                ])
                .map_err(failed)?;
        }
        Ok(())
    }

    fn row(&mut self, transaction: &Transaction<'_>, account: &Account) -> Result<i64, StoreError> {
        if !self.touched.contains(account) {
            self.touched.insert(account.clone());
        }
        if let Some(id) = self.rows.get(account) {
            return Ok(*id);
        }
        transaction
            .prepare_cached("INSERT INTO account (name) VALUES (?1)")
            .map_err(failed)?
            .execute([account.to_string()])
            .map_err(failed)?;
        let id = transaction.last_insert_rowid();
        self.rows.insert(account.clone(), id);
        Ok(id)
    }

    /// Writes the running balance of every account that was touched.
    pub(super) fn settle(
        &self,
        transaction: &Transaction<'_>,
        balances: &Balances,
    ) -> Result<(), StoreError> {
        let mut update = transaction
            .prepare_cached("UPDATE account SET points = ?2 WHERE id = ?1")
            .map_err(failed)?;
        for account in &self.touched {
            if let Some(id) = self.rows.get(account) {
                update
                    .execute(params![id, balances.of(account)])
                    .map_err(failed)?;
                if matches!(account, Account::Member(_)) {
                    super::expiry::unsettle(transaction, *id)?;
                }
            }
        }
        Ok(())
    }
}

/// Proves the ledger: every entry sums to zero, and each running balance is the sum of its entries.
pub(super) fn check(transaction: &Transaction<'_>) -> Result<LedgerCheck, StoreError> {
    let accounts: i64 = transaction
        .query_row("SELECT count(*) FROM account", [], |row| row.get(0))
        .map_err(failed)?;
    let sum: i64 = transaction
        .query_row(
            "SELECT coalesce(sum(points), 0) FROM ledger_entry",
            [],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let mut differing = transaction
        .prepare(
            "SELECT name FROM account LEFT JOIN
                 (SELECT account, sum(points) AS total FROM ledger_entry GROUP BY account) AS derived
                 ON derived.account = account.id
             WHERE account.points <> coalesce(derived.total, 0) ORDER BY name",
        )
        .map_err(failed)?;
    let differing: Result<Vec<String>, _> = differing
        .query_map([], |row| row.get(0))
        .map_err(failed)?
        .collect();
    Ok(LedgerCheck {
        accounts: super::codec::count(accounts),
        sum,
        differing: differing.map_err(failed)?,
    })
}
