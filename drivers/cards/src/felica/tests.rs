//! The whole way over both kinds of reader, against a chip that is written here.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::script::{ACR122, ACR1252, Bench, Masters, chain, issued, raw, survives_damage};
use tillside_drivers::ReaderErrorCode;
use tillside_keys::{CardKey, VaultError};

pub(crate) const NUMBER: [u8; 8] = [0x01, 0x2E, 0x50, 0xE5, 0x3C, 0x4B, 0x4F, 0x29];
pub(crate) const MEMBER: [u8; 16] = *b"member number 18";

/// A chip with `key`, of which CKV says `version`, and whose ID block starts with `id`.
pub(crate) fn chip(key: [u8; 16], version: u16, id: [u8; 8]) -> impl FnMut(&[u8]) -> Vec<u8> {
    let (key, mut challenge) = (CardKey::new(key), None::<[u8; 16]>);
    move |frame| {
        let length_is_right = usize::from(frame[0]) == frame.len();
        match &frame[1..] {
            _ if !length_is_right || frame[2..10] != NUMBER => vec![],
            [0x08, .., _] if frame[10..16] == [1, 9, 0, 1, 0x80, 0x80] => {
                challenge = frame[16..].try_into().ok();
                [&[12, 9], &NUMBER[..], &[0, 0]].concat()
            }
            [0x06, .., _] if frame[10..13] == [1, 0x0B, 0] => {
                let Some(challenge) = challenge else {
                    return [&[12, 7], &NUMBER[..], &[1, 0xB2]].concat();
                };
                let blocks: Vec<u8> = frame[14..].chunks(2).map(|block| block[1]).collect();
                let mut data = Vec::new();
                for block in &blocks[..blocks.len() - 1] {
                    data.extend(match block {
                        0x82 => [&id[..], &[0; 8]].concat(),
                        0x86 => [&version.to_le_bytes()[..], &[0; 14]].concat(),
                        _ => MEMBER.to_vec(),
                    });
                }
                let mac = mac::Session::new(&key, &challenge).of_read(&blocks, &data);
                data.extend(mac);
                data.extend([0; 8]);
                let length = u8::try_from(13 + data.len()).unwrap();
                let count = u8::try_from(blocks.len()).unwrap();
                [&[length, 7], &NUMBER[..], &[0, 0, count], &data].concat()
            }
            _ => vec![],
        }
    }
}

fn on(
    reader: &'static str,
    versions: &[u8],
    chip: impl FnMut(&[u8]) -> Vec<u8>,
) -> (Result<AuthenticatedIdentity, IdentityError>, usize) {
    let vault = Masters::of(KeyRole::FelicaCard, versions);
    let mut bench = Bench::new(reader, raw(chip, NUMBER.to_vec()));
    let found = identify(&mut bench, &chain(&vault), &mut || [0x42; 16]);
    (found, bench.commands)
}

#[test]
fn a_card_of_the_chain_proves_its_number_and_its_member() {
    let key = issued(KeyRole::FelicaCard, 2, &NUMBER);
    for (reader, most) in [(ACR122, 3), (ACR1252, 5)] {
        let (found, commands) = on(reader, &[1, 2, 3], chip(key, 2, NUMBER));
        let found = found.unwrap();
        assert_eq!(
            (found.uid.as_bytes(), found.member),
            (&NUMBER[..], Some(MEMBER))
        );
        assert_eq!((found.key_version, found.kind), (2, CardKind::FelicaLiteS));
        assert_eq!(commands, most, "{reader}");
    }
}

#[test]
fn a_copied_number_without_its_key_is_not_ours() {
    let other = issued(KeyRole::FelicaCard, 1, &[1; 8]);
    let (found, _) = on(ACR122, &[1], chip(other, 1, NUMBER));
    assert!(matches!(found, Err(IdentityError::NotOurs)));
    // It may name a version that this till has not, too.
    let (found, _) = on(ACR122, &[1], chip(other, 9, NUMBER));
    let held = IdentityError::Keys(VaultError::NotHeld {
        role: KeyRole::FelicaCard,
        version: 9,
    });
    assert_eq!(found.unwrap_err().to_string(), held.to_string());
}

#[test]
fn a_key_version_that_we_never_write_is_not_ours() {
    let key = issued(KeyRole::FelicaCard, 1, &NUMBER);
    let (found, _) = on(ACR122, &[1], chip(key, 0x0101, NUMBER));
    assert!(matches!(found, Err(IdentityError::NotOurs)));
}

#[test]
fn a_card_whose_id_is_another_number_is_refused() {
    let key = issued(KeyRole::FelicaCard, 1, &NUMBER);
    let (found, _) = on(ACR122, &[1], chip(key, 1, [9; 8]));
    assert!(matches!(found, Err(IdentityError::Forged { .. })));
}

#[test]
fn answers_that_were_recorded_earlier_are_worth_nothing() {
    let key = issued(KeyRole::FelicaCard, 1, &NUMBER);
    let mut recorded = Vec::new();
    let mut good = raw(chip(key, 1, NUMBER), NUMBER.to_vec());
    let (vault, mut challenges) = (Masters::of(KeyRole::FelicaCard, &[1]), 1..=9_u8);
    let keys = chain(&vault);
    let mut random = || [challenges.next().unwrap(); 16];
    let mut bench = Bench::new(ACR122, |command: &[u8]| {
        recorded.push(good(command));
        recorded[recorded.len() - 1].clone()
    });
    identify(&mut bench, &keys, &mut random).unwrap();
    let mut played = recorded.into_iter();
    let mut bench = Bench::new(ACR122, |_: &[u8]| played.next().unwrap());
    let found = identify(&mut bench, &keys, &mut random);
    assert!(matches!(found, Err(IdentityError::NotOurs)));
}

#[test]
fn a_reader_without_raw_frames_says_so() {
    let (found, _) = on("Some Reader 00 00", &[1], chip([1; 16], 1, NUMBER));
    let Err(IdentityError::Reader(error)) = found else {
        panic!("{found:?}")
    };
    assert_eq!(error.code(), ReaderErrorCode::ReaderCannot);
}

/// A hundred thousand damaged answers: no panic, no forgery.
#[test]
fn damaged_answers_are_never_taken_for_the_card() {
    let key = issued(KeyRole::FelicaCard, 1, &NUMBER);
    let vault = Masters::of(KeyRole::FelicaCard, &[1]);
    let keys = chain(&vault);
    for reader in [ACR122, ACR1252] {
        let chips = || raw(chip(key, 1, NUMBER), NUMBER.to_vec());
        survives_damage(50_000, reader, chips, |session| {
            identify(session, &keys, &mut || [0xA5; 16])
        });
    }
}
