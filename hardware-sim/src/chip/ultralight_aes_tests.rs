//! The simulated Ultralight AES, held to the published examples and its data sheet.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::chip::aes_modes::encrypt;
use crate::chip::vectors::{bytes, hex, of, raw, text};

const UID: &str = "04112233445566";
const ZEROS: Key = [0; 16];

fn fresh() -> UltralightAes {
    UltralightAes::load(Image::fresh(&hex(UID)))
}

fn again(chip: &mut UltralightAes) {
    chip.power(false);
    chip.power(true);
    chip.activate();
}

/// A reader's side: authenticates, and puts CMACs to its commands if there are any.
struct Reader {
    key: Option<Key>,
    counter: u16,
}

impl Reader {
    fn authenticate(chip: &mut UltralightAes, number: u8, key: Key, maced: bool) -> Self {
        let first = hex(&raw(chip, &format!("1A{number:02X}")));
        let theirs: Key = decrypt(&key, &NO_IV, &first[1..]).try_into().unwrap();
        let ours: Key = [0x5A; 16];
        let answer = encrypt(&key, &NO_IV, &[ours, turned(&theirs)].concat());
        let proof = hex(&raw(chip, &format!("AF{}", text(&answer))));
        assert_eq!(proof[0], 0x00);
        assert_eq!(decrypt(&key, &NO_IV, &proof[1..]), turned(&ours));
        let vector = session_vector([0x5A, 0xA5, 0x00, 0x01, 0x00, 0x80], &ours, &theirs);
        Self {
            key: maced.then(|| cmac(&key, &vector)),
            counter: 0,
        }
    }

    fn ask(&mut self, chip: &mut UltralightAes, frame: &str) -> String {
        let Some(key) = self.key else {
            return raw(chip, frame);
        };
        let mut tag = |body: &[u8]| {
            let tag = short_mac(&key, &[&self.counter.to_le_bytes(), body].concat());
            self.counter += 1;
            text(&tag)
        };
        let mac = tag(&hex(frame));
        let answer = raw(chip, &format!("{frame}{mac}"));
        let Some(split) = answer.len().checked_sub(16) else {
            return answer;
        };
        let (body, mac) = answer.split_at(split);
        assert_eq!(mac, tag(&hex(body)));
        body.to_owned()
    }
}

#[test]
fn the_published_authentications_run() {
    for vector in of("ultralight_aes.json")["vectors"].as_array().unwrap() {
        let mut chip = fresh();
        let key: Key = bytes(&vector["key"]).try_into().unwrap();
        chip.chance
            .foresee(&decrypt(&key, &NO_IV, &bytes(&vector["rx1"])[1..]));
        assert_eq!(raw(&mut chip, "1A00"), vector["rx1"].as_str().unwrap());
        let proof = raw(&mut chip, vector["tx2"].as_str().unwrap());
        assert_eq!(proof, vector["rx2"].as_str().unwrap());
    }
}

#[test]
fn the_published_message_has_its_cmac() {
    let file = of("ultralight_aes.json");
    let vector = &file["vectors"][1];
    let mut chip = fresh();
    raw(&mut chip, "A2290200003C");
    again(&mut chip);
    chip.chance.foresee(&bytes(&vector["rndB"]));
    raw(&mut chip, "1A00");
    raw(&mut chip, vector["tx2"].as_str().unwrap());
    let messages = chip.now.messages.as_ref().unwrap();
    assert_eq!(messages.key.to_vec(), bytes(&vector["ses_mac"]));
    let asked = format!("60{}", vector["mac"]["mact"].as_str().unwrap());
    assert!(raw(&mut chip, &asked).starts_with("0004030104000F03"));
}

#[test]
fn every_command_works_with_and_without_a_cmac() {
    for maced in [false, true] {
        let mut chip = fresh();
        if maced {
            raw(&mut chip, "A2290200003C");
            again(&mut chip);
        }
        let mut reader = Reader::authenticate(&mut chip, 0, ZEROS, maced);
        let done = if maced { "" } else { "ack" };
        for (frame, answer) in [
            ("60", "0004030104000F03"),
            ("A20A01020304", done),
            ("A00B", done),
            ("05060708000000000000000000000000", done),
            ("3A0A0B", "0102030405060708"),
            ("300A", "01020304050607080000000000000000"),
            ("A5010500000F", done),
            ("A501FF000000", done),
            ("3901", "040100"),
            ("4B0000000000000000000000000000000000000000", "05"),
        ] {
            assert_eq!(reader.ask(&mut chip, frame), answer, "{frame} {maced}");
        }
        assert_eq!(reader.ask(&mut chip, "3C00").len(), 96);
    }
}

#[test]
fn a_message_that_was_changed_or_repeated_ends_the_session() {
    for change in 0..3 {
        let mut chip = fresh();
        raw(&mut chip, "A22902000004");
        again(&mut chip);
        let mut reader = Reader::authenticate(&mut chip, 0, ZEROS, true);
        let frame = [0xA2, 0x04, 1, 2, 3, 4];
        let mac = short_mac(&reader.key.unwrap(), &[&[0, 0], frame.as_slice()].concat());
        let mut sent = [frame.as_slice(), &mac].concat();
        match change {
            0 => sent[5] ^= 1,
            1 => sent[13] ^= 1,
            _ => {
                reader.ask(&mut chip, "3004");
            }
        }
        assert_eq!(raw(&mut chip, &text(&sent)), "nak");
        assert_eq!(raw(&mut chip, "60"), "-");
        chip.activate();
        assert_eq!(
            raw(&mut chip, "A20401020304"),
            "nak",
            "page 4 needs the key"
        );
    }
}

