//! The purse on a card in memory: what it leaves there, where it is torn, and what is refused.
#![allow(clippy::unwrap_used)]

use tillside_keys::transaction_mac::{Tmi, TmiEntry, previous_reader_id, tmv};
use tillside_keys::{KeyRole, same_mac};

use super::*;
use crate::desfire::CardError;
use crate::desfire::fake::{Fake, Tear, UID, desk, of_roles, randoms, scheme};
use crate::issue::{IssueOrder, issue};
use crate::scheme::{CardScheme, Keys};
use crate::script::Masters;

const TODAY: u32 = 20_500 * 86_400;

pub(crate) fn order() -> IssueOrder {
    IssueOrder {
        member: *b"member number 18",
        issued: CardDay(20_000),
        expires: CardDay(21_000),
        random_id: false,
    }
}

/// A card of ours with nothing on it.
pub(crate) fn issued() -> (Fake, PurseCard) {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let mut card = Fake::new();
    let done = issue(&mut card, keys, &order(), &mut randoms(1), &mut |_| {}).unwrap();
    card.again();
    (card, done.card)
}

pub(crate) fn movement(kind: Movement, amount: i64, number: u8) -> CardTransaction {
    CardTransaction {
        txid: [number; 8],
        kind,
        amount,
        points: 5,
        terminal: [9, 8, 7, 6],
        time: TODAY,
    }
}

pub(crate) fn run(
    card: &mut Fake,
    owner: &PurseCard,
    vault: &Masters,
    scheme: &CardScheme,
    tx: &CardTransaction,
) -> Result<Result<Committed, CommitError>, PurseError> {
    let keys = Keys { vault, scheme };
    let purse = OpenPurse::open(card, keys, owner, &mut randoms(tx.txid[0]))?;
    Ok(purse.stage(tx)?.commit())
}

/// At a desk that may do everything.
fn moved(card: &mut Fake, owner: &PurseCard, tx: &CardTransaction) -> Committed {
    let done = run(card, owner, &desk(&[3]), &scheme(), tx);
    card.again();
    done.unwrap().unwrap()
}

fn refused(card: &mut Fake, owner: &PurseCard, tx: &CardTransaction) -> PurseError {
    let (before, vault) = (card.commands, desk(&[3]));
    let error = run(card, owner, &vault, &scheme(), tx).unwrap_err();
    // Read, and nothing written.
    assert_eq!(card.commands - before, 6, "{error:?}");
    card.again();
    error
}

fn standing(card: &mut Fake, owner: &PurseCard) -> (Standing, Vec<LogEntry>) {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let mut purse = OpenPurse::open(card, keys, owner, &mut randoms(9)).unwrap();
    let read = (*purse.standing(), purse.log().unwrap());
    card.again();
    read
}

/// A card of ours that holds 100.00.
pub(crate) fn filled() -> (Fake, PurseCard) {
    let (mut card, owner) = issued();
    moved(&mut card, &owner, &movement(Movement::TopUp, 10_000, 1));
    (card, owner)
}

#[test]
fn money_goes_on_and_off_and_is_written_down() {
    let (mut card, owner) = issued();
    let mut counts = Vec::new();
    let mut balance = 0;
    for (number, kind, amount) in [
        (1, Movement::TopUp, 10_000),
        (2, Movement::Pay, 2_500),
        (3, Movement::Pay, 500),
        (4, Movement::Void, 500),
        (5, Movement::Refund, 2_500),
    ] {
        let tx = movement(kind, amount, number);
        let done = run(&mut card, &owner, &desk(&[3]), &scheme(), &tx);
        counts.push(card.commands);
        card.again();
        let done = done.unwrap().unwrap();
        balance += if kind.takes() { -amount } else { amount };
        assert_eq!((done.balance_after, done.tmc), (balance, u32::from(number)));
        let (standing, log) = standing(&mut card, &owner);
        assert_eq!(
            (standing.balance, standing.tmc),
            (balance, u32::from(number))
        );
        let last = standing.last.unwrap();
        assert_eq!((last.txid, last.seq, last.kind), (tx.txid, done.tmc, kind));
        assert_eq!(log.len(), usize::from(number));
        assert_eq!((log[0].txid, log[0].balance_after), (tx.txid, balance));
        assert_eq!((log[0].time, log[0].points), (TODAY, 5));
        standing.check().unwrap();
    }
    assert_eq!(counts, [13, 11, 11, 11, 13]);
    assert!(counts[1] <= PAY_APDU_LIMIT);
}

