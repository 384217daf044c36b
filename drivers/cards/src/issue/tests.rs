//! Issuing on a card in memory: torn everywhere, run twice, and on cards that are not ours to issue.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::desfire::fake::{Fake, Tear, UID, desk, of_roles, randoms, scheme};
use crate::desfire::layout::{self, FILE_TRANSACTION_MAC};
use crate::desfire::{CardError, FACTORY_KEY};
use crate::purse::tests::order;
use crate::scheme::CardScheme;
use crate::script::Masters;
use crate::{CardAuthority, identify_with};

fn run(card: &mut Fake, vault: &Masters, order: &IssueOrder) -> Result<IssuedCard, IssueError> {
    let scheme = scheme();
    let keys = Keys {
        vault,
        scheme: &scheme,
    };
    issue(card, keys, order, &mut randoms(1), &mut |_| {})
}

fn finished(order: &IssueOrder) -> Fake {
    let mut card = Fake::new();
    run(&mut card, &desk(&[3]), order).unwrap();
    card.again();
    card
}

/// The card is all ours: rights, keys, and what a till reads.
fn check(card: &mut Fake, order: &IssueOrder) {
    let memory = card.memory.clone();
    let app = memory.app.unwrap();
    assert!(app.keys.iter().all(|(key, _)| *key != FACTORY_KEY));
    assert_eq!(app.files[&1].settings.rights, layout::MEMBER);
    assert!(app.files[&FILE_TRANSACTION_MAC].mac_key.is_some());
    assert_eq!((memory.master.1, memory.settings), (3, 0x0B));
    assert_eq!(memory.hidden, order.random_id);
    card.again();
    let (vault, scheme) = (
        of_roles(&[KeyRole::Identify, KeyRole::CardNumber], &[3]),
        scheme(),
    );
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let found = identify_with(card, Some(&keys), &mut randoms(2)).unwrap();
    assert_eq!(found.authority(), CardAuthority::Authenticated);
    assert_eq!(found.member, Some(order.member));
    assert_eq!(found.uid.as_bytes(), UID);
    assert_eq!(card.commands, if order.random_id { 8 } else { 6 });
    card.again();
}

fn hidden() -> IssueOrder {
    IssueOrder {
        random_id: true,
        ..order()
    }
}

#[test]
fn a_new_card_becomes_ours_and_then_nothing_more_is_done() {
    for order in [order(), hidden()] {
        let mut card = Fake::new();
        let mut steps = Vec::new();
        let (vault, scheme) = (desk(&[3]), scheme());
        let keys = Keys {
            vault: &vault,
            scheme: &scheme,
        };
        let done = issue(&mut card, keys, &order, &mut randoms(1), &mut |step| {
            steps.push(step);
        });
        let done = done.unwrap();
        assert_eq!(usize::try_from(done.changes).unwrap(), steps.len());
        assert_eq!(done.card.uid.as_bytes(), UID);
        assert_eq!(steps[..2], [IssueStep::Application, IssueStep::Key(0)]);
        card.again();
        check(&mut card, &order);
        let again = run(&mut card, &vault, &order).unwrap();
        assert_eq!((again.changes, again.card), (0, done.card));
        // Nothing was even tried: looking and authenticating only.
        let looks = [0x5A, 0x60, 0x64, 0x71, 0xAF, 0x51, 0x6F, 0xF5, 0xAD, 0x45];
        assert!(
            card.sent.iter().all(|ins| looks.contains(ins)),
            "{:02X?}",
            card.sent
        );
    }
}

/// To a till a card is all ours, or none of ours.
fn left_half_way(card: &mut Fake, tear: Tear) {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let found = identify_with(card, Some(&keys), &mut randoms(2)).unwrap();
    let complete = card
        .memory
        .app
        .as_ref()
        .is_some_and(|app| app.keys[5].1 != 0);
    assert_eq!(found.purse.is_some(), complete, "{tear:?}: {found:?}");
    if complete {
        let memory = &card.memory;
        let files = &memory.app.as_ref().unwrap().files;
        assert!(files.contains_key(&FILE_TRANSACTION_MAC), "{tear:?}");
        assert_eq!((memory.master.1, memory.settings), (3, 0x0B), "{tear:?}");
    }
    assert_eq!(found.note.is_none(), complete, "{tear:?}: {found:?}");
    card.again();
}

#[test]
fn a_tear_at_any_command_leaves_a_card_that_the_next_run_finishes() {
    for order in [order(), hidden()] {
        let vault = desk(&[3]);
        let mut whole = Fake::new();
        run(&mut whole, &vault, &order).unwrap();
        assert!(whole.commands < 80, "{}", whole.commands);
        for at in 0..whole.commands {
            for tear in [Tear::Before(at), Tear::After(at)] {
                let mut card = Fake::new();
                card.tear = Some(tear);
                let torn = run(&mut card, &vault, &order).unwrap_err();
                assert!(torn.is_retryable(), "{tear:?}: {torn:?}");
                card.again();
                left_half_way(&mut card, tear);
                run(&mut card, &vault, &order)
                    .unwrap_or_else(|error| panic!("{tear:?}: {error:?}"));
                card.again();
                check(&mut card, &order);
            }
        }
    }
}