#[test]
fn pages_behind_auth0_need_key_0_to_be_written_and_to_be_read_if_prot_says_so() {
    for (config, readable) in [("00050000", true), ("80050000", false)] {
        let mut chip = fresh();
        raw(&mut chip, &format!("A22A{config}"));
        raw(&mut chip, "A22900000010");
        again(&mut chip);
        assert_eq!(raw(&mut chip, "3010") != "nak", readable);
        chip.activate();
        assert_eq!(raw(&mut chip, "A21001020304"), "nak");
        chip.activate();
        let wrapped = raw(&mut chip, "300F");
        assert_eq!(wrapped[8..16] == *"041122BF", !readable, "{wrapped}");
        let mut reader = Reader::authenticate(&mut chip, 0, ZEROS, false);
        assert_eq!(reader.ask(&mut chip, "A21001020304"), "ack");
        assert_eq!(reader.ask(&mut chip, "3010")[..8], *"01020304");
        // Key 1 and the originality key open no page.
        let originality = chip.image.key(KeyName::Originality);
        for (number, key) in [(1, ZEROS), (2, originality)] {
            Reader::authenticate(&mut chip, number, key, false);
            assert_eq!(raw(&mut chip, "A21001020304"), "nak");
            again(&mut chip);
        }
    }
}

#[test]
fn a_new_key_lies_in_memory_with_its_last_byte_first_and_is_never_read() {
    let mut chip = fresh();
    let key: Key = std::array::from_fn(|index| index as u8);
    for write in [
        "A2300F0E0D0C",
        "A2310B0A0908",
        "A23207060504",
        "A23303020100",
    ] {
        assert_eq!(raw(&mut chip, write), "ack");
    }
    assert_eq!(raw(&mut chip, "3A3037"), "0".repeat(64));
    Reader::authenticate(&mut chip, 0, key, false);
    again(&mut chip);
    // Locked, it stays.
    assert_eq!(raw(&mut chip, "A22D40000000"), "ack");
    assert_eq!(raw(&mut chip, "A23000000000"), "nak");
    chip.activate();
    assert_eq!(raw(&mut chip, "A23400000001"), "ack");
}

#[test]
fn a_card_that_hides_its_uid_shows_it_to_key_1() {
    let mut chip = fresh();
    raw(&mut chip, "A2290100003C");
    let mut seen = Vec::new();
    for _ in 0..2 {
        again(&mut chip);
        let Activation::TypeA { atqa, uid, .. } = chip.activation() else {
            panic!("not type A");
        };
        assert_eq!((atqa, uid[0], uid.len()), ([0x00, 0x04], 0x08, 4));
        seen.push(uid);
        assert_eq!(raw(&mut chip, "3000")[..18], "0".repeat(18));
    }
    assert_ne!(seen[0], seen[1]);
    let mut reader = Reader::authenticate(&mut chip, 1, ZEROS, false);
    assert_eq!(reader.ask(&mut chip, "3000")[..18], *"041122BF3344556644");
    let mut reader = Reader::authenticate(&mut chip, 0, ZEROS, false);
    assert_eq!(reader.ask(&mut chip, "3000")[..18], "0".repeat(18));
}

#[test]
fn wrong_keys_are_counted_up_to_the_limit() {
    let mut chip = fresh();
    raw(&mut chip, "A22A00050200");
    let fail = |chip: &mut UltralightAes| {
        again(chip);
        let begun = raw(chip, "1A00");
        assert_eq!(
            begun != "nak",
            raw(chip, &format!("AF{}", "00".repeat(32))) == "nak"
        );
    };
    fail(&mut chip);
    again(&mut chip);
    Reader::authenticate(&mut chip, 0, ZEROS, false);
    assert_eq!(chip.image.failures, 0, "a good one clears the count");
    fail(&mut chip);
    fail(&mut chip);
    again(&mut chip);
    assert_eq!(raw(&mut chip, "1A00"), "nak", "the card is shut");
    again(&mut chip);
    Reader::authenticate(&mut chip, 1, ZEROS, false);
}

#[test]
fn counter_2_belongs_to_key_0_and_none_overflows() {
    let mut chip = fresh();
    assert_eq!(raw(&mut chip, "A502010000FF"), "nak");
    chip.activate();
    assert_eq!(raw(&mut chip, "3902"), "nak");
    chip.activate();
    Reader::authenticate(&mut chip, 0, ZEROS, false);
    assert_eq!(raw(&mut chip, "A502FFFFFF00"), "ack");
    assert_eq!(raw(&mut chip, "A50201000000"), "nak");
    again(&mut chip);
    raw(&mut chip, "A22A04050000");
    assert_eq!(raw(&mut chip, "3902"), "FFFFFF");
}

#[test]
fn a_torn_write_is_old_or_new() {
    for (tear, kept) in [(Tear::BeforeWrite, "000000"), (Tear::AfterWrite, "010000")] {
        let mut chip = fresh();
        chip.arm(tear);
        assert_eq!(raw(&mut chip, "A50001000000"), "dead");
        chip.activate();
        assert_eq!(
            raw(&mut chip, "3900"),
            "-",
            "it has no power to be selected with"
        );
        again(&mut chip);
        assert_eq!(raw(&mut chip, "3900"), kept);
    }
}
