//! The simulated NTAG21x and Ultralight, held to their data sheets.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::chip::vectors::{hex, raw};

const UID: &str = "04A1B2C3D4E5F6";

fn fresh(model: Model) -> Ntag21x {
    Ntag21x::load(Image::fresh(model, &hex(UID)))
}

/// The card is taken away and laid down again.
fn again(chip: &mut Ntag21x) {
    chip.power(false);
    chip.power(true);
    chip.activate();
}

#[test]
fn each_model_shows_its_version_and_its_size() {
    for (model, version, last) in [
        (Model::Ntag213, "0004040201000F03", "2C"),
        (Model::Ntag215, "0004040201001103", "86"),
        (Model::Ntag216, "0004040201001303", "E6"),
    ] {
        let mut chip = fresh(model);
        assert_eq!(raw(&mut chip, "60"), version);
        // The last page is PACK, and the read goes on at page 0.
        let read = raw(&mut chip, &format!("30{last}"));
        assert_eq!(read[..16], *"0000000004A1B29F");
        let next = u8::from_str_radix(last, 16).unwrap() + 1;
        assert_eq!(raw(&mut chip, &format!("30{next:02X}")), "nak");
    }
}

/// What `nfc-mfultralight` and libfreefare look at: ATQA, SAK, 16 pages, no version and no
/// authentication.
#[test]
fn the_plain_ultralight_has_sixteen_pages_and_no_version() {
    let mut chip = fresh(Model::Ultralight);
    let Activation::TypeA {
        atqa,
        sak,
        uid,
        ats,
    } = chip.activation()
    else {
        panic!("not type A");
    };
    assert_eq!((atqa, sak, uid, ats), ([0x00, 0x44], 0x00, hex(UID), None));
    assert_eq!(raw(&mut chip, "300F"), "0000000004A1B29FC3D4E5F604480000");
    for unknown in ["60", "1A00", "3C00", "3902", "1BFFFFFFFF", "3A0003"] {
        chip.activate();
        assert_eq!(raw(&mut chip, unknown), "-", "{unknown}");
        assert_eq!(raw(&mut chip, "3000"), "-", "idle after {unknown}");
    }
    chip.activate();
    assert_eq!(raw(&mut chip, "3010"), "nak");
    chip.activate();
    assert_eq!(raw(&mut chip, "A20FAABBCCDD"), "ack");
    assert_eq!(raw(&mut chip, "300F")[..8], *"AABBCCDD");
}

#[test]
fn after_a_no_it_hears_nothing_until_it_is_activated() {
    let mut chip = fresh(Model::Ntag215);
    assert_eq!(raw(&mut chip, "99"), "nak");
    assert_eq!(raw(&mut chip, "60"), "-");
    chip.activate();
    assert_eq!(raw(&mut chip, "60"), "0004040201001103");
    assert_eq!(raw(&mut chip, "5000"), "-");
    assert_eq!(raw(&mut chip, "60"), "-");
}

#[test]
fn a_write_stays_and_spares_the_uid() {
    let mut chip = fresh(Model::Ntag215);
    assert_eq!(raw(&mut chip, "A20401020304"), "ack");
    assert_eq!(raw(&mut chip, "A005"), "ack");
    assert_eq!(raw(&mut chip, "05060708FFFFFFFFFFFFFFFFFFFFFFFF"), "ack");
    assert_eq!(raw(&mut chip, "3A0405"), "0102030405060708");
    assert_eq!(raw(&mut chip, "A20001020304"), "nak");
    chip.activate();
    assert_eq!(raw(&mut chip, "3000")[..8], *"04A1B29F");
}

#[test]
fn one_time_bits_and_locks_are_never_taken_back() {
    let mut chip = fresh(Model::Ntag213);
    assert_eq!(raw(&mut chip, "A2030000000F"), "ack");
    assert_eq!(raw(&mut chip, "3A0303"), "E110120F");
    // Locks page 4 by the static bits and pages 16 and 17 by the dynamic ones.
    assert_eq!(raw(&mut chip, "A20200001000"), "ack");
    assert_eq!(raw(&mut chip, "A22801000000"), "ack");
    assert_eq!(raw(&mut chip, "A20200000000"), "ack");
    for (page, answer) in [
        ("04", "nak"),
        ("05", "ack"),
        ("10", "nak"),
        ("11", "nak"),
        ("12", "ack"),
    ] {
        chip.activate();
        assert_eq!(
            raw(&mut chip, &format!("A2{page}FFFFFFFF")),
            answer,
            "page {page}"
        );
    }
    chip.activate();
    assert_eq!(raw(&mut chip, "3A2828"), "010000BD");
}

