//! libfreefare's programs and python-desfire at a DESFire card as it leaves the factory.

use crate::bench::Bench;
use crate::python::script;

const CARD: &str = "desfire-ev2:04213A8A1B2C80";

#[test]
fn nfc_list_takes_it_for_a_desfire_and_shows_its_ats() {
    Bench::with(CARD).run("nfc-list", &["-v"]).printed(&[
        "UID (NFCID1): 04 21 3a 8a 1b 2c 80",
        "SAK (SEL_RES): 20",
        "ATS:",
        "Compliant with ISO/IEC 14443-4",
        "DESFire",
    ]);
}

#[test]
fn mifare_desfire_info_reads_version_keys_and_memory() {
    let told = Bench::with(CARD).run("mifare-desfire-info", &[]);
    told.printed(&[
        "Version information for tag 04213a8a1b2c80",
        "UID: 0x04213a8a1b2c80",
        // Hardware of an EV2, and its 8 kB.
        "Version: 18.0",
        "Storage size: 0x1a (=8192 bytes)",
        "Master Key settings (0x0f)",
        "configuration changeable",
        "Free memory:",
    ]);
}

#[test]
fn an_ndef_message_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    // A text record of one language and 200 letters.
    let text = "t".repeat(200);
    let mut message = b"\xD1\x01\xCB\x54\x02en".to_vec();
    message.extend(text.bytes());
    std::fs::write(place("in"), &message).unwrap();
    let bench = Bench::with(CARD);
    bench
        .run("mifare-desfire-create-ndef", &["-y"])
        .printed(&["04213a8a1b2c80"]);
    bench
        .run("mifare-desfire-write-ndef", &["-y", "-i", &place("in")])
        .printed(&["04213a8a1b2c80"]);
    bench
        .run("mifare-desfire-read-ndef", &["-y", "-o", &place("out")])
        .printed(&[]);
    assert_eq!(std::fs::read(place("out")).unwrap(), message);
}

#[test]
fn python_desfire_authenticates_with_aes_and_keeps_a_file() {
    script(&Bench::with(CARD), "desfire_session.py", &[]).printed(&[
        "uid: 04213a8a1b2c80",
        "hardware: 18 0",
        "created: 00",
        "applications: ['54494c']",
        "authenticated: AES",
        "real uid: 04213a8a1b2c80",
        "files: [1]",
        "wrong key: DESFireCommunicationError",
    ]);
}
