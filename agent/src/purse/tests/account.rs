//! Accounts at HQ: asked for only with the line up, by whoever proved who they are, and settled by
//! HQ's answer whenever it comes.

use super::shop::{CLARA, NOON, Shop, eur, key, person};
use crate::account::Accounts;
use crate::events::Hub;
use crate::purse::double::Card;
use crate::purse::{JobEnd, JobStage, Jobs, Source, Work};
use crate::till::Ready;
use serde_json::json;
use tillside_core::{
    EndEvidence, MemberId, PurseEnd, PurseEvidence, PurseKind, PurseStage, SaleId,
};

const CARD: &str = "uid:04112233445566";

fn from_account(sale: SaleId, cents: i64) -> Work {
    Work::Pay {
        sale,
        amount: Some(eur(cents)),
        partly: false,
        from: Source::Account,
    }
}

/// A card that proves whose it is and holds nothing itself.
struct Proven(Card, bool);

impl crate::purse::card::Cards for Proven {
    fn read(
        &self,
        session: &mut dyn tillside_drivers::CardSession,
    ) -> Result<crate::purse::Reading, crate::purse::card::Trouble> {
        let reading = self.0.read(session)?;
        let member: MemberId = CLARA.parse().unwrap();
        Ok(crate::purse::Reading {
            purse: false,
            authenticated: self.1,
            member: self.1.then_some(member),
            ..reading
        })
    }

    fn open<'s>(
        &'s self,
        _: &'s mut dyn tillside_drivers::CardSession,
        _: &crate::purse::Reading,
    ) -> Result<Box<dyn crate::purse::card::Purse + 's>, crate::purse::card::Trouble> {
        panic!("it has no purse")
    }
}

fn job(shop: &mut Shop, card: &Proven, work: Work) -> JobEnd {
    let attended = shop.attend_until(card, Some(work), None).unwrap();
    attended.job.unwrap()
}

#[test]
fn without_a_line_or_a_proof_nothing_is_begun() {
    let mut shop = Shop::open();
    let (proven, copied) = (
        Proven(Card::new(CARD), true),
        Proven(Card::new(CARD), false),
    );
    let sale = shop.sale(429);
    for (card, words) in [(&proven, "no line to HQ"), (&copied, "proves who it is")] {
        let JobEnd::Refused { words: said, .. } = job(&mut shop, card, from_account(sale, 429))
        else {
            panic!("{words}");
        };
        assert!(said.contains(words), "{said}");
    }
    shop.line_up();
    let refused = job(&mut shop, &copied, from_account(sale, 429));
    assert!(matches!(refused, JobEnd::Refused { .. }));
    assert!(shop.facts().is_empty());
}

#[test]
fn hqs_answer_completes_the_sale_also_after_a_restart() {
    let (mut shop, card) = (Shop::open(), Proven(Card::new(CARD), true));
    shop.line_up();
    let sale = shop.sale(429);
    let JobEnd::AskHq(begun) = job(&mut shop, &card, from_account(sale, 429)) else {
        panic!("HQ is asked");
    };
    assert_eq!(begun.kind, PurseKind::Account);
    let asked = shop.desk.accounts_to_ask().unwrap();
    assert_eq!((asked.len(), asked[0].asked_before), (1, false));
    assert_eq!(asked[0].request.txid, begun.txid);
    // The answer does not come, and the till is restarted: it asks again for the very same.
    let mut shop = shop.killed();
    let again = shop.desk.accounts_to_ask().unwrap();
    assert_eq!((again.len(), again[0].asked_before), (1, true));
    assert_eq!(again[0].request.txid, begun.txid);
    assert_eq!(again[0].request.amount, eur(429));
    assert_eq!(shop.stage(begun.txid), PurseStage::Unknown);
    let moved = PurseEvidence::AccountMoved { after: 571 };
    let settled = shop
        .desk
        .end_purse(begun.txid, EndEvidence::Plain(moved))
        .unwrap();
    assert!(settled.completed);
    assert_eq!(settled.words, "4.29 EUR is paid from the account.");
    assert!(shop.desk.accounts_to_ask().unwrap().is_empty());
    let receipt = shop.desk.receipt(sale).unwrap();
    assert!(receipt.contains("Account"), "{receipt}");
}