#[test]
fn a_password_guards_what_lies_behind_auth0() {
    let mut chip = fresh(Model::Ntag213);
    for write in [
        "A22B11223344",
        "A22CAABB0000",
        "A22A80050000",
        "A22904000008",
    ] {
        assert_eq!(raw(&mut chip, write), "ack");
    }
    again(&mut chip);
    // A read that begins before the border goes on at page 0.
    assert_eq!(raw(&mut chip, "3007")[8..16], *"04A1B29F");
    for closed in [
        "3008",
        "3A0708",
        "A20801020304",
        "A22904000000",
        "1B00000000",
    ] {
        again(&mut chip);
        assert_eq!(raw(&mut chip, closed), "nak", "{closed}");
    }
    again(&mut chip);
    assert_eq!(raw(&mut chip, "1B11223344"), "AABB");
    assert_eq!(raw(&mut chip, "A20801020304"), "ack");
    assert_eq!(
        raw(&mut chip, "3A2B2C"),
        "0000000000000000",
        "the password is never shown"
    );
    again(&mut chip);
    assert_eq!(raw(&mut chip, "3008"), "nak", "a new tap begins without it");
}

#[test]
fn too_many_wrong_passwords_shut_the_card() {
    let mut chip = fresh(Model::Ntag215);
    raw(&mut chip, "A28402050000");
    for attempt in [
        "1B00000000",
        "1BFFFFFFFF",
        "1B00000000",
        "1B00000001",
        "1BFFFFFFFF",
    ] {
        again(&mut chip);
        let right = attempt == "1BFFFFFFFF" && chip.image.failures < 2;
        let expected = if right { "0000" } else { "nak" };
        assert_eq!(raw(&mut chip, attempt), expected, "{attempt}");
    }
    assert_eq!(chip.image.failures, 2);
}

#[test]
fn a_frozen_configuration_stays() {
    let mut chip = fresh(Model::Ntag216);
    assert_eq!(raw(&mut chip, "A2E440050000"), "ack");
    assert_eq!(raw(&mut chip, "A2E304000000"), "nak");
}

#[test]
fn it_counts_a_tap_once_and_shows_it_in_its_mirror() {
    let mut chip = fresh(Model::Ntag213);
    assert_eq!(raw(&mut chip, "3902"), "nak", "the counter is off");
    chip.activate();
    // Mirror UID and counter from page 6, byte 1; count.
    raw(&mut chip, "A229D40006FF");
    raw(&mut chip, "A22A10050000");
    for tap in 1..=3 {
        again(&mut chip);
        let shown = hex(&raw(&mut chip, "3A060B"));
        let expected = format!("\0{UID}x{tap:06}\0\0");
        assert_eq!(String::from_utf8(shown).unwrap(), expected);
        raw(&mut chip, "3000");
        assert_eq!(raw(&mut chip, "3902"), format!("{tap:02}0000"));
    }
    raw(&mut chip, "A22A18050000");
    assert_eq!(raw(&mut chip, "3902"), "nak", "now it needs the password");
}

#[test]
fn a_torn_write_is_old_or_new_and_the_card_is_dead_until_the_next_tap() {
    for (tear, kept) in [
        (Tear::BeforeWrite, "0300FE00"),
        (Tear::AfterWrite, "01020304"),
    ] {
        let mut chip = fresh(Model::Ntag215);
        chip.arm(tear);
        assert_eq!(raw(&mut chip, "A20401020304"), "dead");
        chip.activate();
        assert_eq!(
            raw(&mut chip, "3004"),
            "-",
            "it has no power to be selected with"
        );
        again(&mut chip);
        assert_eq!(raw(&mut chip, "3A0404"), kept);
        assert_eq!(raw(&mut chip, "A20401020304"), "ack");
    }
}
