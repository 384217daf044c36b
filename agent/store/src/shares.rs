//! What this till may give by itself of quotas: kept as records are applied, read for a decision.

use crate::columns::{from_json, to_json};
use crate::error::{Fault, StoreError, Within};
use crate::{Store, Till, meta};
use rusqlite::{Connection, OptionalExtension, Params, params};
use std::sync::Arc;
use tillside_core::authority::{AllowanceId, Held, Holder, HolderFact, Part, Subject};
use tillside_core::engine::Redeem;
use tillside_core::{
    CodeKey, Event, MemberId, Proof, Timestamp, holder_facts, points_of, quota_of,
};

const WHAT: &str = "the shares of offers";

/// What one record changes.
pub(crate) fn change(conn: &Connection, schema: &str, event: &Event) -> Within<()> {
    let facts = holder_facts(event);
    if facts.is_empty() {
        return Ok(());
    }
    let rows = Rows { conn, schema };
    let mut bare = rows.bare()?;
    for fact in &facts {
        // The first fact of a holder's epoch is that it took something.
        if let HolderFact::Accepted { terms, .. } = fact
            && bare
                .as_ref()
                .is_none_or(|holder| holder.epoch() < terms.epoch)
        {
            bare = Some(Holder::new(terms.holder, terms.epoch));
            rows.forget_all()?;
        }
        let names = fact.names();
        let mut holder = match &bare {
            Some(bare) => Some(bare.clone().with(rows.named(&names)?)),
            None => None,
        };
        let rest = |part: &Part| Some(holder.as_ref()?.held(part.allowance)?.rest());
        let covered = |part: &Part| rest(part).is_some_and(|rest| part.amount <= rest);
        if !fact.spent().iter().all(covered) {
            return Err(given_out(event));
        }
        if let Some(holder) = &mut holder {
            holder.apply(fact);
            if matches!(fact, HolderFact::EpochBegun { .. }) {
                rows.forget_all()?;
            }
            for id in names {
                rows.keep(id, holder.held(id))?;
            }
        }
        bare = holder.map(|holder| holder.bare());
    }
    match bare {
        Some(bare) => rows.keep_bare(&bare),
        None => Ok(()),
    }
}

/// The tables of one place: where the holder stands, and each allowance.
struct Rows<'a> {
    conn: &'a Connection,
    schema: &'a str,
}

impl Rows<'_> {
    fn bare(&self) -> Within<Option<Holder>> {
        let sql = format!("SELECT holder FROM {}.shares WHERE one = 1", self.schema);
        let kept: Option<String> = self
            .conn
            .prepare_cached(&sql)?
            .query_row([], |row| row.get(0))
            .optional()?;
        kept.map(|text| from_json(WHAT, &text)).transpose()
    }

    fn keep_bare(&self, bare: &Holder) -> Within<()> {
        let sql = format!(
            "INSERT INTO {}.shares (one, holder) VALUES (1, ?1)
             ON CONFLICT (one) DO UPDATE SET holder = excluded.holder",
            self.schema
        );
        let text = to_json(WHAT, bare)?;
        self.conn.prepare_cached(&sql)?.execute([text])?;
        Ok(())
    }

    fn named(&self, ids: &[AllowanceId]) -> Within<Vec<Held>> {
        let sql = format!(
            "SELECT held FROM {}.held_shares WHERE allowance = ?1",
            self.schema
        );
        let mut found = Vec::new();
        for id in ids {
            found.extend(held(self.conn, &sql, [id.to_string()])?);
        }
        Ok(found)
    }

    fn keep(&self, id: AllowanceId, kept: Option<&Held>) -> Within<()> {
        let Some(kept) = kept else {
            let sql = format!(
                "DELETE FROM {}.held_shares WHERE allowance = ?1",
                self.schema
            );
            self.conn.prepare_cached(&sql)?.execute([id.to_string()])?;
            return Ok(());
        };
        let sql = format!(
            "INSERT INTO {}.held_shares (allowance, member, subject, held) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (allowance) DO UPDATE SET held = excluded.held",
            self.schema
        );
        let subject = &kept.terms.subject;
        let member = matches!(subject, Subject::MemberPoints { .. });
        self.conn.prepare_cached(&sql)?.execute(params![
            id.to_string(),
            member,
            to_json(WHAT, subject)?,
            to_json(WHAT, kept)?
        ])?;
        Ok(())
    }

    fn forget_all(&self) -> Within<()> {
        self.conn
            .execute(&format!("DELETE FROM {}.held_shares", self.schema), [])?;
        Ok(())
    }
}

fn held(conn: &Connection, sql: &str, params: impl Params) -> Within<Vec<Held>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(from_json(WHAT, &row.get::<_, String>(0)?)?);
    }
    Ok(found)
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

/// Which of a till's shares are looked at.
pub(crate) enum Looked<'a> {
    /// All of them.
    All,
    /// Those of campaigns, of these members' points, and these.
    For(&'a [MemberId], &'a [AllowanceId]),
}

/// What the till holds in the epoch it is in: what an earlier epoch held is not its to give.
pub(crate) fn holder(conn: &Connection, till: &Till, looked: &Looked<'_>) -> Within<Holder> {
    let schema = "main";
    let rows = Rows { conn, schema };
    let kept = rows
        .bare()?
        .filter(|holder| holder.epoch() == till.head.epoch);
    let Some(bare) = kept else {
        return Ok(Holder::new(till.profile.terminal, till.head.epoch));
    };
    let Looked::For(members, ids) = looked else {
        return Ok(bare.with(held(conn, "SELECT held FROM held_shares", [])?));
    };
    let mut found = held(conn, "SELECT held FROM held_shares WHERE member = 0", [])?;
    for member in *members {
        let subject = to_json(WHAT, &points_of(*member))?;
        let sql = "SELECT held FROM held_shares WHERE member = 1 AND subject = ?1";
        found.extend(held(conn, sql, [subject])?);
    }
    found.extend(rows.named(ids)?);
    Ok(bare.with(found))
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
        let holder = self.read(|conn| holder(conn, till, &Looked::All))?;
        let plans = till.reference.rules.plans();
        let leased = plans.filter(|plan| plan.shared_code().is_some());
        let subjects = leased.filter_map(|plan| quota_of(&plan.plan));
        Ok((holder, subjects.collect()))
    }
}
