//! The simulated NTAG 424 DNA, held to the published examples and its data sheet.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::Value;

use super::settings::Settings;
use super::*;
use crate::chip::aes_modes::{Key, NO_IV, decrypt, encrypt, short_mac, turned};
use crate::chip::vectors::{apdu, bytes, hex, of, raw, text};

const UID: &str = "04958CAA5C5E80";
const SELECT: &str = "00A4040007D276000085010100";
const ZEROS: Key = [0; 16];

fn fresh() -> Ntag424 {
    let mut chip = Ntag424::load(Image::fresh(hex(UID).try_into().unwrap()));
    assert_eq!(apdu(&mut chip, SELECT), "9000");
    chip
}

fn vectors() -> Value {
    of("ntag424_an12196.json")
}

fn said(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn key(value: &Value) -> Key {
    bytes(value).try_into().unwrap()
}

/// A session as an example has it.
fn session(vector: &Value) -> Session {
    let encryption = vector.get("ses_enc").map_or(ZEROS, key);
    let counter = u16::try_from(vector["ctr"].as_u64().unwrap()).unwrap();
    let name = bytes(&vector["ti"]).try_into().unwrap();
    Session::known(encryption, key(&vector["ses_mac"]), name, counter)
}

/// Sends the command of an example into its session and expects its answer.
fn replay(chip: &mut Ntag424, vector: &Value) {
    chip.now.session = Some(session(vector));
    assert_eq!(apdu(chip, said(&vector["apdu"])), said(&vector["rapdu"]));
}

fn change(chip: &mut Ntag424, set: impl FnOnce(&mut Image)) {
    chip.image.write(set).unwrap();
}

/// Authenticates as a reader does, with AuthenticateEV2First.
fn authenticate(chip: &mut Ntag424, number: u8, key: &Key) {
    let begun = hex(&apdu(chip, &format!("9071000002{number:02X}0000")));
    let theirs: Key = decrypt(key, &NO_IV, &begun[..16]).try_into().unwrap();
    let answer = encrypt(key, &NO_IV, &[[0x5A; 16], turned(&theirs)].concat());
    let proof = apdu(chip, &format!("90AF000020{}00", text(&answer)));
    assert!(proof.ends_with("9100"), "{proof}");
}

/// A command as a reader with the session's keys sends it; its answer, taken apart and verified.
fn secured(chip: &mut Ntag424, mode: Mode, code: u8, header: &str, plain: &str) -> (String, u8) {
    let session = chip.now.session.clone().unwrap();
    let (encryption, mac) = session.keys();
    let vector = |label: [u8; 2], counter: u16| -> Key {
        let block = [
            &label,
            session.name.as_slice(),
            &counter.to_le_bytes(),
            &[0; 8],
        ]
        .concat();
        encrypt(&encryption, &NO_IV, &block).try_into().unwrap()
    };
    let tag = |code: u8, counter: u16, data: &[u8]| {
        let head = [&[code], counter.to_le_bytes().as_slice(), &session.name].concat();
        short_mac(&mac, &[&head, data].concat())
    };
    let mut data = hex(plain);
    if mode == Mode::Full && !data.is_empty() {
        data.push(0x80);
        data.resize(data.len().next_multiple_of(16), 0);
        data = encrypt(&encryption, &vector([0xA5, 0x5A], session.counter), &data);
    }
    let body = [hex(header), data].concat();
    let body = [body.as_slice(), &tag(code, session.counter, &body)].concat();
    let sent = format!("90{code:02X}0000{:02X}{}00", body.len(), text(&body));
    let answer = hex(&apdu(chip, &sent));
    let (data, status) = answer.split_at(answer.len() - 2);
    if data.is_empty() {
        return (String::new(), status[1]);
    }
    let (data, mac) = data.split_at(data.len() - 8);
    assert_eq!(mac, tag(status[1], session.counter + 1, data));
    if mode != Mode::Full || data.is_empty() {
        return (text(data), status[1]);
    }
    let plain = decrypt(
        &encryption,
        &vector([0x5A, 0xA5], session.counter + 1),
        data,
    );
    let end = plain.iter().rposition(|byte| *byte != 0).unwrap();
    (text(&plain[..end]), status[1])
}

#[test]
fn the_published_authentications_run() {
    let file = vectors();
    let first = &file["auth_first_key0_5.6"];
    let mut chip = fresh();
    chip.chance.foresee(&bytes(&first["rndB"]));
    chip.chance.foresee(&bytes(&first["ti"]));
    assert_eq!(
        apdu(&mut chip, said(&first["apdu1"])),
        said(&first["rapdu1"])
    );
    assert_eq!(
        apdu(&mut chip, said(&first["apdu2"])),
        said(&first["rapdu2"])
    );
    let session = chip.now.session.as_ref().unwrap();
    assert_eq!(
        session.keys(),
        (key(&first["ses_enc"]), key(&first["ses_mac"]))
    );
    assert_eq!(session.name.to_vec(), bytes(&first["ti"]));
    // Then on under another authentication of the same transaction.
    let next = &file["auth_nonfirst_5.14_table23"];
    let sealed = bytes(&next["rapdu1"]);
    chip.chance.foresee(&decrypt(&ZEROS, &NO_IV, &sealed[..16]));
    assert_eq!(apdu(&mut chip, said(&next["apdu1"])), said(&next["rapdu1"]));
    assert_eq!(apdu(&mut chip, said(&next["apdu2"])), said(&next["rapdu2"]));
    let session = chip.now.session.as_ref().unwrap();
    assert_eq!(
        (session.counter, session.name.to_vec()),
        (0, bytes(&first["ti"]))
    );
}

#[test]
fn the_published_secure_messages_get_their_published_answers() {
    let file = vectors();
    let mut chip = fresh();
    // Reads of the published settings, in a file that has them.
    let settings =
        Settings::parse(&hex("40EEEED1FE001F00004400004400002000006A0000"), 256).unwrap();
    change(&mut chip, |image| image.files[1].settings = settings);
    replay(&mut chip, &file["mac_getfilesettings_5.4"]);
    let mut chip = fresh();
    change(&mut chip, |image| {
        image.files[1].settings = Settings::plain(3, 0xE000)
    });
    let write = &file["full_write_5.8.2"];
    replay(&mut chip, write);
    assert_eq!(chip.image.files[1].data[..128], bytes(&write["plain"]));
    replay(&mut fresh(), &file["full_getuid_6.3"]);
    let mut chip = fresh();
    let change_key = &file["change_key_case1_5.16.1"];
    replay(&mut chip, change_key);
    assert_eq!(chip.image.keys[2].key, key(&change_key["new"]));
    assert_eq!(chip.image.keys[2].version, 1);
    let mut chip = fresh();
    replay(&mut chip, &file["set_configuration_randomid_6.2"]);
    assert!(chip.image.random_id);
}

/// A capture from a real chip, in the tests of the crate ntag424 0.1.1 (MIT or Apache-2.0).
#[test]
fn read_sig_is_sealed_as_a_real_chip_does_it() {
    let challenge: Key = hex("7858A0B9DBC468F0FF1B2F773D6DF9FC").try_into().unwrap();
    let ours: Key = decrypt(&ZEROS, &NO_IV, &challenge).try_into().unwrap();
    let theirs: Key = hex("C4028B41E6F497099C7087768E78A191").try_into().unwrap();
    let name = [0x08, 0x5B, 0xC9, 0x41];
    let mut session = Session::new((0, &ZEROS), (&theirs, &ours), name, 1);
    let asked = session.open(Mode::Mac, 0x3C, &hex("0032E6A647B984427F"), 1);
    assert_eq!(asked, Ok(vec![0]));
    let captured = "C2907EA2100DA5336DDDF17EE7AD70A240915DCD38E6319A663445D69E14825AF42F6AC725487F163ECC696B504F90390DF67BC5D8C0DBFCE2158FFB5A2A427AE1E8BDA4D293F528";
    let (encryption, _) = session.keys();
    let mut vector = [0; 16];
    vector[..8].copy_from_slice(&hex("5AA5085BC9410200"));
    let vector = encrypt(&encryption, &NO_IV, &vector).try_into().unwrap();
    let plain = decrypt(&encryption, &vector, &hex(captured)[..64]);
    let sealed = session.close(Mode::Full, Status::SIGNATURE_OK, &plain[..56]);
    assert_eq!(text(&sealed), captured);
}

#[test]
fn it_says_what_it_is() {
    let mut chip = Ntag424::load(Image::fresh(hex(UID).try_into().unwrap()));
    let Activation::TypeA {
        atqa,
        sak,
        uid,
        ats,
    } = chip.activation()
    else {
        panic!("not type A");
    };
    assert_eq!((atqa, sak, uid), ([0x03, 0x44], 0x20, hex(UID)));
    assert_eq!(ats, Some(hex("067777710280")));
    assert_eq!(apdu(&mut chip, "9060000000"), "0404023000110591AF");
    assert_eq!(apdu(&mut chip, "90AF000000"), "0404020102110591AF");
    assert_eq!(
        apdu(&mut chip, "90AF000000"),
        format!("{UID}CF39D4498034209100")
    );
    assert_eq!(apdu(&mut chip, "903C0000010000").len(), 2 * 58);
    // Outside the application there are no files and no keys.
    assert_eq!(apdu(&mut chip, "90F50000010200"), "919D");
    assert_eq!(apdu(&mut chip, "9071000002000000"), "9140");
    assert_eq!(apdu(&mut chip, SELECT), "9000");
    assert_eq!(apdu(&mut chip, "90F50000010200"), "0000E0EE0001009100");
    assert_eq!(apdu(&mut chip, "90F50000010300"), "000330238000009100");
    assert_eq!(apdu(&mut chip, "90F50000010400"), "91F0");
    assert_eq!(apdu(&mut chip, "90AA0000010000"), "911C");
    // A long command that is not finished.
    apdu(&mut chip, "9060000000");
    assert_eq!(apdu(&mut chip, "90F50000010200"), "91CA");
    assert_eq!(raw(&mut chip, "60"), "-");
}

#[test]
fn a_session_covers_the_version_with_its_mac_and_ends_at_an_error() {
    let mut chip = fresh();
    authenticate(&mut chip, 0, &ZEROS);
    let (_, mac) = chip.now.session.as_ref().unwrap().keys();
    let name = chip.now.session.as_ref().unwrap().name;
    let asked = short_mac(&mac, &[&[0x60, 0, 0], name.as_slice()].concat());
    let mut all = Vec::new();
    let first = hex(&apdu(&mut chip, &format!("9060000008{}00", text(&asked))));
    all.extend(&first[..7]);
    all.extend(&hex(&apdu(&mut chip, "90AF000000"))[..7]);
    let last = hex(&apdu(&mut chip, "90AF000000"));
    all.extend(&last[..14]);
    let expected = short_mac(&mac, &[&[0, 1, 0], name.as_slice(), &all].concat());
    assert_eq!(last[14..22], expected);
    // The same MAC again is that of an older counter.
    assert_eq!(
        apdu(&mut chip, &format!("9060000008{}00", text(&asked))),
        "911E"
    );
    assert!(chip.now.session.is_none());
    assert_eq!(apdu(&mut chip, "9051000008001122334455667700"), "91AE");
}

#[test]
fn keys_open_what_the_settings_say_and_nothing_else() {
    let mut chip = fresh();
    assert_eq!(
        apdu(&mut chip, "90AD0000070300000000000000"),
        "91AE",
        "file 3 needs a key"
    );
    authenticate(&mut chip, 3, &ZEROS);
    let content = format!("DEADBEEF{}", "00".repeat(12));
    let written = secured(&mut chip, Mode::Full, 0x8D, "03000000100000", &content);
    assert_eq!(written, (String::new(), 0x00));
    let (data, _) = secured(&mut chip, Mode::Full, 0xAD, "03000000040000", "");
    assert_eq!(data, "DEADBEEF");
    let (_, status) = secured(&mut chip, Mode::Full, 0xAD, "037E0000040000", "");
    assert_eq!(status, 0xBE, "behind the end");
    // Key 2 reads and does not write; key 0 changes.
    authenticate(&mut chip, 2, &ZEROS);
    assert_eq!(
        secured(&mut chip, Mode::Full, 0xAD, "03000000040000", "").0,
        "DEADBEEF"
    );
    assert_eq!(
        secured(&mut chip, Mode::Full, 0x8D, "03000000010000", "00").1,
        0xAE
    );
    authenticate(&mut chip, 2, &ZEROS);
    assert_eq!(secured(&mut chip, Mode::Full, 0x5F, "03", "003023").1, 0xAE);
    authenticate(&mut chip, 2, &ZEROS);
    assert_eq!(
        secured(&mut chip, Mode::Full, 0xC4, "03", &"00".repeat(21)).1,
        0xAE
    );
    authenticate(&mut chip, 0, &ZEROS);
    assert_eq!(secured(&mut chip, Mode::Full, 0x5F, "03", "01FFF0").1, 0x00);
    assert_eq!(
        secured(&mut chip, Mode::Mac, 0xF5, "03", "").0,
        "0001FFF0800000"
    );
    assert_eq!(
        secured(&mut chip, Mode::Full, 0xAD, "03000000040000", "").1,
        0x9D,
        "never"
    );
    // A whole file and its MAC are longer than an answer.
    change(&mut chip, |image| {
        image.files[1].settings = Settings::plain(1, 0x0000)
    });
    authenticate(&mut chip, 0, &ZEROS);
    assert_eq!(
        secured(&mut chip, Mode::Mac, 0xAD, "02000000000000", "").1,
        0x7E
    );
}

#[test]
fn iso_reads_and_writes_are_for_files_that_are_free() {
    let mut chip = fresh();
    assert_eq!(apdu(&mut chip, "00B0000001"), "6985", "no file is selected");
    assert_eq!(
        apdu(&mut chip, "00B0830017").len(),
        2 * (23 + 2),
        "by short identifier"
    );
    assert_eq!(
        apdu(&mut chip, "00D6830001AA"),
        "6982",
        "key 0 writes file 1"
    );
    assert_eq!(apdu(&mut chip, "00B0850001"), "6982", "keys read file 3");
    assert_eq!(apdu(&mut chip, "00D684FF02AABB"), "6985", "behind the end");
    assert_eq!(apdu(&mut chip, "00B0840000").len(), 2 * (256 + 2));
    authenticate(&mut chip, 0, &ZEROS);
    assert_eq!(
        apdu(&mut chip, "00B0840001"),
        "6982",
        "not within a session"
    );
    assert_eq!(apdu(&mut chip, "00A4040007D276000085010200"), "6A82");
    assert_eq!(apdu(&mut chip, "00A4040407D276000085010100"), "6A86");
}

#[test]
fn an_encrypted_command_without_its_padding_is_refused() {
    let mut chip = fresh();
    authenticate(&mut chip, 3, &ZEROS);
    let session = chip.now.session.clone().unwrap();
    let (_, mac) = session.keys();
    // Sixteen bytes that mean something else than 80 00 …; the MAC over them is right.
    let body = [hex("03000000100000"), vec![0x11; 16]].concat();
    let head = [&[0x8D, 0, 0], session.name.as_slice()].concat();
    let tag = short_mac(&mac, &[&head, body.as_slice()].concat());
    let sent = [body.as_slice(), &tag].concat();
    assert_eq!(
        session.open(Mode::Full, 0x8D, &sent, 7),
        Err(Status::INTEGRITY)
    );
}

#[test]
fn the_master_key_changes_itself_and_ends_the_session() {
    let mut chip = fresh();
    authenticate(&mut chip, 0, &ZEROS);
    let new: Key = [0x77; 16];
    let changed = secured(
        &mut chip,
        Mode::Full,
        0xC4,
        "00",
        &format!("{}05", text(&new)),
    );
    assert_eq!(changed, (String::new(), 0x00));
    assert!(chip.now.session.is_none());
    authenticate(&mut chip, 0, &new);
    assert_eq!(
        secured(&mut chip, Mode::Mac, 0x64, "00", ""),
        ("05".into(), 0)
    );
    // A check that does not fit the new key.
    let (_, status) = secured(&mut chip, Mode::Full, 0xC4, "01", &"00".repeat(21));
    assert_eq!(status, 0x1E);
    assert_eq!(chip.image.keys[1].key, ZEROS);
}

#[test]
fn a_wrong_key_proves_nothing_and_is_counted() {
    let mut chip = fresh();
    let answer = |chip: &mut Ntag424, key: &Key| {
        let begun = hex(&apdu(chip, "9071000002000000"));
        let theirs: Key = decrypt(key, &NO_IV, &begun[..16]).try_into().unwrap();
        let sealed = encrypt(key, &NO_IV, &[[1; 16], turned(&theirs)].concat());
        apdu(chip, &format!("90AF000020{}00", text(&sealed)))
    };
    assert_eq!(answer(&mut chip, &[1; 16]), "91AE");
    assert_eq!(chip.image.keys[0].failures, 1);
    assert!(answer(&mut chip, &ZEROS).ends_with("9100"));
    assert_eq!(chip.image.keys[0].failures, 0);
    change(&mut chip, |image| image.keys[0].failures = 1000);
    assert_eq!(apdu(&mut chip, "9071000002000000"), "919D");
    assert_eq!(
        apdu(&mut chip, "90770000010000"),
        "91AE",
        "nothing to go on"
    );
}

#[test]
fn a_card_that_hides_its_uid_tells_it_under_a_key() {
    let mut chip = fresh();
    change(&mut chip, |image| image.random_id = true);
    let mut seen = Vec::new();
    for _ in 0..2 {
        chip.power(false);
        chip.power(true);
        let Activation::TypeA { atqa, uid, .. } = chip.activation() else {
            panic!("not type A");
        };
        assert_eq!((atqa, uid.len(), uid[0]), ([0x03, 0x04], 4, 0x08));
        seen.push(uid);
    }
    assert_ne!(seen[0], seen[1]);
    apdu(&mut chip, SELECT);
    assert_eq!(apdu(&mut chip, "9051000000"), "91AE");
    authenticate(&mut chip, 4, &ZEROS);
    assert_eq!(
        secured(&mut chip, Mode::Full, 0x51, "", ""),
        (UID.into(), 0)
    );
}

#[test]
fn a_torn_write_is_old_or_new() {
    for (tear, kept) in [
        (Tear::BeforeWrite, "00009000"),
        (Tear::AfterWrite, "AABB9000"),
    ] {
        let mut chip = fresh();
        apdu(&mut chip, "00A4000C02E104");
        chip.arm(tear);
        assert_eq!(apdu(&mut chip, "00D6000002AABB"), "dead");
        assert_eq!(apdu(&mut chip, SELECT), "-");
        chip.power(true);
        apdu(&mut chip, SELECT);
        apdu(&mut chip, "00A4000C02E104");
        assert_eq!(apdu(&mut chip, "00B0000002"), kept);
    }
}

mod dynamic;
