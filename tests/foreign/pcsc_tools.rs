//! OpenSC's and pcsc-tools' programs at a card behind a real pcscd.

use std::process::Command;
use std::time::Instant;

use tillside_sim::{CardSpec, ReaderModel, SimConfig, Simulator};

use crate::bench::{HOPELESS, Ran, ran};

/// A pcscd with one reader and one card.
struct Stage {
    sim: Simulator,
}

impl Stage {
    fn with(card: &str) -> Self {
        let config = SimConfig {
            readers: vec![ReaderModel::Acr122],
            socket: None,
        };
        let sim = Simulator::start(&config).unwrap();
        let card: CardSpec = card.parse().unwrap();
        sim.tap(1, &card).unwrap();
        Self { sim }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program);
        command.args(arguments);
        command.env("PCSCLITE_CSOCK_NAME", self.sim.socket());
        ran(command)
    }

    /// OpenSC's tool, as soon as pcscd has seen the card (it looks every 400 ms).
    fn opensc(&self, arguments: &[&str]) -> Ran {
        let name = self.sim.reader(1).unwrap().name;
        let arguments = [&["--reader", name.as_str()], arguments].concat();
        let end = Instant::now() + HOPELESS;
        loop {
            let ran = self.run("opensc-tool", &arguments);
            if ran.succeeded || Instant::now() > end {
                return ran;
            }
        }
    }
}

#[test]
fn opensc_reads_atr_and_uid() {
    let stage = Stage::with("anna");
    stage
        .opensc(&["--atr"])
        .printed(&["3b:8f:80:01:80:4f:0c:a0:00:00:03:06:03:00:03:00:00:00:00:68"]);
    stage
        .opensc(&["--send-apdu", "FF:CA:00:00:00"])
        .printed(&["SW1=0x90, SW2=0x00", "04 A1 B2 C3 D4 E5 F6"]);
}

#[test]
fn opensc_talks_to_a_desfire() {
    let stage = Stage::with("desfire-ev2:04213A8A1B2C80");
    stage.opensc(&["--atr"]).printed(&["3b:81:80:01:80:80"]);
    // GetVersion, hardware: NXP, DESFire EV2, 8 kB.
    stage
        .opensc(&["--send-apdu", "90:60:00:00:00"])
        .printed(&["SW1=0x91, SW2=0xAF", "04 01 01 12 00 1A 05"]);
    // No such application.
    stage
        .opensc(&["--send-apdu", "90:5A:00:00:03:54:49:4C:00"])
        .printed(&["SW1=0x91, SW2=0xA0"]);
}

#[test]
fn pcsc_scan_takes_a_desfire_for_one() {
    let seen = Stage::with("desfire-ev3:04213A8A1B2C80").run("pcsc_scan", &["-t", "2"]);
    assert!(
        seen.out.contains("3B 81 80 01 80 80") && seen.out.to_lowercase().contains("desfire"),
        "{}",
        seen.out
    );
}

#[test]
fn pcsc_scan_lists_the_reader_and_explains_the_card() {
    let stage = Stage::with("anna");
    let name = stage.sim.reader(1).unwrap().name;
    stage.run("pcsc_scan", &["-r"]).printed(&[&name]);
    // pcscd takes up to 400 ms to see a card; pcsc_scan ends after its time with an error of its own.
    let seen = stage.run("pcsc_scan", &["-t", "2"]);
    let words: Vec<&str> = seen.out.split_whitespace().collect();
    let words = words.join(" ");
    for part in [
        "Card inserted",
        "3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 03 00 00 00 00 68",
        "(correct checksum)",
    ] {
        assert!(words.contains(part), "no `{part}` in:\n{}", seen.out);
    }
}
