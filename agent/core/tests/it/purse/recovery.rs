//! What a card that comes back proves: each case against what really happened to the model.

use super::card::ModelCard;
use super::*;
use crate::strategies::modest;
use proptest::prelude::*;

fn intended(card: &ModelCard, n: u64, action: PurseAction, minor: i64) -> PurseIntended {
    let mut command = begin(n, action, minor);
    command.before = Some(card.seen());
    begun(&mut desk(), command)
}

fn pay_one() -> PurseAction {
    PurseAction::Pay { sale: sale_id(1) }
}

/// Every small history: some movements before, ours done or not, some after, logs long and short,
/// read or not, forwards and backwards.
#[test]
fn every_small_history_is_read_as_it_was() {
    let mut counted = [0; 3];
    for (before, ours, after, room) in (0..3).flat_map(|before| {
        [false, true].into_iter().flat_map(move |ours| {
            (0..6).flat_map(move |after| (1..5).map(move |room| (before, ours, after, room)))
        })
    }) {
        let mut card = ModelCard::new(1_000, room);
        for n in 0..before {
            card.commit(tx(100 + n), &pay_one(), 10);
        }
        let intent = intended(&card, 1, pay_one(), 70);
        if ours {
            card.commit(tx(1), &pay_one(), 70);
        }
        for n in 0..after {
            card.commit(tx(200 + n), &pay_one(), 10);
        }
        let truth = match ours {
            true => Recovery::Settled(PurseEnd::Done),
            false => Recovery::Settled(PurseEnd::NotDone),
        };
        let mut backwards = card.log();
        backwards.reverse();
        let alone = after == 0 || (!ours && after == 1);
        for (log, reaches) in [
            (card.log(), alone || card.log_reaches(before as u32)),
            (backwards, alone || card.log_reaches(before as u32)),
            (Vec::new(), alone),
        ] {
            let told = recover(&intent, &card.seen(), &log);
            let expected = if reaches {
                truth
            } else {
                Recovery::StillUnknown
            };
            assert_eq!(told, expected, "{before} {ours} {after} {room} {log:?}");
            counted[match expected {
                Recovery::StillUnknown => 0,
                _ if ours => 1,
                _ => 2,
            }] += 1;
        }
    }
    assert!(counted.iter().all(|&cases| cases > 30), "{counted:?}");
}

/// A card whose answer was lost, some other movements later.
fn torn(ours: bool, after: u64) -> (ModelCard, PurseIntended) {
    let mut card = ModelCard::new(1_000, 8);
    card.commit(tx(100), &pay_one(), 10);
    card.commit(tx(101), &pay_one(), 10);
    let intent = intended(&card, 1, pay_one(), 70);
    if ours {
        card.commit(tx(1), &pay_one(), 70);
    }
    for n in 0..after {
        card.commit(tx(200 + n), &pay_one(), 10);
    }
    (card, intent)
}

#[test]
fn a_card_that_was_tampered_with_contradicts() {
    type Tamper = fn(&mut CardSeen, &mut Vec<CardLogEntry>);
    let tampered: [(&str, bool, u64, Tamper); 15] = [
        ("place in the log changed", true, 2, |_, log| {
            log[2].seq += 1
        }),
        ("counter played back", false, 0, |seen, _| seen.tmc -= 1),
        ("counter played back, done", true, 0, |seen, _| seen.tmc = 0),
        ("balance changed", false, 0, |seen, _| seen.balance += 1),
        ("last changed", false, 0, |seen, _| seen.last = Some(tx(7))),
        ("last cleared", false, 0, |seen, _| seen.last = None),
        ("balance changed, done", true, 0, |seen, _| {
            seen.balance += 70
        }),
        ("last cleared, done", true, 0, |seen, _| seen.last = None),
        ("counter run ahead", true, 0, |seen, _| seen.tmc += 1),
        ("last played back", true, 1, |seen, _| {
            seen.last = Some(tx(101))
        }),
        ("balance changed later", true, 2, |seen, _| {
            seen.balance += 70
        }),
        ("amount changed", true, 2, |_, log| log[2].amount = 1),
        ("balance in the log changed", true, 2, |_, log| {
            log[2].after += 70
        }),
        ("kind changed", true, 2, |_, log| log[2].kind = 2),
        ("counter played back later", true, 1, |seen, _| {
            seen.tmc -= 1
        }),
    ];
    for (what, ours, after, tamper) in tampered {
        let (card, intent) = torn(ours, after);
        let (mut seen, mut log) = (card.seen(), card.log());
        let honest = recover(&intent, &seen, &log);
        assert!(matches!(honest, Recovery::Settled(_)), "{what}");
        tamper(&mut seen, &mut log);
        let told = recover(&intent, &seen, &log);
        assert_eq!(told, Recovery::Contradiction, "{what}");
    }
}

