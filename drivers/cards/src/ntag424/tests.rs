//! The whole way against NXP's own transcript, and against a chip that is written here.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::script::{Bench, Masters, bytes, chain, issued, survives_damage, vector};
use aes::Aes128;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use tillside_drivers::ReaderErrorCode;
use tillside_keys::{aes_cmac, truncated};

const READER: &str = "Some Reader 00 00";
pub(crate) const UID: [u8; 7] = [0x04, 0x95, 0x8C, 0xAA, 0x5C, 0x5E, 0x80];
pub(crate) const MEMBER: [u8; 16] = *b"member number 19";

/// A chip whose own UID is `own`, with `key` as application key 1.
pub(crate) struct Chip {
    key: [u8; 16],
    own: [u8; 7],
    encryption: [u8; 16],
    mac: [u8; 16],
    counter: u16,
    member: Vec<u8>,
}

const THEIRS: [u8; 16] = [0x5C; 16];
const TI: [u8; 4] = [0xD0, 1, 2, 3];

fn cbc(key: &[u8; 16], iv: [u8; 16], decrypt: bool, data: &[u8]) -> Vec<u8> {
    let mut blocks: Vec<_> = data
        .chunks(16)
        .map(|block| block.try_into().unwrap())
        .collect();
    if decrypt {
        cbc::Decryptor::<Aes128>::new(key.into(), &iv.into()).decrypt_blocks(&mut blocks);
    } else {
        cbc::Encryptor::<Aes128>::new(key.into(), &iv.into()).encrypt_blocks(&mut blocks);
    }
    blocks.concat()
}

impl Chip {
    pub(crate) fn new(key: [u8; 16], own: [u8; 7]) -> Self {
        Self {
            key,
            own,
            encryption: [0; 16],
            mac: [0; 16],
            counter: 0,
            member: MEMBER.to_vec(),
        }
    }

    fn prove(&mut self, sealed: &[u8]) -> Vec<u8> {
        let clear = cbc(&self.key, [0; 16], true, sealed);
        let (ours, mut rotated) = (&clear[..16], clear[16..].to_vec());
        rotated.rotate_right(1);
        if rotated != THEIRS {
            return vec![0x91, 0xAE];
        }
        let mixed: Vec<u8> = (0..6).map(|at| ours[2 + at] ^ THEIRS[at]).collect();
        let tail = [
            &[0, 1, 0, 0x80],
            &ours[..2],
            &mixed,
            &THEIRS[6..],
            &ours[8..],
        ]
        .concat();
        let session = |label: [u8; 2]| aes_cmac(&self.key, &[&label[..], &tail].concat());
        (self.encryption, self.mac) = (session([0xA5, 0x5A]), session([0x5A, 0xA5]));
        self.counter = 0;
        let mut back = ours.to_vec();
        back.rotate_left(1);
        let proof = [&TI[..], &back, &[0; 12]].concat();
        [cbc(&self.key, [0; 16], false, &proof), vec![0x91, 0]].concat()
    }

    /// A command in MAC mode on the way here, full mode on the way back.
    fn full(&mut self, command: u8, body: &[u8], data: &[u8]) -> Vec<u8> {
        let (header, mac) = body.split_at(body.len() - 8);
        let counter = self.counter.to_le_bytes();
        let input = [&[command], &counter[..], &TI, header].concat();
        if truncated(aes_cmac(&self.mac, &input)) != mac {
            return vec![0x91, 0x1E];
        }
        self.counter += 1;
        let counter = self.counter.to_le_bytes();
        let vector = [&[0x5A, 0xA5], &TI[..], &counter, &[0; 8]].concat();
        let iv = cbc(&self.encryption, [0; 16], false, &vector)
            .try_into()
            .unwrap();
        let mut padded = [data, &[0x80]].concat();
        padded.resize(padded.len().next_multiple_of(16), 0);
        let sealed = cbc(&self.encryption, iv, false, &padded);
        let input = [&[0], &counter[..], &TI, &sealed].concat();
        [
            sealed,
            truncated(aes_cmac(&self.mac, &input)).to_vec(),
            vec![0x91, 0],
        ]
        .concat()
    }

    pub(crate) fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let own = self.own;
        match command {
            [0xFF, 0xCA, ..] => [&UID[..], &[0x90, 0]].concat(),
            [0x00, 0xA4, 0x04, ..] => vec![0x90, 0],
            [0x90, 0x71, 0, 0, 2, 1, 0, 0] => {
                [cbc(&self.key, [0; 16], false, &THEIRS), vec![0x91, 0xAF]].concat()
            }
            [0x90, 0xAF, 0, 0, 32, sealed @ .., 0] => self.prove(sealed),
            [0x90, 0x51, 0, 0, _, body @ .., 0] => self.full(0x51, body, &own),
            [0x90, 0xAD, 0, 0, _, body @ .., 0] if body[..7] == [3, 0, 0, 0, 16, 0, 0] => {
                let member = self.member.clone();
                self.full(0xAD, body, &member)
            }
            _ => vec![0x91, 0x1C],
        }
    }
}

fn on(mut chip: Chip, versions: &[u8]) -> (Result<AuthenticatedIdentity, IdentityError>, usize) {
    let vault = Masters::of(KeyRole::NtagIdentify, versions);
    let mut bench = Bench::new(READER, |command: &[u8]| chip.answer(command));
    let found = identify(&mut bench, &chain(&vault), &mut || [0x42; 16]);
    let commands = bench.commands;
    (found, commands)
}

