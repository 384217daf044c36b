//! `tillside card`: cards at a desk, through the running till.

use super::ask::{Said, call};
use super::people::asked_once;
use super::{Failure, Outcome};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::time::Duration;
use tillside::DataFolder;

/// How often the till is asked how the card is doing.
const LOOK: Duration = Duration::from_millis(200);

/// Cards at a desk. The till must be running on this folder.
#[derive(Debug, Args)]
pub(super) struct Card {
    /// Who does it: a manager's code, as `tillside people list` shows it.
    #[arg(long, value_name = "PERSON", global = true)]
    manager: Option<String>,
    /// Read the PIN as one line of standard input instead of asking for it.
    #[arg(long, global = true)]
    pin_stdin: bool,
    #[command(subcommand)]
    command: CardCommand,
}

#[derive(Debug, Subcommand)]
enum CardCommand {
    /// Makes a new card the programme's. Taken away too soon, it goes on where it stopped.
    Issue {
        /// Whose it is to be: the member's id, the number of one of their cards, or their name.
        #[arg(long)]
        member: String,
    },
    /// Says what is on a card.
    Show,
    /// Makes a new card that stands in for a lost one. Its balance follows when HQ says so.
    Replace {
        /// The lost card: `uid:…` or `code:…`.
        lost: String,
        /// Whose it is: the member's id, the number of one of their cards, or their name.
        #[arg(long)]
        member: String,
    },
    /// Puts the balance of a lost card on its replacement, when HQ says that it may be.
    Restore,
}

impl Card {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        let session = self.sign_in(data)?;
        let (path, body) = match &self.command {
            CardCommand::Issue { member } => ("/v1/cards/issue", json!({ "member": member })),
            CardCommand::Show => ("/v1/cards/read", json!({})),
            CardCommand::Replace { lost, member } => (
                "/v1/cards/issue",
                json!({ "member": member, "replaces": lost }),
            ),
            CardCommand::Restore => ("/v1/purses/restore", json!({})),
        };
        let job = good(call(data, "POST", path, Some(&session), Some(&body))?)?;
        println!("{}", words(&job));
        let end = follow(data, &session, &job);
        let signed_out = call(data, "DELETE", "/v1/sessions/current", Some(&session), None);
        drop(signed_out);
        end
    }

    fn sign_in(&self, data: &DataFolder) -> Result<String, Failure> {
        let person = self.manager.as_deref().ok_or_else(|| {
            Failure::said("Say who does it: --manager and the code of a manager of this till.")
        })?;
        let pin = asked_once(self.pin_stdin)?;
        let body = json!({ "person": person, "pin": pin.trim() });
        let session = good(call(data, "POST", "/v1/sessions", None, Some(&body))?)?;
        let id = session["session"].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| Failure::said("The till gave no session. Try again."))
    }
}

/// Prints how the job goes on, until it is over.
fn follow(data: &DataFolder, session: &str, job: &Value) -> Outcome {
    let mut said = words(job);
    loop {
        std::thread::sleep(LOOK);
        let now = good(call(data, "GET", "/v1/jobs/current", Some(session), None)?)?;
        if now["job"] != job["job"] {
            return Err(Failure::said("The till went on to something else."));
        }
        let words = words(&now);
        let stage = now["stage"].as_str().unwrap_or_default();
        if words != said {
            said.clone_from(&words);
            if !matches!(stage, "refused" | "not_done" | "cancelled" | "unknown") {
                println!("{words}");
            }
        }
        match stage {
            "waiting" | "working" => {}
            "done" => {
                report(&now["card"]);
                return Ok(());
            }
            _ => return Err(Failure::said(words)),
        }
    }
}

fn report(card: &Value) {
    if card.is_null() {
        return;
    }
    let text = |name: &str| card[name].as_str().map(str::to_owned);
    for (name, value) in [
        ("Card", text("card")),
        ("Kind", text("kind")),
        ("Member", text("member")),
        ("Until", text("expires")),
        ("Blocked", text("blocked")),
        ("Balance", money(&card["balance"])),
    ] {
        if let Some(value) = value {
            println!("{name:<9}{value}");
        }
    }
    for entry in card["transactions"].as_array().into_iter().flatten() {
        println!(
            "  {}  {:<8} {:>12}  then {}",
            entry["txid"].as_str().unwrap_or("?"),
            entry["kind"].as_str().unwrap_or("?"),
            money(&entry["amount"]).unwrap_or_default(),
            money(&entry["after"]).unwrap_or_default()
        );
    }
}

fn money(value: &Value) -> Option<String> {
    let money: tillside_core::Money = serde_json::from_value(value.clone()).ok()?;
    Some(money.to_string())
}

fn words(job: &Value) -> String {
    job["words"].as_str().unwrap_or_default().to_owned()
}

fn good(said: Said) -> Result<Value, Failure> {
    match said.status {
        200..=299 => Ok(said.body),
        _ => {
            let words = said.body["message"].as_str();
            Err(Failure::said(
                words.unwrap_or("The till said no.").to_owned(),
            ))
        }
    }
}
