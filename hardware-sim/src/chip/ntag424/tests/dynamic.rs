//! Messages that change with every tap, held to the examples of AN12196 and of icedevml.

use super::*;
use crate::chip::ntag424::settings::Sdm;

/// A URL with placeholders: PICC data at 0x20, 32 digits of file data, the MAC behind "&c=".
fn prepared(vector: &Value) -> Ntag424 {
    let mut chip = fresh();
    let uid: [u8; 7] = bytes(&vector["uid"]).try_into().unwrap();
    change(&mut chip, |image| {
        image.uid = uid;
        image.keys[1].key = vector.get("meta_key").map_or(ZEROS, key);
        image.keys[2].key = key(&vector["file_read_key"]);
        let counter = vector["ctr"].as_u64().unwrap();
        image.files[1].read_counter = u32::try_from(counter).unwrap() - 1;
    });
    chip
}

fn set(chip: &mut Ntag424, settings: &str, content: &[(usize, &str)]) {
    let settings = Settings::parse(&hex(settings), 256).unwrap();
    change(chip, |image| {
        image.files[1].settings = settings;
        for (at, text) in content {
            image.files[1].data[*at..at + text.len()].copy_from_slice(text.as_bytes());
        }
    });
}

fn shown(chip: &mut Ntag424) -> String {
    apdu(chip, "00A4000C02E104");
    let answer = hex(&apdu(chip, "00B0000000"));
    assert!(answer.ends_with(&[0x90, 0x00]), "{}", text(&answer));
    String::from_utf8_lossy(&answer[..256]).into_owned()
}

/// Example by name.
fn example(name: &str) -> Value {
    let file = vectors();
    let all = file["sdm"].as_array().unwrap();
    all.iter()
        .find(|vector| vector["name"] == name)
        .unwrap()
        .clone()
}

#[test]
fn the_url_of_table_2_comes_out() {
    let vector = example("table2_4_picc_mac_empty");
    let mut chip = prepared(&vector);
    // Meta key 1, file key 2; PICC data at 20, MAC input and MAC at 43.
    set(
        &mut chip,
        "4000E0C1FF12200000430000430000",
        &[(0x40, "&c=")],
    );
    chip.chance.foresee(&bytes(&vector["picc_plain"])[11..]);
    let shown = shown(&mut chip);
    assert_eq!(shown[0x20..0x40], *said(&vector["picc_enc"]));
    assert_eq!(shown[0x43..0x53], *said(&vector["sdmmac"]));
}

#[test]
fn file_data_is_encrypted_and_covered_by_the_mac() {
    for name in ["table5_mac_nonempty", "icedevml_custom_keys"] {
        let vector = example(name);
        let mut chip = prepared(&vector);
        let input = said(&vector["mac_input_ascii"]);
        let plain = String::from_utf8(bytes(&vector["plain"])).unwrap();
        let between = &input[32..];
        let mac_at = 0x60 + input.len();
        // UID, counter, file data; PICC data at 20, input and file data at 60, 20 digits.
        let settings = format!("4000E0D1FF12200000600000600000200000{mac_at:02X}0000");
        set(&mut chip, &settings, &[(0x60, &plain), (0x80, between)]);
        let picc = decrypt(&chip.image.keys[1].key, &NO_IV, &bytes(&vector["picc_enc"]));
        chip.chance.foresee(&picc[11..]);
        let shown = shown(&mut chip);
        assert_eq!(shown[0x20..0x40], *said(&vector["picc_enc"]), "{name}");
        assert_eq!(shown[0x60..mac_at], *input, "{name}");
        assert_eq!(
            shown[mac_at..mac_at + 16],
            *said(&vector["sdmmac"]),
            "{name}"
        );
    }
}

