//! What holds for every basket, coupon and rule.

use crate::fixtures::*;
use crate::oracle::{expected, seen};
use crate::strategies::{Case, case, extreme_case, modest};
use proptest::prelude::*;
use tillside_core::*;

fn sum(amounts: impl Iterator<Item = Money>) -> i64 {
    amounts.map(Money::minor).sum()
}

/// What must hold of any quote, whatever decided it.
fn balanced(quote: &Quote) {
    let discounts = sum(quote.discounts.iter().map(|d| d.amount));
    assert_eq!(quote.total.minor(), quote.subtotal.minor() - discounts);
    assert_eq!(
        sum(quote.lines.iter().map(|l| l.subtotal)),
        quote.subtotal.minor()
    );
    assert_eq!(
        sum(quote.lines.iter().map(|l| l.total)),
        quote.total.minor()
    );
    for line in &quote.lines {
        assert!(line.total.minor() >= 0 && line.discount.minor() >= 0);
        assert_eq!(
            line.total.minor() + line.discount.minor(),
            line.subtotal.minor()
        );
    }
    for discount in &quote.discounts {
        let spread: i64 = discount.spread.iter().map(|(_, minor)| minor).sum();
        assert_eq!(spread, discount.amount.minor());
        assert!(discount.amount.minor() > 0);
    }
    let valid = quote
        .coupons
        .iter()
        .filter(|answer| answer.verdict.is_valid());
    let valid: Vec<_> = valid.map(|answer| &answer.number).collect();
    let taking: Vec<_> = quote.discounts.iter().map(|d| &d.coupon).collect();
    assert_eq!(valid, taking);
    let points: i64 = quote.awards.iter().map(|award| award.points.0).sum();
    assert_eq!(points, quote.points.0);
    assert!(quote.awards.iter().all(|award| award.points.0 > 0));
}

/// The sale that a case's quote says can be completed.
fn sale_of(case: &Case, quote: &Quote) -> CheckOut {
    let valid = quote
        .coupons
        .iter()
        .filter(|answer| answer.verdict.is_valid());
    CheckOut {
        basket: case.basket.clone(),
        customer: case.customer.clone(),
        coupons: valid.map(|answer| answer.number.clone()).collect(),
        points: None,
        ..check_out(1, &[], &[], quote.total.minor())
    }
}

proptest! {
    #![proptest_config(modest(600))]

    #[test]
    fn a_quote_is_what_the_oracle_says(case in case()) {
        let quote = case.quote().unwrap();
        balanced(&quote);
        prop_assert_eq!(seen(&quote), expected(&case));
        prop_assert_eq!(case.quote().unwrap(), quote, "and the same again");
    }

    #[test]
    fn a_sale_is_its_quote(case in case()) {
        let quote = case.quote().unwrap();
        prop_assume!(!case.basket.lines.is_empty());
        let command = Command::CheckOut(sale_of(&case, &quote));
        let events = decide(&case.state, command.clone(), now()).unwrap();
        prop_assert_eq!(&decide(&case.state, command, now()).unwrap(), &events);
        let [Event::SaleCompleted(sale)] = &events[..] else {
            panic!("a checkout made {events:?}");
        };
        prop_assert_eq!(&sale.discounts, &quote.discounts);
        prop_assert_eq!(&sale.awards, &quote.awards);
        prop_assert_eq!((sale.subtotal, sale.total), (quote.subtotal, quote.total));
        prop_assert_eq!(sum(sale.tenders.iter().map(|t| t.amount)), sale.total.minor());
        let burnt: Vec<_> = sale.coupons.iter().map(|c| &c.number).collect();
        prop_assert_eq!(burnt, quote.discounts.iter().map(|d| &d.coupon).collect::<Vec<_>>());
        for funder in ["chain", "baker"] {
            let awarded = sale.awards.iter().filter(|a| a.funder.as_str() == funder);
            let awarded: i64 = awarded.map(|award| award.points.0).sum();
            let lots: Vec<_> = sale.lots.iter().filter(|l| l.funder.as_str() == funder).collect();
            prop_assert_eq!(lots.is_empty(), awarded == 0);
            let grounds: std::collections::BTreeSet<_> = lots.iter().map(|lot| &lot.on).collect();
            prop_assert_eq!(grounds.len(), lots.len(), "a lot for each ground");
            prop_assert_eq!(lots.iter().map(|lot| lot.amount.0).sum::<i64>(), awarded);
        }
    }

    #[test]
    fn an_event_reads_back_as_it_was_written(case in case()) {
        let quote = case.quote().unwrap();
        prop_assume!(!case.basket.lines.is_empty());
        let command = Command::CheckOut(sale_of(&case, &quote));
        let events = decide(&case.state, command, now()).unwrap();
        let text = serde_json::to_string(&events).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
        let text = serde_json::to_string(&case.document).unwrap();
        prop_assert_eq!(serde_json::from_str::<RuleDocument>(&text).unwrap(), case.document);
    }

    #[test]
    fn no_valid_document_and_no_basket_makes_it_panic(case in extreme_case()) {
        if let Ok(quote) = case.quote() {
            balanced(&quote);
            let command = sale_of(&case, &quote);
            let decided = decide(&case.state, Command::CheckOut(command), now());
            prop_assert!(decided.is_ok() || decided == Err(Refusal::EmptyBasket), "{:?}", decided);
        }
    }
}