#[test]
fn a_member_file_torn_while_it_was_written_is_written_again() {
    let mut card = finished(&order());
    let app = card.memory.app.as_mut().unwrap();
    let file = app.files.get_mut(&1).unwrap();
    file.settings.rights = layout::MEMBER_OPEN;
    file.bytes[20..].fill(0xFF);
    let done = run(&mut card, &desk(&[3]), &order()).unwrap();
    assert_eq!(done.changes, 2);
    check(&mut card, &order());
    // Closed and damaged: that no tear leaves, and nobody writes it again.
    let app = card.memory.app.as_mut().unwrap();
    app.files.get_mut(&1).unwrap().bytes[20] ^= 1;
    let error = run(&mut card, &desk(&[3]), &order()).unwrap_err();
    assert!(
        matches!(error, IssueError::Card(CardError::Layout(_))),
        "{error:?}"
    );
}

#[test]
fn cards_of_others_are_refused_and_left_as_they_are() {
    let vault = desk(&[3]);
    // Another chain's keys behind our application's name.
    let mut card = finished(&order());
    let other = Masters(Vec::new());
    let error = run(&mut card, &other, &order()).unwrap_err();
    assert!(matches!(error, IssueError::Card(CardError::Keys(_))));
    let app = card.memory.app.as_mut().unwrap();
    app.keys[0].0 = tillside_keys::CardKey::new([0x66; 16]);
    card.again();
    let error = run(&mut card, &vault, &order()).unwrap_err();
    assert!(matches!(error, IssueError::Foreign { .. }), "{error:?}");
    // A card whose master key is somebody's.
    let mut card = Fake::new();
    card.memory.master = (Some(tillside_keys::CardKey::new([0x66; 16])), 3);
    card.memory.settings = 0x0B;
    let error = run(&mut card, &vault, &order()).unwrap_err();
    assert!(matches!(error, IssueError::Foreign { .. }), "{error:?}");
    assert!(card.memory.app.is_none());
    // The same with a key of the factory's version: it makes no application for us.
    let mut card = Fake::new();
    card.memory.settings = 0x0B;
    let error = run(&mut card, &vault, &order()).unwrap_err();
    assert!(
        matches!(error, IssueError::Foreign { what: "master key" }),
        "{error:?}"
    );
    // Files of another shape under our keys.
    let mut card = finished(&order());
    let app = card.memory.app.as_mut().unwrap();
    app.files.get_mut(&2).unwrap().settings.rights.read_write = 2;
    let error = run(&mut card, &vault, &order()).unwrap_err();
    assert!(
        matches!(error, IssueError::Foreign { what: "file" }),
        "{error:?}"
    );
    for error in [error, IssueError::NoNumber] {
        assert!(!error.is_retryable());
    }
}

#[test]
fn a_card_of_another_member_or_of_older_keys_is_named() {
    let mut card = finished(&order());
    let other = IssueOrder {
        member: *b"member number 19",
        ..order()
    };
    let error = run(&mut card, &desk(&[3]), &other).unwrap_err();
    assert!(matches!(error, IssueError::AnotherMember { member } if member == order().member));
    card.again();
    let newer = CardScheme {
        key_version: 4,
        ..scheme()
    };
    let vault = desk(&[3, 4]);
    let keys = Keys {
        vault: &vault,
        scheme: &newer,
    };
    let error = issue(&mut card, keys, &order(), &mut randoms(1), &mut |_| {}).unwrap_err();
    assert!(
        matches!(error, IssueError::KeyVersion { found: 3 }),
        "{error:?}"
    );
    card.again();
    let error = run(&mut card, &desk(&[3]), &hidden()).unwrap_err();
    assert!(
        matches!(
            error,
            IssueError::Order {
                what: "random number"
            }
        ),
        "{error:?}"
    );
    assert!(!card.memory.hidden);
}

#[test]
fn an_order_that_no_card_has_room_for_is_refused_at_once() {
    let vault = desk(&[3]);
    let nobody = IssueOrder {
        member: [0; 16],
        ..order()
    };
    let over = IssueOrder {
        expires: CardDay(1),
        ..order()
    };
    for order in [nobody, over] {
        let mut card = Fake::new();
        let error = run(&mut card, &vault, &order).unwrap_err();
        assert!(matches!(error, IssueError::Order { .. }));
        assert_eq!(card.commands, 0);
    }
    for scheme in [
        CardScheme { cap: 0, ..scheme() },
        CardScheme {
            cap: i64::from(i32::MAX) + 1,
            ..scheme()
        },
        CardScheme {
            key_version: 0x80,
            ..scheme()
        },
        CardScheme {
            key_version: 0,
            ..scheme()
        },
        CardScheme {
            log_records: 0,
            ..scheme()
        },
        CardScheme {
            currency: *b"eu1",
            ..scheme()
        },
        CardScheme {
            system_id: vec![1; 4],
            ..scheme()
        },
        CardScheme {
            aid: [0; 3],
            ..scheme()
        },
    ] {
        let keys = Keys {
            vault: &vault,
            scheme: &scheme,
        };
        let error = issue(
            &mut Fake::new(),
            keys,
            &order(),
            &mut randoms(1),
            &mut |_| {},
        );
        assert!(matches!(error, Err(IssueError::Order { .. })), "{scheme:?}");
    }
}

mod renewing;
