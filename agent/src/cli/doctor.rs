//! `tillside doctor`: everything the till needs, looked at, each with what to do.

use super::ask::ask;
use super::{Failure, Outcome, store};
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use tillside::{DataFolder, WallClock};
use tillside_drivers::{ReaderEvent, ReaderService, ServiceConfig};
use tillside_store::{Store, StoreError};
use tillside_sync::{Identity, IdentityError};

/// Room that a day's sales need, generously, in MiB.
const ROOM_MIB: usize = 16;
/// A certificate that ends sooner than this is worth a word, in milliseconds.
const SOON_MS: i64 = 30 * 24 * 3600 * 1000;

/// Looks at everything the till needs.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Leave the card readers alone.
    #[arg(long)]
    no_readers: bool,
}

/// What was found of one thing.
enum Finding {
    Ok(String),
    Warn(String),
    Problem(String),
}

use Finding::{Ok as Good, Problem, Warn};

impl Doctor {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        let running = ask(data, "/v1/status");
        let mut findings = vec![("folder", room(data))];
        match &running {
            Some(status) => findings.extend(from_agent(status, self.no_readers)),
            None => findings.extend(from_disk(data, self.no_readers)),
        }
        findings.push(("certificate", certificate(data)));
        let problems = say(&findings);
        match problems {
            0 => Ok(()),
            1 => Err(Failure::said("1 problem was found.")),
            many => Err(Failure::said(format!("{many} problems were found."))),
        }
    }
}

fn say(findings: &[(&str, Finding)]) -> usize {
    let mut problems = 0;
    for (what, finding) in findings {
        let (mark, words) = match finding {
            Good(words) => ("ok", words),
            Warn(words) => ("warn", words),
            Problem(words) => {
                problems += 1;
                ("problem", words)
            }
        };
        println!("{mark:<8}{what:<12}{words}");
    }
    problems
}

/// Whether there is room: written, counted, taken away again.
fn room(data: &DataFolder) -> Finding {
    let file = data.path().join("doctor-room.tmp");
    let block = vec![0u8; 1 << 20];
    let written = std::fs::File::create(&file).and_then(|mut file| {
        for _ in 0..ROOM_MIB {
            file.write_all(&block)?;
        }
        file.sync_all()
    });
    let _ = std::fs::remove_file(&file);
    let folder = data.path().display();
    match written {
        Ok(()) => Good(format!(
            "{folder} can be written, and has {ROOM_MIB} MiB of room or more"
        )),
        Err(error) if error.kind() == std::io::ErrorKind::StorageFull => Problem(format!(
            "{folder} has less than {ROOM_MIB} MiB of room. Free some space on this disk."
        )),
        Err(error) => Problem(format!(
            "{folder} cannot be written ({error}). Give Tillside's user the right to."
        )),
    }
}

fn from_agent(status: &Value, no_readers: bool) -> Vec<(&'static str, Finding)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut findings = vec![(
        "database",
        Good("in use by the running till, which checked it when it started; stop the till and run this again to check all of it".to_owned()),
    )];
    let up = status["line"]["up"] == json!(true);
    let line = text(&status["line"]["words"]);
    findings.push(("line", if up { Good(line) } else { Warn(line) }));
    findings.push(("clock", clock(status["clock"] == json!("trusted"))));
    if !no_readers {
        let words = text(&status["card_service"]["words"]);
        let count = status["readers"].as_array().map_or(0, Vec::len);
        findings.push((
            "readers",
            match (status["card_service"]["up"] == json!(true), count) {
                (true, 0) => Warn(NO_READER.to_owned()),
                (true, count) => Good(format!("{words} {count} connected")),
                (false, _) => Problem(words),
            },
        ));
    }
    let emoney = &status["emoney"];
    if emoney["on"] == json!(true) {
        let words = text(&emoney["words"]);
        let trial = emoney["keys"] == json!("development");
        findings.push(("e-money", if trial { Warn(words) } else { Good(words) }));
    }
    let told = [
        "line_down",
        "clock_suspect",
        "card_service_down",
        "no_reader",
    ];
    let problems = status["problems"].as_array().into_iter().flatten();
    for problem in problems.filter(|problem| !told.contains(&text(&problem["code"]).as_str())) {
        findings.push(("till", Problem(text(&problem["message"]))));
    }
    findings
}