/// Where the log was not read, the card's last transaction must still come out at its balance.
#[test]
fn a_changed_balance_contradicts_without_a_log_too() {
    let (card, intent) = torn(true, 0);
    let mut seen = card.seen();
    let told = recover(&intent, &seen, &[]);
    assert_eq!(told, Recovery::Settled(PurseEnd::Done));
    seen.balance += 70;
    assert_eq!(recover(&intent, &seen, &[]), Recovery::Contradiction);
    for last in [None, Some(tx(101))] {
        let seen = CardSeen {
            last,
            ..card.seen()
        };
        assert_eq!(recover(&intent, &seen, &[]), Recovery::Contradiction);
    }
}

#[test]
fn a_log_of_another_card_contradicts() {
    let (card, intent) = torn(false, 2);
    let mut other = ModelCard::new(9_000, 8);
    for n in 0..3 {
        other.commit(tx(300 + n), &pay_one(), 5);
    }
    let told = recover(&intent, &card.seen(), &other.log());
    assert_eq!(told, Recovery::Contradiction);
}

/// A part of a log tells what it tells: the entry right after the intent, or nothing.
#[test]
fn part_of_a_log_is_read_for_what_it_is() {
    let told = |ours, pick: &[usize]| {
        let (card, intent) = torn(ours, 3);
        let log = card.log();
        let part: Vec<_> = pick.iter().map(|&at| log[at].clone()).collect();
        recover(&intent, &card.seen(), &part)
    };
    // Newest first: three others, then ours if it was done, then the two before it.
    assert_eq!(told(true, &[0, 0, 0, 0]), Recovery::StillUnknown);
    assert_eq!(told(true, &[0, 1, 2]), Recovery::StillUnknown);
    assert_eq!(told(true, &[0, 3]), Recovery::Settled(PurseEnd::Done));
    assert_eq!(told(false, &[0, 1]), Recovery::StillUnknown);
    assert_eq!(told(false, &[0, 2]), Recovery::Settled(PurseEnd::NotDone));
    assert_eq!(told(false, &[0, 3, 4]), Recovery::StillUnknown);
}

/// A log has room for 24 bits of the counter.
#[test]
fn a_counter_past_24_bits_is_found_in_the_log() {
    for ours in [false, true] {
        let mut card = ModelCard::new(1_000, 8);
        card.commit(tx(100), &pay_one(), 10);
        card.tmc = 0x01FF_FFFF;
        let intent = intended(&card, 1, pay_one(), 70);
        let first = if ours { 1 } else { 200 };
        card.commit(tx(first), &pay_one(), 70);
        card.commit(tx(201), &pay_one(), 10);
        card.commit(tx(202), &pay_one(), 10);
        let expected = if ours {
            PurseEnd::Done
        } else {
            PurseEnd::NotDone
        };
        let told = recover(&intent, &card.seen(), &card.log());
        assert_eq!(told, Recovery::Settled(expected));
    }
}

#[test]
fn an_account_has_no_card_to_ask() {
    let mut command = pay(1, 1, 100);
    (command.kind, command.before) = (PurseKind::Account, None);
    let intent = begun(&mut desk(), command);
    let told = recover(&intent, &seen(1, 1, None), &[]);
    assert_eq!(told, Recovery::Contradiction);
}

#[test]
fn counters_at_their_end_do_not_panic() {
    for (tmc, then) in [
        (u32::MAX, u32::MAX),
        (u32::MAX - 1, u32::MAX),
        (0, u32::MAX),
    ] {
        let mut command = pay(1, 1, 100);
        command.before = Some(seen(5_000, tmc, Some(1_000)));
        let intent = begun(&mut desk(), command);
        for balance in [i64::MIN, 4_900, i64::MAX] {
            recover(&intent, &seen(balance, then, Some(1)), &[]);
            recover(&intent, &seen(balance, then, Some(2)), &[]);
        }
    }
}

proptest! {
    #![proptest_config(modest(400))]

    /// Whatever was done to a card's answer, what did not happen is never called done, and what
    /// happened is never called not done, unless counter, last and log were all forged alike.
    #[test]
    fn one_forged_figure_never_turns_the_outcome(
        ours in any::<bool>(),
        after in 0..4u64,
        which in 0..3,
        tmc in 0..8u32,
        balance in 0..1_100i64,
        last in proptest::option::of(prop_oneof![Just(100u64), Just(101), Just(200), Just(201), 300..302u64]),
    ) {
        let (card, intent) = torn(ours, after);
        let mut seen = card.seen();
        match which {
            0 => seen.tmc = tmc,
            1 => seen.balance = balance,
            _ => seen.last = last.map(tx),
        }
        let wrong = if ours { PurseEnd::NotDone } else { PurseEnd::Done };
        let told = recover(&intent, &seen, &card.log());
        prop_assert_ne!(told, Recovery::Settled(wrong));
    }
}
