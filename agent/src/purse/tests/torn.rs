//! The card is pulled, or the agent killed, at every moment: nothing is taken twice or lost.

use super::shop::{Shop, eur, key, pay, person};
use crate::purse::double::{ALL_PULLS, Card, Pull};
use crate::purse::{Durable, JobEnd, MovementStage, PurseView};
use crate::till::{TillError, VoidRequest};
use serde_json::{Value, json};
use tillside_core::{PurseEnd, PurseStage, Refusal, SaleId};

const CARD: &str = "uid:04112233445566";
const MOMENTS: [Durable; 8] = [
    Durable::AfterIntent,
    Durable::AfterStage,
    Durable::AfterCommitBeforeDone,
    Durable::AfterDone,
    Durable::BeforeUnknown,
    Durable::AfterUnknown,
    Durable::BeforeNotDone,
    Durable::AfterMeeting,
];

/// Pays until the sale is completed, holding the card as often as it takes.
fn pay_at_last(shop: &mut Shop, card: &Card, sale: SaleId) {
    for _ in 0..3 {
        shop.tap(card);
        if shop.view(sale)["state"] == json!("completed") {
            return;
        }
        shop.moved(card, pay(sale));
    }
    panic!("it was never paid");
}

/// The journal's debits are the card's, each once.
fn agrees(shop: &mut Shop, card: &Card, before: i64, sale: SaleId) {
    let view = shop.view(sale);
    let done = view["payments"].as_array().unwrap();
    let taken: i64 = done
        .iter()
        .filter(|payment| payment["stage"] == json!("done"))
        .map(|payment| payment["amount"]["minor"].as_i64().unwrap())
        .sum();
    assert_eq!(before - card.balance(), taken, "{view}");
}

#[test]
fn pulled_anywhere_and_killed_anywhere() {
    let mut cells = 0;
    for pull in ALL_PULLS.map(Some).into_iter().chain([None]) {
        for dies in MOMENTS.map(Some).into_iter().chain([None]) {
            let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
            let sale = shop.sale(429);
            *card.pull.borrow_mut() = pull;
            let _ = shop.attend_until(&card, Some(pay(sale)), dies);
            if dies.is_some() {
                shop = shop.killed();
                let open = shop.desk.open_purses().unwrap();
                let unknown = |view: &PurseView| view.stage == MovementStage::Unknown;
                assert!(open.iter().all(unknown), "{pull:?} {dies:?}: {open:?}");
            }
            *card.pull.borrow_mut() = None;
            pay_at_last(&mut shop, &card, sale);
            agrees(&mut shop, &card, 1_000, sale);
            assert_eq!(card.balance(), 571, "{pull:?} {dies:?}");
            let facts = shop.facts();
            let completed = facts
                .iter()
                .filter(|kind| *kind == "sale_completed")
                .count();
            assert_eq!(completed, 1, "{pull:?} {dies:?}");
            cells += 1;
        }
    }
    assert_eq!(cells, 72);
}

#[test]
fn while_nobody_knows_there_is_no_receipt_and_no_second_debit() {
    for (pull, did) in [(Pull::BeforeCommit, false), (Pull::AfterCommit, true)] {
        let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
        let other = Card::holding("uid:04AABBCCDDEEFF", 1_000);
        let sale = shop.sale(429);
        card.pull_at(pull);
        let settled = shop.moved(&card, pay(sale));
        assert_eq!(settled.end, None);
        assert_eq!(shop.stage(settled.txid), PurseStage::Unknown);
        assert!(shop.desk.receipt(sale).is_err());
        let out = shop.check_out(sale).unwrap_err();
        assert!(
            matches!(out, TillError::Refused(Refusal::PurseUnresolved { .. })),
            "{out:?}"
        );
        let second = shop.refused(&other, pay(sale));
        assert!(second.contains("same card"), "{second}");
        assert_eq!(other.balance(), 1_000);
        // The same card again: it says by itself what happened.
        let came = shop.tap(&card);
        assert_eq!(came.len(), 1);
        assert_eq!(came[0].completed, did);
        let facts = shop.facts();
        match did {
            true => {
                assert_eq!(came[0].end, Some(PurseEnd::Done));
                assert_eq!(facts[facts.len() - 2..], ["purse_ended", "sale_completed"]);
            }
            false => {
                assert_eq!(came[0].end, Some(PurseEnd::NotDone));
                assert_eq!(
                    came[0].words,
                    "Nothing was taken. Begin the payment again, and hold the card until it is done."
                );
                shop.put(sale, 100).unwrap();
            }
        }
    }
}

#[test]
fn a_card_pulled_before_anything_was_begun_leaves_nothing_behind() {
    for pull in [Pull::Read, Pull::Open] {
        let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
        let sale = shop.sale(429);
        card.pull_at(pull);
        assert!(shop.attend(&card, Some(pay(sale))).is_err(), "{pull:?}");
        assert!(shop.facts().is_empty(), "{pull:?}");
    }
}

#[test]
fn what_never_reached_the_card_is_settled_at_once() {
    for pull in [Pull::Stage, Pull::CommitNotSent] {
        let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
        let sale = shop.sale(429);
        card.pull_at(pull);
        let settled = shop.moved(&card, pay(sale));
        assert_eq!(settled.end, Some(PurseEnd::NotDone));
        assert!(
            settled
                .words
                .starts_with("The card was taken away too soon.")
        );
        assert_eq!(shop.view(sale)["fixed"], json!(false), "{pull:?}");
    }
}

