//! The split of a quota: never more than is free, nobody starves, more where more is used.

use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tillside_core::TerminalId;
use tillside_core::authority::*;

fn demand(tills: &[(u64, u64)]) -> BTreeMap<TerminalId, Demand> {
    let demand = |(n, (used, open)): (u128, &(u64, u64))| {
        (
            till(n),
            Demand {
                used: *used,
                open: *open,
            },
        )
    };
    (1..).zip(tills).map(demand).collect()
}

fn amounts(tills: &[(u64, u64)], free: u64, keep_back_bp: u32) -> Vec<u64> {
    let grants = split(&demand(tills), free, keep_back_bp);
    let amount = |n| grants.get(&till(n)).copied().unwrap_or(0);
    (1..=tills.len() as u128).map(amount).collect()
}

#[test]
fn shares_follow_use_and_what_is_open_is_taken_off() {
    assert_eq!(amounts(&[(0, 0), (0, 0)], 10, 0), [5, 5]);
    assert_eq!(amounts(&[(89, 0), (9, 0)], 100, 0), [90, 10]);
    assert_eq!(amounts(&[(49, 30), (49, 0)], 70, 0), [20, 50]);
    assert_eq!(amounts(&[(0, 90), (99, 0)], 10, 0), [0, 10]);
    assert_eq!(amounts(&[(89, 0), (9, 0)], 100, 5_000), [45, 5]);
    assert_eq!(amounts(&[], 100, 0), [0; 0]);
    assert_eq!(amounts(&[(5, 0)], 0, 0), [0]);
}

#[test]
fn nobody_starves_while_there_is_enough_for_each() {
    assert_eq!(amounts(&[(1_000_000, 0), (0, 0), (0, 0)], 10, 0), [8, 1, 1]);
    // Too little for all: those who use most, then the lower id. Kept-back shares are no reason to starve.
    assert_eq!(amounts(&[(0, 0), (7, 0), (0, 0)], 2, 0), [1, 1, 0]);
    assert_eq!(amounts(&[(0, 0), (7, 0), (0, 0)], 3, 10_000), [1, 1, 1]);
}

#[test]
fn the_largest_figures_neither_overflow_nor_give_too_much() {
    let all = u64::MAX;
    let grants = split(&demand(&[(all, 0), (all, all), (all, 0), (0, 0)]), all, 0);
    let sum: u128 = grants.values().map(|amount| u128::from(*amount)).sum();
    assert!(sum <= u128::from(all));
    assert!(grants[&till(4)] >= 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_keeps_its_promises(
        tills in proptest::collection::vec((0..500_u64, prop_oneof![Just(0), 0..60_u64]), 0..9),
        free in 0..300_u64,
        keep_back_bp in 0..12_000_u32,
    ) {
        let grants = amounts(&tills, free, keep_back_bp);
        let sum: u64 = grants.iter().sum();
        let starving = tills.iter().filter(|(_, open)| *open == 0).count() as u64;
        let keep = free * u64::from(keep_back_bp.min(10_000)) / 10_000;
        prop_assert!(sum <= (free - keep).max(starving.min(free)));
        for ((_, open), amount) in tills.iter().zip(&grants) {
            if *open == 0 && starving <= free {
                prop_assert!(*amount >= 1);
            }
        }
        let weights: u64 = tills.iter().map(|(used, _)| used + 1).sum();
        let pool: u64 = free + tills.iter().map(|(_, open)| open).sum::<u64>();
        for ((used, open), amount) in tills.iter().zip(&grants) {
            // Never more than the share, once there is one, but for the floor and one of rounding.
            prop_assert!(*amount <= (pool * (used + 1) / weights).saturating_sub(*open) + 1);
        }
        for (one, (used, open)) in tills.iter().enumerate() {
            for (other, (less, more)) in tills.iter().enumerate() {
                if used >= less && open <= more && one < other {
                    prop_assert!(grants[one] + 1 >= grants[other], "{grants:?}");
                }
            }
        }
    }
}
