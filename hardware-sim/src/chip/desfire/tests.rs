//! Published examples, and a payment as a terminal of its own makes it.

#![allow(clippy::unwrap_used)]

mod guards;
mod key_guards;

use super::image::{Body, Cipher};
use super::legacy::des_encrypt;
use super::*;
use crate::chip::aes_modes::{Key, NO_IV, decrypt, encrypt, encrypt_block, short_mac, turned};
use crate::chip::vectors::{bytes, hex, of};

const UID: [u8; 7] = [0x04, 0x21, 0x3A, 0x8A, 0x1B, 0x2C, 0x80];
const AID: [u8; 3] = [0x54, 0x49, 0x4C];

fn card() -> Desfire {
    Desfire::load(Image::fresh(UID, false))
}

/// Sends a wrapped command; the data and the second status byte.
fn send(card: &mut Desfire, code: u8, data: &[u8]) -> (Vec<u8>, u8) {
    let mut apdu = vec![0x90, code, 0x00, 0x00];
    if !data.is_empty() {
        apdu.push(data.len() as u8);
        apdu.extend(data);
    }
    apdu.push(0x00);
    match card.apdu(&apdu) {
        ChipReply::Data(answer) => {
            let (data, [0x91, status]) = answer.split_last_chunk().unwrap() else {
                panic!("{answer:02X?}");
            };
            (data.to_vec(), *status)
        }
        other => panic!("{other:?}"),
    }
}

fn ok(card: &mut Desfire, code: u8, data: &[u8]) -> Vec<u8> {
    let (answer, status) = send(card, code, data);
    assert_eq!(status, 0x00, "command {code:02X}");
    answer
}

/// A terminal's side of an EV2 session, only as much as is needed here.
struct Terminal {
    session: Session,
}

impl Terminal {
    fn first(card: &mut Desfire, number: u8, key: Key) -> Self {
        let (sealed, status) = send(card, 0x71, &[number, 0x00]);
        assert_eq!(status, 0xAF);
        let ours: Key = *b"terminal's sixte";
        let theirs: Key = decrypt(&key, &NO_IV, &sealed).try_into().unwrap();
        let answer = encrypt(&key, &NO_IV, &[ours, turned(&theirs)].concat());
        let sealed = ok(card, 0xAF, &answer);
        let plain = decrypt(&key, &NO_IV, &sealed);
        assert_eq!(plain[4..20], turned(&ours));
        let name = plain[..4].try_into().unwrap();
        let session = Session::new((number, &key), (&ours, &theirs), name, 0);
        Self { session }
    }

    /// A command with a MAC, data in the clear.
    fn maced(&mut self, card: &mut Desfire, code: u8, body: &[u8]) -> (Vec<u8>, u8) {
        let mac = self.session.command_mac(code, body);
        let (answer, status) = send(card, code, &[body, &mac].concat());
        if status != 0 {
            return (answer, status);
        }
        self.session.counter += 1;
        let (data, mac) = answer.split_last_chunk::<8>().unwrap();
        assert_eq!(*mac, self.session.command_mac(0x00, data), "{code:02X}");
        (data.to_vec(), status)
    }
}

fn made(card: &mut Desfire) -> Terminal {
    ok(card, 0xCA, &[&AID[..], &[0x0F, 0x82]].concat());
    ok(card, 0x5A, &AID);
    let mut terminal = Terminal::first(card, 0, [0; 16]);
    // A value file in MAC mode, 0 to 10000, holding 5000, limited credit on; a backup file of 32.
    let value = hex("02 01 00 00 00000000 10270000 88130000 01");
    assert_eq!(terminal.maced(card, 0xCC, &value).1, 0);
    assert_eq!(terminal.maced(card, 0xCB, &hex("05 01 00 00 200000")).1, 0);
    terminal
}

fn value(card: &Desfire) -> i32 {
    match &card.image.applications[0].files[&2].body {
        Body::Value { value, .. } => *value,
        _ => unreachable!(),
    }
}

