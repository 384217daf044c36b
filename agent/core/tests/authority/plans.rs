//! The worst case of a plan, against every way that small chains can go wrong.

use std::collections::BTreeSet;
use tillside_core::authority::*;
use tillside_core::{Currency, Money};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn risk(numbers: u64, cap_per_store: u64, manager: bool) -> PlanProof {
    PlanProof::RiskCap {
        numbers,
        cap_per_store,
        manager,
    }
}

fn words(proof: PlanProof, stores: u64) -> String {
    WorstCase::of(proof, stores, Some(eur(500)))
        .unwrap()
        .to_string()
}

/// Walks all courses: at each step a store uses a number it has not used, with HQ's word (each number
/// once) or, cut off and knowing nothing of the others, on its own account.
fn most_uses(numbers: usize, stores: usize, cap: usize) -> u64 {
    type Course = (u32, Vec<(u32, usize)>);
    let mut seen: BTreeSet<Course> = BTreeSet::new();
    let mut open = vec![(0, vec![(0, 0); stores])];
    let mut most = 0;
    while let Some((asked, shops)) = open.pop() {
        if !seen.insert((asked, shops.clone())) {
            continue;
        }
        let uses: u32 = shops.iter().map(|(used, _)| used.count_ones()).sum();
        most = most.max(u64::from(uses));
        for shop in 0..stores {
            for bit in (0..numbers).map(|number| 1 << number) {
                let (used, dark) = shops[shop];
                if used & bit != 0 {
                    continue;
                }
                if asked & bit == 0 {
                    let mut next = shops.clone();
                    next[shop].0 |= bit;
                    open.push((asked | bit, next));
                }
                if dark < cap {
                    let mut next = shops.clone();
                    next[shop] = (used | bit, dark + 1);
                    open.push((asked, next));
                }
            }
        }
    }
    most
}

#[test]
fn a_risk_cap_is_bounded_as_all_courses_are() {
    for (numbers, stores) in [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 2),
        (2, 3),
        (3, 2),
        (4, 2),
    ] {
        for cap in 0..=3 {
            let proof = risk(numbers as u64, cap as u64, false);
            let worst = WorstCase::of(proof, stores as u64, None).unwrap();
            let most = most_uses(numbers, stores, cap);
            assert_eq!(
                worst.uses(),
                most,
                "{numbers} numbers, {stores} stores, cap {cap}"
            );
        }
        let proof = risk(numbers as u64, 0, true);
        let worst = WorstCase::of(proof, stores as u64, None).unwrap();
        assert_eq!(worst.uses(), most_uses(numbers, stores, numbers));
    }
}

#[test]
fn only_a_risk_cap_goes_beyond() {
    for proof in [
        PlanProof::StoreBound { numbers: 100 },
        PlanProof::CardBound { uses: 100 },
        PlanProof::Lease {
            quota: 100,
            largest_lease: 10,
        },
        PlanProof::OnlineOnly { numbers: 100 },
    ] {
        let worst = WorstCase::of(proof, 40, Some(eur(500))).unwrap();
        assert_eq!((worst.decided, worst.beyond), (100, 0));
        assert_eq!(
            (worst.cost, worst.cost_beyond),
            (Some(eur(50_000)), Some(eur(0)))
        );
    }
    let worst = WorstCase::of(risk(100, 3, false), 40, Some(eur(500))).unwrap();
    assert_eq!((worst.decided, worst.beyond), (100, 120));
    assert_eq!(worst.cost_beyond, Some(eur(60_000)));
}

#[test]
fn it_is_said_in_words() {
    assert_eq!(
        words(risk(1_000, 3, false), 40),
        "At worst 1120 uses, 5600.00 EUR; 120 of them beyond what is meant (600.00 EUR). While it is cut \
         off, each of 40 stores may give 3 uses that were given elsewhere too."
    );
    assert_eq!(
        words(PlanProof::StoreBound { numbers: 1 }, 40),
        "At worst 1 use, 5.00 EUR. Each number is good in one store, whose till uses it up: none is used \
         twice."
    );
    assert!(
        words(
            PlanProof::Lease {
                quota: 9,
                largest_lease: 4
            },
            2
        )
        .contains("up to 4 uses again")
    );
    assert!(words(risk(9, 0, true), 2).contains("in each of 2 stores"));
}

#[test]
fn a_cost_beyond_any_amount_is_no_plan() {
    let proof = PlanProof::StoreBound { numbers: u64::MAX };
    assert!(WorstCase::of(proof, 1, Some(eur(1))).is_err());
    assert!(WorstCase::of(risk(1 << 52, u64::MAX, true), u64::MAX, Some(eur(2))).is_err());
    assert!(WorstCase::of(proof, 1, None).is_ok());
}
