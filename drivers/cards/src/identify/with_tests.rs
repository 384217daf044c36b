//! Proof of identity, card kind by card kind: what is found, with how many commands, and what is refused.
#![allow(clippy::unwrap_used)]

use tillside_keys::{CardKey, KeyRole};

use super::*;
use crate::desfire::fake::{Fake, UID, desk, of_roles, randoms, scheme};
use crate::desfire::layout::BLOCKED;
use crate::issue::{IssueOrder, issue};
use crate::purse::tests::{issued, order};
use crate::script::{ACR122, ACR1252, Bench, Masters, raw};

fn found(card: &mut dyn CardSession, vault: &Masters) -> Result<Identified, IdentityError> {
    let scheme = scheme();
    let keys = Keys {
        vault,
        scheme: &scheme,
    };
    identify_with(card, Some(&keys), &mut randoms(7))
}

#[test]
fn our_card_is_known_in_six_commands() {
    let (mut card, owner) = issued();
    let till = of_roles(&[KeyRole::Identify], &[2, 3]);
    let identified = found(&mut card, &till).unwrap();
    assert_eq!(card.commands, 6);
    assert_eq!(identified.authority(), CardAuthority::Authenticated);
    assert_eq!(identified.kind, CardKind::Desfire);
    assert_eq!(identified.member, Some(order().member));
    assert_eq!((identified.purse, identified.note), (Some(owner), None));
    assert!(!owner.is_expired(order().expires));
    assert!(owner.is_expired(crate::purse::CardDay(order().expires.0 + 1)));
}

#[test]
fn without_keys_it_is_a_number() {
    let (mut card, _) = issued();
    let identified = identify_with(&mut card, None, &mut randoms(7)).unwrap();
    assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
    assert_eq!((identified.member, identified.purse), (None, None));
    assert_eq!(identified.uid.as_bytes(), UID);
}

#[test]
fn a_card_of_another_chain_is_a_number_with_a_word() {
    let (mut card, _) = issued();
    let app = card.memory.app.as_mut().unwrap();
    app.aid = [1, 2, 3];
    let identified = found(&mut card, &desk(&[3])).unwrap();
    assert_eq!(card.commands, 5);
    assert_eq!(identified.note, Some(CardNote::NotOfThisChain));
    assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
    assert_eq!(identified.kind, CardKind::Desfire);
    // New from the factory, or left half-way.
    let mut card = Fake::new();
    let identified = found(&mut card, &desk(&[3])).unwrap();
    assert_eq!(identified.note, Some(CardNote::NotOfThisChain));
    // One that hides its number says nothing about who holds it.
    card.again();
    card.memory.hidden = true;
    let error = found(&mut card, &desk(&[3])).unwrap_err();
    assert!(matches!(
        error,
        IdentityError::Reader(ReaderError::RandomIdentity)
    ));
}

#[test]
fn a_copied_number_without_our_keys_is_refused() {
    let (mut card, _) = issued();
    let app = card.memory.app.as_mut().unwrap();
    app.keys[1].0 = CardKey::new([0; 16]);
    let error = found(&mut card, &desk(&[3])).unwrap_err();
    assert!(matches!(error, IdentityError::NotOurs), "{error:?}");
    assert!(!error.is_retryable());
    // Our keys, of another card.
    let (mut card, _) = issued();
    card.memory.uid[3] ^= 1;
    let error = found(&mut card, &desk(&[3])).unwrap_err();
    assert!(matches!(error, IdentityError::NotOurs), "{error:?}");
}

#[test]
fn an_older_key_is_used_where_it_is_held_and_named_where_not() {
    let (mut card, _) = issued();
    let identified = found(&mut card, &of_roles(&[KeyRole::Identify], &[3, 4])).unwrap();
    assert_eq!(identified.purse.unwrap().key_version, 3);
    card.again();
    let identified = found(&mut card, &of_roles(&[KeyRole::Identify], &[4])).unwrap();
    assert_eq!(identified.note, Some(CardNote::KeyVersion { found: 3 }));
    assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
    assert_eq!(identified.uid.as_bytes(), UID);
}

#[test]
fn a_hidden_number_is_read_and_proven_in_eight_commands() {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let order = IssueOrder {
        random_id: true,
        ..order()
    };
    let mut card = Fake::new();
    issue(&mut card, keys, &order, &mut randoms(1), &mut |_| {}).unwrap();
    card.again();
    let till = of_roles(&[KeyRole::Identify, KeyRole::CardNumber], &[3]);
    let identified = found(&mut card, &till).unwrap();
    assert_eq!(card.commands, super::super::IDENTIFY_APDU_LIMIT);
    assert_eq!(identified.uid.as_bytes(), UID);
    assert_eq!(identified.member, Some(order.member));
    card.again();
    // The chain's key is on another card, too: its own key has to follow.
    card.memory.uid[3] ^= 1;
    let error = found(&mut card, &till).unwrap_err();
    assert!(matches!(error, IdentityError::NotOurs), "{error:?}");
}

#[test]
fn a_member_file_of_another_card_is_damaged() {
    let (mut card, _) = issued();
    let app = card.memory.app.as_mut().unwrap();
    app.files.get_mut(&1).unwrap().bytes[5] ^= BLOCKED;
    let error = found(&mut card, &desk(&[3])).unwrap_err();
    assert!(matches!(error, IdentityError::Damaged(_)), "{error:?}");
}

/// A storage card on a reader, seen through its ATR.
struct Storage<F>(Bench<F>, Vec<u8>);

impl<F: FnMut(&[u8]) -> Vec<u8>> CardSession for Storage<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        self.0.transmit(command)
    }
    fn atr(&self) -> &[u8] {
        &self.1
    }
    fn reader(&self) -> &str {
        self.0.reader()
    }
}