#[test]
fn hq_can_prove_every_movement_and_the_one_before() {
    let (mut card, owner) = issued();
    let vault = desk(&[3]);
    let keys = Keys {
        vault: &vault,
        scheme: &scheme(),
    };
    let key = keys.card_key(KeyRole::TransactionMac, 3, &UID).unwrap();
    let mut before = [0; 16];
    for number in 1..=4 {
        let kind = if number == 1 {
            Movement::TopUp
        } else {
            Movement::Pay
        };
        let done = moved(
            &mut card,
            &owner,
            &movement(kind, 1_000 / i64::from(number * number), number),
        );
        assert!(same_mac(&tmv(&key, &UID, done.tmc, &done.tmi), &done.tmv));
        let hidden = Tmi::read(&done.tmi)
            .unwrap()
            .into_iter()
            .find_map(|entry| match entry {
                TmiEntry::CommitReaderId {
                    encrypted_previous, ..
                } => Some(encrypted_previous),
                _ => None,
            });
        let previous = previous_reader_id(&key, &UID, done.tmc, &hidden.unwrap());
        assert_eq!(previous, before);
        let reader = [&[9, 8, 7, 6][..], &[number; 8], &[0; 4]].concat();
        assert_eq!(done.reader_id.as_slice(), reader);
        before = done.reader_id;
    }
}

