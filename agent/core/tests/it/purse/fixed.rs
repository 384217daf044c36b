//! A sale that was fixed when its payment began comes out as a checkout would have.

use super::*;
use crate::strategies::{case, modest};
use proptest::prelude::*;

fn complete(fixed: SaleCompleted, tenders: Vec<Tender>) -> Command {
    Command::CompleteFixed(Box::new(CompleteFixed { fixed, tenders }))
}

proptest! {
    #![proptest_config(modest(200))]

    #[test]
    fn completing_what_was_fixed_equals_a_checkout(case in case()) {
        let mut command = check_out(1, &case.basket.lines, &[], 0);
        command.basket = case.basket.clone();
        command.customer = case.customer.clone();
        command.coupons = case.shown.clone();
        if let Some(quote) = case.quote().ok().filter(|quote| quote.total.minor() > 0) {
            command.tenders = cash(quote.total.minor());
        }
        let tenders = command.tenders.clone();
        let fixed = fix_sale(&case.state, command.clone(), now());
        let at_once = decide(&case.state, Command::CheckOut(command), now());
        match fixed {
            Ok(fixed) => {
                prop_assert!(fixed.tenders.is_empty());
                prop_assert_eq!(decide(&case.state, complete(fixed, tenders), now()), at_once);
            }
            Err(refusal) => prop_assert_eq!(at_once, Err(refusal)),
        }
    }
}

/// A desk with coupon AAAA, and sale 1 fixed with it: 10.00 less 1.00.
fn fixed() -> (State, SaleCompleted) {
    let mut state = state_with(plan("P", off(100)), &["AAAA"]);
    state.purse = Some(terms());
    let command = check_out(1, &[line("tea", 1, 1_000)], &["AAAA"], 0);
    let sale = fix_sale(&state, command, now()).unwrap();
    (state, sale)
}

#[test]
fn a_fixed_sale_is_paid_by_card_at_the_total_it_was_fixed_at() {
    let (mut state, sale) = fixed();
    done(&mut state, pay(1, 1, 900));
    // HQ pushes other rules meanwhile: neither the coupon nor the points are decided anew.
    state.rules = crate::fixtures::state(&[], &[]).rules;
    let tenders = vec![Tender::purse(tx(1), eur(900))];
    let later = Now {
        at: Timestamp(now().at.0 + 60_000),
        ..now()
    };
    let event = carry_out(&mut state, complete(sale.clone(), tenders.clone()), later).unwrap();
    let Event::SaleCompleted(completed) = event else {
        panic!()
    };
    assert_eq!(
        (completed.total, completed.at, completed.tenders),
        (eur(900), later.at, tenders.clone())
    );
    assert_eq!(completed.coupons, sale.coupons);
    let again = decide(&state, complete(sale, tenders), later);
    assert_eq!(again, Err(Refusal::AlreadyCompleted { sale: sale_id(1) }));
}

#[test]
fn a_coupon_that_was_used_meanwhile_is_refused() {
    let (mut state, sale) = fixed();
    let total = cash(900);
    decide(&state, complete(sale.clone(), total.clone()), now()).unwrap();
    sell(
        &mut state,
        check_out(2, &[line("tea", 1, 1_000)], &["AAAA"], 900),
    );
    let refused = decide(&state, complete(sale, total), now()).unwrap_err();
    assert!(
        matches!(&refused, Refusal::Coupon { number: used, verdict: Verdict::Used(_) } if *used == number("AAAA")),
        "{refused:?}"
    );
}

#[test]
fn a_fixed_sale_is_paid_whole() {
    let (state, sale) = fixed();
    let refused = decide(&state, complete(sale, cash(899)), now());
    let (total, tendered) = (eur(900), eur(899));
    assert_eq!(refused, Err(Refusal::TenderMismatch { total, tendered }));
}
