//! Published examples replayed against the card: session keys, MACs in both directions, the vector
//! of enciphered commands, and the keys and MACs of transactions.

#![allow(clippy::unwrap_used)]

use super::image::{Body, Bytes, File, KeySet, KeySlot};
use super::*;
use crate::chip::aes_modes::{Key, encrypt, padded, short_mac};
use crate::chip::vectors::{bytes, of};
use serde_json::Value;

fn key(value: &Value) -> Key {
    bytes(value).try_into().unwrap()
}

fn name(value: &Value) -> [u8; 4] {
    bytes(value).try_into().unwrap()
}

/// A card with one application that is selected, whose file 00 is a standard file of 256 bytes in MAC
/// mode for key 0.
fn card(uid: [u8; 7]) -> Desfire {
    let mut image = Image::fresh(uid, true);
    let file = File {
        mode: 0x01,
        rights: 0x0000,
        iso: None,
        body: Body::Standard {
            data: Bytes(vec![0; 256]),
        },
    };
    image.applications.push(Application {
        aid: [1, 2, 3],
        settings: 0x0F,
        kind: 0x81,
        sets: vec![KeySet {
            version: 0,
            ready: true,
            keys: vec![KeySlot::zero(image::Cipher::Aes)],
        }],
        active: 0,
        iso: None,
        name: Vec::new(),
        files: [(0, file)].into(),
    });
    let mut card = Desfire::load(image);
    card.now.selected = Some(0);
    card
}

#[test]
fn session_keys_are_those_of_an12343_and_of_a_key_that_is_not_zero() {
    let file = of("desfire_ev2_an12343.json");
    let example = &file["session_keys_nonzero"];
    let (theirs, ours) = (key(&example["rndA"]), key(&example["rndB"]));
    let session = Session::new((0, &key(&example["key"])), (&theirs, &ours), [0; 4], 0);
    let expected = (key(&example["ses_enc"]), key(&example["ses_mac"]));
    assert_eq!(session.keys(), expected);
}

/// AN12343, tables 23 and 24: the card takes the example's MACs and answers with its own.
#[test]
fn a_write_and_a_read_in_mac_mode_are_those_of_an12343() {
    let file = of("desfire_ev2_an12343.json");
    let example = &file["mac_mode_tables23_24"];
    let mut card = card([4, 1, 2, 3, 4, 5, 6]);
    let keys = (key(&example["ses_enc"]), key(&example["ses_mac"]));
    let session = Session::known(keys.0, keys.1, name(&example["ti"]), 0);
    card.now.auth = Auth::Ev2(session);
    for exchange in example["exchanges"].as_array().unwrap() {
        let part = |of: &str| bytes(&exchange[of]);
        let body = [part("header"), part("data"), part("mac")].concat();
        let head = [0x90, part("cmd")[0], 0x00, 0x00, body.len() as u8];
        let reply = card.apdu(&[&head[..], &body, &[0x00]].concat());
        let due = [part("resp_data"), part("resp_mac"), vec![0x91, 0x00]].concat();
        assert_eq!(reply, ChipReply::Data(due), "{}", exchange["cmd"]);
    }
}

#[test]
fn a_spoilt_mac_of_the_example_is_refused_and_ends_the_session() {
    let file = of("desfire_ev2_an12343.json");
    let example = &file["mac_mode_tables23_24"];
    let exchange = &example["exchanges"][0];
    let part = |of: &str| bytes(&exchange[of]);
    let body = [part("header"), part("data"), part("mac")].concat();
    for place in 0..body.len() {
        let mut card = card([4, 1, 2, 3, 4, 5, 6]);
        let keys = (key(&example["ses_enc"]), key(&example["ses_mac"]));
        let session = Session::known(keys.0, keys.1, name(&example["ti"]), 0);
        card.now.auth = Auth::Ev2(session);
        let before = card.save();
        let mut body = body.clone();
        body[place] ^= 0x01;
        let head = [0x90, 0x8D, 0x00, 0x00, body.len() as u8];
        let ChipReply::Data(answer) = card.apdu(&[&head[..], &body, &[0x00]].concat()) else {
            panic!("silent");
        };
        // Another file is not there, another offset or length has another MAC.
        assert!(matches!(answer[..], [0x91, 0x1E | 0xF0]), "{answer:02X?}");
        assert!(
            card.save() == before && card.who().is_none(),
            "byte {place}"
        );
    }
}

#[test]
fn the_vector_of_an_enciphered_command_is_the_published_one() {
    let file = of("desfire_ev2_an12343.json");
    for example in file["iv"].as_array().unwrap() {
        let sealing = key(&example["ses_enc"]);
        let counter = u16::try_from(example["ctr"].as_u64().unwrap()).unwrap();
        let session = Session::known(sealing, [7; 16], name(&example["ti"]), counter);
        let plain = b"a secret of a few bytes";
        let sealed = encrypt(&sealing, &key(&example["iv_cmd"]), &padded(plain));
        let mac = session.command_mac(0x8D, &sealed);
        let opened = session.open(Mode::Full, 0x8D, &[&sealed[..], &mac].concat(), 0);
        assert!(opened.is_ok_and(|opened| opened == plain), "{example}");
    }
}

#[test]
fn keys_and_macs_of_transactions_are_the_published_ones() {
    let file = of("desfire_transaction_mac.json");
    for example in file["keys"].as_array().unwrap() {
        let card = card(bytes(&example["uid"]).try_into().unwrap());
        let counted = u32::try_from(example["tmc_in_sv"].as_u64().unwrap()).unwrap();
        let session = |label| card.session_key(&key(&example["key"]), counted - 1, label);
        assert_eq!(session(0x5A), key(&example["ses_tm_mac"]), "{example}");
        assert_eq!(session(0xA5), key(&example["ses_tm_enc"]), "{example}");
    }
    for example in file["tmv"].as_array().unwrap() {
        let tmv = short_mac(&key(&example["ses_tm_mac"]), &bytes(&example["tmi"]));
        assert_eq!(tmv.to_vec(), bytes(&example["tmv"]));
    }
}
