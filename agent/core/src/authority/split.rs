//! Who gets how much of what is free: more where more is used, something for everybody.
//!
//! A quota that is dealt out once, in equal parts, lies idle in small shops while a large one has none
//! left. This splits a part of what is free at each round, and keeps the rest for the rounds to come.

use crate::TerminalId;
use std::collections::BTreeMap;

/// The whole, in ten-thousandths.
const WHOLE_BP: u32 = 10_000;

/// What is known of one holder when a quota is split.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Demand {
    /// What it used lately: since when is the caller's choice, the same for all.
    pub used: u64,
    /// What it may still spend of its open leases.
    pub open: u64,
}

/// Splits what is free over the holders, in integers: the same demand gives the same split.
///
/// At most `free` is given in all. `keep_back_bp` ten-thousandths of it (at most the whole, rounded down)
/// stay at HQ. Each holder's share of what is given and what is open together follows its use plus one, so a
/// holder that used nothing yet has a share too; what it has open already is taken off. **Nobody
/// starves:** every holder with nothing open gets at least 1 before anybody gets 2; where fewer than that
/// are free, even of what was to be kept back, those who used more come first, then the lower id.
///
/// Holders who get nothing are left out.
pub fn split(
    demand: &BTreeMap<TerminalId, Demand>,
    free: u64,
    keep_back_bp: u32,
) -> BTreeMap<TerminalId, u64> {
    let kept = u128::from(free) * u128::from(keep_back_bp.min(WHOLE_BP)) / u128::from(WHOLE_BP);
    let mut starving: Vec<(&TerminalId, &Demand)> = demand
        .iter()
        .filter(|(_, demand)| demand.open == 0)
        .collect();
    starving.sort_by_key(|(holder, demand)| (u64::MAX - demand.used, **holder));
    let needed = u64::try_from(starving.len()).unwrap_or(u64::MAX);
    let giving = free.saturating_sub(narrow(kept)).max(needed.min(free));

    let mut grants: BTreeMap<TerminalId, u64> = BTreeMap::new();
    let mut left = giving;
    for (holder, _) in starving {
        if left > 0 {
            grants.insert(*holder, 1);
            left -= 1;
        }
    }
    let short = shortages(demand, giving, &grants);
    for (holder, more) in in_proportion(&short, left) {
        *grants.entry(holder).or_default() += more;
    }
    grants.retain(|_, amount| *amount > 0);
    grants
}

/// By how much each holder has less than its share.
fn shortages(
    demand: &BTreeMap<TerminalId, Demand>,
    giving: u64,
    granted: &BTreeMap<TerminalId, u64>,
) -> BTreeMap<TerminalId, u128> {
    let weight = |demand: &Demand| u128::from(demand.used) + 1;
    let weights: u128 = demand.values().map(weight).sum();
    let open: u128 = demand.values().map(|demand| u128::from(demand.open)).sum();
    let pool = open + u128::from(giving);
    let short = |(holder, demand): (&TerminalId, &Demand)| {
        let share = share(pool, weight(demand), weights);
        let granted = granted.get(holder).copied().unwrap_or(0);
        let has = u128::from(demand.open) + u128::from(granted);
        (*holder, share.saturating_sub(has))
    };
    demand.iter().map(short).collect()
}

/// Gives out at most `left`, and to nobody more than it is short of; what rounding leaves over goes to the
/// largest remainders, then the lower ids.
fn in_proportion(short: &BTreeMap<TerminalId, u128>, left: u64) -> BTreeMap<TerminalId, u64> {
    let wanted: u128 = short.values().sum();
    let left = u128::from(left).min(wanted);
    let mut shares: Vec<(TerminalId, u128, u128)> = short
        .iter()
        .filter(|(_, short)| **short > 0)
        .map(|(holder, short)| {
            let whole = share(left, *short, wanted);
            let rounded_off = remainder(left, *short, wanted);
            (*holder, whole, rounded_off)
        })
        .collect();
    let given: u128 = shares.iter().map(|(_, whole, _)| whole).sum();
    shares.sort_by_key(|(holder, _, rounded_off)| (u128::MAX - rounded_off, *holder));
    let mut over = left.saturating_sub(given);
    let mut grants = BTreeMap::new();
    for (holder, whole, rounded_off) in shares {
        let extra = u128::from(over > 0 && rounded_off > 0);
        over -= extra;
        grants.insert(holder, narrow(whole + extra));
    }
    grants
}

/// `amount · part / whole`, rounded down. Amounts and weights of real quotas are below 2^53, so that the
/// product fits; past that it is at least never too much.
fn share(amount: u128, part: u128, whole: u128) -> u128 {
    match (amount.checked_mul(part), whole) {
        (_, 0) => 0,
        (Some(product), whole) => product / whole,
        (None, whole) => amount / whole * part,
    }
}

fn remainder(amount: u128, part: u128, whole: u128) -> u128 {
    match (amount.checked_mul(part), whole) {
        (_, 0) | (None, _) => 0,
        (Some(product), whole) => product % whole,
    }
}

fn narrow(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}
