//! Which money paid for what: against a naive count, coin by coin.

use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tillside_core::{CardIdentity, FunderId, PurseTx};
use tillside_hq::emoney::ledger::Holder;
use tillside_hq::emoney::lots::{Change, Pairing, Shares, Sink, pair};
use tillside_hq::emoney::sequence::gaps;

fn holder(number: u8) -> Holder {
    Holder::Card(CardIdentity::new(&format!("uid:04000000{number:02X}")).unwrap())
}

fn funder(name: &str) -> FunderId {
    FunderId::new(name).unwrap()
}

fn txid(number: u64) -> PurseTx {
    PurseTx::new(number.to_be_bytes())
}

fn fund(name: &str, minor: i64) -> Change {
    Change::Fund {
        funder: funder(name),
        minor,
    }
}

fn take(number: u64, minor: i64, sink: Sink) -> Change {
    Change::Take {
        txid: Some(txid(number)),
        minor,
        sink,
    }
}

fn paired(changes: Vec<Change>) -> Pairing {
    pair(&BTreeMap::from([(holder(1), changes)]))
}

#[test]
fn the_oldest_money_goes_first_and_comes_back_last() {
    let changes = vec![
        fund("chain", 100),
        fund("brand", 50),
        take(1, 120, Sink::Spent),
        Change::Return {
            of: txid(1),
            minor: 30,
        },
        take(2, 5, Sink::Owed),
    ];
    let pairing = paired(changes);
    let chain = pairing.funders[&funder("chain")];
    let brand = pairing.funders[&funder("brand")];
    let expected = |issued, held, spent, owed| Shares {
        issued,
        held,
        spent,
        owed,
        expired: 0,
    };
    // 100 and 20 were taken; 20 and 10 of them came back; 5 of the chain's went again.
    assert_eq!(chain, expected(100, 5, 90, 5));
    assert_eq!(brand, expected(50, 50, 0, 0));
}

#[test]
fn what_is_taken_before_its_top_up_is_told_is_unfunded_until_then() {
    let late = vec![take(1, 70, Sink::Spent)];
    assert_eq!(paired(late).unfunded[&Sink::Spent], 70);
    let told = vec![fund("chain", 100), take(1, 70, Sink::Spent)];
    assert_eq!(paired(told).unfunded.get(&Sink::Spent), None);
}

#[test]
fn a_balance_that_is_carried_over_keeps_its_funders() {
    let old = vec![
        fund("chain", 40),
        fund("brand", 60),
        take(1, 10, Sink::Spent),
        take(2, 90, Sink::Carried),
    ];
    let new = vec![
        Change::CarryIn {
            txid: txid(2),
            from: holder(9),
            minor: 90,
        },
        take(3, 50, Sink::Spent),
    ];
    let pairing = pair(&BTreeMap::from([(holder(1), new), (holder(9), old)]));
    let (chain, brand) = (
        pairing.funders[&funder("chain")],
        pairing.funders[&funder("brand")],
    );
    assert_eq!((chain.held, chain.spent), (0, 40));
    assert_eq!((brand.held, brand.spent), (40, 20));
    assert!(chain.holds() && brand.holds() && pairing.uncovered.is_empty());
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Fund(bool, i64),
    Take(i64, bool),
    Return(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (any::<bool>(), 1..60_i64).prop_map(|(brand, minor)| Step::Fund(brand, minor)),
        (1..60_i64, any::<bool>()).prop_map(|(minor, owed)| Step::Take(minor, owed)),
        (0..8_usize, 1..60_i64).prop_map(|(nth, minor)| Step::Return(nth, minor)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Each minor unit is a coin with its funder: it lies in a queue by the order it was issued in.
    #[test]
    fn pairing_is_that_of_coins(steps in vec(step(), 1..30)) {
        let mut coins: VecDeque<(usize, bool)> = VecDeque::new();
        let mut spent: HashMap<u64, (bool, Vec<(usize, bool)>)> = HashMap::new();
        let (mut changes, mut issued, mut next) = (Vec::new(), [0_i64; 2], 0_u64);
        for (place, step) in steps.into_iter().enumerate() {
            match step {
                Step::Fund(brand, minor) => {
                    issued[usize::from(brand)] += minor;
                    coins.extend((0..minor).map(|_| (place, brand)));
                    changes.push(fund(if brand { "brand" } else { "chain" }, minor));
                }
                Step::Take(minor, owed) => {
                    if minor > coins.len() as i64 {
                        continue;
                    }
                    let taken: Vec<_> = (0..minor).filter_map(|_| coins.pop_front()).collect();
                    next += 1;
                    spent.insert(next, (owed, taken));
                    changes.push(take(next, minor, if owed { Sink::Owed } else { Sink::Spent }));
                }
                Step::Return(nth, minor) => {
                    let of = nth as u64 + 1;
                    let Some((_, taken)) = spent.get_mut(&of).filter(|s| s.1.len() as i64 >= minor) else {
                        continue;
                    };
                    let back = taken.split_off(taken.len() - minor as usize);
                    coins.extend(back);
                    coins.make_contiguous().sort_unstable();
                    changes.push(Change::Return { of: txid(of), minor });
                }
            }
        }
        let pairing = paired(changes);
        for (brand, name) in [(false, "chain"), (true, "brand")] {
            let shares = pairing.funders.get(&funder(name)).copied().unwrap_or_default();
            let of = |owed: bool| -> i64 {
                let all = spent.values().filter(|s| s.0 == owed).flat_map(|s| &s.1);
                all.filter(|coin| coin.1 == brand).count() as i64
            };
            let held = coins.iter().filter(|coin| coin.1 == brand).count() as i64;
            let expected = Shares {
                issued: issued[usize::from(brand)],
                held,
                spent: of(false),
                owed: of(true),
                expired: 0,
            };
            prop_assert_eq!(shares, expected);
        }
        prop_assert!(pairing.unfunded.values().all(|minor| *minor == 0));
    }

    #[test]
    fn gaps_are_what_is_not_booked(booked in prop::collection::btree_set(1..40_u32, 0..30), newest in 0..45_u32) {
        let ascending: Vec<u32> = booked.iter().copied().collect();
        let missing: Vec<u32> = gaps(&ascending, newest).into_iter().flat_map(|(a, b)| a..=b).collect();
        let expected: Vec<u32> = (1..=newest).filter(|tmc| !booked.contains(tmc)).collect();
        prop_assert_eq!(missing, expected);
    }
}
