//! Shares of quotas at HQ: what a till's report changes, and what it is leased.
//!
//! Pure: the facts of each quota are a [`Lessor`]'s. Keeping them is the database's, sealing what is
//! granted the caller's; who may ask is checked before.

pub mod keys;
pub mod log;
pub mod points;
mod route;
mod store;

pub(crate) use route::leases as leases_route;
pub use store::{LeaseAnswer, LeaseStore, SetAside};

use std::collections::BTreeMap;
use tillside_core::authority::{
    AllowanceId, AllowancePolicy, Demand, Lessor, LessorFact, Report, Standing, Terms, Uncovered,
    split,
};
use tillside_core::{TerminalId, Timestamp};

/// How long a share lasts: longer than the thirty days a store may be cut off, and the clock bound.
pub const LEASE_MS: i64 = 32 * 86_400_000;
/// How far a till's clock and HQ's may each be from the true time: a day, in seconds.
pub const LEASE_CLOCK_BOUND_S: u32 = 86_400;
/// What HQ keeps of what is free at each round, in ten-thousandths: half.
pub const KEEP_BACK_BP: u32 = 5_000;
/// What a till may hold before it used any, at least.
pub const FIRST_SHARE: u64 = 10;
/// When a till is to ask for more: half is left, or a week before the end.
pub const LEASE_POLICY: AllowancePolicy = AllowancePolicy {
    renew_below_bp: 5_000,
    renew_before_s: 7 * 86_400,
    uncovered: Uncovered::AskHq,
};

/// One round of one quota with one till.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// What the till says.
    pub report: &'a Report,
    /// What the quota is now; none where its campaign is over, which grants nothing more.
    pub quota: Option<u64>,
    /// What the till asks for of it, if it does.
    pub wish: Option<Wanted>,
    /// All tills that could ask.
    pub tills: &'a [TerminalId],
    /// HQ's time.
    pub now: Timestamp,
}

/// What a till asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Its share of a campaign.
    Share,
    /// To be able to spend so many of a member's points, with what it has.
    Points(points::Keeping),
}

/// Takes the report in and grants what the wish is worth. The lessor has the facts applied; they are to be
/// kept before anything is sent. `id` and `serial` are for the one lease that may be granted.
pub fn round(
    lessor: &mut Lessor,
    round: &Round<'_>,
    id: AllowanceId,
    serial: u64,
) -> Vec<LessorFact> {
    let mut facts = Vec::new();
    let mut keep = |lessor: &mut Lessor, fact: LessorFact| {
        lessor.apply(&fact);
        facts.push(fact);
    };
    if let Some(quota) = round.quota
        && quota != lessor.figures(round.now).total
    {
        let resized = lessor.resize(quota, round.now);
        keep(lessor, resized);
    }
    for fact in lessor.hear(round.report, round.now) {
        keep(lessor, fact);
    }
    let amount = match (round.quota, round.wish) {
        (Some(_), Some(Wanted::Share)) => share(lessor, round),
        (Some(_), Some(Wanted::Points(keeping))) => keeping.missing(lessor, round),
        _ => 0,
    };
    if amount > 0 {
        let terms = terms(lessor, round, (id, serial, amount));
        if let Ok(granted) = lessor.grant(terms, round.now) {
            keep(lessor, granted);
        }
    }
    facts
}

/// What the asking till gets of what is free, by what each till used and may still use.
fn share(lessor: &Lessor, round: &Round<'_>) -> u64 {
    let sender = round.report.terminal;
    let tills = round.tills.iter().copied().chain([sender]);
    let mut demand: BTreeMap<TerminalId, Demand> =
        tills.map(|till| (till, Demand::default())).collect();
    for lease in lessor.leases() {
        if let Some(till) = demand.get_mut(&lease.terms.holder) {
            till.used = till.used.saturating_add(lease.used);
            if lease.standing == Standing::Open && round.now < lease.terms.ends() {
                let rest = lease.terms.amount.saturating_sub(lease.used);
                till.open = till.open.saturating_add(rest);
            }
        }
    }
    let shares = split(&demand, lessor.free(), KEEP_BACK_BP);
    let share = shares.get(&sender).copied().unwrap_or(0);
    share.min(may_hold(lessor, &demand, sender))
}

/// How much more a till may get before it has shown that it has a use for it: nobody knows before how the
/// demand lies, and what a quiet till holds is missing elsewhere. At first a quarter of an equal share, then
/// twice what it used on top.
fn may_hold(lessor: &Lessor, demand: &BTreeMap<TerminalId, Demand>, till: TerminalId) -> u64 {
    let total = lessor.total();
    let tills = u64::try_from(demand.len()).unwrap_or(u64::MAX).max(1);
    let first = (total / tills / 4).max(FIRST_SHARE);
    let Demand { used, open } = demand.get(&till).copied().unwrap_or_default();
    let may = first.saturating_add(used.saturating_mul(2));
    may.saturating_sub(open)
}

fn terms(
    lessor: &Lessor,
    round: &Round<'_>,
    (id, serial, amount): (AllowanceId, u64, u64),
) -> Terms {
    let bound = i64::from(LEASE_CLOCK_BOUND_S) * 1_000;
    let (life, policy) = match round.wish {
        Some(Wanted::Points(keeping)) => (keeping.life_ms() + bound, keeping.policy()),
        Some(Wanted::Share) | None => (LEASE_MS, LEASE_POLICY),
    };
    Terms {
        id,
        holder: round.report.terminal,
        epoch: round.report.epoch,
        serial,
        subject: lessor.subject().clone(),
        amount,
        not_before: Timestamp(round.now.0.saturating_sub(bound)),
        expires_at: Timestamp(round.now.0.saturating_add(life)),
        clock_bound_s: LEASE_CLOCK_BOUND_S,
        policy,
    }
}

/// What this till was granted and has not yet said that it took: sent again, as often as it asks.
pub fn not_taken<'a>(
    lessor: &'a Lessor,
    report: &'a Report,
    now: Timestamp,
) -> impl Iterator<Item = &'a Terms> {
    let leases = lessor.leases().filter(move |lease| {
        let terms = &lease.terms;
        let theirs = terms.holder == report.terminal && terms.epoch == report.epoch;
        let open = lease.standing == Standing::Open && now < terms.ends();
        theirs && open && terms.serial > report.newest_serial
    });
    leases.map(|lease| &lease.terms)
}
