//! What this till may give by itself of quotas: kept as records are applied, read for a decision.

use crate::columns::{from_json, to_json};
use crate::error::{Fault, StoreError, Within};
use crate::{Store, Till, meta};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use tillside_core::authority::{Holder, HolderFact, Part, Subject};
use tillside_core::engine::Redeem;
use tillside_core::{CodeKey, Event, Proof, Timestamp, holder_facts, quota_of};

const WHAT: &str = "the shares of offers";

/// What one record changes.
pub(crate) fn change(conn: &Connection, schema: &str, event: &Event) -> Within<()> {
    let facts = holder_facts(event);
    if facts.is_empty() {
        return Ok(());
    }
    let mut holder = read(conn, schema)?;
    for fact in &facts {
        // The first fact of a holder's epoch is that it took something.
        if let HolderFact::Accepted { terms, .. } = fact
            && holder
                .as_ref()
                .is_none_or(|holder| holder.epoch() < terms.epoch)
        {
            holder = Some(Holder::new(terms.holder, terms.epoch));
        }
        let rest = |part: &Part| Some(holder.as_ref()?.held(part.allowance)?.rest());
        let covered = |part: &Part| rest(part).is_some_and(|rest| part.amount <= rest);
        if !fact.spent().iter().all(covered) {
            return Err(given_out(event));
        }
        if let Some(holder) = &mut holder {
            holder.apply(fact);
        }
    }
    if let Some(holder) = holder {
        conn.prepare_cached(&format!(
            "INSERT INTO {schema}.shares (one, holder) VALUES (1, ?1)
             ON CONFLICT (one) DO UPDATE SET holder = excluded.holder"
        ))?
        .execute([to_json(WHAT, &holder)?])?;
    }
    Ok(())
}

/// The sale was decided on a stale state.
fn given_out(event: &Event) -> Fault {
    let (coupons, tenders) = match event {
        Event::SaleCompleted(sale) => (&sale.coupons[..], &sale.tenders[..]),
        _ => (&[][..], &[][..]),
    };
    let mut leased = (coupons.iter()).filter(|one| matches!(one.proof, Proof::Lease { .. }));
    match leased.next().map(|coupon| coupon.number.clone()) {
        Some(number) => StoreError::ShareSpent { number }.into(),
        None if tenders.iter().any(|paid| paid.points.is_some()) => StoreError::PointsSpent.into(),
        None => StoreError::Limit {
            what: "an allowance's uses",
            limit: 0,
        }
        .into(),
    }
}

/// What the till holds in the epoch it is in: what an earlier epoch held is not its to give.
pub(crate) fn holder(conn: &Connection, till: &Till) -> Within<Holder> {
    let kept = read(conn, "main")?.filter(|holder| holder.epoch() == till.head.epoch);
    Ok(kept.unwrap_or_else(|| Holder::new(till.profile.terminal, till.head.epoch)))
}

impl Store {
    /// When HQ last answered in the epoch the terminal is in, by its clock: what the next report answers.
    /// The beginning of time if it never did.
    pub fn lease_call(&self) -> Result<Timestamp, StoreError> {
        let epoch = self.enrolled()?.head.epoch;
        let kept: Option<(u32, Timestamp)> =
            self.read(|conn| meta::read(conn, meta::LEASE_CALL))?;
        let ours = kept.filter(|(of, _)| *of == epoch);
        Ok(ours.map_or(Timestamp(0), |(_, call)| call))
    }

    /// Keeps [`Store::lease_call`], once all that was in the answer is kept.
    pub fn set_lease_call(&mut self, call: Timestamp) -> Result<(), StoreError> {
        let kept = (self.enrolled()?.head.epoch, call);
        self.write(|tx| meta::write(tx, meta::LEASE_CALL, &kept))
    }

    /// The keys whose allowances count, as the bundle in force says.
    pub fn allowance_keys(&self) -> Arc<[CodeKey]> {
        let till = self.till.as_ref();
        till.map_or_else(Arc::default, |till| till.reference.allowance_keys.clone())
    }

    /// How members pay with points, as the rules in force say.
    pub fn redeem(&self) -> Option<Redeem> {
        let till = self.till.as_ref()?;
        till.reference.rules.rules().redeem().copied()
    }

    /// What the terminal holds, and what of its rules is given out of shares.
    pub fn shares(&self) -> Result<(Holder, Vec<Subject>), StoreError> {
        let till = self.enrolled()?;
        let holder = self.read(|conn| holder(conn, till))?;
        let plans = till.reference.rules.plans();
        let leased = plans.filter(|plan| plan.shared_code().is_some());
        let subjects = leased.filter_map(|plan| quota_of(&plan.plan));
        Ok((holder, subjects.collect()))
    }
}

fn read(conn: &Connection, schema: &str) -> Within<Option<Holder>> {
    let kept: Option<String> = conn
        .prepare_cached(&format!("SELECT holder FROM {schema}.shares WHERE one = 1"))?
        .query_row([], |row| row.get(0))
        .optional()?;
    kept.map(|text| from_json(WHAT, &text)).transpose()
}
