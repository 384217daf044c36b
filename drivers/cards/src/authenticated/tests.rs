//! What all protocols have in common: cards that answer by chance, and the words for it.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tillside_keys::HeldKey;

use super::*;
use crate::script::{ACR122, ACR1252, Bench, Masters, chain};
use crate::{felica, ntag424, ultralight_aes};

type Identify = fn(
    &mut dyn tillside_drivers::CardSession,
    &ChainKeys<'_>,
    &mut dyn FnMut() -> [u8; 16],
) -> Result<AuthenticatedIdentity, IdentityError>;

const PROTOCOLS: [Identify; 3] = [
    felica::identify,
    ntag424::identify,
    ultralight_aes::identify,
];

fn till() -> Masters {
    let roles = [
        KeyRole::FelicaCard,
        KeyRole::NtagIdentify,
        KeyRole::UltralightData,
    ];
    Masters(roles.map(|role| HeldKey { role, version: 1 }).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// Answers of any bytes, some with the heads that readers and cards use.
    #[test]
    fn answers_by_chance_prove_nothing(
        number in prop_oneof![Just(7_usize), Just(8)],
        answers in prop::collection::vec((0_usize..8, prop::collection::vec(any::<u8>(), 0..60)), 0..9),
        reader in prop_oneof![Just(ACR122), Just(ACR1252)],
    ) {
        const HEADS: [&[u8]; 8] = [
            &[], &[], &[0xD5, 0x43, 0], &[0xD5, 0x43, 0, 0xAF], &[0xD5, 0x43, 0, 0x1D, 0x07],
            &[0xC0, 3, 0, 0x90, 0, 0x97], &[0xC0, 3, 0, 0x90, 0], &[0xD5, 0x4B, 1],
        ];
        const TAILS: [[u8; 2]; 3] = [[0x90, 0], [0x91, 0], [0x91, 0xAF]];
        let vault = till();
        for identify in PROTOCOLS {
            let mut given = answers.iter().zip(TAILS.into_iter().cycle());
            let mut first = true;
            let mut bench = Bench::new(reader, |_: &[u8]| {
                if std::mem::take(&mut first) {
                    return [&[4, 1, 2, 3, 4, 5, 6, 7][..number], &[0x90, 0]].concat();
                }
                match given.next() {
                    Some(((head, bytes), tail)) => [HEADS[*head], bytes, &tail].concat(),
                    None => Vec::new(),
                }
            });
            prop_assert!(identify(&mut bench, &chain(&vault), &mut || [9; 16]).is_err());
        }
    }
}

#[test]
fn a_blank_card_names_no_member() {
    let uid = Uid::new(&[4, 1, 2, 3, 4, 5, 6]).unwrap();
    let blank = AuthenticatedIdentity::new(CardKind::Ntag424, uid, [0; 16], 1);
    assert_eq!(blank.member, None);
    assert_eq!(blank.authority(), CardAuthority::Authenticated);
}

#[test]
fn the_newest_two_versions_are_tried() {
    let vault = Masters::of(KeyRole::Pay, &[2, 9, 4]);
    assert_eq!(chain(&vault).versions(KeyRole::Pay).unwrap(), [9, 4]);
    let none = chain(&vault).versions(KeyRole::TopUp);
    assert!(matches!(none, Err(VaultError::NotHeld { .. })));
}

#[test]
fn the_cashier_reads_what_to_do() {
    let forged = IdentityError::Forged { step: "x" };
    assert!(forged.is_retryable() && !IdentityError::NotOurs.is_retryable());
    let held = VaultError::NotHeld {
        role: KeyRole::Pay,
        version: 1,
    };
    let errors = [
        forged,
        IdentityError::NotOurs,
        held.into(),
        VaultError::Locked.into(),
        ReaderError::CardMute { step: "x" }.into(),
    ];
    for error in errors {
        let words = error.cashier_words();
        assert!(
            words.ends_with('.') && words.matches('.').count() >= 2,
            "{words}"
        );
        for jargon in ["MAC", "key", "AES", "UID", "vault"] {
            assert!(!words.contains(jargon), "{words}");
        }
    }
}