#[test]
fn authentication_is_that_of_an12343() {
    let file = of("desfire_ev2_an12343.json");
    let example = &file["auth_ev2_first_table16"];
    let mut card = card();
    card.image
        .write(|image| image.master.cipher = Cipher::Aes)
        .unwrap();
    card.chance.foresee(&bytes(&example["rndB"]));
    card.chance.foresee(&bytes(&example["ti"]));
    for step in ["1", "2"] {
        let command = bytes(&example[format!("apdu{step}")]);
        let mut answer = bytes(&example[format!("rapdu{step}")]);
        let ChipReply::Data(mut said) = card.apdu(&command) else {
            panic!("silent");
        };
        if step == "2" {
            // What the example's card says it can is its own: the last block.
            said.truncate(16);
            answer.truncate(16);
        }
        assert_eq!(said, answer);
    }
    let Auth::Ev2(session) = &card.now.auth else {
        panic!("no session");
    };
    let keys = (bytes(&example["ses_enc"]), bytes(&example["ses_mac"]));
    let (encryption, mac) = session.keys();
    assert_eq!((encryption.to_vec(), mac.to_vec()), keys);
}

#[test]
fn a_factory_fresh_card_takes_des_and_becomes_aes() {
    let mut card = card();
    let (sealed, status) = send(&mut card, 0x0A, &[0x00]);
    assert_eq!((sealed.len(), status), (8, 0xAF));
    let (_, status) = send(&mut card, 0xAF, &[0; 16]);
    assert_eq!(status, 0xAE, "who cannot read the challenge");
    assert_eq!(
        des_encrypt(&[0; 8], [0; 8]),
        *b"\x8C\xA6\x4D\xE9\xC1\xB1\x23\xA7"
    );
}

#[test]
fn what_is_not_committed_is_dropped_and_a_commit_keeps_all_of_it() {
    let mut card = card();
    let mut terminal = made(&mut card);
    let debit = [&[0x02][..], &1_000_i32.to_le_bytes()].concat();
    assert_eq!(terminal.maced(&mut card, 0xDC, &debit).1, 0);
    assert_eq!(value(&card), 5_000);
    ok(&mut card, 0x5A, &AID);
    let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
    assert_eq!(
        terminal.maced(&mut card, 0xC7, &[0x00]).1,
        0x0C,
        "nothing to commit"
    );
    let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
    assert_eq!(terminal.maced(&mut card, 0xDC, &debit).1, 0);
    assert_eq!(terminal.maced(&mut card, 0xC7, &[0x00]).1, 0);
    assert_eq!(value(&card), 4_000);
    let more = [&[0x02][..], &1_001_i32.to_le_bytes()].concat();
    assert_eq!(
        terminal.maced(&mut card, 0x1C, &more).1,
        0xBE,
        "past the last debit"
    );
    let mut terminal = Terminal::first(&mut card, 0, [0; 16]);
    assert_eq!(terminal.maced(&mut card, 0x1C, &debit).1, 0);
    assert_eq!(terminal.maced(&mut card, 0xC7, &[0x00]).1, 0);
    assert_eq!(value(&card), 5_000);
}

#[test]
fn a_commit_is_torn_before_or_after_never_between() {
    for (tear, left) in [(Tear::BeforeWrite, 5_000), (Tear::AfterWrite, 4_000)] {
        let mut card = card();
        let mut terminal = made(&mut card);
        let debit = [&[0x02][..], &1_000_i32.to_le_bytes()].concat();
        assert_eq!(terminal.maced(&mut card, 0xDC, &debit).1, 0);
        let write = [&hex("05 000000 200000")[..], &[7; 32]].concat();
        assert_eq!(terminal.maced(&mut card, 0x8D, &write).1, 0);
        card.arm(tear);
        let mac = terminal.session.command_mac(0xC7, &[0x00]);
        let apdu = [&hex("90C7000009 00")[..], &mac, &[0x00]].concat();
        assert_eq!(card.apdu(&apdu), ChipReply::Dead);
        assert_eq!(card.apdu(&[0x60]), ChipReply::Silence);
        card.power(true);
        assert_eq!(value(&card), left, "{tear:?}");
        let Body::Backup { data } = &card.image.applications[0].files[&5].body else {
            unreachable!();
        };
        assert_eq!(data.0[0] == 7, left == 4_000, "all or nothing");
    }
}

