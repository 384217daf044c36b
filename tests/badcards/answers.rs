//! Every answer of a tap, a payment and a top-up, one at a time: empty, a status word alone, a reader's
//! own word, too long, too short.

use crate::bent::{BENDS, Bend, Bent};
use crate::shop::{EVERY, FLOAT, PRICE, Setup, Shop, TOP_UP, Try, made, run, words};
use serde_json::Value;
use std::collections::BTreeMap;
use tillside_core::{PurseEnd, SaleId};

const TAKEN_AWAY: &str = "The card was taken away too soon. Hold it still on the reader again.";
const NOT_READ: &str = "The card could not be read. Hold it still on the reader again.";
const NO_ANSWER: &str = "The card does not answer. Hold it flat on the reader, one card at a time.";
const NO_MONEY: &str =
    "There is no money on this kind of card. Ask for another card or another payment.";
const NOT_CHECKED: &str = "The card could not be checked. Hold it still on the reader again; if it stays like this, do not accept it.";
const UNKNOWN: &str = "It is not known yet whether this went through. Hold the same card on the reader again; it is never taken twice.";
const WHILE_STAGED: [&str; 2] = [
    "The card was taken away too soon, or not held still.",
    "The card could not be checked. If that happens again, do not accept it.",
];
const NOT_PAID: &str =
    "Nothing was taken. Begin the payment again, and hold the card until it is done.";
const NOT_PUT: &str =
    "Nothing was put on the card. Begin the top-up again, and hold the card until it is done.";

/// Commands before the card is written to: identify, open, read what is new in the log.
const READS: usize = 13;
/// The first is the selection: with another status word it is another kind of card.
const SELECTION: usize = 1;

/// How often each of these was said.
#[derive(Default)]
struct Said(BTreeMap<String, u32>);

#[test]
fn an_answer_that_makes_no_sense_takes_nothing() {
    let ours = Setup::ours();
    let card = made(&ours, FLOAT);
    let mut said = Said::default();
    for what in EVERY {
        for bend in BENDS {
            for at in 1.. {
                let mut shop = Shop::with(&ours, card.clone());
                if !bent_at(&mut shop, what, bend, at, &mut said) {
                    break;
                }
            }
        }
    }
    for words in [TAKEN_AWAY, NOT_READ, UNKNOWN, NO_MONEY] {
        assert!(
            said.0.contains_key(words),
            "never said: {words} in {:#?}",
            said.0
        );
    }
    let cells: u32 = said.0.values().sum();
    assert!(cells > 400, "{cells} cells");
}

/// One cell; `false` behind the last command.
fn bent_at(shop: &mut Shop, what: Try, bend: Bend, at: usize, said: &mut Said) -> bool {
    let cell = format!("{what:?} {bend:?} {at}");
    shop.lay();
    let before = shop.memory();
    let (work, sale) = shop.work(what);
    let mut session = shop.reader.session().unwrap();
    let mut bent = Bent {
        session: session.as_mut(),
        at,
        bend,
        sent: 0,
        struck: false,
    };
    let end = run(&mut shop.desk, &mut bent, work);
    let (sent, struck) = (bent.sent, bent.struck);
    drop(session);
    if sent < at || !struck {
        return sent >= at;
    }
    let words = words(&end);
    *said.0.entry(words.clone()).or_default() += 1;
    if at <= READS {
        let due = [TAKEN_AWAY, NOT_READ, NO_ANSWER, NOT_CHECKED];
        let other_kind = at == SELECTION && [NO_MONEY, ""].contains(&words.as_str());
        assert!(
            due.contains(&words.as_str()) || other_kind,
            "{cell}: {words}"
        );
        assert!(
            shop.facts()
                .iter()
                .all(|fact| fact["type"] == "purse_sighted"),
            "{cell}"
        );
        shop.nothing_happened(&before, sale);
    } else if words == UNKNOWN {
        assert_ne!(
            shop.memory(),
            before,
            "{cell}: the card did what it was told"
        );
        resolved(shop, what, sale);
    } else {
        let not_done = if what == Try::Pay { NOT_PAID } else { NOT_PUT };
        let due = WHILE_STAGED.map(|why| format!("{why} {not_done}"));
        assert!(due.contains(&words), "{cell}: {words}");
        shop.nothing_happened(&before, sale);
    }
    true
}

/// The card comes back: what it did counts once, and the memory says the same.
fn resolved(shop: &mut Shop, what: Try, sale: SaleId) {
    let left = match what {
        Try::Pay => FLOAT - PRICE,
        _ => FLOAT + TOP_UP,
    };
    let memory = shop.memory();
    let tap = shop.hold(None).unwrap();
    assert_eq!((tap.balance, tap.settled.len()), (Some(left), 1));
    assert_eq!(tap.settled[0].end, Some(PurseEnd::Done));
    assert_eq!(shop.memory(), memory);
    assert!(shop.desk.desk().open_purses().unwrap().is_empty());
    let state: Value = serde_json::to_value(shop.desk.desk().sale(sale).unwrap()).unwrap();
    match what {
        Try::Pay => assert_eq!(state["state"], "completed"),
        _ => shop.cash(sale),
    }
}
