//! Money back: voids of sales that cards paid for, refunds, and what a kill leaves of them.

use super::shop::{Shop, eur, key, pay, person};
use crate::purse::double::{Card, Pull};
use crate::purse::{Durable, JobEnd, Source, Work};
use crate::till::VoidRequest;
use serde_json::json;
use tillside_core::{PurseAction, PurseEnd, SaleId};

const CARD: &str = "uid:04112233445566";
const OTHER: &str = "uid:04AABBCCDDEEFF";

fn void(sale: SaleId) -> Work {
    Work::Void {
        sale,
        request: VoidRequest {
            cashier: person(),
            approved_by: tillside_core::PersonId::new("mara").unwrap(),
            reason: "Wrong size.".to_owned(),
        },
    }
}

#[test]
fn a_void_gives_the_card_its_money_back_and_is_one_fact_with_it() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    shop.moved(&card, pay(sale));
    assert!(shop.desk.void_needs_cards(sale).unwrap());
    let other = Card::holding(OTHER, 1_000);
    assert_eq!(shop.job(&other, void(sale)), JobEnd::OtherCard);
    let back = shop.moved(&card, void(sale));
    assert_eq!((back.end, back.completed), (Some(PurseEnd::Done), true));
    assert_eq!(card.balance(), 1_000);
    let facts = shop.facts();
    assert_eq!(facts[facts.len() - 2..], ["purse_ended", "sale_voided"]);
    let view = shop.view(sale);
    assert_eq!(view["state"], json!("voided"));
    assert_eq!(view["payments"][0]["stage"], json!("given_back"));
    let receipt = shop.desk.receipt(sale).unwrap();
    assert!(receipt.contains("Paid back: E-money ****5566"), "{receipt}");
}

#[test]
fn a_sale_of_two_cards_is_voided_with_the_second() {
    let mut shop = Shop::open();
    let (one, two) = (Card::holding(CARD, 300), Card::holding(OTHER, 500));
    let sale = shop.sale(429);
    let partly = Work::Pay {
        sale,
        amount: None,
        partly: true,
        from: Source::Card,
    };
    shop.moved(&one, partly);
    shop.moved(&two, pay(sale));
    let first = shop.moved(&two, void(sale));
    assert_eq!((first.end, first.completed), (Some(PurseEnd::Done), false));
    let next = shop.desk.next_to_return(sale).unwrap().unwrap();
    assert_eq!(next, (one.identity.clone(), eur(300)));
    assert_eq!(shop.view(sale)["state"], json!("completed"));
    assert!(shop.moved(&one, void(sale)).completed);
    assert_eq!((one.balance(), two.balance()), (300, 500));
}

#[test]
fn a_void_whose_outcome_is_unknown_is_finished_at_the_next_tap_after_a_restart_too() {
    for pull in [Pull::AfterCommit, Pull::BeforeCommit] {
        for dies in [
            None,
            Some(Durable::AfterIntent),
            Some(Durable::AfterCommitBeforeDone),
            Some(Durable::BeforeUnknown),
            Some(Durable::AfterUnknown),
        ] {
            let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
            let sale = shop.sale(429);
            shop.moved(&card, pay(sale));
            card.pull_at(pull);
            let _ = shop.attend_until(&card, Some(void(sale)), dies);
            if dies.is_some() {
                shop = shop.killed();
            }
            *card.pull.borrow_mut() = None;
            shop.tap(&card);
            let back = card.balance() == 1_000;
            let state = if back { "voided" } else { "completed" };
            assert_eq!(shop.view(sale)["state"], json!(state), "{pull:?} {dies:?}");
            if !back {
                assert!(shop.moved(&card, void(sale)).completed, "{pull:?} {dies:?}");
            }
            assert_eq!(card.balance(), 1_000, "{pull:?} {dies:?}");
        }
    }
}

#[test]
fn a_refund_gives_back_what_is_left_and_no_more() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let paid = shop.moved(&card, pay(sale));
    let back = |cents| Work::GiveBack {
        of: paid.txid,
        amount: cents,
    };
    assert_eq!(
        shop.moved(&card, back(Some(eur(129)))).balance,
        Some(eur(700))
    );
    let words = shop.refused(&card, back(Some(eur(301))));
    assert!(words.contains("given back already"), "{words}");
    assert_eq!(shop.moved(&card, back(None)).balance, Some(eur(1_000)));
    // The sale stays as it was sold: a refund is no void.
    assert_eq!(shop.view(sale)["state"], json!("completed"));
}

#[test]
fn a_payment_that_a_sale_counts_is_refunded_and_not_voided() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let paid = shop.moved(&card, pay(sale));
    let whole = Work::GiveBack {
        of: paid.txid,
        amount: None,
    };
    let back = shop.moved(&card, whole.clone());
    assert_eq!(back.action, PurseAction::Refund { of: paid.txid });
    // At a till without a desk, a sale is voided instead.
    let mut plain = Shop::with(|sheet| sheet.desk.top_up = false);
    let sale = plain.sale(429);
    let paid = plain.moved(&card, pay(sale));
    let whole = Work::GiveBack {
        of: paid.txid,
        amount: None,
    };
    let words = plain.refused(&card, whole);
    assert!(words.contains("top-up desk"), "{words}");
}

#[test]
fn what_was_paid_for_an_open_sale_yesterday_is_refunded_at_a_desk() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let part = Work::Pay {
        sale,
        amount: Some(eur(300)),
        partly: false,
        from: Source::Card,
    };
    let paid = shop.moved(&card, part);
    shop.next_day();
    let back = Work::GiveBack {
        of: paid.txid,
        amount: None,
    };
    let back = shop.moved(&card, back);
    assert_eq!(back.action, PurseAction::Refund { of: paid.txid });
    assert_eq!(card.balance(), 1_000);
    // No card pays for it any more: it may be changed, or thrown away.
    assert_eq!(shop.view(sale)["fixed"], json!(false));
    shop.desk.abandon(&key(), sale).unwrap();
}

#[test]
fn a_repeated_request_to_give_up_is_answered_as_before() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    card.pull_at(Pull::BeforeCommit);
    let settled = shop.moved(&card, pay(sale));
    let request = VoidRequest {
        cashier: person(),
        approved_by: tillside_core::PersonId::new("mara").unwrap(),
        reason: "Gone.".to_owned(),
    };
    let key = key();
    let first = shop
        .desk
        .give_up(&key, settled.txid, request.clone())
        .unwrap();
    let again = shop.desk.give_up(&key, settled.txid, request).unwrap();
    assert_eq!(first.body, again.body);
    assert!(again.replayed);
}