#[test]
fn a_log_that_was_read_before_is_under_the_mac_too() {
    let (mut card, owner) = filled();
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let key = keys.card_key(KeyRole::TransactionMac, 3, &UID).unwrap();
    for number in 2..12 {
        moved(&mut card, &owner, &movement(Movement::Pay, 10, number));
    }
    let mut purse = OpenPurse::open(&mut card, keys, &owner, &mut randoms(9)).unwrap();
    let log = purse.log().unwrap();
    let seqs: Vec<u32> = log.iter().map(|entry| entry.seq).collect();
    assert_eq!(seqs, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let done = purse.stage(&movement(Movement::Pay, 10, 99)).unwrap();
    let done = done.commit().unwrap();
    assert!(same_mac(&tmv(&key, &UID, done.tmc, &done.tmi), &done.tmv));
}

#[test]
fn what_came_into_the_log_since_takes_one_command_and_is_under_the_mac_too() {
    let (mut card, owner) = filled();
    let vault = desk(&[3]);
    let narrow = CardScheme {
        log_records: 4,
        ..scheme()
    };
    let key = |keys: &Keys<'_>| keys.card_key(KeyRole::TransactionMac, 3, &UID).unwrap();
    for number in 2..12 {
        moved(&mut card, &owner, &movement(Movement::Pay, 10, number));
    }
    let wide = scheme();
    for (scheme, since, expected, commands, number) in [
        (&wide, 9, &[11, 10][..], 1, 90),
        (&wide, 0, &[12, 11, 10, 9, 8, 7][..], 1, 91),
        (&wide, 13, &[][..], 0, 92),
        (&wide, u32::MAX, &[][..], 0, 93),
        (&narrow, 5, &[15, 14, 13, 12][..], 1, 94),
    ] {
        let keys = Keys {
            vault: &vault,
            scheme,
        };
        let before = card.commands;
        let mut purse = OpenPurse::open(&mut card, keys, &owner, &mut randoms(9)).unwrap();
        let log = purse.log_since(since).unwrap();
        let seqs: Vec<u32> = log.iter().map(|entry| entry.seq).collect();
        assert_eq!(seqs, expected);
        let done = purse.stage(&movement(Movement::Pay, 10, number)).unwrap();
        let done = done.commit().unwrap();
        let good = same_mac(&tmv(&key(&keys), &UID, done.tmc, &done.tmi), &done.tmv);
        assert!(good, "{since}");
        assert_eq!(card.commands - before, 11 + commands, "{since}");
        card.again();
    }
}

#[test]
fn what_can_be_refused_is_refused_before_a_byte_is_written() {
    let (mut card, owner) = filled();
    let mut fails = |kind, amount| refused(&mut card, &owner, &movement(kind, amount, 2));
    let error = fails(Movement::Pay, 10_001);
    assert!(matches!(
        error,
        PurseError::TooLittle {
            balance: 10_000,
            ..
        }
    ));
    let error = fails(Movement::TopUp, 40_001);
    assert!(matches!(error, PurseError::PastCap { would: 50_001, .. }));
    for amount in [0, -5, i64::from(i32::MAX) + 1, i64::MAX, i64::MIN] {
        let error = fails(Movement::Pay, amount);
        assert!(matches!(error, PurseError::Amount(_)), "{amount}");
    }
    assert!(matches!(fails(Movement::Restore, 10), PurseError::NotNew));
    for number in [0, 1] {
        let error = refused(&mut card, &owner, &movement(Movement::Pay, 10, number));
        assert!(matches!(error, PurseError::Number));
    }
    let late = CardTransaction {
        time: 21_001 * 86_400,
        ..movement(Movement::Pay, 10, 2)
    };
    assert!(matches!(
        refused(&mut card, &owner, &late),
        PurseError::Expired
    ));
    let mut dollars = owner;
    dollars.member.currency = *b"USD";
    let (before, payment) = (card.commands, movement(Movement::Pay, 10, 2));
    let error = run(&mut card, &dollars, &desk(&[3]), &scheme(), &payment).unwrap_err();
    assert_eq!(card.commands, before, "its money is not even read");
    assert!(matches!(error, PurseError::Currency { .. }));
    assert!(!error.is_retryable());
}

#[test]
fn a_till_without_the_key_puts_no_money_on() {
    let (mut card, owner) = filled();
    let till = of_roles(&[KeyRole::Identify, KeyRole::Pay], &[3]);
    for kind in [Movement::TopUp, Movement::Refund] {
        let tx = movement(kind, 100, 2);
        let error = run(&mut card, &owner, &till, &scheme(), &tx).unwrap_err();
        assert!(matches!(error, PurseError::NoTopUpKey), "{error:?}");
        assert_eq!(card.commands, 6);
        card.again();
    }
    let paid = run(
        &mut card,
        &owner,
        &till,
        &scheme(),
        &movement(Movement::Pay, 100, 3),
    );
    assert!(paid.unwrap().is_ok());
}

#[test]
fn a_blocked_card_and_one_that_contradicts_itself_are_refused() {
    let (mut card, owner) = filled();
    let good = card.memory.clone();
    let last = |card: &Fake| {
        let bytes = &card.memory.app.as_ref().unwrap().files[&5].bytes;
        Last::read(bytes).unwrap().unwrap()
    };
    let mut with = |change: &dyn Fn(&mut Fake)| {
        card.memory = good.clone();
        change(&mut card);
        refused(&mut card, &owner, &movement(Movement::Pay, 10, 2))
    };
    let files = |card: &mut Fake, number: u8, bytes: Vec<u8>| {
        let app = card.memory.app.as_mut().unwrap();
        app.files.get_mut(&number).unwrap().bytes = bytes;
    };
    let error = with(&|card| {
        let blocked = Last {
            flags: crate::desfire::layout::BLOCKED,
            ..last(card)
        };
        files(card, 5, blocked.write().to_vec());
    });
    assert!(matches!(error, PurseError::Blocked));
    let error = with(&|card| {
        card.memory
            .app
            .as_mut()
            .unwrap()
            .files
            .get_mut(&2)
            .unwrap()
            .value += 1
    });
    assert!(matches!(error, PurseError::Contradiction { .. }));
    let error = with(&|card| files(card, 5, vec![0; 32]));
    assert!(matches!(error, PurseError::Contradiction { .. }));
    let error = with(&|card| files(card, 15, vec![0; 12]));
    assert!(matches!(error, PurseError::Contradiction { .. }));
    card.memory = good.clone();
    files(&mut card, 5, vec![7; 32]);
    let error = run(
        &mut card,
        &owner,
        &desk(&[3]),
        &scheme(),
        &movement(Movement::Pay, 10, 2),
    );
    assert!(matches!(error, Err(PurseError::Card(CardError::Layout(_)))));
}

#[test]
fn only_the_last_payment_is_given_back_by_the_card() {
    let (mut card, owner) = filled();
    moved(&mut card, &owner, &movement(Movement::Pay, 300, 2));
    let tx = movement(Movement::Void, 301, 3);
    let error = run(&mut card, &owner, &desk(&[3]), &scheme(), &tx).unwrap_err();
    assert!(matches!(error, PurseError::NotTheLastPayment), "{error:?}");
    card.again();
    assert_eq!(standing(&mut card, &owner).0.balance, 9_700);
    moved(&mut card, &owner, &movement(Movement::Void, 300, 4));
    let tx = movement(Movement::Void, 300, 5);
    let error = run(&mut card, &owner, &desk(&[3]), &scheme(), &tx).unwrap_err();
    assert!(matches!(error, PurseError::NotTheLastPayment), "{error:?}");
}

#[test]
fn a_balance_is_carried_over_to_a_new_card_only() {
    let (mut card, owner) = issued();
    let done = moved(&mut card, &owner, &movement(Movement::Restore, 4_200, 1));
    assert_eq!(done.balance_after, 4_200);
    let error = refused(&mut card, &owner, &movement(Movement::Restore, 1, 2));
    assert!(matches!(error, PurseError::NotNew));
}

/// Every APDU of every movement, torn before and after: the card holds all of the old or all of the new,
/// what the till was told agrees, and the verdict with the card back finds which it was.
#[test]
fn a_tear_at_any_command_is_told_truly_and_resolved() {
    for (kind, amount) in [
        (Movement::Pay, 2_500),
        (Movement::TopUp, 700),
        (Movement::Void, 300),
        (Movement::Refund, 100),
    ] {
        let (mut card, owner) = filled();
        moved(&mut card, &owner, &movement(Movement::Pay, 300, 2));
        let before = card.memory.clone();
        let old = standing(&mut card, &owner).0;
        let tx = movement(kind, amount, 3);
        run(&mut card, &owner, &desk(&[3]), &scheme(), &tx)
            .unwrap()
            .unwrap();
        let commands = card.commands;
        let change = if kind.takes() { -amount } else { amount };
        for at in 0..commands {
            for tear in [Tear::Before(at), Tear::After(at)] {
                let mut card = Fake::of(before.clone());
                card.tear = Some(tear);
                let told = run(&mut card, &owner, &desk(&[3]), &scheme(), &tx);
                card.again();
                let (now, log) = standing(&mut card, &owner);
                let intent = IntentView {
                    txid: tx.txid,
                    tmc0: old.tmc,
                    balance0: old.balance,
                    amount,
                    kind,
                };
                let found = verdict(&intent, &now, &log);
                let done = tear == Tear::After(commands - 1);
                let due = if done {
                    Recovery::Committed
                } else {
                    Recovery::NotCommitted
                };
                assert_eq!(found, due, "{kind:?} {tear:?}");
                assert_eq!(now.balance, old.balance + if done { change } else { 0 });
                match told {
                    Err(error) => {
                        assert!(at < commands - 1 && error.is_retryable(), "{tear:?}");
                        assert!(
                            error.cashier_words().contains("taken away too soon"),
                            "{tear:?}"
                        );
                    }
                    Ok(Err(CommitError::Unknown(_))) => assert_eq!(at, commands - 1),
                    told => panic!("{tear:?}: {told:?}"),
                }
            }
        }
    }
}

mod answers;
mod verdicts;
