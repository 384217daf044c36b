//! nfcpy drives the PN532 by itself, knowing nothing of libnfc.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bench::{Bench, Ran, ran};

/// The Python below `target` that `cargo xtask setup` made.
fn python() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    // target/debug/deps/foreign-…
    let found = here
        .ancestors()
        .map(|folder| folder.join("tools/python"))
        .find(|folder| folder.join(".installed").is_file());
    let Some(folder) = found else {
        panic!(
            "nfcpy and python-desfire are not installed below target: run `cargo xtask setup`, and read \
             what it says of pip"
        )
    };
    folder.join("bin/python")
}

/// Runs a script of this folder at the line of a bench.
pub fn script(bench: &Bench, name: &str, arguments: &[&str]) -> Ran {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign");
    let mut command = Command::new(python());
    command.arg("-B").arg(folder.join(name));
    command.arg(bench.line()).args(arguments);
    ran(command)
}

#[test]
fn nfcpy_knows_an_ntag() {
    script(&Bench::with("anna"), "nfcpy_read.py", &[]).printed(&[
        "chip: PN532v1.6",
        "tag: Type2Tag 'NXP NTAG215' ID=04A1B2C3D4E5F6",
        "present: True",
    ]);
}

#[test]
fn nfcpy_writes_a_text_to_an_ntag_and_reads_it_back() {
    let bench = Bench::with("anna");
    script(&bench, "nfcpy_read.py", &["write"]).printed(&["record: written by nfcpy"]);
    // A new host finds it too.
    script(&bench, "nfcpy_read.py", &[]).printed(&["ndef: d10113540265"]);
}

#[test]
fn nfcpy_knows_an_ntag_424_and_speaks_its_blocks_itself() {
    let bench = Bench::with("ntag424:04112233445566");
    script(&bench, "nfcpy_read.py", &[]).printed(&[
        "sdd_res=04112233445566 sel_res=20",
        "tag: Type4ATag MIU=",
        "present: True",
    ]);
}

#[test]
fn nfcpy_knows_an_ultralight_aes() {
    let bench = Bench::with("ultralight-aes:04112233445566");
    script(&bench, "nfcpy_read.py", &[]).printed(&["type: Type2Tag", "present: True"]);
}

#[test]
fn nfcpy_proves_keys_to_a_felica_and_libnfcs_tool_reads_what_it_wrote() {
    let bench = Bench::with("felica:0102030405060708");
    script(&bench, "nfcpy_felica.py", &[]).printed(&[
        "tag: Type3Tag 'FeliCa Lite-S (RC-S966)' ID=0102030405060708",
        "formatted: True",
        "protected: True",
        "right key: True",
        "wrong key: False",
    ]);
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("message");
    let told = bench.run("nfc-read-forum-tag3", &["-o", place.to_str().unwrap()]);
    told.printed(&["NDEF message length: 23 bytes", "Checksum: ok"]);
    let message = b"\xD1\x01\x13\x54\x02enwritten by nfcpy";
    assert_eq!(std::fs::read(place).unwrap(), message);
}

#[test]
fn nfcpy_finds_nothing_on_an_empty_reader() {
    script(&Bench::new(), "nfcpy_read.py", &[]).printed(&["target: none"]);
}