#[test]
fn a_manager_lets_the_sale_go_on_and_what_was_taken_is_owed() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    card.pull_at(Pull::AfterCommit);
    let settled = shop.moved(&card, pay(sale));
    let view = shop.desk.purse(settled.txid).unwrap();
    let consequences = view.consequences.unwrap();
    assert!(consequences.contains("4.29 EUR is owed"), "{consequences}");
    let request = VoidRequest {
        cashier: person(),
        approved_by: tillside_core::PersonId::new("mara").unwrap(),
        reason: "The shopper has left.".to_owned(),
    };
    shop.desk
        .give_up(&key(), settled.txid, request.clone())
        .unwrap();
    let again = shop.desk.give_up(&key(), settled.txid, request);
    assert!(matches!(
        again,
        Err(TillError::Refused(Refusal::PurseSettled { .. }))
    ));
    // Nothing of it is paid, so it may be changed again.
    shop.put(sale, 429).unwrap();
    shop.check_out(sale).unwrap();
    // The card comes back: it was charged after all.
    let came = shop.tap(&card);
    assert_eq!(shop.stage(settled.txid), PurseStage::Owed);
    assert!(came[0].words.contains("owed"), "{}", came[0].words);
    let open = shop.desk.open_with(&card.identity).unwrap();
    assert_eq!(open.len(), 1);
    let back = crate::purse::Work::GiveBack {
        of: settled.txid,
        amount: None,
    };
    let back = shop.moved(&card, back);
    assert_eq!(back.balance, Some(eur(1_000)));
    assert_eq!(card.balance(), 1_000);
    assert!(shop.desk.open_with(&card.identity).unwrap().is_empty());
    assert!(shop.desk.open_purses().unwrap().is_empty());
}

#[test]
fn hq_settles_what_the_card_does_not_come_back_for() {
    for (end, completed) in [(PurseEnd::Done, true), (PurseEnd::NotDone, false)] {
        let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
        let sale = shop.sale(429);
        card.pull_at(Pull::AfterCommit);
        let settled = shop.moved(&card, pay(sale));
        let evidence = tillside_core::EndEvidence::Hq(end);
        let came = shop.desk.end_purse(settled.txid, evidence.clone()).unwrap();
        assert_eq!((came.end, came.completed), (Some(end), completed));
        let again = shop.desk.end_purse(settled.txid, evidence);
        assert!(matches!(
            again,
            Err(TillError::Refused(Refusal::PurseSettled { .. }))
        ));
    }
}

#[test]
fn a_card_that_contradicts_the_journal_is_blocked() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    card.pull_at(Pull::AfterCommit);
    let settled = shop.moved(&card, pay(sale));
    card.memory.borrow_mut().balance += 1;
    let attended = shop.attend(&card, Some(pay(sale))).unwrap();
    assert!(attended.met.frozen);
    assert!(matches!(attended.job, Some(JobEnd::Refused { .. })));
    assert_eq!(shop.stage(settled.txid), PurseStage::Unknown);
    assert!(shop.facts().contains(&"card_frozen".to_owned()));
    // It is blocked once, however often it is held.
    shop.tap(&card);
    let frozen = shop
        .facts()
        .iter()
        .filter(|kind| *kind == "card_frozen")
        .count();
    assert_eq!(frozen, 1);
}

#[test]
fn what_another_till_did_meanwhile_is_kept_for_hq_once() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    shop.tap(&card);
    shop.tap(&card);
    assert_eq!(shop.facts(), ["purse_sighted"]);
    let mut elsewhere = Shop::open();
    let sale = elsewhere.sale(100);
    elsewhere.moved(&card, pay(sale));
    shop.tap(&card);
    shop.tap(&card);
    assert_eq!(shop.facts(), ["purse_sighted", "purse_sighted"]);
}

/// Pays so often at another till.
fn used_elsewhere(card: &Card, times: usize) {
    let mut elsewhere = Shop::open();
    for _ in 0..times {
        let sale = elsewhere.sale(10);
        elsewhere.moved(card, pay(sale));
    }
}

/// The transactions in the log of the newest sighting.
fn sighted_log(shop: &Shop) -> Vec<u64> {
    let records = shop.desk.store.journal(0, 10_000).unwrap();
    let record: Value = serde_json::from_str(&records.last().unwrap().body).unwrap();
    assert_eq!(record["event"]["type"], "purse_sighted");
    let log = record["event"]["log"].as_array().unwrap();
    log.iter()
        .map(|entry| entry["seq"].as_u64().unwrap())
        .collect()
}

#[test]
fn of_the_log_a_till_reads_what_came_since_and_all_when_it_has_a_question() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    used_elsewhere(&card, 2);
    shop.tap(&card);
    assert_eq!(sighted_log(&shop), [5, 4]);
    used_elsewhere(&card, 1);
    shop.tap(&card);
    assert_eq!(sighted_log(&shop), [6]);
    used_elsewhere(&card, 8);
    shop.tap(&card);
    assert_eq!(sighted_log(&shop), [14, 13, 12, 11, 10, 9]);
    // It says something else than it said at the same count.
    card.memory.borrow_mut().balance += 1;
    shop.tap(&card);
    assert_eq!(sighted_log(&shop).len(), 11);
}

#[test]
fn a_movement_that_nobody_knew_of_is_found_however_deep_in_the_log() {
    let (mut shop, card) = (Shop::open(), Card::holding(CARD, 1_000));
    let sale = shop.sale(429);
    card.pull_at(Pull::AfterCommit);
    let torn = shop.moved(&card, pay(sale));
    assert_eq!(torn.end, None);
    used_elsewhere(&card, 8);
    let settled = shop.tap(&card);
    assert_eq!(settled[0].txid, torn.txid);
    assert_eq!(shop.stage(torn.txid), PurseStage::Done);
}
