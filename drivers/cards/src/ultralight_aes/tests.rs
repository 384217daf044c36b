//! The whole way over both kinds of reader, against a chip that is written here.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::CardAuthority;
use crate::script::{ACR122, ACR1252, Bench, Masters, chain, issued, raw, survives_damage};
use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use tillside_drivers::ReaderErrorCode;
use tillside_keys::{CardKey, aes_cmac, truncated};

pub(crate) const UID: [u8; 7] = [0x04, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66];
pub(crate) const MEMBER: [u8; 16] = *b"member number 17";

/// What a chip does differently from a good one.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Flaw {
    None,
    /// CMAC mode is off: answers carry no MAC.
    NoMac,
    /// Another chip's answers, without its key: it echoes what it heard.
    Echo,
}

pub(crate) fn chip(key: [u8; 16], flaw: Flaw) -> impl FnMut(&[u8]) -> Vec<u8> {
    let key = CardKey::new(key);
    let theirs = [0x5C; 16];
    let (mut session, mut counter) = (None::<CardKey>, 0_u16);
    let cbc = |key: &CardKey, decrypt: bool, data: &[u8]| -> Vec<u8> {
        let mut blocks: Vec<_> = data.chunks(16).map(|b| b.try_into().unwrap()).collect();
        let (key, iv) = (key.bytes().into(), &[0; 16].into());
        if decrypt {
            cbc::Decryptor::<Aes128>::new(key, iv).decrypt_blocks(&mut blocks);
        } else {
            cbc::Encryptor::<Aes128>::new(key, iv).encrypt_blocks(&mut blocks);
        }
        blocks.concat()
    };
    move |frame| match frame {
        [0x1A, 0x00] => [&[0xAF][..], &cbc(&key, false, &theirs)].concat(),
        [0xAF, sealed @ ..] if flaw == Flaw::Echo => [&[0x00], &sealed[..16]].concat(),
        [0xAF, sealed @ ..] if sealed.len() == 32 => {
            let clear = cbc(&key, true, sealed);
            let (ours, mut rotated) = (&clear[..16], clear[16..].to_vec());
            rotated.rotate_right(1);
            if rotated != theirs {
                return vec![0x00];
            }
            let mixed: Vec<u8> = (0..6).map(|at| ours[2 + at] ^ theirs[at]).collect();
            let vector = [
                &[0x5A, 0xA5, 0, 1, 0, 0x80],
                &ours[..2],
                &mixed,
                &theirs[6..],
                &ours[8..],
            ];
            session = Some(CardKey::new(aes_cmac(key.bytes(), &vector.concat())));
            counter = 0;
            let mut back = ours.to_vec();
            back.rotate_left(1);
            [&[0x00][..], &cbc(&key, false, &back)].concat()
        }
        [0x30, 0x04, mac @ ..] => {
            let Some(session) = &session else {
                return vec![0x00];
            };
            let mut sign = |data: &[u8]| {
                let input = [&counter.to_le_bytes(), data].concat();
                counter += 1;
                truncated(aes_cmac(session.bytes(), &input))
            };
            if sign(&[0x30, 0x04]) != mac {
                return vec![0x00];
            }
            match flaw {
                Flaw::NoMac => MEMBER.to_vec(),
                _ => [&MEMBER[..], &sign(&MEMBER)].concat(),
            }
        }
        _ => vec![0x00],
    }
}

fn on(
    reader: &'static str,
    versions: &[u8],
    key: [u8; 16],
    flaw: Flaw,
) -> (Result<AuthenticatedIdentity, IdentityError>, usize) {
    let vault = Masters::of(KeyRole::UltralightData, versions);
    let mut bench = Bench::new(reader, raw(chip(key, flaw), UID.to_vec()));
    let mut last = 0;
    let found = identify(&mut bench, &chain(&vault), &mut || {
        last += 16;
        std::array::from_fn(|at| last + u8::try_from(at).unwrap())
    });
    (found, bench.commands)
}

