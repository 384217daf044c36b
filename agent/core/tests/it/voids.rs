//! A void gives back exactly what its sale took, on the same day, once.

use crate::fixtures::*;
use jiff::civil::date;
use tillside_core::*;

fn sold() -> (State, State, SaleCompleted) {
    let rules = [
        rule("base", "chain", per_amount(1, 100)),
        rule("extra", "baker", per_amount(1, 200)),
    ];
    let mut state = state(&rules, &[plan("P", off(100))]);
    hold(&mut state, "AAAA", "P");
    hold(&mut state, "BBBB", "P");
    let before = state.clone();
    let lines = [line("bread", 2, 300), line("wine", 1, 900)];
    let sale = sell(&mut state, check_out(1, &lines, &["AAAA"], 1_400));
    (before, state, sale)
}

#[test]
fn a_void_names_what_it_gives_back() {
    let (before, mut state, sale) = sold();
    assert_ne!(state.coupons, before.coupons);
    assert_ne!(state.members, before.members);
    let event = carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    let Event::SaleVoided(voided) = event else {
        panic!("a void made {event:?}");
    };
    assert_eq!(voided.lots, sale.lots);
    assert_eq!(voided.tenders, sale.tenders);
    assert_eq!(voided.customer, sale.customer);
    assert_eq!(voided.coupons, numbers(&["AAAA"]));
    assert_eq!((voided.date, voided.reason.as_str()), (TODAY, "wrong item"));
    assert_eq!(state.coupons, before.coupons);
    assert_eq!(state.members, before.members);
    assert!(state.sales[&sale_id(1)].voided);
}

#[test]
fn a_used_coupon_says_where_and_when_until_its_sale_is_voided() {
    let (_, mut state, sale) = sold();
    let bread = [line("bread", 1, 300)];
    let used = Verdict::Used(CouponUsed {
        at: sale.at,
        store: store("S1"),
        terminal: terminal(1),
        sale: sale_id(1),
    });
    assert_eq!(verdicts(&state, &bread, &["AAAA"]), [used]);
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_eq!(verdicts(&state, &bread, &["AAAA"]), [valid_here()]);
    sell(&mut state, check_out(2, &bread, &["AAAA"], 200));
}

#[test]
fn a_sale_is_voided_once() {
    let (_, mut state, _) = sold();
    let sale = sale_id(1);
    let event = carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    let again = decide(&state, Command::Void(void(1)), now());
    assert_eq!(again, Err(Refusal::AlreadyVoided { sale }));
    let after = state.clone();
    apply(&mut state, &event);
    assert_eq!(
        state.members, after.members,
        "applied twice, it takes back once"
    );
}

#[test]
fn a_sale_applied_twice_earns_once() {
    let (_, mut state, sale) = sold();
    let after = state.clone();
    apply(&mut state, &Event::SaleCompleted(Box::new(sale)));
    assert_eq!(state.members, after.members);
}

#[test]
fn a_late_second_application_does_not_take_a_coupon_from_its_next_sale() {
    let (_, mut state, _) = sold();
    let voiding = carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    sell(
        &mut state,
        check_out(2, &[line("bread", 1, 300)], &["AAAA"], 200),
    );
    apply(&mut state, &voiding);
    let used = state.coupons[&number("AAAA")].used.as_ref();
    assert_eq!(used.map(|used| used.sale), Some(sale_id(2)));
}

#[test]
fn only_known_sales_of_the_same_day_are_voided() {
    let (_, state, _) = sold();
    let sale = sale_id(7);
    let unknown = decide(&state, Command::Void(void(7)), now());
    assert_eq!(unknown, Err(Refusal::SaleUnknown { sale }));
    for day in [date(2026, 11, 21), date(2026, 11, 23)] {
        let other_day = decide(&state, Command::Void(void(1)), on(day));
        assert_eq!(other_day, Err(Refusal::NotSameDay { sold: TODAY }));
    }
}

#[test]
fn a_void_says_why() {
    let (_, state, _) = sold();
    let because = |reason: &str| {
        let reason = reason.to_owned();
        let command = Void { reason, ..void(1) };
        decide(&state, Command::Void(command), now()).err()
    };
    assert_eq!(because(""), Some(Refusal::ReasonMissing));
    assert_eq!(because(" \t"), Some(Refusal::ReasonMissing));
    assert_eq!(because(&"ü".repeat(REASON_LIMIT)), None);
    let long = because(&"x".repeat(REASON_LIMIT + 1));
    assert_eq!(long, Some(Refusal::ReasonTooLong));
}

#[test]
fn a_void_leaves_a_coupon_that_another_sale_used() {
    let (_, mut state, sale) = sold();
    let elsewhere = CouponUsed {
        at: sale.at,
        store: store("S1"),
        terminal: terminal(2),
        sale: sale_id(99),
    };
    let standing = state.coupons.get_mut(&number("AAAA")).unwrap();
    standing.used = Some(elsewhere.clone());
    carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_eq!(state.coupons[&number("AAAA")].used, Some(elsewhere));
}

#[test]
fn a_balance_at_the_end_of_its_range_stays_there() {
    let (before, _, sale) = sold();
    let mut state = before;
    state.members.get_mut(&member_id(1)).unwrap().points = Points(i64::MAX);
    apply(&mut state, &Event::SaleCompleted(Box::new(sale)));
    assert_eq!(state.members[&member_id(1)].points, Points(i64::MAX));
}
