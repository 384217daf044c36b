//! Coupon numbers in SQLite.

use super::SqliteStore;
use super::catalogue::{Done, import, known_store};
use super::codec::failed;
use super::open_coupons;
use super::publish::newest_rules;
use crate::coupons::import::CouponRow;
use crate::coupons::{CouponStore, TokenBatch};
use crate::import::{BadCell, Change, Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::{HashMap, HashSet};
use tillside_core::{CodeKey, CouponNumber, CouponPlan, PlanId, ProofKind, Timestamp};

#[async_trait]
impl CouponStore for SqliteStore {
    async fn import_coupons(
        &self,
        coupons: Parsed<CouponRow>,
        policy: Policy,
    ) -> Result<Imported, StoreError> {
        self.write(move |transaction| {
            let rules = newest_rules(transaction)?;
            let shared = rules
                .plans
                .iter()
                .filter_map(|plan| plan.shared_code().cloned());
            let shared: HashSet<CouponNumber> = shared.collect();
            let signed = |plan: &CouponPlan| matches!(plan.proof, ProofKind::Token { .. });
            let of_signed: HashSet<PlanId> = (rules.plans.iter())
                .filter(|plan| signed(plan))
                .map(|plan| plan.plan.clone())
                .collect();
            let plans: HashMap<PlanId, CouponPlan> = (rules.plans.into_iter())
                .map(|plan| (plan.plan.clone(), plan))
                .collect();
            import(transaction, coupons, policy, |transaction, row| {
                if shared.contains(&row.number) {
                    return Ok(Err(is_shared(&row.number)));
                }
                if of_signed.contains(&row.plan) {
                    return Ok(Err(is_signed(&row.plan)));
                }
                if plans
                    .get(&row.plan)
                    .is_some_and(|plan| !plan.companies().is_empty())
                {
                    return Ok(Err(is_manufacturers(&row.plan)));
                }
                coupon(transaction, row, &plans)
            })
        })
        .await
    }

    async fn keep_plan_key(&self, plan: PlanId, key: CodeKey) -> Result<(), StoreError> {
        self.keep_token_key(plan, key).await
    }

    async fn plan_keys(&self, plan: PlanId) -> Result<Vec<CodeKey>, StoreError> {
        self.token_keys(plan).await
    }

    async fn issue_tokens(
        &self,
        plan: PlanId,
        count: u64,
        now: Timestamp,
    ) -> Result<TokenBatch, StoreError> {
        self.new_tokens(plan, count, now).await
    }

    async fn plan_proof(&self, plan: PlanId) -> Result<Option<ProofKind>, StoreError> {
        self.read(move |transaction| {
            let plans = newest_rules(transaction)?.plans.into_iter();
            let found = plans.into_iter().find(|one| one.plan == plan);
            Ok(found.map(|plan| plan.proof))
        })
        .await
    }

    async fn revoke_coupons(
        &self,
        numbers: Vec<CouponNumber>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(move |transaction| revoke(transaction, &numbers, now))
            .await
    }
}

/// A till takes such a number for the code that everybody shows.
fn is_shared(number: &CouponNumber) -> BadCell {
    let words = format!("{number} is the code of a plan with a quota: use another number");
    BadCell::new("number", words)
}

/// No till would take a printed number of such a plan.
fn is_signed(plan: &PlanId) -> BadCell {
    let words = format!(
        "the coupons of {plan} are signed, not printed numbers: `tillside-hq coupon issue` makes them"
    );
    BadCell::new("plan", words)
}

/// No till would take a number of ours for one of theirs.
fn is_manufacturers(plan: &PlanId) -> BadCell {
    let words = format!(
        "the coupons of {plan} are manufacturers', which print them: there are no numbers to import"
    );
    BadCell::new("plan", words)
}

fn coupon(
    transaction: &Transaction<'_>,
    row: &CouponRow,
    plans: &HashMap<PlanId, CouponPlan>,
) -> Done {
    let CouponRow {
        number,
        plan,
        store,
    } = row;
    let Some(known) = plans.get(plan) else {
        return Ok(Err(BadCell::new(
            "plan",
            format!("the rules have no coupon plan {plan}: import the rules first, or correct it"),
        )));
    };
    let store = match (store, known.risk_cap()) {
        (None, Some(_)) => return open_coupons::issue(transaction, number, plan),
        (Some(store), None) => store,
        (Some(_), Some(_)) => {
            let words =
                format!("the numbers of {plan} are good at any till: leave the store empty");
            return Ok(Err(BadCell::new("store", words)));
        }
        (None, None) => {
            let words = format!("each number of {plan} is good in one store: name it");
            return Ok(Err(BadCell::new("store", words)));
        }
    };
    if let Some(open) = open_coupons::plan_of(transaction, number)? {
        let words = format!("coupon {number} was issued under plan {open}: use another number");
        return Ok(Err(BadCell::new("number", words)));
    }
    if let Err(bad) = known_store(transaction, store)? {
        return Ok(Err(bad));
    }
    let found: Option<(String, String)> = transaction
        .prepare_cached("SELECT plan, store FROM coupon WHERE number = ?1")
        .map_err(failed)?
        .query_row([number.as_str()], |row| row.try_into())
        .optional()
        .map_err(failed)?;
    match found {
        Some((held, _)) if held != plan.as_str() => Ok(Err(BadCell::new(
            "number",
            format!("coupon {number} was issued under plan {held}: use another number"),
        ))),
        Some((_, held)) if held != store.as_str() => Ok(Err(BadCell::new(
            "number",
            format!("coupon {number} was issued to store {held}: use another number"),
        ))),
        Some(_) => Ok(Ok(Change::Unchanged)),
        None => {
            transaction
                .prepare_cached("INSERT INTO coupon (number, plan, store) VALUES (?1, ?2, ?3)")
                .map_err(failed)?
                .execute([number.as_str(), plan.as_str(), store.as_str()])
                .map_err(failed)?;
            Ok(Ok(Change::Added))
        }
    }
}

fn revoke(
    transaction: &Transaction<'_>,
    numbers: &[CouponNumber],
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut revoked = 0;
    for number in numbers {
        let issued: bool = transaction
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM coupon WHERE number = ?1)
                     OR EXISTS (SELECT 1 FROM open_coupon WHERE number = ?1)",
                [number.as_str()],
                |row| row.get(0),
            )
            .map_err(failed)?;
        if !issued {
            return Err(StoreError::NotFound(format!(
                "HQ never issued coupon {number}: no coupon was revoked"
            )));
        }
        for table in ["coupon", "open_coupon"] {
            let sql = format!(
                "UPDATE {table} SET revoked_at = ?2 WHERE number = ?1 AND revoked_at IS NULL"
            );
            let revoke = transaction.execute(&sql, params![number.as_str(), now.0]);
            revoked += revoke.map_err(failed)? as u64;
        }
    }
    Ok(revoked)
}
