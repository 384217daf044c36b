//! Cards that are no good here: what the cashier reads at a tap, a payment and a top-up; that the card
//! is as it was, nothing is begun, and the sale is paid in cash.

use crate::shop::{
    EVERY, FLOAT, IDENTITY, NOON, Setup, Shop, TOP_UP, Try, eur, file, hex, made, words,
};
use serde_json::{Value, json};
use tillside_cards::desfire::layout::{BLOCKED, Last, Movement};
use tillside_core::{CardIdentity, Currency, HotCard, HotList, Money};
use tillside_keys::KeyRole;
use tillside_sim::SavedCard;

const DAY: i64 = 86_400_000;
const FOREIGN: &str = "This is not a card of this shop. Ask for another card or the code.";
const OTHER_CHAIN: &str = "This is not a card of this shop, so it cannot pay here. Ask for another card or another payment.";
const CURRENCY: &str = "This card holds money of another currency, and nothing on it was changed. Ask for another card or another payment.";
const EXPIRED: &str = "This card has expired, and nothing on it was changed. Ask for another card or another payment, and send its holder to the service desk.";
const BLOCKED_ON_IT: &str = "This card is blocked, and nothing on it was changed. Ask for another card or another payment, and send its holder to the service desk.";
const BY_HQ: &str =
    "This card may not be used: It was reported lost. Ask for another card or another payment.";
const OLD_KEYS: &str = "This card needs a renewal that this till cannot do. It can collect; to pay, send its holder to the service desk.";
const NO_KEY: &str = "This till cannot check this kind of card. It can collect, and not pay here.";
const CONTRADICTS: &str = "Something is wrong with the money on this card, and nothing on it was changed. Keep it aside, call your manager, and ask for another payment.";
const DAMAGED: &str = "This card is damaged. Send its holder to the service desk.";
const WORN: &str = "This card is worn out, and nothing on it was changed. Ask for another payment; its holder gets a new card at the service desk.";

