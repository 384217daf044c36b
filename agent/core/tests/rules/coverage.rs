//! That the world by chance is not empty: every effect gives something in some case, every ending
//! comes about, and caps hold things down. An agreement about nothing would prove nothing.

use crate::world::case;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use tillside_core::engine::*;

#[test]
fn every_effect_and_ending_comes_about() {
    let mut runner = TestRunner::deterministic();
    let strategy = case().boxed();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..600 {
        let case = strategy.new_tree(&mut runner).unwrap().current();
        let rules = Rules::compile(1, &case.document).unwrap();
        let outcome = case.facts.ask(&rules).unwrap();
        if !outcome.moved.is_empty() {
            *seen.entry("moved").or_default() += 1;
        }
        for step in outcome.trace {
            let ending = match step.ending {
                Ending::Gave => "gave",
                Ending::Nothing => "nothing",
                Ending::Excluded { .. } => "excluded",
                Ending::UsedUp { .. } => "used up",
                Ending::NeedsMember => "needs a member",
                Ending::Failed { .. } => "failed",
                other => panic!("a new ending {other:?}"),
            };
            *seen.entry(ending).or_default() += 1;
            if !step.matched.is_empty() {
                *seen.entry("matched").or_default() += 1;
            }
            for working in step
                .workings
                .into_iter()
                .filter(|working| working.given > 0)
            {
                *seen.entry(working.kind).or_default() += 1;
                if working.capped_by.is_some() {
                    *seen.entry("capped").or_default() += 1;
                }
            }
        }
    }
    let wanted = [
        "points_per_amount",
        "points_per_item",
        "points_fixed",
        "points_multiplier",
        "tier_bonus",
        "amount_off",
        "percent_off",
        "cheapest_free",
        "n_for_m",
        "bundle_price",
        "voucher",
        "cashback",
        "stamps",
        "tier_progress",
        "gave",
        "nothing",
        "excluded",
        "used up",
        "needs a member",
        "matched",
        "moved",
        "capped",
    ];
    for what in wanted {
        let times = seen.get(what).copied().unwrap_or_default();
        assert!(times >= 3, "{what} came about {times} times: {seen:?}");
    }
}