#[test]
fn a_card_with_files_comes_back_out_of_its_json() {
    let mut card = card();
    made(&mut card);
    let saved = card.save();
    let text = serde_json::to_string(&saved).unwrap();
    let back: CardImage = serde_json::from_str(&text).unwrap();
    assert_eq!(back, saved);
}

#[test]
fn a_transaction_has_its_mac() {
    let mut card = card();
    let mut terminal = made(&mut card);
    let key: Key = *b"transaction key.";
    // Made behind the messaging: rights 0 for reading and for the reader's name.
    card.image
        .write(|image| {
            let body = Body::TransactionMac {
                key,
                version: 1,
                tmc: 8,
                tmv: [0; 8],
                reader: *b"reader of before",
            };
            let file = image::File {
                mode: 1,
                rights: 0x0F0F,
                iso: None,
                body,
            };
            image.applications[0].files.insert(0x0F, file);
        })
        .unwrap();
    let debit = [&[0x02][..], &1_000_i32.to_le_bytes()].concat();
    assert_eq!(terminal.maced(&mut card, 0xDC, &debit).1, 0);
    let now: Key = *b"reader of today.";
    let (before, status) = terminal.maced(&mut card, 0xC8, &now);
    assert_eq!(status, 0);
    let session = |label: u8| {
        let vector = [&[label, 0, 1, 0, 0x80][..], &9_u32.to_le_bytes(), &UID].concat();
        crate::chip::aes_modes::cmac(&key, &vector)
    };
    assert_eq!(before, encrypt_block(&session(0xA5), b"reader of before"));
    let (answer, status) = terminal.maced(&mut card, 0xC7, &[0x01]);
    assert_eq!(status, 0);
    let mut input = [&[0xDC][..], &debit].concat();
    input.resize(16, 0);
    input.extend([&[0xC8][..], &now, &before].concat());
    input.resize(64, 0);
    let due = [&9_u32.to_le_bytes()[..], &short_mac(&session(0x5A), &input)].concat();
    assert_eq!(answer, due);
}

#[test]
fn a_commit_without_the_readers_name_is_refused() {
    let mut card = card();
    let mut terminal = made(&mut card);
    card.image
        .write(|image| {
            let body = Body::TransactionMac {
                key: [1; 16],
                version: 1,
                tmc: 0,
                tmv: [0; 8],
                reader: [0; 16],
            };
            let file = image::File {
                mode: 1,
                rights: 0x0F0F,
                iso: None,
                body,
            };
            image.applications[0].files.insert(0x0F, file);
        })
        .unwrap();
    let debit = [&[0x02][..], &1_000_i32.to_le_bytes()].concat();
    assert_eq!(terminal.maced(&mut card, 0xDC, &debit).1, 0);
    assert_eq!(terminal.maced(&mut card, 0xC7, &[0x01]).1, 0x9D);
    assert_eq!(value(&card), 5_000);
}

#[test]
fn native_frames_say_the_status_first() {
    let mut card = card();
    let ChipReply::Data(first) = card.apdu(&[0x60]) else {
        panic!("silent");
    };
    assert_eq!(first[..2], [0xAF, 0x04]);
    let ChipReply::Data(second) = card.apdu(&[0xAF]) else {
        panic!("silent");
    };
    assert_eq!(second[0], 0xAF);
    let ChipReply::Data(third) = card.apdu(&[0xAF]) else {
        panic!("silent");
    };
    assert_eq!(third[0], 0x00);
    assert_eq!(third[1..8], UID);
}

#[test]
fn frames_that_make_no_sense_are_answered_and_change_nothing() {
    let mut card = card();
    made(&mut card);
    let before = card.save();
    let mut chance = Chance::of_uid(&UID);
    for _ in 0..20_000 {
        let length = usize::from(chance.byte() % 40);
        let frame: Vec<u8> = (0..length).map(|_| chance.byte()).collect();
        // Formatting and deleting are free on a card with the factory's settings only for who is
        // authenticated; nobody is.
        let _ = card.apdu(&frame);
    }
    let CardImage::Desfire(after) = card.save() else {
        unreachable!();
    };
    let CardImage::Desfire(before) = before else {
        unreachable!();
    };
    assert_eq!(before.master, after.master);
    assert!(after.applications.contains(&before.applications[0]));
}