#[test]
fn a_card_of_the_chain_proves_its_number_and_its_member() {
    let key = issued(KeyRole::NtagIdentify, 1, &UID);
    let (found, commands) = on(Chip::new(key, UID), &[1]);
    let found = found.unwrap();
    assert_eq!(
        (found.uid.as_bytes(), found.member),
        (&UID[..], Some(MEMBER))
    );
    assert_eq!((found.key_version, found.kind), (1, CardKind::Ntag424));
    assert!(commands <= crate::IDENTIFY_APDU_LIMIT, "{commands}");
    // A card from before the last key roll.
    let (found, commands) = on(Chip::new(key, UID), &[1, 2]);
    assert_eq!(found.unwrap().key_version, 1);
    assert!(commands <= crate::IDENTIFY_APDU_LIMIT + 1, "{commands}");
}

#[test]
fn a_copied_number_without_its_key_is_not_ours() {
    let other = issued(KeyRole::NtagIdentify, 1, &[0x04, 1, 2, 3, 4, 5, 6]);
    let (found, _) = on(Chip::new(other, UID), &[1, 2, 3]);
    assert!(matches!(found, Err(IdentityError::NotOurs)));
}

/// A relay: the field shows one number, and the card behind it has another.
#[test]
fn a_card_whose_own_number_is_another_is_refused() {
    let key = issued(KeyRole::NtagIdentify, 1, &UID);
    let (found, _) = on(Chip::new(key, [4, 1, 2, 3, 4, 5, 6]), &[1]);
    assert!(
        matches!(found, Err(IdentityError::Forged { .. })),
        "{found:?}"
    );
}

#[test]
fn a_card_that_hides_its_number_or_knows_no_such_application_is_named() {
    let vault = Masters::of(KeyRole::NtagIdentify, &[1]);
    let code = |answers: [&[u8]; 2]| {
        let mut answers = answers.into_iter();
        let mut bench = Bench::new(READER, |_: &[u8]| answers.next().unwrap_or(&[]).to_vec());
        match identify(&mut bench, &chain(&vault), &mut || [1; 16]) {
            Err(IdentityError::Reader(error)) => error.code(),
            other => panic!("{other:?}"),
        }
    };
    let hidden = code([b"\x08\x01\x02\x03\x90\x00", b""]);
    assert_eq!(hidden, ReaderErrorCode::RandomIdentity);
    let uid = [&UID[..], &[0x90, 0]].concat();
    assert_eq!(code([&uid, b"\x6A\x82"]), ReaderErrorCode::CardRefused);
    assert_eq!(code([&uid, b""]), ReaderErrorCode::CardGone);
    // Another kind of card: a UID of four bytes is no NTAG 424's.
    let short = code([b"\x11\x22\x33\x44\x90\x00", b""]);
    assert_eq!(short, ReaderErrorCode::Garbled);
}

#[test]
fn a_member_number_of_another_length_is_refused() {
    let key = issued(KeyRole::NtagIdentify, 1, &UID);
    for length in [0, 8, 15, 17, 31] {
        let mut chip = Chip::new(key, UID);
        chip.member = vec![7; length];
        let (found, _) = on(chip, &[1]);
        assert!(found.is_err(), "{length}: {found:?}");
    }
}

/// NXP's transcript of an authentication, over our transport.
#[test]
fn the_authentication_is_that_of_an12196() {
    let vectors = vector("ntag424_an12196.json");
    let case = &vectors["auth_first_key0_5.6"];
    let mut step = 0;
    let mut bench = Bench::new(READER, |command: &[u8]| {
        step += 1;
        match step {
            1 => vec![0x90, 0],
            2 => {
                assert_eq!(
                    command,
                    bytes(&case["apdu1"])
                        .iter()
                        .copied()
                        .chain([0; 0])
                        .collect::<Vec<_>>()
                );
                bytes(&case["rapdu1"])
            }
            _ => {
                assert_eq!(command, bytes(&case["apdu2"]));
                bytes(&case["rapdu2"])
            }
        }
    });
    let mut apdus = Apdus::new(&mut bench);
    let random = bytes(&case["rndA"]).try_into().unwrap();
    let key = [0; 16];
    let opened = Session::default().authenticate_aes(&mut apdus, KeyNumber::Key0, &key, random);
    let session = now(opened).unwrap();
    assert_eq!(session.ti().as_slice(), bytes(&case["ti"]));
}

#[test]
fn the_makers_signature_is_checked_with_the_public_vectors() {
    let vectors = vector("originality_signatures.json");
    let verified = |case: &serde_json::Value| {
        let answer = [bytes(&case["sig"]), vec![0x91, 0x90]].concat();
        let mut bench = Bench::new(READER, |_: &[u8]| answer.clone());
        verify_originality(&mut bench, &bytes(&case["uid"]).try_into().unwrap())
    };
    let valid = vectors["valid"].as_array().unwrap();
    let invalid = vectors["invalid"].as_array().unwrap();
    assert_eq!((valid.len(), invalid.len()), (4, 5));
    for case in valid {
        verified(case).unwrap();
    }
    for case in invalid {
        let found = verified(case);
        assert!(
            matches!(found, Err(IdentityError::Forged { .. })),
            "{found:?}"
        );
    }
}

/// A hundred thousand damaged answers: no panic, no forgery.
#[test]
fn damaged_answers_are_never_taken_for_the_card() {
    let key = issued(KeyRole::NtagIdentify, 1, &UID);
    let vault = Masters::of(KeyRole::NtagIdentify, &[1]);
    let keys = chain(&vault);
    let chips = || {
        let mut chip = Chip::new(key, UID);
        move |command: &[u8]| chip.answer(command)
    };
    survives_damage(100_000, READER, chips, |session| {
        identify(session, &keys, &mut || [0xA5; 16])
    });
}