fn storage(standard: u8) -> Vec<u8> {
    [
        &b"\x3B\x8F\x80\x01\x80\x4F\x0C\xA0\0\0\x03\x06"[..],
        &[standard, 0, 3, 0, 0, 0, 0, 0x68],
    ]
    .concat()
}

#[test]
fn a_tag_is_a_number_on_every_reader() {
    let ntag = |frame: &[u8]| match frame {
        [0x60] => b"\0\x04\x04\x02\x01\0\x11\x03".to_vec(),
        _ => Vec::new(),
    };
    for (reader, commands) in [(ACR122, 2), (ACR1252, 4), ("another", 1)] {
        let mut card = Storage(Bench::new(reader, raw(ntag, UID.to_vec())), storage(3));
        let identified = found(&mut card, &desk(&[3])).unwrap();
        assert_eq!(card.0.commands, commands, "{reader}");
        assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
        let known = reader != "another";
        assert_eq!(identified.kind == CardKind::Ntag215, known);
    }
    // One that knows no GET_VERSION, as MIFARE Classic.
    for (reader, commands) in [(ACR122, 3), (ACR1252, 6)] {
        let silent = |_: &[u8]| Vec::new();
        let mut card = Storage(Bench::new(reader, raw(silent, UID.to_vec())), storage(3));
        let identified = found(&mut card, &desk(&[3])).unwrap();
        assert_eq!(card.0.commands, commands, "{reader}");
        assert_eq!(identified.kind, CardKind::UidOnly);
    }
}

#[test]
fn a_phone_or_bank_card_is_a_number() {
    let phone = |command: &[u8]| match command {
        [0xFF, 0xCA, ..] => vec![0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x90, 0],
        [0x00, 0xA4, ..] => vec![0x6A, 0x82],
        _ => vec![0x6D, 0x00],
    };
    let mut card = Bench::new(ACR122, phone);
    let identified = found(&mut card, &desk(&[3])).unwrap();
    assert_eq!(identified.kind, CardKind::UidOnly);
    assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
    assert!(card.commands <= super::super::IDENTIFY_APDU_LIMIT);
}

/// Ours in this test's scheme.
fn key_of(role: KeyRole, uid: &[u8]) -> [u8; 16] {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    *keys.card_key(role, 3, uid).unwrap().bytes()
}

#[test]
fn an_ultralight_aes_proves_itself_within_the_limit_on_every_reader() {
    use crate::ultralight_aes::tests::{Flaw, MEMBER, UID, chip};
    let key = key_of(KeyRole::UltralightData, &UID);
    for (reader, commands) in [(ACR122, 5), (ACR1252, 7)] {
        let bench = |key| {
            let mut chip = chip(key, Flaw::None);
            let whole = move |frame: &[u8]| match frame {
                [0x60] => b"\0\x04\x03\x01\x04\0\x0F\x03".to_vec(),
                frame => chip(frame),
            };
            Storage(Bench::new(reader, raw(whole, UID.to_vec())), storage(3))
        };
        let mut card = bench(key);
        let identified = found(&mut card, &desk(&[3])).unwrap();
        assert_eq!(card.0.commands, commands, "{reader}");
        assert_eq!(identified.authority(), CardAuthority::Authenticated);
        assert_eq!((identified.member, identified.purse), (Some(MEMBER), None));
        let copied = found(&mut bench([9; 16]), &desk(&[3]));
        assert!(matches!(copied, Err(IdentityError::NotOurs)), "{copied:?}");
        // A till without that key.
        let till = of_roles(&[KeyRole::Identify], &[3]);
        let identified = found(&mut bench(key), &till).unwrap();
        assert_eq!(identified.note, Some(CardNote::NoKey));
        assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
    }
}

#[test]
fn a_felica_proves_itself_or_is_a_number_where_the_reader_cannot() {
    use crate::felica::tests::{MEMBER, NUMBER, chip};
    let key = key_of(KeyRole::FelicaCard, &NUMBER);
    for (reader, commands) in [(ACR122, 3), (ACR1252, 5)] {
        let chip = chip(key, 3, NUMBER);
        let bench = Bench::new(reader, raw(chip, NUMBER.to_vec()));
        let mut card = Storage(bench, storage(0x11));
        let identified = found(&mut card, &desk(&[3])).unwrap();
        assert_eq!(card.0.commands, commands, "{reader}");
        assert_eq!(identified.member, Some(MEMBER));
        assert_eq!(identified.kind, CardKind::FelicaLiteS);
    }
    let bench = Bench::new("another", raw(chip(key, 3, NUMBER), NUMBER.to_vec()));
    let identified = found(&mut Storage(bench, storage(0x11)), &desk(&[3])).unwrap();
    assert_eq!(identified.note, Some(CardNote::ReaderCannot));
    assert_eq!(identified.authority(), CardAuthority::IdentifierOnly);
}

#[test]
fn an_ntag_424_proves_itself_in_seven_commands() {
    use crate::ntag424::tests::{Chip, MEMBER, UID};
    let mut chip = Chip::new(key_of(KeyRole::NtagIdentify, &UID), UID);
    let mut card = Bench::new(ACR122, |command: &[u8]| chip.answer(command));
    let identified = found(&mut card, &desk(&[3])).unwrap();
    assert_eq!(card.commands, 7);
    assert_eq!(identified.kind, CardKind::Ntag424);
    assert_eq!(identified.member, Some(MEMBER));
    let mut chip = Chip::new([9; 16], UID);
    let mut card = Bench::new(ACR122, |command: &[u8]| chip.answer(command));
    let copied = found(&mut card, &desk(&[3]));
    assert!(matches!(copied, Err(IdentityError::NotOurs)), "{copied:?}");
}