fn from_disk(data: &DataFolder, no_readers: bool) -> Vec<(&'static str, Finding)> {
    let mut findings = Vec::new();
    match store(data) {
        Ok(store) => {
            findings.push(("database", journal(&store)));
            findings.push(("line", line(&store)));
            let clock_now = store.now(WallClock::system().read()).clock;
            findings.push(("clock", clock(clock_now == tillside_core::Clock::Trusted)));
            if store.people().is_ok_and(|people| people.is_empty()) {
                let words = "nobody can sign in: run `tillside people add`".to_owned();
                findings.push(("people", Problem(words)));
            }
        }
        Err(StoreError::InUse { .. }) => findings.push((
            "database",
            Problem(
                "a till runs on this folder and does not answer: stop it and start it again"
                    .to_owned(),
            ),
        )),
        Err(error) => findings.push(("database", Problem(format!("{} ({error})", error.advice())))),
    }
    if !no_readers {
        findings.push(("readers", readers()));
    }
    findings
}

fn journal(store: &Store) -> Finding {
    if store.profile().is_none() {
        return Problem(
            "this till is not set up: ask HQ for an invitation code and run `tillside enrol`"
                .to_owned(),
        );
    }
    match store.verify() {
        Ok(verified) => Good(format!(
            "the journal holds together: {} records",
            verified.records
        )),
        Err(error) => Problem(format!("{} ({error})", error.advice())),
    }
}

fn line(store: &Store) -> Finding {
    let (line, unconfirmed) = match (store.line_state(), store.unconfirmed()) {
        (Ok(line), Ok(unconfirmed)) => (line, unconfirmed),
        (Err(error), _) | (_, Err(error)) => return Problem(error.advice()),
    };
    let words = format!("the till is not running; {unconfirmed} facts wait to be sent");
    match (line.is_some_and(|line| line.up), unconfirmed) {
        (true, 0) => Good(words),
        _ => Warn(words),
    }
}

fn clock(trusted: bool) -> Finding {
    match trusted {
        true => Good("this computer's clock goes on from the newest record".to_owned()),
        false => Problem("this computer's clock cannot be right: set its date and time".to_owned()),
    }
}

fn certificate(data: &DataFolder) -> Finding {
    let (from, until) = match Identity::load(&data.hq()) {
        Ok(identity) => identity.validity(),
        Err(IdentityError::NotEnrolled) => {
            return Problem("there is none yet: run `tillside enrol`".to_owned());
        }
        Err(error) => return Problem(error.to_string()),
    };
    let now = WallClock::system().read();
    let day = |at: tillside_core::Timestamp| {
        let at = jiff::Timestamp::from_millisecond(at.0);
        at.map_or_else(
            |_| "an unknown day".to_owned(),
            |at| at.strftime("%Y-%m-%d").to_string(),
        )
    };
    match () {
        () if now < from => Problem(format!(
            "it is valid only from {}: set this computer's date",
            day(from)
        )),
        () if now >= until => Problem(format!(
            "it ended on {}: ask HQ for an invitation code for this till and run `tillside enrol --renew`",
            day(until)
        )),
        () if until.0 - now.0 < SOON_MS => Warn(format!(
            "it ends on {}; it is renewed by itself when the till reaches HQ",
            day(until)
        )),
        () => Good(format!("valid until {}", day(until))),
    }
}

const NO_READER: &str = "no card reader is connected: check its cable";

/// What the card reader service says within a second.
fn readers() -> Finding {
    let started = ReaderService::start(ServiceConfig::default(), tillside_cards::identify);
    let Ok((service, events)) = started else {
        return Problem("the card readers cannot be watched: restart this computer".to_owned());
    };
    let mut up = false;
    let mut names = Vec::new();
    while let Ok(event) = events.recv_timeout(Duration::from_secs(1)) {
        match event {
            ReaderEvent::ServiceUp => up = true,
            ReaderEvent::ReaderAdded { reader } => names.push(reader),
            ReaderEvent::ServiceDown { .. } => break,
            _ => {}
        }
    }
    service.stop();
    match (up, names.is_empty()) {
        (false, _) => Problem("the card reader service does not answer: start pcscd (Windows: the Smart Card service)".to_owned()),
        (true, true) => Warn(NO_READER.to_owned()),
        (true, false) => Good(names.join(", ")),
    }
}
