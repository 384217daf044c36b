//! DESFire answers that were damaged on their way, in their thousands: identify, pay and issue may fail;
//! they never panic, never believe what the card did not say, and leave a card that goes on.
#![allow(clippy::unwrap_used)]

use crate::desfire::fake::{Fake, desk, randoms, scheme};
use crate::issue::issue;
use crate::purse::tests::{filled, movement, order, run};
use crate::purse::{CommitError, Movement};
use crate::scheme::{CardScheme, Keys};
use crate::script::{Masters, Seed, rounds};
use crate::{CardAuthority, identify_with};

/// Damages one of the first `commands` answers.
fn damage(card: &mut Fake, seed: &mut Seed, commands: usize) {
    let at = seed.below(commands);
    card.damaged = Some((at, Seed(seed.0 | 1)));
}

fn keys<'a>(vault: &'a Masters, scheme: &'a CardScheme) -> Keys<'a> {
    Keys { vault, scheme }
}

#[test]
fn identify_believes_no_damaged_answer() {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = keys(&vault, &scheme);
    for random_id in [false, true] {
        let (times, chosen, mut seed) = rounds(15_000);
        let order = crate::issue::IssueOrder {
            random_id,
            ..order()
        };
        let mut card = Fake::new();
        issue(&mut card, keys, &order, &mut randoms(1), &mut |_| {}).unwrap();
        card.again();
        let truth = identify_with(&mut card, Some(&keys), &mut randoms(2)).unwrap();
        let mut refused = 0;
        for round in 0..times {
            card.again();
            damage(&mut card, &mut seed, 9);
            match identify_with(&mut card, Some(&keys), &mut randoms(2)) {
                Ok(found) if found.authority() == CardAuthority::Authenticated => {
                    assert_eq!(found, truth, "round {round} of seed {chosen}");
                }
                Ok(found) => assert!(found.purse.is_none() && found.member.is_none()),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > times / 3, "{refused} of {times} refused");
    }
}

#[test]
fn a_payment_believes_no_damaged_answer() {
    let (times, chosen, mut seed) = rounds(65_000);
    let (vault, scheme) = (desk(&[3]), scheme());
    let (mut card, owner) = filled();
    let before = card.memory.clone();
    let tx = movement(Movement::Pay, 2_500, 2);
    let truth = run(&mut card, &owner, &vault, &scheme, &tx);
    let truth = truth.unwrap().unwrap();
    let after = card.memory.clone();
    let (mut refused, mut unknown) = (0, 0);
    for round in 0..times {
        let mut card = Fake::of(before.clone());
        damage(&mut card, &mut seed, 12);
        let told = run(&mut card, &owner, &vault, &scheme, &tx);
        let files = |memory: &crate::desfire::fake::Memory| memory.app.clone().unwrap().files;
        match told {
            Ok(Ok(done)) => {
                assert_eq!(done, truth, "round {round} of seed {chosen}");
                assert!(files(&card.memory) == files(&after), "round {round}");
            }
            Ok(Err(CommitError::Unknown(_))) => unknown += 1,
            Ok(Err(error)) => panic!("round {round} of seed {chosen}: {error:?}"),
            Err(_) => {
                refused += 1;
                assert!(files(&card.memory) == files(&before), "round {round}");
            }
        }
    }
    assert!(refused > times / 3, "{refused} of {times} refused");
    assert!(unknown > times / 40, "{unknown} of {times} unknown");
}

#[test]
fn a_card_is_issued_in_the_end_whatever_answer_was_damaged() {
    let (times, chosen, mut seed) = rounds(5_000);
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = keys(&vault, &scheme);
    let order = order();
    let mut card = Fake::new();
    issue(&mut card, keys, &order, &mut randoms(1), &mut |_| {}).unwrap();
    let commands = card.commands + 1;
    let mut refused = 0;
    for round in 0..times {
        let mut card = Fake::new();
        damage(&mut card, &mut seed, commands);
        let told = issue(&mut card, keys, &order, &mut randoms(3), &mut |_| {});
        let told_done = told.is_ok();
        refused += usize::from(!told_done);
        card.again();
        let again = issue(&mut card, keys, &order, &mut randoms(4), &mut |_| {});
        let again =
            again.unwrap_or_else(|error| panic!("round {round} of seed {chosen}: {error:?}"));
        assert!(
            !told_done || again.changes == 0,
            "round {round} of seed {chosen}"
        );
        card.again();
        let found = identify_with(&mut card, Some(&keys), &mut randoms(5)).unwrap();
        assert_eq!(
            found.purse,
            Some(again.card),
            "round {round} of seed {chosen}"
        );
    }
    assert!(refused > times / 3, "{refused} of {times} refused");
}
