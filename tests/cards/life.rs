//! A card's life: issued, identified, topped up, pays, takes a payment back.

use crate::stage::{MEMBER, Stage, Vault};
use tillside_cards::purse::{Movement, PAY_APDU_LIMIT};
use tillside_cards::{CardAuthority, IDENTIFY_APDU_LIMIT};
use tillside_keys::{Diversification, KeyRole, KeyVault, transaction_mac};
use tillside_sim::ReaderModel;

const CARDS: [&str; 2] = ["desfire-ev2:04213A8A1B2C80", "desfire-ev3:04F1A2B3C4D5E6"];
const READERS: [ReaderModel; 3] = [
    ReaderModel::Acr122,
    ReaderModel::Acr1252,
    ReaderModel::Plain,
];

#[test]
fn a_card_is_issued_once_and_known_on_every_reader() {
    for card in CARDS {
        for model in READERS {
            let stage = Stage::new(model, card);
            let issued = stage.issue(false).unwrap();
            assert!(issued.changes > 0, "{card} {model:?}");
            stage.again();
            assert_eq!(stage.issue(false).unwrap().changes, 0, "{card} {model:?}");
            stage.again();
            let before = stage.commands();
            let found = stage.identify().unwrap();
            let commands = stage.commands() - before;
            assert!(
                commands <= IDENTIFY_APDU_LIMIT as u64,
                "{card} {model:?}: {commands} commands"
            );
            assert_eq!(found.authority(), CardAuthority::Authenticated);
            assert_eq!(found.member, Some(MEMBER));
            assert!(found.purse.is_some());
        }
    }
}

#[test]
fn a_card_that_hides_its_number_is_known_all_the_same() {
    let stage = Stage::new(ReaderModel::Acr1252, CARDS[1]);
    stage.issue(true).unwrap();
    stage.again();
    let before = stage.commands();
    let found = stage.identify().unwrap();
    assert!(stage.commands() - before <= IDENTIFY_APDU_LIMIT as u64);
    assert_eq!(found.uid.to_string(), "04F1A2B3C4D5E6");
    assert_eq!(found.authority(), CardAuthority::Authenticated);
}

#[test]
fn a_blank_card_and_an_unknown_one_are_identifiers() {
    let stage = Stage::new(ReaderModel::Acr1252, CARDS[0]);
    let found = stage.identify().unwrap();
    assert!(found.purse.is_none() && found.member.is_none());
    assert_ne!(found.authority(), CardAuthority::Authenticated);
}

#[test]
fn it_pays_in_few_commands_and_its_mac_proves_it() {
    for card in CARDS {
        let stage = Stage::new(ReaderModel::Acr122, card);
        let owner = stage.issue(false).unwrap().card;
        stage.again();
        let up = stage.moves(&owner, Movement::TopUp, 1, 5_000).unwrap();
        assert_eq!((up.tmc, up.balance_after), (1, 5_000));
        stage.again();
        let before = stage.commands();
        let paid = stage.moves(&owner, Movement::Pay, 2, 1_250).unwrap();
        let commands = stage.commands() - before;
        assert!(commands <= PAY_APDU_LIMIT as u64, "{commands} commands");
        assert_eq!((paid.tmc, paid.balance_after), (2, 3_750));
        let uid: [u8; 7] = owner.uid.as_bytes().try_into().unwrap();
        let input = Diversification::new(
            &uid,
            stage.scheme.aid,
            KeyRole::TransactionMac,
            &stage.scheme.system_id,
        );
        let key = Vault.derive(KeyRole::TransactionMac, 1, &input.unwrap());
        let key = key.unwrap();
        for done in [&up, &paid] {
            let due = transaction_mac::tmv(&key, &uid, done.tmc, &done.tmi);
            assert_eq!(done.tmv, due, "the card's MAC over what the till says");
        }
        stage.again();
        let back = stage.moves(&owner, Movement::Void, 3, 1_250).unwrap();
        assert_eq!((back.tmc, back.balance_after), (3, 5_000));
        stage.again();
        assert!(
            stage.moves(&owner, Movement::Void, 4, 1).is_err(),
            "a payment is given back once"
        );
        stage.again();
        let standing = stage.standing(&owner);
        assert_eq!((standing.balance, standing.tmc), (5_000, 3));
        stage.again();
        let log = stage.log(&owner);
        let kinds: Vec<Movement> = log.iter().map(|entry| entry.kind).collect();
        assert_eq!(kinds, [Movement::Void, Movement::Pay, Movement::TopUp]);
    }
}

#[test]
fn it_refuses_what_it_cannot_hold_or_has_not() {
    let stage = Stage::new(ReaderModel::Acr122, CARDS[0]);
    let owner = stage.issue(false).unwrap().card;
    for (kind, amount) in [(Movement::Pay, 1), (Movement::TopUp, 15_001)] {
        stage.again();
        assert!(stage.moves(&owner, kind, 9, amount).is_err(), "{kind:?}");
        stage.again();
        assert_eq!(stage.standing(&owner).tmc, 0);
    }
}
