//! What a simulated card put its MAC under, read by HQ: the two were written by nobody in common.

use crate::stage::{Stage, Vault, random};
use tillside_cards::purse::{CardTransaction, Committed, Movement, OpenPurse, PurseCard};
use tillside_core::*;
use tillside_hq::emoney::proof::{Mac, Proof, Said, prove};
use tillside_sim::ReaderModel;

const CHAIN: &str = "F484E0";

fn terminal() -> TerminalId {
    "01890000-0000-7000-8000-000000000001".parse().unwrap()
}

fn scheme() -> PurseScheme {
    PurseScheme {
        application: CHAIN.to_owned(),
        system: "tillside".to_owned(),
        currency: Currency::EUR,
        cap: Money::new(15_000, Currency::EUR).unwrap(),
        key_version: 1,
        log_entries: 10,
        card_days: 1_826,
        replacement_wait_hours: 72,
    }
}

fn txid(number: u64) -> PurseTx {
    PurseTx::new(number.to_be_bytes())
}

/// One movement as a till does it: what the card held before, and what it committed.
fn moves(
    stage: &Stage,
    owner: &PurseCard,
    kind: Movement,
    number: u64,
    amount: i64,
) -> (CardSeen, Committed) {
    stage.again();
    let mut session = stage.reader.session().unwrap();
    let purse = OpenPurse::open(session.as_mut(), stage.keys(), owner, &mut random).unwrap();
    let standing = *purse.standing();
    let before = CardSeen {
        balance: standing.balance,
        tmc: standing.tmc,
        last: standing.last.map(|last| PurseTx::new(last.txid)),
    };
    let staged = purse.stage(&CardTransaction {
        txid: *txid(number).bytes(),
        kind,
        amount,
        points: 0,
        terminal: *TerminalMark::of(terminal()).bytes(),
        time: 1_795_000_000,
    });
    (before, staged.unwrap().commit().unwrap())
}

fn intended(
    number: u64,
    action: PurseAction,
    amount: i64,
    card: &CardIdentity,
    before: CardSeen,
) -> PurseIntended {
    PurseIntended {
        txid: txid(number),
        kind: PurseKind::OnCard,
        action,
        card: card.clone(),
        member: None,
        lane: "1".parse().unwrap(),
        cashier: "anna".parse().unwrap(),
        at: Timestamp(0),
        date: "2026-11-22".parse().unwrap(),
        amount: Money::new(amount, Currency::EUR).unwrap(),
        before: Some(before),
    }
}

fn said(card: &CardIdentity, done: &Committed) -> Said {
    let mac = Mac {
        tmc: done.tmc,
        tmv: TransactionMacValue::new(done.tmv),
        tmi: &done.tmi,
    };
    match prove(Some(&Vault), &scheme(), card, &mac) {
        Proof::Genuine(said) => said,
        other => panic!("{other:?}"),
    }
}

#[test]
fn hq_reads_in_every_movement_what_the_till_says() {
    let sale: SaleId = "01890000-0000-7000-8000-000000000002".parse().unwrap();
    for card in ["desfire-ev2:04213A8A1B2C80", "desfire-ev3:04F1A2B3C4D5E6"] {
        let stage = Stage::new(ReaderModel::Acr122, card);
        let owner = stage.issue(false).unwrap().card;
        let card = CardIdentity::new(&format!("uid:{}", owner.uid)).unwrap();
        let tender = TenderKind::Cash;
        let (top_up, pay) = (PurseAction::TopUp { tender }, PurseAction::Pay { sale });
        let void = PurseAction::Void { of: txid(2), sale };
        let refund = PurseAction::Refund { of: txid(4) };
        let steps = [
            (Movement::TopUp, top_up, 5_000),
            (Movement::Pay, pay.clone(), 1_250),
            (Movement::Void, void, 1_250),
            (Movement::Pay, pay, 300),
            (Movement::Refund, refund, 100),
        ];
        let mut previous = None;
        for (number, (kind, action, amount)) in (1..).zip(steps) {
            let (before, done) = moves(&stage, &owner, kind, number, amount);
            let intended = intended(number, action, amount, &card, before);
            let said = said(&card, &done);
            let agrees = |tmc, after| said.agrees(&intended, terminal(), tmc, after);
            assert_eq!(agrees(done.tmc, done.balance_after), Ok(()), "{kind:?}");
            assert!(agrees(done.tmc + 1, done.balance_after).is_err());
            assert!(agrees(done.tmc, done.balance_after + 1).is_err());
            // It names the movement before it, which its till may never have heard of.
            assert_eq!(said.previous, previous, "{kind:?}");
            previous = Some(txid(number));
            let mut altered = done.clone();
            altered.tmi[0] ^= 1;
            let mac = Mac {
                tmc: altered.tmc,
                tmv: TransactionMacValue::new(altered.tmv),
                tmi: &altered.tmi,
            };
            assert_eq!(prove(Some(&Vault), &scheme(), &card, &mac), Proof::Forged);
        }
    }
}
