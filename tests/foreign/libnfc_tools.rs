//! libnfc's and libfreefare's own programs, at a card on a PN532.

use crate::bench::Bench;

#[test]
fn nfc_list_finds_an_ntag_and_says_what_it_is() {
    let listed = Bench::with("anna").run("nfc-list", &["-v"]);
    listed.printed(&[
        "user defined device opened",
        "1 ISO14443A passive target(s) found",
        "ATQA (SENS_RES): 00 44",
        "UID (NFCID1): 04 a1 b2 c3 d4 e5 f6",
        "SAK (SEL_RES): 00",
        "* MIFARE Ultralight",
        "0 Felica (212 kbps) passive target(s) found",
    ]);
}

#[test]
fn nfc_list_finds_nothing_on_an_empty_reader() {
    let bench = Bench::new();
    let listed = bench.run("nfc-list", &["-v"]);
    listed.printed(&["0 ISO14443A passive target(s) found"]);
    assert!(!listed.out.contains("UID"), "{listed:?}");
}

#[test]
fn nfc_mfultralight_reads_a_whole_ntag() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let read = Bench::with("anna").run("nfc-mfultralight", &["r", dump.to_str().unwrap()]);
    read.printed(&[
        "Using MIFARE Ultralight card with UID: 04a1b2c3d4e5f6",
        "NTAG215 (504 user bytes)",
        "135 of 135 pages read (0 pages failed)",
    ]);
    let bytes = std::fs::read(&dump).unwrap();
    assert_eq!(bytes.len(), 135 * 4);
    // UID with its check bytes, and the capability container.
    let start = [0x04, 0xA1, 0xB2, 0x88 ^ 0x04 ^ 0xA1 ^ 0xB2];
    assert_eq!(bytes[..4], start);
    assert_eq!(bytes[4..8], [0xC3, 0xD4, 0xE5, 0xF6]);
    assert_eq!(bytes[12..16], [0xE1, 0x10, 0x3E, 0x00]);
}

#[test]
fn nfc_list_finds_a_felica_at_both_speeds() {
    let listed = Bench::with("felica:0102030405060708").run("nfc-list", &["-v"]);
    listed.printed(&[
        "0 ISO14443A passive target(s) found",
        "1 Felica (212 kbps) passive target(s) found",
        "1 Felica (424 kbps) passive target(s) found",
        "ID (NFCID2): 01 02 03 04 05 06 07 08",
        "System Code (SC): 88 b4",
    ]);
}

#[test]
fn nfc_list_reads_the_ats_of_an_ntag_424() {
    let listed = Bench::with("ntag424:04112233445566").run("nfc-list", &["-v"]);
    listed.printed(&[
        "UID (NFCID1): 04 11 22 33 44 55 66",
        "SAK (SEL_RES): 20",
        "ATS: 77 77 71 02 80",
        "* Compliant with ISO/IEC 14443-4",
    ]);
}

#[test]
fn mifare_ultralight_info_takes_a_plain_one_for_one() {
    let told = Bench::with("ultralight:04A1B2C3D4E5F6").run("mifare-ultralight-info", &[]);
    told.printed(&["Tag with UID 04a1b2c3d4e5f6 is a Mifare UltraLight"]);
}

#[test]
fn nfc_mfultralight_reads_sixteen_pages_of_a_plain_ultralight() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let read = Bench::with("ultralight:04A1B2C3D4E5F6")
        .run("nfc-mfultralight", &["r", dump.to_str().unwrap()]);
    read.printed(&["16 of 16 pages read (0 pages failed)"]);
    assert_eq!(std::fs::read(&dump).unwrap().len(), 16 * 4);
}

#[test]
fn mifare_ultralight_info_takes_it_for_one() {
    let told = Bench::with("anna").run("mifare-ultralight-info", &[]);
    told.printed(&["Tag with UID 04a1b2c3d4e5f6 is a Mifare UltraLight"]);
}
