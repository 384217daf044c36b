//! Points that a till may spend: how many of a member's HQ lets it, and for how long.
//!
//! **What is free.** The ledger says what the member may spend; off that goes all that tills may have spent and
//! HQ has not booked yet. An allowance counts in full until its till said what was used ([`Lessor`]), less what
//! of it the ledger has booked already: `free = available + booked − committed`. So HQ sets the quota to
//! `available + booked` ([`quota`]) before it grants.
//!
//! **Two kinds.** For a sale that stands at a till with a line: what is missing, for an hour, and given
//! back when the sale is over ([`Keeping::Now`]). For when the line is down: what the rules let a till keep
//! aside of the points of somebody whom it served ([`Keeping::Aside`]).

use super::Round;
use std::collections::BTreeMap;
use tillside_core::authority::{AllowanceId, AllowancePolicy, Lease, Lessor, Standing, Uncovered};
use tillside_core::engine::DarkPoints;
use tillside_core::lots::Ledger;
use tillside_core::{Points, Timestamp};

/// How long points are let to a sale: an hour.
const SALE_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// For what a till asks for points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeping {
    /// So many for the sale before it.
    Now(u64),
    /// To keep aside.
    Aside(DarkPoints),
}

impl Keeping {
    /// How many more the till is to get, of what is free.
    pub(super) fn missing(&self, lessor: &Lessor, round: &Round<'_>) -> u64 {
        let has = open(lessor, round);
        let may = match self {
            Self::Now(wanted) => *wanted,
            Self::Aside(dark) => u64::try_from(dark.points).unwrap_or(0),
        };
        may.saturating_sub(has).min(lessor.free())
    }

    /// How long the till may spend them, by its own clock.
    pub fn life_ms(&self) -> i64 {
        match self {
            Self::Now(_) => SALE_MS,
            Self::Aside(dark) => i64::from(dark.days).saturating_mul(DAY_MS),
        }
    }

    /// The till never asks for more by itself. What is kept aside is marked by a share that no rest is below.
    pub(super) const fn policy(&self) -> AllowancePolicy {
        AllowancePolicy {
            renew_below_bp: match self {
                Self::Now(_) => 0,
                Self::Aside(_) => 10_000,
            },
            renew_before_s: 0,
            uncovered: Uncovered::AskHq,
        }
    }
}

/// What the asking till may spend now, as far as it said.
fn open(lessor: &Lessor, round: &Round<'_>) -> u64 {
    let theirs = lessor.leases().filter(|lease| {
        lease.terms.holder == round.report.terminal
            && lease.terms.epoch == round.report.epoch
            && lease.standing == Standing::Open
            && round.now < lease.terms.ends()
    });
    theirs.fold(0, |sum: u64, lease| {
        sum.saturating_add(lease.terms.amount.saturating_sub(lease.used))
    })
}

/// What tills may spend of an account in all, with what of it is booked: nothing that expires before `until`. What was
/// booked of an allowance beyond what it counts for, as by a copied till, is off what is available already.
pub fn quota(
    account: &Ledger,
    lessor: &Lessor,
    booked: &BTreeMap<AllowanceId, i64>,
    now: Timestamp,
    until: Timestamp,
) -> u64 {
    let available = |at| account.balance(at).available();
    let available: Points = available(now).min(available(until));
    let of = |lease: &Lease| booked.get(&lease.terms.id).copied().unwrap_or(0);
    let booked = lessor.leases().map(|lease| {
        let booked = u64::try_from(of(lease)).unwrap_or(0);
        booked.min(lease.counts())
    });
    let available = u64::try_from(available.0).unwrap_or(0);
    booked.fold(available, u64::saturating_add)
}
