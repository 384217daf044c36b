//! What this till took at its own risk: kept as records are applied, read for a decision.

use crate::columns::{Checked, Id, RecordId, money};
use crate::error::Within;
use rusqlite::{Connection, params};
use tillside_core::authority::RiskUse;
use tillside_core::{Currency, PlanId, Proof, SaleCompleted, SaleId};

/// Keeps a sale's uses.
pub(crate) fn take(
    conn: &Connection,
    schema: &str,
    id: RecordId,
    sale: &SaleCompleted,
) -> Within<()> {
    for coupon in &sale.coupons {
        let (Proof::Risk { .. }, Some(amount)) = (&coupon.proof, sale.taken_off(&coupon.number))
        else {
            continue;
        };
        conn.prepare_cached(&format!(
            "INSERT INTO {schema}.risk_uses (id, number, plan, sale, minor, currency)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        ))?
        .execute(params![
            id,
            coupon.number.as_str(),
            coupon.plan.as_str(),
            Id(sale.sale.uuid()),
            amount.minor(),
            amount.currency().code(),
        ])?;
    }
    Ok(())
}

/// Forgets the uses of a sale that was voided.
pub(crate) fn give_back(conn: &Connection, schema: &str, sale: SaleId) -> Within<()> {
    conn.prepare_cached(&format!(
        "DELETE FROM {schema}.risk_uses
         WHERE id = (SELECT id FROM {schema}.sales WHERE sale = ?1)"
    ))?
    .execute([Id(sale.uuid())])?;
    Ok(())
}

/// What was taken of a plan and HQ has not confirmed. What it has confirmed is passed over by the key, so
/// that years of it cost nothing; what it has not is never more than the caps of all plans.
pub(crate) fn unconfirmed(conn: &Connection, plan: &PlanId) -> Within<Vec<RiskUse>> {
    let mut statement = conn.prepare_cached(
        "SELECT sale, minor, currency FROM risk_uses AS r
         WHERE id >= (SELECT min(id) FROM outbox) AND plan = ?1
           AND EXISTS (SELECT 1 FROM outbox WHERE id = r.id)
         ORDER BY id, number",
    )?;
    let mut rows = statement.query([plan.as_str()])?;
    let mut uses = Vec::new();
    while let Some(row) = rows.next()? {
        uses.push(RiskUse {
            sale: SaleId::new(row.get::<_, Id>(0)?.0),
            amount: money(row.get(1)?, row.get::<_, Checked<Currency>>(2)?.0)?,
        });
    }
    Ok(uses)
}