#[test]
fn a_fresh_code_stands_for_a_card_of_its_member_that_may_be_used() {
    let mut shop = Shop::open();
    shop.line_up();
    let sale = shop.sale(429);
    let mut draft = shop.desk.draft(sale).unwrap();
    draft.code = Some(crate::till::CodeShown {
        member: CLARA.parse().unwrap(),
        at: tillside_core::Timestamp(NOON - 60_000),
    });
    let (lane, text) = (draft.lane.clone(), draft.to_json().unwrap());
    shop.desk.store.save_draft(sale, &lane, &text).unwrap();
    let blocked = tillside_core::CardIdentity::new("code:900000001").unwrap();
    let mara = tillside_core::PersonId::new("mara").unwrap();
    let why = "Reported lost.".to_owned();
    shop.desk.freeze(&key(), blocked, why, mara).unwrap();
    let jobs = Jobs::new(Hub::default());
    let ready = Ready {
        jobs: jobs.clone(),
        accounts: Accounts::default(),
        readers: false,
        keys: false,
        account: None,
    };
    let work = from_account(sale, 429);
    let answer = shop.desk.begin_job(&key(), &ready, person(), work).unwrap();
    assert_eq!(answer.status, 202);
    assert_eq!(jobs.view().unwrap().stage, JobStage::Working);
    let asked = shop.desk.accounts_to_ask().unwrap();
    assert_eq!(asked[0].request.card.as_str(), "uid:04999999999999");
    assert_eq!(asked[0].request.member.to_string(), CLARA);
    // HQ's answer frees the place for the next job.
    let moved = PurseEvidence::AccountMoved { after: 0 };
    let txid = asked[0].request.txid;
    let settled = shop
        .desk
        .end_purse(txid, EndEvidence::Plain(moved))
        .unwrap();
    jobs.tell_settled(&settled, None);
    assert!(jobs.view().unwrap().completed && jobs.free().is_ok());
}

#[test]
fn what_the_account_holds_is_taken_where_less_will_do() {
    let (mut shop, card) = (Shop::open(), Proven(Card::new(CARD), true));
    shop.line_up();
    let partly = |sale| Work::Pay {
        sale,
        amount: None,
        partly: true,
        from: Source::Account,
    };
    let holds = [
        (Some(100), 100),
        (Some(429), 429),
        (Some(900), 429),
        (Some(0), 429),
        (None, 429),
    ];
    for (holds, taken) in holds {
        shop.account = holds;
        let sale = shop.sale(429);
        let JobEnd::AskHq(begun) = job(&mut shop, &card, partly(sale)) else {
            panic!("HQ is asked");
        };
        assert_eq!(begun.amount, eur(taken), "{holds:?}");
        let refused = PurseEvidence::AccountRefused {
            why: "No.".to_owned(),
        };
        shop.desk
            .end_purse(begun.txid, EndEvidence::Plain(refused))
            .unwrap();
    }
    // Whoever wants all of it or nothing is not looked up.
    shop.account = Some(100);
    let sale = shop.sale(429);
    let work = Work::Pay {
        sale,
        amount: None,
        partly: false,
        from: Source::Account,
    };
    let JobEnd::AskHq(begun) = job(&mut shop, &card, work) else {
        panic!("HQ is asked");
    };
    assert_eq!(begun.amount, eur(429));
}

#[test]
fn hqs_refusal_leaves_the_sale_as_it_was() {
    let (mut shop, card) = (Shop::open(), Proven(Card::new(CARD), true));
    shop.line_up();
    let sale = shop.sale(429);
    let JobEnd::AskHq(begun) = job(&mut shop, &card, from_account(sale, 429)) else {
        panic!("HQ is asked");
    };
    let why = "There is only 1.00 EUR in the account.".to_owned();
    let refused = EndEvidence::Plain(PurseEvidence::AccountRefused { why });
    let settled = shop.desk.end_purse(begun.txid, refused).unwrap();
    assert_eq!(settled.end, Some(PurseEnd::NotDone));
    assert!(settled.words.contains("only 1.00 EUR"), "{}", settled.words);
    assert_eq!(shop.view(sale)["fixed"], json!(false));
}

#[test]
fn what_was_given_up_is_not_asked_for_again() {
    let (mut shop, card) = (Shop::open(), Proven(Card::new(CARD), true));
    shop.line_up();
    let sale = shop.sale(429);
    let JobEnd::AskHq(begun) = job(&mut shop, &card, from_account(sale, 429)) else {
        panic!("HQ is asked");
    };
    shop.desk.leave_unknown(begun.txid, "no answer").unwrap();
    let request = crate::till::VoidRequest {
        cashier: person(),
        approved_by: tillside_core::PersonId::new("mara").unwrap(),
        reason: "The line is down.".to_owned(),
    };
    shop.desk.give_up(&key(), begun.txid, request).unwrap();
    assert!(shop.desk.accounts_to_ask().unwrap().is_empty());
}
