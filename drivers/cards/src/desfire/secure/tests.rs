//! NXP's vectors (AN12343, AN12196), and answers that are not the card's.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::*;
use crate::script::{bytes, vector};

fn key(value: &Value) -> CardKey {
    CardKey::new(bytes(value).try_into().unwrap())
}

fn session(case: &Value) -> Secure {
    let zeros = Value::from("00".repeat(16));
    Secure {
        encryption: key(case.get("ses_enc").unwrap_or(&zeros)),
        mac: key(case.get("ses_mac").unwrap_or(&zeros)),
        ti: bytes(&case["ti"]).try_into().unwrap(),
        counter: u16::try_from(case["ctr"].as_u64().unwrap_or(0)).unwrap(),
    }
}

/// The data field of a wrapped command.
fn field(apdu: &Value) -> Vec<u8> {
    let apdu = bytes(apdu);
    apdu[5..apdu.len() - 1].to_vec()
}

/// The data of a wrapped answer.
fn data(rapdu: &Value) -> Vec<u8> {
    let rapdu = bytes(rapdu);
    rapdu[..rapdu.len() - 2].to_vec()
}

fn first(case: &Value) -> Secure {
    let ours = bytes(&case["rndA"]).try_into().unwrap();
    let (handshake, second) =
        Handshake::answer(key(&case["key"]), ours, &data(&case["rapdu1"])).unwrap();
    assert_eq!(second, field(&case["apdu2"]));
    handshake.first(&data(&case["rapdu2"])).unwrap()
}

#[test]
fn the_handshake_is_that_of_an12343_and_an12196() {
    for (file, name) in [
        ("desfire_ev2_an12343.json", "auth_ev2_first_table16"),
        ("ntag424_an12196.json", "auth_first_key0_5.6"),
    ] {
        let case = &vector(file)[name];
        let secure = first(case);
        assert_eq!(secure.ti.as_slice(), bytes(&case["ti"]), "{name}");
        assert_eq!(secure.encryption, key(&case["ses_enc"]), "{name}");
        assert_eq!(secure.mac, key(&case["ses_mac"]), "{name}");
        assert_eq!(secure.counter, 0);
    }
}

#[test]
fn session_keys_of_a_key_that_is_not_zeros() {
    let case = &vector("desfire_ev2_an12343.json")["session_keys_nonzero"];
    let handshake = Handshake {
        key: key(&case["key"]),
        ours: bytes(&case["rndA"]).try_into().unwrap(),
        theirs: Zeroizing::new(bytes(&case["rndB"]).try_into().unwrap()),
    };
    let secure = handshake.secure([0; 4], 0);
    assert_eq!(secure.encryption, key(&case["ses_enc"]));
    assert_eq!(secure.mac, key(&case["ses_mac"]));
}

#[test]
fn a_second_authentication_keeps_counter_and_transaction() {
    let case = &vector("ntag424_an12196.json")["auth_nonfirst_5.14_table23"];
    let before = Secure {
        encryption: CardKey::new([0; 16]),
        mac: CardKey::new([0; 16]),
        ti: [1, 2, 3, 4],
        counter: 7,
    };
    let ours = bytes(&case["rndA"]).try_into().unwrap();
    let answer = || Handshake::answer(key(&case["key"]), ours, &data(&case["rapdu1"])).unwrap();
    let (handshake, second) = answer();
    assert_eq!(second, field(&case["apdu2"]));
    let secure = handshake
        .non_first(&data(&case["rapdu2"]), &before)
        .unwrap();
    assert_eq!((secure.ti, secure.counter), ([1, 2, 3, 4], 7));
    let mut wrong = data(&case["rapdu2"]);
    wrong[3] ^= 1;
    assert!(answer().0.non_first(&wrong, &before).is_none());
    assert!(answer().0.non_first(&[], &before).is_none());
}

#[test]
fn a_proof_that_is_not_the_cards_is_refused() {
    let case = &vector("desfire_ev2_an12343.json")["auth_ev2_first_table16"];
    let ours: [u8; 16] = bytes(&case["rndA"]).try_into().unwrap();
    let first = data(&case["rapdu1"]);
    let answer = || {
        Handshake::answer(key(&case["key"]), ours, &first)
            .unwrap()
            .0
    };
    let proof = data(&case["rapdu2"]);
    assert!(answer().first(&proof).is_some());
    for at in 0..proof.len() {
        let mut wrong = proof.clone();
        wrong[at] ^= 0x10;
        assert!(answer().first(&wrong).is_none(), "byte {at}");
    }
    for length in 0..32 {
        assert!(answer().first(&proof[..length]).is_none());
    }
    assert!(answer().first(&[&proof[..], &[0; 16]].concat()).is_none());
    for length in [0, 8, 15, 17, 32] {
        let first = vec![1; length];
        assert!(Handshake::answer(key(&case["key"]), ours, &first).is_none());
    }
}

