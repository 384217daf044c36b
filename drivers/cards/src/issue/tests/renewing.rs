//! New keys on issued cards, torn everywhere, with money on them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::purse::Movement;
use crate::purse::tests::{movement, run as purse_run};

fn newer() -> CardScheme {
    CardScheme {
        key_version: 4,
        ..scheme()
    }
}

fn roll(card: &mut Fake, order: &IssueOrder) -> Result<IssuedCard, IssueError> {
    let (vault, scheme) = (desk(&[3, 4]), newer());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    renew(card, keys, order, &mut randoms(5), &mut |_| {})
}

/// A card with version 3 of the keys that holds 10.00.
fn with_money(order: &IssueOrder) -> Fake {
    let mut card = Fake::new();
    let owner = run(&mut card, &desk(&[3]), order).unwrap().card;
    card.again();
    let tx = movement(Movement::TopUp, 1_000, 1);
    purse_run(&mut card, &owner, &desk(&[3]), &scheme(), &tx)
        .unwrap()
        .unwrap();
    card.again();
    card
}

/// Pays with the new keys alone.
fn check(card: &mut Fake, order: &IssueOrder) {
    let (vault, scheme) = (desk(&[4]), newer());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let found = identify_with(card, Some(&keys), &mut randoms(2)).unwrap();
    let owner = found.purse.unwrap();
    assert_eq!((owner.key_version, owner.member.key_version), (4, 4));
    assert_eq!(owner.member.member, order.member);
    card.again();
    let tx = movement(Movement::Pay, 400, 2);
    let paid = purse_run(card, &owner, &vault, &scheme, &tx)
        .unwrap()
        .unwrap();
    assert_eq!((paid.balance_after, paid.tmc), (600, 2));
    card.again();
    assert_eq!(card.memory.master.1, 4);
}

#[test]
fn a_card_with_older_keys_gets_new_ones_and_keeps_its_money() {
    for order in [order(), hidden()] {
        for starts_as_active in [true, false] {
            let mut card = with_money(&order);
            card.memory.app.as_mut().unwrap().starts_as_active = starts_as_active;
            let done = roll(&mut card, &order).unwrap();
            assert!(done.changes > 0);
            card.again();
            check(&mut card, &order);
            let again = roll(&mut card, &order).unwrap();
            assert_eq!((again.changes, again.card), (0, done.card));
            card.again();
            // And the desk that issues finds it finished.
            let (vault, scheme) = (desk(&[4]), newer());
            let keys = Keys {
                vault: &vault,
                scheme: &scheme,
            };
            let issued = issue(&mut card, keys, &order, &mut randoms(1), &mut |_| {});
            assert_eq!(issued.unwrap().changes, 0);
        }
    }
}

#[test]
fn a_tear_at_any_command_leaves_all_old_keys_or_all_new_ones() {
    let order = order();
    let start = with_money(&order).memory;
    let mut whole = Fake::of(start.clone());
    roll(&mut whole, &order).unwrap();
    for at in 0..whole.commands {
        for tear in [Tear::Before(at), Tear::After(at)] {
            let mut card = Fake::of(start.clone());
            card.tear = Some(tear);
            let torn = roll(&mut card, &order).unwrap_err();
            assert!(torn.is_retryable(), "{tear:?}: {torn:?}");
            let keys = &card.memory.app.as_ref().unwrap().keys;
            let versions: Vec<u8> = keys.iter().map(|(_, version)| version & 0x7F).collect();
            assert!(
                versions == [3; 6] || versions == [4; 6],
                "{tear:?}: {versions:?}"
            );
            card.again();
            roll(&mut card, &order).unwrap_or_else(|error| panic!("{tear:?}: {error:?}"));
            card.again();
            check(&mut card, &order);
        }
    }
}

#[test]
fn a_card_that_was_never_issued_or_is_anothers_is_not_renewed() {
    let error = roll(&mut Fake::new(), &order()).unwrap_err();
    assert!(
        matches!(error, IssueError::KeyVersion { found: 0 }),
        "{error:?}"
    );
    let mut card = with_money(&order());
    let other = IssueOrder {
        member: *b"member number 19",
        ..order()
    };
    let error = roll(&mut card, &other).unwrap_err();
    assert!(
        matches!(error, IssueError::AnotherMember { .. }),
        "{error:?}"
    );
    let keys = &card.memory.app.as_ref().unwrap().keys;
    assert!(keys.iter().all(|(_, version)| version & 0x7F == 3));
    card.again();
    let error = roll(&mut card, &hidden()).unwrap_err();
    assert!(
        matches!(
            error,
            IssueError::Order {
                what: "random number"
            }
        ),
        "{error:?}"
    );
}
