//! The worst case of a plan, against every way that small chains can go wrong.

use std::collections::BTreeSet;
use tillside_core::authority::*;
use tillside_core::{Currency, Money};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

fn risk(numbers: u64, tills: u64, cap_per_till: u64, manager: bool) -> PlanProof {
    PlanProof::RiskCap {
        numbers,
        tills,
        cap_per_till,
        manager,
    }
}

fn words(proof: PlanProof) -> String {
    WorstCase::of(proof, Some(eur(500))).unwrap().to_string()
}

/// Walks all courses: at each step a till, which is told nothing of the others, uses a number that it has
/// not used, as far as its cap goes, or HQ hears of what it used. The most uses, and the most unheard.
fn most_uses(numbers: usize, tills: usize, cap: usize) -> (u64, u64) {
    type Course = Vec<(u32, usize)>;
    let mut seen: BTreeSet<Course> = BTreeSet::new();
    let mut open: Vec<Course> = vec![vec![(0, 0); tills]];
    let (mut most, mut most_unheard) = (0, 0);
    while let Some(course) = open.pop() {
        if !seen.insert(course.clone()) {
            continue;
        }
        let uses: u32 = course.iter().map(|(used, _)| used.count_ones()).sum();
        let unheard: usize = course.iter().map(|(_, unheard)| unheard).sum();
        most = most.max(u64::from(uses));
        most_unheard = most_unheard.max(unheard as u64);
        for till in 0..tills {
            let (used, unheard) = course[till];
            let mut heard = course.clone();
            heard[till].1 = 0;
            open.push(heard);
            for bit in (0..numbers).map(|number| 1 << number) {
                if used & bit == 0 && unheard < cap {
                    let mut next = course.clone();
                    next[till] = (used | bit, unheard + 1);
                    open.push(next);
                }
            }
        }
    }
    (most, most_unheard)
}

#[test]
fn a_risk_cap_is_bounded_as_all_courses_are() {
    for (numbers, tills) in [
        (1, 1),
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 2),
        (2, 3),
        (3, 2),
        (4, 2),
    ] {
        for cap in 1..=3 {
            let proof = risk(numbers as u64, tills as u64, cap as u64, false);
            let worst = WorstCase::of(proof, None).unwrap();
            let (most, unheard) = most_uses(numbers, tills, cap);
            assert_eq!(
                (worst.uses(), worst.before_hq_hears()),
                (most, Some(unheard)),
                "{numbers} numbers, {tills} tills, cap {cap}"
            );
        }
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
        let worst = WorstCase::of(proof, Some(eur(500))).unwrap();
        assert_eq!((worst.decided, worst.beyond), (100, 0));
        assert_eq!(
            (worst.cost, worst.cost_beyond),
            (Some(eur(50_000)), Some(eur(0)))
        );
    }
    let worst = WorstCase::of(risk(100, 40, 3, false), Some(eur(500))).unwrap();
    assert_eq!((worst.decided, worst.beyond), (100, 3_900));
    assert_eq!(worst.cost_beyond, Some(eur(1_950_000)));
    assert_eq!(worst.before_hq_hears(), Some(120));
}

#[test]
fn it_is_said_in_words() {
    assert_eq!(
        words(risk(1_000, 40, 3, false)),
        "At worst 40000 uses, 200000.00 EUR; 39000 of them beyond what is meant (195000.00 EUR). A till \
         hears of other tills' uses with the next bundle: each number may be used once at each of 40 \
         tills, and HQ opens a case for every use after the first. Before HQ hears of it a till accepts \
         at most 3 uses; all tills together, 120 uses."
    );
    assert_eq!(
        words(PlanProof::StoreBound { numbers: 1 }),
        "At worst 1 use, 5.00 EUR. Each number is good in one store, whose till uses it up: none is used \
         twice."
    );
    assert!(
        words(PlanProof::Lease {
            quota: 9,
            largest_lease: 4
        })
        .contains("up to 4 uses again")
    );
    assert!(words(risk(9, 2, 1, true)).contains("Managers may go past the cap."));
}

#[test]
fn a_cost_beyond_any_amount_is_no_plan() {
    let proof = PlanProof::StoreBound { numbers: u64::MAX };
    assert!(WorstCase::of(proof, Some(eur(1))).is_err());
    assert!(WorstCase::of(risk(1 << 52, u64::MAX, 1, true), Some(eur(2))).is_err());
    assert!(WorstCase::of(proof, None).is_ok());
}
