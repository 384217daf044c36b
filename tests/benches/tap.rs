//! `tap_cpu_p99_ms` and `identify_apdus`: what a tap costs, through the real pcscd.
//!
//! A tap: a card is laid on the reader; the agent reads it, knows the member and says so in an event; the
//! card is put to the open sale, and the answer with the coupon's verdict and the points is there. CPU time
//! is the agent's own, over all its threads (see `process.rs`), from before the card is laid down until
//! that answer; pcscd is another process and not in it. What the agent does besides in that half second,
//! such as asking HQ, is in it. The bench waits in between with no calls, so that only the tap counts.
//!
//! Commands: what the simulated reader was sent from laying a card down until the event, the most over
//! the cards of the catalogue on both kinds of reader at a till without keys; and what an identification with
//! the chain's keys sends (`identify.rs`). What a till reads of a purse after that is no identification.

use crate::figure::{Better, Figure, Goal};
use crate::identify;
use crate::pairs::{median, quantile};
use crate::process::CpuTime;
use crate::till::{Shop, open_sale, runtime};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use tillside_sim::catalogue;
use tillside_sim::client::SimClient;
use tillside_sim::control::ServeInfo;
use tillside_tests::{Api, Listening, Person, Running, Terminal, program};

/// At most 5 ms at the 99th percentile.
pub const CPU_GOAL: Goal = Goal {
    id: "tap_cpu_p99_ms",
    unit: "ms",
    goal: 5.0,
    better: Better::Lower,
    measure: cpu,
};
/// At most 8 commands.
pub const APDU_GOAL: Goal = Goal {
    id: "identify_apdus",
    unit: "APDU",
    goal: 8.0,
    better: Better::Lower,
    measure: apdus,
};

const TAPS: usize = 100;
const CARDS: [&str; 3] = ["anna", "ben", "clara"];

fn cpu(goal: &Goal) -> Result<Figure> {
    runtime()?.block_on(async {
        let shop = Shop::open().await?;
        let api = shop.till.api_for(Person::ANNA).await?;
        let mut events = Listening::to(&api).await?;
        let sale = open_sale(&api).await?;
        let numbers = tillside_tests::sample().coupons("COFFEE-1", "S1");
        let coupon = numbers.first().context("the sample chain has coupons")?;
        let path = format!("/v1/sales/{sale}/coupons");
        api.post(&path, json!({"number": coupon})).await?;
        let mut times = Vec::new();
        for turn in 0..TAPS {
            let before = CpuTime::of(shop.process()?)?;
            shop.reader.hands.tap(1, CARDS[turn % CARDS.len()], false)?;
            tap_to_verdict(&api, &mut events, &sale).await?;
            let after = CpuTime::of(shop.process()?)?;
            times.push(after.ms_since(&before));
            shop.reader.hands.remove(1)?;
            events.next("card_removed").await?;
        }
        let middle = median(times.clone());
        Ok(goal.reached(
            quantile(times, 0.99),
            format!("{TAPS} taps, median {middle:.2} ms"),
        ))
    })
}

async fn tap_to_verdict(api: &Api, events: &mut Listening, sale: &str) -> Result<()> {
    let heard = events.next("card").await?;
    let card = heard.data["card"]
        .as_str()
        .context("a card has an identity")?;
    let path = format!("/v1/sales/{sale}/customer");
    let view = api.put(&path, json!({"card": card})).await?;
    ensure!(
        view["coupons"][0]["valid"] == true,
        "the coupon has no verdict: {}",
        view["coupons"]
    );
    ensure!(
        view["points"].as_i64() > Some(0),
        "the member earns nothing"
    );
    Ok(())
}

fn apdus(goal: &Goal) -> Result<Figure> {
    runtime()?.block_on(async {
        let folder = TempDir::with_prefix("tillside-bench-")?;
        let readers = two_readers(folder.path())?;
        let mut till = Terminal::bare(&folder.path().join("till"), Some(&readers.1));
        till.start()?;
        let api = till.api()?;
        let mut events = Listening::to(&api).await?;
        let hands = &readers.0;
        let (mut most, rolling) = identify::most()?;
        for reader in [1, 2] {
            let view = || Ok::<_, anyhow::Error>(hands.readers()?.swap_remove(reader - 1));
            let model = view()?.name;
            // A phone's number is another one each time: it is refused, and no card.
            let cards = catalogue().iter().filter(|card| card.name != "phone");
            for card in cards {
                let before = view()?.commands;
                hands.tap(reader, card.name, false)?;
                events.next("card").await?;
                let count = view()?.commands - before;
                most.add(usize::try_from(count)?, || {
                    format!("{} on {model}, no keys", card.card)
                });
                hands.remove(reader)?;
                events.next("card_removed").await?;
            }
        }
        drop(till);
        Ok(goal.reached(
            most.commands as f64,
            format!(
                "the most, for {}; while keys are replaced {}, for {}",
                most.whose, rolling.commands, rolling.whose
            ),
        ))
    })
}

/// A simulator with one reader of each kind.
fn two_readers(folder: &Path) -> Result<(SimClient, std::path::PathBuf, Running)> {
    let mut command = Command::new(program("tillside-sim")?);
    command.arg("--state-file").arg(folder.join("readers.json"));
    command.args(["serve", "--readers", "2"]);
    let mut running = Running::start("tillside-sim serve", command, &folder.join("readers.log"))?;
    let info: ServeInfo = serde_json::from_str(&running.line()?)?;
    Ok((SimClient::of(&info)?, info.socket.into(), running))
}