#[test]
fn a_card_of_the_chain_proves_its_number_and_its_member() {
    let key = issued(KeyRole::UltralightData, 1, &UID);
    for (reader, most) in [(ACR122, 4), (ACR1252, 6)] {
        let (found, commands) = on(reader, &[1], key, Flaw::None);
        let found = found.unwrap();
        assert_eq!(found.uid.as_bytes(), UID);
        assert_eq!(found.member, Some(MEMBER));
        assert_eq!(found.authority(), CardAuthority::Authenticated);
        assert_eq!(found.key_version, 1);
        assert_eq!(commands, most, "{reader}");
    }
}

#[test]
fn an_older_key_version_is_found_and_two_versions_back_is_not() {
    let key = issued(KeyRole::UltralightData, 4, &UID);
    for reader in [ACR122, ACR1252] {
        let (found, _) = on(reader, &[3, 4, 5], key, Flaw::None);
        assert_eq!(found.unwrap().key_version, 4);
        let (found, _) = on(reader, &[4, 5, 6], key, Flaw::None);
        assert!(matches!(found, Err(IdentityError::NotOurs)));
    }
}

#[test]
fn a_copied_number_without_its_key_is_not_ours() {
    let other = issued(KeyRole::UltralightData, 1, &[0x04, 1, 2, 3, 4, 5, 6]);
    let (found, _) = on(ACR122, &[1], other, Flaw::None);
    assert!(matches!(found, Err(IdentityError::NotOurs)));
    let (found, _) = on(ACR122, &[1], other, Flaw::Echo);
    assert!(matches!(found, Err(IdentityError::NotOurs)));
}

#[test]
fn a_card_whose_answers_carry_no_mac_is_refused() {
    let key = issued(KeyRole::UltralightData, 1, &UID);
    let (found, _) = on(ACR122, &[1], key, Flaw::NoMac);
    assert!(
        matches!(found, Err(IdentityError::Forged { .. })),
        "{found:?}"
    );
}

/// An NTAG21x, or another Ultralight: it says no to the first pass.
#[test]
fn a_card_without_aes_does_not_answer() {
    for (reader, no) in [(ACR122, vec![]), (ACR122, vec![0]), (ACR1252, vec![0])] {
        let vault = Masters::of(KeyRole::UltralightData, &[1]);
        let mut bench = Bench::new(reader, raw(|_: &[u8]| no.clone(), UID.to_vec()));
        match identify(&mut bench, &chain(&vault), &mut || [1; 16]) {
            Err(IdentityError::Reader(error)) => {
                assert_eq!(error.code(), ReaderErrorCode::CardMute);
            }
            found => panic!("{found:?}"),
        }
    }
}

#[test]
fn a_reader_without_raw_frames_says_so_and_a_till_without_the_key_too() {
    let (found, _) = on("Some Reader 00 00", &[1], [1; 16], Flaw::None);
    let Err(IdentityError::Reader(error)) = found else {
        panic!("{found:?}")
    };
    assert_eq!(error.code(), ReaderErrorCode::ReaderCannot);
    assert!(
        error
            .cashier_words()
            .contains("reader cannot read this kind of card")
    );
    let vault = Masters(vec![]);
    let mut bench = Bench::new(ACR122, raw(chip([1; 16], Flaw::None), UID.to_vec()));
    let found = identify(&mut bench, &chain(&vault), &mut || [1; 16]);
    let words = found.unwrap_err().cashier_words();
    assert!(words.contains("till cannot check"), "{words}");
}

/// A hundred thousand damaged answers: no panic, no forgery.
#[test]
fn damaged_answers_are_never_taken_for_the_card() {
    let key = issued(KeyRole::UltralightData, 1, &UID);
    let vault = Masters::of(KeyRole::UltralightData, &[1]);
    let keys = chain(&vault);
    for reader in [ACR122, ACR1252] {
        let chips = || raw(chip(key, Flaw::None), UID.to_vec());
        survives_damage(50_000, reader, chips, |session| {
            identify(session, &keys, &mut || [0xA5; 16])
        });
    }
}
