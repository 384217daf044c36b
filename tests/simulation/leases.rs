//! Shares of a quota, as a till and HQ speak of them after each status.

use crate::hq::Hq;
use crate::till::Till;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tillside_core::authority::{Allowance, AllowanceId, Subject};
use tillside_core::{
    AllowanceChange, CodeKey, Command, MemberId, PlanId, Timestamp, decide, points_of, quota_of,
};
use tillside_hq::leases::LeaseStore;
use tillside_protocol::{LeaseRequest, LeaseWish};
use tillside_store::Need;

/// The code that everybody shows.
pub const CODE: &str = "FIRST3";
pub const QUOTA: u64 = 3;
const SECRET: [u8; 32] = [7; 32];

/// What HQ signs shares with.
pub fn key() -> CodeKey {
    CodeKey::of_secret(&SECRET)
}

/// The sample's rules, and a campaign for all stores.
pub fn with_campaign(rules: &[u8]) -> Result<Vec<u8>> {
    let mut document: Value = serde_json::from_slice(rules)?;
    let plans = document["plans"].as_array_mut().context("coupon plans")?;
    plans.push(json!({
        "plan": "FIRST", "name": "The first three", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2020-01-01", "valid_until": "2099-12-31", "funder": "chain",
        "proof": {"lease": {"code": CODE, "quota": QUOTA}},
    }));
    Ok(document.to_string().into_bytes())
}

/// HQ's answer, sealed.
pub struct Answer {
    call: Timestamp,
    allowances: Vec<Vec<u8>>,
    settled: Vec<AllowanceId>,
}

impl Hq {
    /// POST of a till's report.
    pub fn lease(&self, request: LeaseRequest, now: Timestamp) -> Result<Answer> {
        let answer = self.ask(async |store| Ok(store.lease(request, now).await?))?;
        let sealed = answer.granted.iter().map(|terms| terms.seal(&SECRET));
        Ok(Answer {
            call: now,
            allowances: sealed.collect::<Result<_, _>>()?,
            settled: answer.settled,
        })
    }
}

impl Till {
    /// What it tells HQ of its shares, and asks for.
    pub fn lease_request(&mut self, points: Option<LeaseWish>) -> Result<LeaseRequest> {
        self.change(AllowanceChange::CloseEnded)?;
        let at = self.wall();
        let store = self.desk()?.store();
        let now = store.now(at);
        let (holder, subjects) = store.shares()?;
        let wish = |subject: Subject| {
            let left = holder.left(&subject, now.at);
            let wanted = left == 0 || holder.wish(&subject, now.at).is_some();
            wanted.then_some(LeaseWish {
                subject,
                left,
                want: None,
            })
        };
        let report = holder.report(store.lease_call()?);
        let wishes = subjects
            .into_iter()
            .filter_map(wish)
            .chain(points)
            .collect();
        Ok(LeaseRequest { report, wishes })
    }

    /// HQ answered.
    pub fn lease_answer(&mut self, answer: &Answer) -> Result<()> {
        for sealed in &answer.allowances {
            let allowance = Allowance::open(sealed, &[key()])?;
            self.change(AllowanceChange::Take(Box::new(allowance)))?;
        }
        self.change(AllowanceChange::Settle(answer.settled.clone()))?;
        Ok(self.desk()?.store().set_lease_call(answer.call)?)
    }

    /// How many uses it could give now.
    pub fn uses_left(&mut self) -> Result<u64> {
        let at = self.wall();
        let store = self.desk()?.store();
        let (holder, now) = (store.shares()?.0, store.now(at));
        let subject = quota_of(&PlanId::new("FIRST")?).context("a subject")?;
        Ok(holder.left(&subject, now.at))
    }

    /// How many of a member's points it could spend now.
    pub fn points_left(&mut self, member: MemberId) -> Result<u64> {
        let at = self.wall();
        let store = self.desk()?.store();
        let (holder, now) = (store.shares()?.0, store.now(at));
        Ok(holder.left(&points_of(member), now.at))
    }

    /// Gives what it may spend of a member's points back to HQ.
    pub fn give_points_back(&mut self, member: MemberId) -> Result<()> {
        let holder = self.desk()?.store().shares()?.0;
        let theirs = holder
            .all()
            .filter(|held| held.terms.subject == points_of(member));
        let ids: Vec<AllowanceId> = theirs.map(|held| held.terms.id).collect();
        ids.into_iter()
            .try_for_each(|id| self.change(AllowanceChange::GiveBack(id)))
    }

    /// What does not fit, such as a share that was taken already, is left.
    fn change(&mut self, change: AllowanceChange) -> Result<()> {
        let at = self.wall();
        let store = self.desk()?.store();
        let need = Need {
            shares: true,
            ..Need::default()
        };
        let (state, now) = (store.load(&need)?, store.now(at));
        if let Ok(events) = decide(&state, Command::ChangeAllowances(change), now) {
            store.commit(&events, now, None, None)?;
        }
        Ok(())
    }
}