#[test]
fn mac_mode_is_that_of_an12343() {
    let vectors = vector("desfire_ev2_an12343.json");
    let case = &vectors["mac_mode_tables23_24"];
    let mut secure = session(case);
    for exchange in case["exchanges"].as_array().unwrap() {
        let (header, body) = (bytes(&exchange["header"]), bytes(&exchange["data"]));
        let ins = bytes(&exchange["cmd"])[0];
        let sent = secure.command(Mode::Mac, ins, &header, &body).unwrap();
        assert_eq!(sent, [header, body, bytes(&exchange["mac"])].concat());
        let expected = bytes(&exchange["resp_data"]);
        let answer = [expected.clone(), bytes(&exchange["resp_mac"])].concat();
        for at in 0..answer.len() {
            let mut wrong = answer.clone();
            wrong[at] ^= 1;
            assert_eq!(secure.clone().response(Mode::Mac, &wrong), None);
        }
        assert_eq!(secure.response(Mode::Mac, &answer), Some(expected));
    }
    assert_eq!(secure.counter, 2);
}

#[test]
fn full_mode_is_that_of_an12196() {
    let vectors = vector("ntag424_an12196.json");
    for case in vectors_of_iv() {
        let ivs = session(&case);
        let iv = ivs.iv([0xA5, 0x5A], ivs.counter);
        assert_eq!(iv.as_slice(), bytes(&case["iv_cmd"]));
    }
    let write = &vectors["full_write_5.8.2"];
    let mut secure = session(write);
    let sent = secure.command(
        Mode::Full,
        0x8D,
        &bytes(&write["header"]),
        &bytes(&write["plain"]),
    );
    assert_eq!(sent.unwrap(), field(&write["apdu"]));
    assert_eq!(
        secure.response(Mode::Full, &data(&write["rapdu"])),
        Some(vec![])
    );

    let uid = &vectors["full_getuid_6.3"];
    let mut secure = session(uid);
    let sent = secure.command(Mode::Full, 0x51, &[], &[]).unwrap();
    assert_eq!(sent, field(&uid["apdu"]));
    let answer = data(&uid["rapdu"]);
    assert_eq!(
        secure.response(Mode::Full, &answer),
        Some(bytes(&uid["uid"]))
    );

    let configuration = &vectors["set_configuration_randomid_6.2"];
    let mut secure = session(configuration);
    let plain = bytes(&configuration["plain_option_data"]);
    let sent = secure.command(Mode::Full, 0x5C, &[0x00], &plain).unwrap();
    assert_eq!(sent, field(&configuration["apdu"]));
    let answer = data(&configuration["rapdu"]);
    assert_eq!(secure.response(Mode::Full, &answer), Some(vec![]));

    let settings = &vectors["mac_getfilesettings_5.4"];
    let mut secure = session(settings);
    let sent = secure.command(Mode::Mac, 0xF5, &[0x02], &[]).unwrap();
    assert_eq!(sent, field(&settings["apdu"]));
    assert!(
        secure
            .response(Mode::Mac, &data(&settings["rapdu"]))
            .is_some()
    );
}

fn vectors_of_iv() -> Vec<Value> {
    vector("desfire_ev2_an12343.json")["iv"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn an_answer_is_good_once_and_in_its_place() {
    let uid = &vector("ntag424_an12196.json")["full_getuid_6.3"];
    let answer = data(&uid["rapdu"]);
    let mut secure = session(uid);
    assert!(secure.response(Mode::Full, &answer).is_some());
    assert_eq!(secure.response(Mode::Full, &answer), None);
    for length in 0..answer.len() {
        assert_eq!(session(uid).response(Mode::Full, &answer[..length]), None);
    }
    let mut secure = session(uid);
    secure.counter = u16::MAX;
    assert_eq!(secure.command(Mode::Full, 0x51, &[], &[]), None);
    assert_eq!(secure.response(Mode::Full, &answer), None);
}
