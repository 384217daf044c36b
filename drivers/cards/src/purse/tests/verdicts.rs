//! The verdict on a card that came back, case by case.

use super::super::*;
use crate::Uid;

const UID: &str = "047A1151DE5F80";

fn entry(number: u8, seq: u32, amount: i64, balance_after: i64) -> LogEntry {
    LogEntry {
        txid: [number; 8],
        kind: Movement::Pay,
        amount,
        balance_after,
        points: 0,
        terminal: [0; 4],
        time: 0,
        seq,
    }
}

/// A card whose last movement is the log's first entry.
fn seen(log: &[LogEntry]) -> Standing {
    let newest = log[0];
    Standing {
        uid: UID.parse::<Uid>().expect("a UID"),
        balance: newest.balance_after,
        tmc: newest.seq,
        last: Some(Last {
            txid: newest.txid,
            amount: newest.amount,
            balance_after: newest.balance_after,
            seq: newest.seq,
            terminal: [0; 4],
            flags: 0,
            kind: newest.kind,
        }),
    }
}

/// Pay 300 from 1,000, as the fifth movement.
const INTENT: IntentView = IntentView {
    txid: [5; 8],
    tmc0: 4,
    balance0: 1_000,
    amount: 300,
    kind: Movement::Pay,
};

fn found(log: &[LogEntry]) -> Recovery {
    verdict(&INTENT, &seen(log), log)
}

#[test]
fn the_last_movement_says_it_all() {
    let before = entry(4, 4, 100, 1_000);
    assert_eq!(found(&[entry(5, 5, 300, 700), before]), Recovery::Committed);
    assert_eq!(found(&[before]), Recovery::NotCommitted);
    assert_eq!(
        found(&[entry(6, 5, 50, 950), before]),
        Recovery::NotCommitted
    );
}

#[test]
fn a_later_card_is_read_by_its_log() {
    let later = [entry(7, 7, 10, 640), entry(6, 6, 50, 650)];
    let with = |fifth| [later[0], later[1], fifth, entry(4, 4, 100, 1_000)];
    assert_eq!(found(&with(entry(5, 5, 300, 700))), Recovery::Committed);
    assert_eq!(found(&with(entry(9, 5, 300, 700))), Recovery::NotCommitted);
    // The log does not reach back to it.
    assert_eq!(found(&later), Recovery::StillUnknown);
    // It is there, and not as it was meant.
    assert_eq!(found(&with(entry(5, 5, 200, 700))), Recovery::Contradiction);
    assert_eq!(found(&with(entry(5, 5, 300, 600))), Recovery::Contradiction);
    assert_eq!(found(&with(entry(5, 6, 300, 700))), Recovery::Contradiction);
}

#[test]
fn what_cannot_be_is_a_contradiction() {
    // A counter that was played back.
    assert_eq!(found(&[entry(3, 3, 100, 1_000)]), Recovery::Contradiction);
    // The counter stood still and the balance moved.
    assert_eq!(found(&[entry(4, 4, 100, 900)]), Recovery::Contradiction);
    // Its own movement, and the counter stood still or went too far.
    assert_eq!(found(&[entry(5, 4, 300, 1_000)]), Recovery::Contradiction);
    assert_eq!(found(&[entry(5, 6, 300, 700)]), Recovery::Contradiction);
    // Its own movement with another balance.
    assert_eq!(found(&[entry(5, 5, 300, 701)]), Recovery::Contradiction);
    // Balance and last movement of two different transactions: no tear leaves that.
    let log = [entry(5, 5, 300, 700)];
    let mixed = Standing {
        balance: 1_000,
        ..seen(&log)
    };
    assert_eq!(verdict(&INTENT, &mixed, &log), Recovery::Contradiction);
    // The same where another movement took its place.
    let log = [entry(6, 5, 50, 950)];
    let mixed = Standing {
        balance: 1_000,
        ..seen(&log)
    };
    assert_eq!(verdict(&INTENT, &mixed, &log), Recovery::Contradiction);
}
