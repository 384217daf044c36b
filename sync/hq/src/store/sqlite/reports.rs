//! Reports from SQLite.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed};
use super::expiry::Holdings;
use super::ledger;
use crate::ledger::LedgerCheck;
use crate::reports::{BalanceRow, Counts, RedemptionRow, ReportStore};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{Row, Transaction};
use tillside_core::{Currency, MemberId, Money, SaleId, TerminalId, Timestamp};

#[async_trait]
impl ReportStore for SqliteStore {
    async fn redemptions(&self) -> Result<Vec<RedemptionRow>, StoreError> {
        self.read(redemptions).await
    }

    async fn balances(&self, now: Timestamp) -> Result<Vec<BalanceRow>, StoreError> {
        self.read(move |transaction| balances(transaction, now))
            .await
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(counts).await
    }

    async fn check_ledger(&self) -> Result<LedgerCheck, StoreError> {
        self.read(ledger::check).await
    }
}

fn redemptions(transaction: &Transaction<'_>) -> Result<Vec<RedemptionRow>, StoreError> {
    let mut list = transaction
        .prepare(
            "WITH uses AS (
                 SELECT u.number, c.plan, u.terminal, u.sale, u.at, u.amount, u.currency,
                     u.voided_by, u.record, u.id
                 FROM redemption AS u JOIN coupon AS c ON c.number = u.number
                 UNION ALL
                 SELECT number, plan, terminal, sale, at, amount, currency, voided_by, record, id
                 FROM shared_use)
             SELECT u.number, u.plan, t.store, t.terminal, t.lane, u.sale, u.at, u.amount,
                 u.currency, u.voided_by IS NOT NULL
             FROM uses AS u JOIN terminal AS t ON t.id = u.terminal
             ORDER BY u.at, u.record, u.id",
        )
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut redemptions = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        redemptions.push(redemption(row)?);
    }
    Ok(redemptions)
}

fn redemption(row: &Row<'_>) -> Result<RedemptionRow, StoreError> {
    let currency: Currency = code("currency", row.get(8).map_err(failed)?)?;
    let amount = Money::new(row.get(7).map_err(failed)?, currency);
    Ok(RedemptionRow {
        number: code("coupon number", row.get(0).map_err(failed)?)?,
        plan: code("coupon plan", row.get(1).map_err(failed)?)?,
        store: code("store", row.get(2).map_err(failed)?)?,
        terminal: TerminalId::read(row.get(3).map_err(failed)?),
        lane: code("lane", row.get(4).map_err(failed)?)?,
        sale: SaleId::read(row.get(5).map_err(failed)?),
        at: Timestamp(row.get(6).map_err(failed)?),
        amount: amount.map_err(|_| StoreError::Unreadable { what: "amount" })?,
        voided: row.get(9).map_err(failed)?,
    })
}

fn balances(transaction: &Transaction<'_>, now: Timestamp) -> Result<Vec<BalanceRow>, StoreError> {
    let mut holdings = Holdings::prepare(transaction, now)?;
    let mut list = transaction
        .prepare("SELECT number, member FROM member ORDER BY number")
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut balances = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let member = MemberId::read(row.get(1).map_err(failed)?);
        let (points, holding) = holdings.of(member)?;
        balances.push(BalanceRow {
            number: row.get(0).map_err(failed)?,
            member,
            points,
            holding,
        });
    }
    Ok(balances)
}

fn counts(transaction: &Transaction<'_>) -> Result<Counts, StoreError> {
    let number = |from: &str| -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {from}");
        let found: i64 = transaction
            .query_row(&sql, [], |row| row.get(0))
            .map_err(failed)?;
        Ok(count(found))
    };
    Ok(Counts {
        records: number("record")?,
        quarantined: number("record WHERE case_id IS NOT NULL")?,
        forked: number("fork_record")?,
        sales: number("sale")?,
        voided: number("sale WHERE voided_by IS NOT NULL")?,
        movements: number("movement")?,
        redemptions: number("redemption WHERE voided_by IS NULL")?
            + number("shared_use WHERE voided_by IS NULL")?,
        open_cases: number("cases WHERE closed_at IS NULL")?,
    })
}
