//! What only a desk may do, and balances of lost cards.

use super::shop::{Shop, eur};
use crate::purse::double::Card;
use crate::purse::{Source, Work};
use tillside_core::{CardIdentity, CarryOver, PurseEnd, TenderKind};

const NEW: &str = "uid:04112233445566";
const LOST: &str = "uid:04AABBCCDDEEFF";

fn carry_over(day: &str) -> CarryOver {
    CarryOver {
        from: CardIdentity::new(LOST).unwrap(),
        to: CardIdentity::new(NEW).unwrap(),
        amount: eur(700),
        from_day: day.parse().unwrap(),
    }
}

#[test]
fn a_till_without_the_right_puts_nothing_on_a_card() {
    let mut shop = Shop::with(|sheet| sheet.desk.top_up = false);
    let card = Card::holding(NEW, 0);
    let top_up = Work::TopUp {
        amount: eur(100),
        tender: TenderKind::Cash,
        to: Source::Card,
    };
    let words = shop.refused(&card, top_up);
    assert!(words.contains("top-up desk"), "{words}");
    assert_eq!(card.balance(), 0);
}

#[test]
fn the_balance_of_a_lost_card_comes_once_and_on_its_day() {
    let mut early = Shop::with(|sheet| sheet.carry_overs = vec![carry_over("2026-11-23")]);
    let card = Card::new(NEW);
    let words = early.refused(&card, Work::Restore);
    assert!(words.contains("2026-11-23"), "{words}");
    let mut shop = Shop::with(|sheet| sheet.carry_overs = vec![carry_over("2026-11-22")]);
    let other = Card::new("uid:04010203040506");
    let words = shop.refused(&other, Work::Restore);
    assert!(words.contains("No balance is waiting"), "{words}");
    let settled = shop.moved(&card, Work::Restore);
    assert_eq!((settled.end, card.balance()), (Some(PurseEnd::Done), 700));
    assert!(shop.desk.purse(settled.txid).unwrap().receipt.is_some());
    let words = shop.refused(&card, Work::Restore);
    assert!(words.contains("already"), "{words}");
    assert_eq!(card.balance(), 700);
}