#[test]
fn plain_mirrors_show_uid_and_counter_and_a_row_of_reads_is_one_tap() {
    let mut chip = fresh();
    // Meta free: UID at 10, counter at 20; no MAC; counter for everybody.
    set(&mut chip, "4000E0C1FEEF100000200000", &[]);
    for tap in 1..=2 {
        apdu(&mut chip, "00A4000C02E104");
        for _ in 0..2 {
            let answer = hex(&apdu(&mut chip, "00B0001016"));
            assert_eq!(answer[..14], *UID.as_bytes());
            assert_eq!(answer[16..22], *format!("{tap:06X}").as_bytes());
        }
    }
    assert_eq!(apdu(&mut chip, "90F60000010200"), "02000000009100");
    // Under an authentication the file is read as it is, and nothing is counted.
    authenticate(&mut chip, 0, &ZEROS);
    let answer = apdu(&mut chip, "90AD0000070210000016000000");
    assert_eq!(answer, format!("{}9100", "00".repeat(22)));
    assert_eq!(chip.image.files[1].read_counter, 2);
    let counters = secured(&mut chip, Mode::Mac, 0xF6, "02", "");
    assert_eq!(counters, ("0200000000".into(), 0));
}

#[test]
fn the_counter_ends_at_its_limit_and_begins_anew_when_sdm_is_switched_on() {
    let mut chip = fresh();
    authenticate(&mut chip, 0, &ZEROS);
    change(&mut chip, |image| image.files[1].read_counter = 77);
    // Read with key 2 or by a phone; the counter for key 3; at most 2 taps.
    let settings = "400020E1F312200000430000430000020000";
    assert_eq!(secured(&mut chip, Mode::Full, 0x5F, "02", settings).1, 0);
    assert_eq!(chip.image.files[1].read_counter, 0);
    let described = secured(&mut chip, Mode::Mac, 0xF5, "02", "").0;
    assert_eq!(described, format!("0040{}000100{}", "0020", &settings[6..]));
    for answer in ["9100", "9100", "91AE"] {
        chip.activate();
        apdu(&mut chip, SELECT);
        assert!(apdu(&mut chip, "90AD0000070200000001000000").ends_with(answer));
    }
    chip.activate();
    apdu(&mut chip, SELECT);
    apdu(&mut chip, "00A4000C02E104");
    assert_eq!(apdu(&mut chip, "00B0000001"), "6982");
    assert_eq!(apdu(&mut chip, "90F60000010200"), "91AE");
    authenticate(&mut chip, 3, &ZEROS);
    assert_eq!(
        secured(&mut chip, Mode::Full, 0xF6, "02", "").0,
        "0200000000"
    );
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for settings in [
        // Not ASCII; behind the end; MAC before its input; encryption without UID and counter.
        "4000E0C0FF12200000430000430000",
        "4000E0C1FF12F00000430000430000",
        "4000E0C1FF12200000440000430000",
        "4000E051FF12200000600000600000200000830000",
        // Encrypted data beyond the MAC; a key that is not there; LRP's option bit.
        "4000E0D1FF12200000600000600000400000830000",
        "4000E0C1FF72200000430000430000",
        "8000E0",
    ] {
        assert_eq!(
            Settings::parse(&hex(settings), 256),
            Err(Status::PARAMETER),
            "{settings}"
        );
    }
    for length in ["", "40", "4000E0C1FF122000", "0000E000"] {
        assert_eq!(
            Settings::parse(&hex(length), 256),
            Err(Status::LENGTH),
            "{length}"
        );
    }
    let payload = &vectors()["change_file_settings_payload_5.9"];
    let parsed = Settings::parse(&bytes(&payload["cmd_data"]), 256).unwrap();
    let sdm: &Sdm = parsed.sdm.as_ref().unwrap();
    assert_eq!((sdm.meta, sdm.file, sdm.counter_access), (2, 1, 1));
    let mut chip = fresh();
    authenticate(&mut chip, 0, &ZEROS);
    let only_ndef = secured(
        &mut chip,
        Mode::Full,
        0x5F,
        "03",
        "4000E0C1FF12200000430000430000",
    );
    assert_eq!(only_ndef.1, 0x9E);
}

#[test]
fn file_data_comes_out_as_in_table_3() {
    let vector = example("table3_encfiledata");
    let mut with_counter = vector.clone();
    with_counter["ctr"] = 1.into();
    let mut chip = prepared(&with_counter);
    let plain = String::from_utf8(bytes(&vector["plain"])).unwrap();
    set(
        &mut chip,
        "4000E0D1FF12200000600000600000200000800000",
        &[(0x60, &plain)],
    );
    assert_eq!(shown(&mut chip)[0x60..0x80], *said(&vector["enc"]));
}
