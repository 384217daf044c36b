//! Coupons that HQ signs, in SQLite: keys of plans, serials issued, uses.

use super::SqliteStore;
use super::codec::{UuidId, code, count, failed, signed};
use crate::coupons::{TokenBatch, TokensAtHq};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeSet;
use tillside_core::{
    CodeKey, CouponEntry, CouponNumber, CouponUsed, PlanId, SaleId, TerminalId, Timestamp,
};

impl SqliteStore {
    pub(super) async fn keep_token_key(
        &self,
        plan: PlanId,
        key: CodeKey,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT OR IGNORE INTO token_key (plan, key, generation)
                     SELECT ?1, ?2, coalesce(max(generation) + 1, 0) FROM token_key WHERE plan = ?1",
                    params![plan.as_str(), key.bytes()],
                )
                .map_err(failed)?;
            Ok(())
        })
        .await
    }

    pub(super) async fn token_keys(&self, plan: PlanId) -> Result<Vec<CodeKey>, StoreError> {
        self.read(move |transaction| keys(transaction, &plan)).await
    }

    pub(super) async fn new_tokens(
        &self,
        plan: PlanId,
        count: u64,
        now: Timestamp,
    ) -> Result<TokenBatch, StoreError> {
        self.write(move |transaction| issue(transaction, &plan, count, now))
            .await
    }
}

/// Serials begin with the moment they were issued, so that an HQ restored from a backup issues none again.
const SERIALS_A_MS: u64 = 1 << 20;

fn issue(
    transaction: &Transaction<'_>,
    plan: &PlanId,
    how_many: u64,
    now: Timestamp,
) -> Result<TokenBatch, StoreError> {
    let after: i64 = transaction
        .query_row(
            "SELECT coalesce(max(first + count), 0) FROM token_batch WHERE plan = ?1",
            [plan.as_str()],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let moment = count(now.0).saturating_mul(SERIALS_A_MS);
    let first = moment.max(count(after));
    transaction
        .execute(
            "INSERT INTO token_batch (plan, first, count, issued_at) VALUES (?1, ?2, ?3, ?4)",
            params![plan.as_str(), signed(first), signed(how_many), now.0],
        )
        .map_err(failed)?;
    Ok(TokenBatch {
        first,
        count: how_many,
    })
}

/// How many coupons of a plan were issued.
pub(super) fn issued(transaction: &Transaction<'_>, plan: &PlanId) -> Result<u64, StoreError> {
    let sum: i64 = transaction
        .query_row(
            "SELECT coalesce(sum(count), 0) FROM token_batch WHERE plan = ?1",
            [plan.as_str()],
            |row| row.get(0),
        )
        .map_err(failed)?;
    Ok(count(sum))
}

/// What is known of one coupon that a sale names.
pub(super) fn load(
    transaction: &Transaction<'_>,
    number: &CouponNumber,
    plan: &PlanId,
    tokens: &mut TokensAtHq,
) -> Result<(), StoreError> {
    if !tokens.keys.contains_key(plan) {
        tokens.keys.insert(plan.clone(), keys(transaction, plan)?);
    }
    if let Some(used) = used(transaction, number, Kind::Signed)? {
        tokens.used.insert(number.clone(), used);
    }
    Ok(())
}

/// Oldest first.
fn keys(transaction: &Transaction<'_>, plan: &PlanId) -> Result<Vec<CodeKey>, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT key FROM token_key WHERE plan = ?1 ORDER BY generation, rowid")
        .map_err(failed)?;
    let keys: Result<Vec<[u8; 32]>, _> = list
        .query_map([plan.as_str()], |row| row.get(0))
        .map_err(failed)?
        .collect();
    let keys = keys.map_err(failed)?;
    Ok(keys.into_iter().map(CodeKey::new).collect())
}

/// The most uses that stores are told of: the newest. What is older a till finds out from HQ's case.
const USES_TOLD: usize = 20_000;

/// Uses of coupons of these plans, which no store holds, that stand, so that no till takes a coupon that
/// another took.
pub(super) fn uses(
    transaction: &Transaction<'_>,
    plans: &BTreeSet<PlanId>,
) -> Result<Vec<CouponEntry>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT u.number, u.plan, u.at, t.store, t.terminal, u.sale
             FROM shared_use AS u JOIN terminal AS t ON t.id = u.terminal
             WHERE (u.serial IS NOT NULL OR u.open = 1) AND u.voided_by IS NULL ORDER BY u.record DESC",
        )
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut uses = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let plan: PlanId = code("coupon plan", row.get(1).map_err(failed)?)?;
        if !plans.contains(&plan) {
            continue;
        }
        if uses.len() == USES_TOLD {
            break;
        }
        uses.push(CouponEntry {
            number: code("coupon number", row.get(0).map_err(failed)?)?,
            plan,
            used: Some(CouponUsed {
                at: Timestamp(row.get(2).map_err(failed)?),
                store: code("store", row.get(3).map_err(failed)?)?,
                terminal: TerminalId::read(row.get(4).map_err(failed)?),
                sale: SaleId::read(row.get(5).map_err(failed)?),
            }),
        });
    }
    Ok(uses)
}

/// What kind of coupon no store holds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// HQ signed it.
    Signed,
    /// A printed number.
    Open,
}

/// The use of a coupon that stands.
pub(super) fn used(
    transaction: &Transaction<'_>,
    number: &CouponNumber,
    kind: Kind,
) -> Result<Option<CouponUsed>, StoreError> {
    let found: Option<(i64, String, [u8; 16], [u8; 16])> = transaction
        .prepare_cached(
            "SELECT u.at, t.store, t.terminal, u.sale
             FROM shared_use AS u JOIN terminal AS t ON t.id = u.terminal
             WHERE u.number = ?1 AND u.voided_by IS NULL
               AND CASE ?2 WHEN 1 THEN u.open = 1 ELSE u.serial IS NOT NULL END",
        )
        .map_err(failed)?
        .query_row((number.as_str(), matches!(kind, Kind::Open)), |row| {
            row.try_into()
        })
        .optional()
        .map_err(failed)?;
    let Some((at, store, terminal, sale)) = found else {
        return Ok(None);
    };
    Ok(Some(CouponUsed {
        at: Timestamp(at),
        store: code("store", store)?,
        terminal: TerminalId::read(terminal),
        sale: SaleId::read(sale),
    }))
}
