//! The program `tillside-sim`, as a script uses it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tillside_sim::client::SimClient;
use tillside_sim::{ReaderModel, SimConfig, Simulator};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tillside-sim");

struct Served {
    program: Child,
    folder: tempfile::TempDir,
    info: Value,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut program = Command::new(PROGRAM)
            .arg("serve")
            .args(arguments)
            .env("TILLSIDE_SIM", folder.path().join("state.json"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let info = serde_json::from_str(&line).unwrap();
        Self {
            program,
            folder,
            info,
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(PROGRAM)
            .args(arguments)
            .env("TILLSIDE_SIM", self.folder.path().join("state.json"))
            .output()
            .unwrap()
    }

    fn says(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn refuses(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn a_script_can_drive_everything() {
    let sim = Served::start(&["--readers", "2"]);
    assert!(Path::new(sim.info["PCSCLITE_CSOCK_NAME"].as_str().unwrap()).exists());
    assert_eq!(
        sim.says(&["tap", "anna"]),
        "ntag215:04A1B2C3D4E5F6 lies on reader 1\n"
    );
    assert!(sim.refuses(&["tap", "ben"]).contains("remove it first"));
    assert!(
        sim.says(&["tap", "ben", "--replace"])
            .starts_with("ntag213")
    );
    sim.says(&["tap", "uid:DEADBEEF", "--reader", "2"]);
    assert!(
        sim.refuses(&["tap", "anna", "--reader", "3"])
            .contains("there are 2")
    );
    sim.says(&["fault", "remove-at", "2"]);
    sim.says(&["fault", "delay", "30", "--reader", "2", "--once"]);
    let listed: Value = serde_json::from_str(&sim.says(&["list", "--json"])).unwrap();
    assert_eq!(listed[0]["card"], "ntag213:0451C2D3E4F5A6");
    assert_eq!(listed[0]["fault"]["kind"], "remove-at");
    assert_eq!(listed[1]["model"], "acr1252");
    assert_eq!(listed[1]["fault"]["once"], true);
    sim.says(&["fault", "none"]);
    sim.says(&["fault", "mute"]);
    assert!(sim.says(&["list"]).contains("card mute"));
    sim.says(&["fault", "garble", "--kind", "cut"]);
    assert!(
        sim.refuses(&["fault", "remove-at", "0"])
            .contains("counted from 1")
    );
    sim.says(&["remove"]);
    assert_eq!(sim.says(&["log"]), "");
    sim.says(&["pcscd", "kill"]);
    assert!(sim.refuses(&["pcscd", "kill"]).contains("does not run"));
    sim.says(&["pcscd", "start"]);
    assert!(sim.refuses(&["pcscd", "start"]).contains("runs already"));
    // The client speaks to it too, and an address serves as well as the state file.
    let control = sim.info["control"].as_str().unwrap();
    assert_eq!(SimClient::new(control).unwrap().readers().unwrap().len(), 2);
    assert!(
        sim.says(&["--state-file", control, "list"])
            .contains("ACR1252")
    );
}

#[test]
fn it_takes_everything_along_when_it_is_asked_to_end() {
    let mut sim = Served::start(&[]);
    let socket = sim.info["PCSCLITE_CSOCK_NAME"].as_str().unwrap().to_owned();
    let id = sim.program.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sim.program.wait().unwrap().success());
    assert!(!Path::new(&socket).exists());
    assert!(!sim.folder.path().join("state.json").exists());
    assert!(
        sim.refuses(&["list"])
            .contains("start one with `tillside-sim serve`")
    );
}

#[test]
fn pcscd_ends_also_when_the_simulator_is_killed() {
    let mut sim = Served::start(&[]);
    let control = sim.info["control"].as_str().unwrap().to_owned();
    let socket = sim.info["PCSCLITE_CSOCK_NAME"].as_str().unwrap().to_owned();
    assert!(std::os::unix::net::UnixStream::connect(&socket).is_ok());
    sim.program.kill().unwrap();
    sim.program.wait().unwrap();
    while std::os::unix::net::UnixStream::connect(&socket).is_ok() {
        std::thread::yield_now();
    }
    assert!(
        sim.refuses(&["--state-file", &control, "list"])
            .contains("no simulator answers")
    );
    // Its folder goes too.
    while Path::new(&socket).parent().unwrap().exists() {
        std::thread::yield_now();
    }
}

#[test]
fn eight_readers_start_and_nine_are_too_many() {
    let bench = |count| SimConfig {
        readers: vec![ReaderModel::Acr122; count],
        socket: None,
    };
    let sim = Simulator::start(&bench(8)).unwrap();
    let mut names: Vec<String> = sim
        .readers()
        .into_iter()
        .map(|reader| reader.name)
        .collect();
    names.dedup();
    assert_eq!(names.len(), 8);
    assert!(Simulator::start(&bench(9)).is_err());
}

#[test]
fn several_benches_run_side_by_side() {
    let benches: Vec<Simulator> = (0..4)
        .map(|_| Simulator::start(&SimConfig::default()).unwrap())
        .collect();
    let mut ids: Vec<u32> = benches.iter().filter_map(Simulator::pcscd_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[test]
fn faults_around_a_write_can_be_set_by_name() {
    let sim = Served::start(&[]);
    for (arguments, kind, words) in [
        (
            ["tear-before", "3"],
            "tear-write",
            "in front of its next write",
        ),
        (["tear-after", "3"], "tear-write", "behind its next write"),
        (["lose-answer", "3"], "lose-answer", "leaves unheard"),
        (["unheard", "3"], "unheard", "is not heard"),
        (["garble-at", "3"], "garble-at", "is spoilt"),
        (["tear-apdu", "3"], "remove-at", "leaves in command 3"),
    ] {
        let said = sim.says(&[&["fault"], arguments.as_slice()].concat());
        assert!(said.contains(words), "{said}");
        let listed: Value = serde_json::from_str(&sim.says(&["list", "--json"])).unwrap();
        let fault = &listed[0]["fault"];
        assert_eq!(fault["kind"], kind);
        assert_eq!((&fault["apdu"], &fault["once"]), (&3.into(), &true.into()));
        let after = fault["after"].as_bool();
        let expected = (kind == "tear-write").then_some(arguments[0] == "tear-after");
        assert_eq!(after, expected, "{arguments:?}");
        let refused = sim.refuses(&["fault", arguments[0], "0"]);
        assert!(refused.contains("counted from 1"), "{refused}");
    }
    let said = sim.says(&["fault", "chance", "50", "--seed", "9"]);
    assert!(
        said.contains("50 of 1000 commands struck, seed 9"),
        "{said}"
    );
    let refused = sim.refuses(&["fault", "chance", "1001"]);
    assert!(refused.contains("at most 1000"), "{refused}");
}

#[test]
fn a_card_can_be_looked_at_kept_put_back_and_made_new() {
    let sim = Served::start(&[]);
    assert_eq!(sim.says(&["card", "list"]), "");
    assert!(
        sim.says(&["card", "show", "ivy"])
            .contains("never laid down")
    );
    sim.says(&["tap", "ivy"]);
    let listed = sim.says(&["card", "list"]);
    assert!(listed.contains("desfire-ev3:04F1A2B3C4D5E6") && listed.contains("on reader 1"));
    let shown = sim.says(&["card", "show", "ivy"]);
    for part in [
        "chip: desfire",
        "applications: none",
        "key: (not shown)",
        "version: 0",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("never laid down"), "{shown}");
    sim.says(&["remove"]);
    let file = sim.folder.path().join("ivy.json");
    let file = file.to_str().unwrap();
    sim.says(&["card", "save", "ivy", file]);
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    kept["memory"]["random_id"] = true.into();
    std::fs::write(file, kept.to_string()).unwrap();
    sim.says(&["card", "load", file]);
    assert!(
        sim.says(&["card", "show", "ivy"])
            .contains("random id: true")
    );
    assert_eq!(
        sim.says(&["card", "new", "ivy"]),
        "desfire-ev3:04F1A2B3C4D5E6 is new\n"
    );
    assert!(
        sim.says(&["card", "show", "ivy"])
            .contains("random id: false")
    );
    // A card that lies on a reader would write its own memory over it later.
    sim.says(&["tap", "ivy"]);
    for arguments in [["card", "load", file], ["card", "new", "ivy"]] {
        assert!(sim.refuses(&arguments).contains("remove it first"));
    }
    // Another chip's memory does not fit, and a file must be one of ours.
    assert!(
        sim.refuses(&["card", "load", file, "--as", "anna"])
            .contains("another chip")
    );
    std::fs::write(file, "{}").unwrap();
    assert!(
        sim.refuses(&["card", "load", file])
            .contains("no card that")
    );
    assert!(
        sim.refuses(&["card", "show", "nobody"])
            .contains("give a name")
    );
}

#[test]
fn keys_are_shown_only_when_they_are_asked_for() {
    const KEY: &str = "C0FFEE11C0FFEE22C0FFEE33C0FFEE44";
    let sim = Served::start(&[]);
    let file = sim.folder.path().join("card.json");
    let file = file.to_str().unwrap();
    // The master key of a DESFire, the first key of an Ultralight AES in its pages, FeliCa's.
    for (card, place) in [
        ("ivy", "/memory/master/key"),
        ("emil", ""),
        ("fumi", "/memory/key"),
    ] {
        sim.says(&["card", "save", card, file]);
        let text = std::fs::read_to_string(file).unwrap();
        let mut kept: Value = serde_json::from_str(&text).unwrap();
        if place.is_empty() {
            let mut pages = kept["memory"]["pages"].as_str().unwrap().to_owned();
            pages.replace_range(0x30 * 8..0x30 * 8 + KEY.len(), KEY);
            kept["memory"]["pages"] = pages.into();
        } else {
            *kept.pointer_mut(place).unwrap() = KEY.into();
        }
        std::fs::write(file, kept.to_string()).unwrap();
        sim.says(&["card", "load", file]);
        for json in [&[] as &[&str], &["--json"]] {
            let show = [&["card", "show", card], json].concat();
            assert!(!sim.says(&show).contains(KEY), "{show:?}");
            let with_keys = [show.as_slice(), &["--keys"]].concat();
            assert!(sim.says(&with_keys).contains(KEY), "{with_keys:?}");
        }
    }
    // A tag's password is its last two pages.
    sim.says(&["tap", "ben"]);
    let shown = sim.says(&["card", "show", "ben"]);
    assert!(
        shown.contains("pages 2B to 2C: (shown as zeros)"),
        "{shown}"
    );
    assert!(!shown.contains("FFFFFFFF"), "{shown}");
    assert!(
        sim.says(&["card", "show", "ben", "--keys"])
            .contains("FFFFFFFF")
    );
}

#[test]
fn a_card_with_a_web_address_is_found_by_its_whole_description() {
    let sim = Served::start(&[]);
    let card = "ntag215:04A1B2C3D4E5F6+https://shop.example/m/7?a=1&b=%20";
    sim.says(&["card", "new", card]);
    let listed: Value = serde_json::from_str(&sim.says(&["card", "list", "--json"])).unwrap();
    assert_eq!(listed[0]["card"], card);
    assert_eq!(listed[0]["reader"], Value::Null);
    assert!(
        !sim.says(&["card", "show", card])
            .contains("never laid down")
    );
}

#[test]
fn the_modelled_time_of_what_was_said_is_shown() {
    let sim = Served::start(&[]);
    let said = sim.says(&["air", "--speed", "424"]);
    assert_eq!(said, "0 commands: 0 µs, of which card 0 µs (an estimate)\n");
}

#[test]
fn a_card_is_in_one_place_and_others_can_lie_beside_it_or_follow_it() {
    let sim = Served::start(&["--readers", "2"]);
    let first = || {
        let listed: Value = serde_json::from_str(&sim.says(&["list", "--json"])).unwrap();
        listed[0].clone()
    };
    sim.says(&["tap", "anna"]);
    let refused = sim.refuses(&["tap", "anna", "--reader", "2"]);
    assert!(refused.contains("remove it there first"), "{refused}");
    let sees = |arguments: &[&str]| sim.says(&[&["tap"], arguments].concat());
    assert!(sees(&["ben", "--beside", "new"]).contains("sees ntag213"));
    assert!(sees(&["clara", "--beside", "neither"]).contains("sees no card"));
    assert_eq!(first()["unseen"].as_array().unwrap().len(), 3);
    sim.says(&["remove"]);
    sim.says(&["tap", "anna"]);
    sim.says(&["tap", "stranger", "--next"]);
    sim.says(&["fault", "power-cut", "1"]);
    assert_eq!(first()["next"], "ntag215:04FFEEDDCCBBAA");
    assert_eq!(first()["fault"]["kind"], "power-cut");
    assert!(sim.says(&["list"]).contains("loses power"));
}

#[test]
fn a_card_can_be_made_that_hides_its_number() {
    let sim = Served::start(&[]);
    sim.says(&["card", "new", "ivy", "--random-id"]);
    let shown: Value = serde_json::from_str(&sim.says(&["card", "show", "ivy", "--json"])).unwrap();
    assert_eq!(shown["memory"]["random_id"], true);
    let refused = sim.refuses(&["card", "new", "anna", "--random-id"]);
    assert!(refused.contains("cannot hide its number"), "{refused}");
}