/// A card, the till that it is held at, and what the cashier reads.
struct Bad {
    name: &'static str,
    setup: Setup,
    card: SavedCard,
    /// At a tap, a payment, a top-up.
    said: [&'static str; 3],
}

impl Bad {
    fn new(name: &'static str, setup: Setup, card: &SavedCard, said: &'static str) -> Self {
        let (card, said) = (card.clone(), [said; 3]);
        Self {
            name,
            setup,
            card,
            said,
        }
    }
}

fn changed(change: impl FnOnce(&mut Setup)) -> Setup {
    let mut setup = Setup::ours();
    change(&mut setup);
    setup
}

/// The good card with places in its application changed by hand.
fn with<const N: usize>(good: &SavedCard, places: [(&str, Value); N]) -> SavedCard {
    let change = |card: SavedCard, (place, value)| card.with(&file(good, place), value).unwrap();
    places.into_iter().fold(good.clone(), change)
}

fn last(balance_after: i64, seq: u32, flags: u8) -> Value {
    let last = Last {
        txid: *b"txid0001",
        amount: 1,
        balance_after,
        seq,
        terminal: [1; 4],
        flags,
        kind: Movement::TopUp,
    };
    json!(hex(&last.write()))
}

/// Of other chains and times: good cards, at the wrong till.
fn misplaced(good: &SavedCard) -> Vec<Bad> {
    let francs = changed(|setup| {
        setup.scheme.currency = Currency::new("CHF").unwrap();
        setup.scheme.cap = Money::new(15_000, setup.scheme.currency).unwrap();
    });
    let elsewhere = changed(|setup| setup.scheme.application = "F54C02".to_owned());
    let late = changed(|setup| setup.at = NOON + 731 * DAY);
    let rolled = changed(|setup| {
        setup.vault.versions = vec![2];
        setup.scheme.key_version = 2;
    });
    let hot = changed(|setup| {
        let card = CardIdentity::new(IDENTITY).unwrap();
        let why = "It was reported lost.".to_owned();
        setup.blocked = HotList::build(vec![HotCard { card, why }]);
    });
    let ours = Setup::ours;
    let mut all = vec![
        Bad::new("another currency", ours(), &made(&francs, FLOAT), CURRENCY),
        // The number is ours, copied; or the chain has an application of the same name.
        Bad::new(
            "other keys",
            ours(),
            &made(&changed(|s| s.vault.chain = 1), FLOAT),
            FOREIGN,
        ),
        Bad::new(
            "other system",
            ours(),
            &made(
                &changed(|s| s.scheme.system = "elsewhere".to_owned()),
                FLOAT,
            ),
            FOREIGN,
        ),
        Bad::new(
            "another chain",
            ours(),
            &made(&elsewhere, FLOAT),
            OTHER_CHAIN,
        ),
        Bad::new("expired", late, good, EXPIRED),
        Bad::new("old key version", rolled, good, OLD_KEYS),
        Bad::new(
            "no keys here",
            changed(|s| s.vault.versions.clear()),
            good,
            NO_KEY,
        ),
        Bad::new("blocked by HQ", hot, good, BY_HQ),
    ];
    if let Some(hot) = all.last_mut() {
        hot.said[0] = "It was reported lost.";
    }
    all
}

/// Cards whose memory is not as any till leaves it.
fn spoilt(good: &SavedCard) -> Vec<Bad> {
    let bad = |name, places: &[(&str, Value)], said| {
        let change = |card: SavedCard, (place, value): &(&str, Value)| {
            card.with(&file(good, place), value.clone()).unwrap()
        };
        let card = places.iter().fold(good.clone(), change);
        Bad::new(name, Setup::ours(), &card, said)
    };
    let full = u32::MAX;
    // As after all those transactions: the log is full.
    let records = good.memory().pointer(&file(good, "4/records")).cloned();
    let record = records.unwrap()[0].clone();
    let used_up = [
        ("4/records", json!(vec![record; 10])),
        ("15/tmc", json!(full)),
        ("5/data", last(FLOAT, full, 0)),
    ];
    let long = json!(["00".repeat(40)]);
    vec![
        bad(
            "blocked on the card",
            &[("5/data", last(FLOAT, 1, BLOCKED))],
            BLOCKED_ON_IT,
        ),
        bad(
            "its value past the cap",
            &[("2/value", json!(15_001))],
            CONTRADICTS,
        ),
        bad(
            "its value below zero",
            &[("2/value", json!(-5))],
            CONTRADICTS,
        ),
        bad("its counter ahead", &[("15/tmc", json!(9))], CONTRADICTS),
        bad(
            "its last transaction gone",
            &[("5/data", json!("00".repeat(32)))],
            CONTRADICTS,
        ),
        bad(
            "its last transaction too long",
            &[("5/data", json!("00".repeat(40)))],
            CONTRADICTS,
        ),
        bad(
            "its last transaction spoilt",
            &[("5/data", json!("FF".repeat(32)))],
            DAMAGED,
        ),
        bad(
            "its member spoilt",
            &[("1/data", json!("FF".repeat(64)))],
            DAMAGED,
        ),
        bad(
            "its log spoilt",
            &[("4/records", json!(["FF".repeat(32)]))],
            DAMAGED,
        ),
        bad(
            "its records too long",
            &[("4/size", json!(40)), ("4/records", long)],
            DAMAGED,
        ),
        bad("its counter used up", &used_up, WORN),
    ]
}

#[test]
fn a_card_that_is_no_good_is_left_as_it_is() {
    let good = made(&Setup::ours(), FLOAT);
    let all = [misplaced(&good), spoilt(&good)];
    for Bad {
        name,
        setup,
        card,
        said,
    } in all.into_iter().flatten()
    {
        for (what, due) in EVERY.into_iter().zip(said) {
            let mut shop = Shop::with(&setup, card.clone());
            shop.lay();
            let before = shop.memory();
            let (work, sale) = shop.work(what);
            let end = shop.hold(work);
            assert_eq!(words(&end), due, "{name}, {what:?}");
            if let Ok(tap) = &end {
                assert!(tap.settled.is_empty() && !tap.frozen, "{name}, {what:?}");
            }
            let begun = shop
                .facts()
                .into_iter()
                .find(|fact| fact["type"] != "purse_sighted");
            assert_eq!(begun, None, "{name}, {what:?}");
            shop.nothing_happened(&before, sale);
        }
    }
}

/// Money of another currency, or that nobody can read, is not kept as if it were a balance of ours.
#[test]
fn what_is_not_our_money_is_not_journalled_as_such() {
    let good = made(&Setup::ours(), FLOAT);
    for bad in misplaced(&good).into_iter().chain(spoilt(&good)) {
        let unread = [CURRENCY, FOREIGN, OTHER_CHAIN, OLD_KEYS, NO_KEY, DAMAGED];
        let mut shop = Shop::with(&bad.setup, bad.card);
        let _ = shop.hold(None);
        let sighted = !shop.facts().is_empty();
        assert_eq!(sighted, !unread.contains(&bad.said[1]), "{}", bad.name);
    }
}

#[test]
fn a_card_above_a_cap_that_was_lowered_pays_and_takes_no_more() {
    let good = made(&Setup::ours(), FLOAT);
    let past = with(
        &good,
        [("2/value", json!(15_001)), ("5/data", last(15_001, 1, 0))],
    );
    let lowered = changed(|setup| setup.scheme.cap = eur(900));
    let full = "There is no room for more: take another card, or give the money back in cash.";
    for (setup, card, holds, cap) in [
        (lowered, good, "10.00", "9.00"),
        (Setup::ours(), past, "150.01", "150.00"),
    ] {
        let mut shop = Shop::with(&setup, card);
        shop.lay();
        let before = shop.memory();
        let (work, sale) = shop.work(Try::TopUp);
        let due =
            format!("A card can hold {cap} EUR at most, and this one holds {holds} EUR. {full}");
        assert_eq!(words(&shop.hold(work)), due);
        shop.nothing_happened(&before, sale);
        let (work, _) = shop.work(Try::Pay);
        let paid = words(&shop.hold(work));
        assert!(
            paid.starts_with("4.29 EUR is paid with the card."),
            "{paid}"
        );
    }
}

#[test]
fn a_till_without_the_key_to_top_up_says_so_and_takes_payments() {
    let good = made(&Setup::ours(), FLOAT);
    let setup = changed(|setup| setup.vault.without = vec![KeyRole::TopUp]);
    let mut shop = Shop::with(&setup, good);
    shop.lay();
    let before = shop.memory();
    let (work, sale) = shop.work(Try::TopUp);
    let due = "This till cannot put money on cards. Send the shopper to the service desk.";
    assert_eq!(words(&shop.hold(work)), due);
    shop.nothing_happened(&before, sale);
    let (work, _) = shop.work(Try::Pay);
    assert!(words(&shop.hold(work)).starts_with("4.29 EUR is paid"));
}

#[test]
fn a_top_up_goes_to_the_cap_and_not_a_cent_past_it() {
    for (holds, said) in [
        (
            14_500,
            "5.00 EUR was put on the card. It holds 150.00 EUR now.",
        ),
        (
            14_501,
            "A card can hold 150.00 EUR at most, and this one holds 145.01 EUR. There is room for 4.99 EUR more: choose that or less, or give the money back in cash.",
        ),
    ] {
        let mut shop = Shop::with(&Setup::ours(), made(&Setup::ours(), holds));
        let (work, sale) = shop.work(Try::TopUp);
        assert_eq!(words(&shop.hold(work)), said);
        let holds = if holds + TOP_UP <= 15_000 {
            holds + TOP_UP
        } else {
            holds
        };
        assert_eq!(shop.hold(None).unwrap().balance, Some(holds));
        shop.nothing_open(sale);
    }
}
