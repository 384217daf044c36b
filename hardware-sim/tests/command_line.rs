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
