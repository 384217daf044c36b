//! Capped risk: so many uses and so much money since HQ was last heard, then the plan's word.

use crate::fixtures::*;
use tillside_core::authority::*;
use tillside_core::*;

fn cap(uses: u64, amount: Option<Money>, past: Uncovered) -> RiskCap {
    RiskCap { uses, amount, past }
}

fn taken(uses: u64, minor: i64) -> RiskTaken {
    let amount = eur(minor);
    RiskTaken { uses, amount }
}

#[test]
fn a_till_accepts_the_cap_and_not_one_more() {
    let cap = cap(3, None, Uncovered::Refuse);
    let mut so_far = taken(0, 0);
    let mut accepted = 0;
    for _ in 0..5 {
        if let RiskVerdict::Within(then) = cap.judge(&so_far, eur(100)) {
            (so_far, accepted) = (then, accepted + 1);
        }
    }
    assert_eq!((accepted, so_far), (3, taken(3, 300)));
    assert_eq!(cap.judge(&so_far, eur(100)), RiskVerdict::Refused);
}

#[test]
fn money_runs_out_before_the_uses_do() {
    let cap = cap(10, Some(eur(250)), Uncovered::AskHq);
    let judge = |value| cap.judge(&taken(2, 200), eur(value));
    assert_eq!(judge(50), RiskVerdict::Within(taken(3, 250)));
    assert_eq!(judge(51), RiskVerdict::AskHq);
}

#[test]
fn past_the_cap_the_plan_decides_and_a_managers_use_counts_too() {
    let judge = |past| cap(1, None, past).judge(&taken(1, 100), eur(100));
    assert_eq!(judge(Uncovered::Refuse), RiskVerdict::Refused);
    assert_eq!(judge(Uncovered::AskHq), RiskVerdict::AskHq);
    let manager = RiskVerdict::WithManager(taken(2, 200));
    assert_eq!(judge(Uncovered::Manager), manager);
}

#[test]
fn an_amount_that_cannot_be_counted_is_never_within() {
    let cap = cap(9, None, Uncovered::Manager);
    let pounds = Money::new(1, Currency::new("GBP").unwrap()).unwrap();
    assert_eq!(cap.judge(&taken(0, 0), pounds), RiskVerdict::Refused);
    assert_eq!(cap.judge(&taken(0, 500), eur(-1)), RiskVerdict::Refused);
    assert_eq!(cap.judge(&taken(u64::MAX, 0), eur(1)), RiskVerdict::Refused);
    let limit_in_pounds = RiskCap {
        amount: Some(pounds),
        past: Uncovered::Refuse,
        ..cap
    };
    let judged = limit_in_pounds.judge(&taken(0, 0), eur(1));
    assert_eq!(judged, RiskVerdict::Refused);
}
