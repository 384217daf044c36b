//! `tillside status`: how the till stands, from the running agent or from its database.

use super::ask::ask;
use super::{Outcome, store};
use clap::Args;
use serde_json::{Value, json};
use tillside::{DataFolder, WallClock, line_words};

/// Says whether the line is up, since when, and what HQ has not confirmed.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self, data: &DataFolder) -> Outcome {
        let status = match ask(data, "/v1/status") {
            Some(mut status) => {
                status["running"] = json!(true);
                status
            }
            None => kept(data)?,
        };
        if self.json {
            println!("{status}");
        } else {
            say(&status);
        }
        Ok(())
    }
}

/// How the till stood when it last ran.
pub(super) fn kept(data: &DataFolder) -> Result<Value, super::Failure> {
    let store = store(data)?;
    let now = store.now(WallClock::system().read());
    let line = store.line_state()?;
    let unconfirmed = store.unconfirmed()?;
    let profile = store.profile();
    let zone = profile.map_or("UTC", |profile| profile.profile.time_zone.as_str());
    let words = line_words(profile.is_some(), line.as_ref(), unconfirmed, zone);
    Ok(json!({
        "running": false,
        "version": env!("CARGO_PKG_VERSION"),
        "terminal": profile.map(|profile| profile.terminal),
        "lane": profile.map(|profile| profile.lane.clone()),
        "store": profile.map(|profile| profile.profile.clone()),
        "enrolled": profile.is_some(),
        "line": {
            "up": line.as_ref().is_some_and(|line| line.up),
            "since": line.as_ref().map(|line| line.since),
            "last_contact": line.as_ref().and_then(|line| line.last_contact),
            "words": words,
        },
        "unconfirmed": unconfirmed,
        "bundle": store.bundle_version(),
        "clock": now.clock,
        "now": now.at,
        "date": now.date,
    }))
}

fn say(status: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    if status["running"] == json!(true) {
        println!("The till is running.");
    } else {
        println!("The till is not running. This is how it stood:");
    }
    if status["enrolled"] == json!(true) {
        println!(
            "Till {} of store {} ({}), terminal {}",
            text(&status["lane"]),
            text(&status["store"]["store"]),
            text(&status["store"]["name"]),
            text(&status["terminal"])
        );
    } else {
        println!("It is not set up yet: ask HQ for an invitation code and run `tillside enrol`.");
    }
    println!("{}", text(&status["line"]["words"]));
    println!("Facts HQ has not confirmed: {}", status["unconfirmed"]);
    println!("Rules and prices: version {}", status["bundle"]);
    if !status["emoney"]["cap"].is_null() {
        println!("{}", text(&status["emoney"]["words"]));
    }
    if let Some(sticker) = status["sticker"].as_str() {
        println!("Sticker for members' phones: {sticker}");
    }
    for problem in status["problems"].as_array().into_iter().flatten() {
        println!("! {}", text(&problem["message"]));
    }
}
