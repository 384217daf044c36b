//! Paying, whole and in part, and what a sale may still do meanwhile.

use super::shop::{Shop, eur, pay};
use crate::purse::double::Card;
use crate::purse::{JobEnd, Source, Work};
use crate::till::TillError;
use serde_json::json;
use tillside_core::{PurseEnd, Refusal};

const CARD: &str = "uid:04112233445566";

fn part(sale: tillside_core::SaleId, cents: i64) -> Work {
    Work::Pay {
        sale,
        amount: Some(eur(cents)),
        partly: false,
        from: Source::Card,
    }
}

#[test]
fn a_payment_that_covers_the_sale_completes_it() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let settled = shop.moved(&card, pay(sale));
    assert_eq!(
        (settled.end, settled.completed),
        (Some(PurseEnd::Done), true)
    );
    assert_eq!(settled.balance, Some(eur(571)));
    assert_eq!(card.balance(), 571);
    let facts = shop.facts();
    assert_eq!(
        facts[facts.len() - 3..],
        ["purse_intended", "purse_ended", "sale_completed"]
    );
    let receipt = shop.desk.receipt(sale).unwrap();
    assert!(receipt.contains("E-money ****5566"), "{receipt}");
    assert!(receipt.contains("left on it"), "{receipt}");
    let view = shop.view(sale);
    assert_eq!(view["payments"][0]["stage"], "done");
    assert_eq!(view["due"]["minor"], 0);
    // Without another customer, the card that paid is the customer's.
    assert_eq!(view["customer"]["card"], CARD);
}

#[test]
fn a_card_pays_a_part_and_the_rest_is_paid_otherwise() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let settled = shop.moved(&card, part(sale, 300));
    assert_eq!((settled.completed, settled.due), (false, Some(eur(129))));
    let view = shop.view(sale);
    assert_eq!(
        (&view["state"], &view["fixed"]),
        (&json!("open"), &json!(true))
    );
    assert_eq!(view["due"]["minor"], 129);
    // The debit and the total agree: nothing of the sale changes any more.
    let change = shop.put(sale, 100).unwrap_err();
    assert!(matches!(change, TillError::SaleFixed), "{change:?}");
    let more = shop.refused(&card, part(sale, 130));
    assert!(more.contains("1.29 EUR"), "{more}");
    shop.check_out(sale).unwrap();
    let view = shop.view(sale);
    let kinds: Vec<_> = view["tenders"].as_array().unwrap().iter().collect();
    assert_eq!(kinds[0]["kind"], "purse");
    assert_eq!(
        (&kinds[1]["kind"], &kinds[1]["amount"]["minor"]),
        (&json!("cash"), &json!(129))
    );
    assert_eq!(card.balance(), 700);
}

#[test]
fn two_cards_pay_one_sale() {
    let mut shop = Shop::open();
    let (one, two) = (
        Card::holding(CARD, 300),
        Card::holding("uid:04AABBCCDDEEFF", 500),
    );
    let sale = shop.sale(429);
    let JobEnd::Refused { could_take, words } = shop.job(&one, pay(sale)) else {
        panic!("it holds too little");
    };
    assert_eq!(could_take, Some(eur(300)), "{words}");
    let partly = Work::Pay {
        sale,
        amount: None,
        partly: true,
        from: Source::Card,
    };
    assert_eq!(shop.moved(&one, partly).due, Some(eur(129)));
    assert!(shop.moved(&two, pay(sale)).completed);
    assert_eq!((one.balance(), two.balance()), (0, 371));
}

#[test]
fn a_refused_payment_leaves_the_sale_open_to_change() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 100));
    let sale = shop.sale(429);
    shop.refused(&card, pay(sale));
    shop.put(sale, 100).unwrap();
    assert!(shop.moved(&card, pay(sale)).completed);
}

#[test]
fn a_sale_that_a_card_paid_for_in_part_cannot_be_thrown_away() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let paid = shop.moved(&card, part(sale, 300));
    let away = shop.desk.abandon(&super::shop::key(), sale);
    assert!(matches!(away, Err(TillError::SaleFixed)));
    let back = Work::GiveBack {
        of: paid.txid,
        amount: None,
    };
    let back = shop.moved(&card, back);
    assert_eq!((back.end, card.balance()), (Some(PurseEnd::Done), 1_000));
    assert_eq!(shop.view(sale)["fixed"], json!(false));
    shop.desk.abandon(&super::shop::key(), sale).unwrap();
}

#[test]
fn a_card_that_is_blocked_here_pays_nothing() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    let why = "Reported stolen.".to_owned();
    let mara = tillside_core::PersonId::new("mara").unwrap();
    let identity = card.identity.clone();
    shop.desk
        .freeze(&super::shop::key(), identity.clone(), why, mara.clone())
        .unwrap();
    let words = shop.refused(&card, pay(sale));
    assert!(words.contains("Reported stolen."), "{words}");
    assert_eq!(card.balance(), 1_000);
    let reason = "Found again.".to_owned();
    shop.desk
        .unfreeze(
            &super::shop::key(),
            identity.clone(),
            reason.clone(),
            mara.clone(),
        )
        .unwrap();
    assert!(shop.moved(&card, pay(sale)).completed);
    let again = shop
        .desk
        .unfreeze(&super::shop::key(), identity, reason, mara);
    assert!(matches!(
        again,
        Err(TillError::Refused(Refusal::CardNotFrozen))
    ));
}

#[test]
fn an_older_state_of_a_card_is_not_believed() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let before = card.memory.borrow().clone();
    let sale = shop.sale(429);
    shop.moved(&card, pay(sale));
    // The counter is played back: a copy of the card from before.
    *card.memory.borrow_mut() = before;
    let sale = shop.sale(429);
    let attended = shop.attend(&card, Some(pay(sale))).unwrap();
    assert!(attended.met.frozen);
    assert!(matches!(attended.job, Some(JobEnd::Refused { .. })));
    assert_eq!(card.balance(), 1_000);
    assert_eq!(shop.facts().last().unwrap(), "purse_sighted");
    let words = shop.refused(&card, pay(sale));
    assert!(
        words.contains("blocked") || words.contains("may not be used"),
        "{words}"
    );
}

#[test]
fn reading_a_card_says_what_is_on_it() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    shop.moved(&card, pay(sale));
    let JobEnd::Read(report) = shop.job(&card, Work::Read) else {
        panic!("it is read");
    };
    assert_eq!(report.balance, Some(eur(571)));
    assert_eq!(report.transactions.len(), 1);
    assert!(report.transactions[0].here);
    assert_eq!(report.words, "There is 5.71 EUR on this card.");
}

#[test]
fn money_is_put_on_a_card_and_told_on_a_receipt() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let top_up = |cents| Work::TopUp {
        amount: eur(cents),
        tender: tillside_core::TenderKind::Cash,
        to: Source::Card,
    };
    let settled = shop.moved(&card, top_up(5_000));
    assert_eq!(settled.balance, Some(eur(6_000)));
    let receipt = shop.desk.purse(settled.txid).unwrap().receipt.unwrap();
    assert!(
        receipt.contains("Top-up") && receipt.contains("60.00 EUR"),
        "{receipt}"
    );
    let words = shop.refused(&card, top_up(9_001));
    assert!(words.contains("150.00 EUR"), "{words}");
}
