//! `pay_cpu_p99_ms`: what a payment from an e-money card costs the till's computer, through the real pcscd.
//!
//! The agent's own CPU time over all its threads (see `process.rs`), from asking for the payment of a sale
//! that is rung up until the event that says it is done: the card is laid down in between, identified, its
//! purse opened, debited and committed, the intent and the sale written to disk. pcscd and the card are other
//! processes and not in it; what the agent does besides in that half second, such as telling HQ about the sale
//! before, is.

use crate::figure::{Better, Figure, Goal};
use crate::pairs::{median, quantile};
use crate::process::CpuTime;
use crate::till::{Shop, open_sale, runtime};
use anyhow::{Result, ensure};
use serde_json::json;
use tillside_tests::{Api, Listening, Person, until};

/// At most 5 ms at the 99th percentile.
pub const GOAL: Goal = Goal {
    id: "pay_cpu_p99_ms",
    unit: "ms",
    goal: 5.0,
    better: Better::Lower,
    measure,
};

const PAYMENTS: usize = 120;
/// By its name on the bench; it comes blank from the factory.
const CARD: &str = "ivy";
/// Whose it becomes.
const MEMBER: &str = "900000003";
/// Enough for all payments, minor units.
const MONEY: i64 = 400_000;

fn measure(goal: &Goal) -> Result<Figure> {
    runtime()?.block_on(async {
        let shop = Shop::with_emoney().await?;
        let api = shop.till.api_for(Person::ANNA).await?;
        let mut events = Listening::to(&api).await?;
        charge(&shop, &mut events).await?;
        let mut times = Vec::new();
        for _ in 0..PAYMENTS {
            let sale = open_sale(&api).await?;
            let before = CpuTime::of(shop.process()?)?;
            pay(&shop, &api, &mut events, &sale).await?;
            let after = CpuTime::of(shop.process()?)?;
            times.push(after.ms_since(&before));
            shop.reader.hands.remove(1)?;
            events.next("card_removed").await?;
        }
        let (middle, most) = (median(times.clone()), quantile(times.clone(), 1.0));
        Ok(goal.reached(
            quantile(times, 0.99),
            format!("{PAYMENTS} payments, median {middle:.2} ms, most {most:.2} ms"),
        ))
    })
}

/// The desk makes the blank card a member's and puts money on it.
async fn charge(shop: &Shop, events: &mut Listening) -> Result<()> {
    let Person { code, pin, .. } = Person::MARA;
    shop.reader.hands.tap(1, CARD, false)?;
    let words = [
        "card",
        "issue",
        "--member",
        MEMBER,
        "--manager",
        code,
        "--pin-stdin",
    ];
    shop.till.run(&words, Some(&format!("{pin}\n")))?;
    let desk = shop.till.api_for(Person::MARA).await?;
    let body = json!({"amount": {"minor": MONEY, "currency": "EUR"}, "tender": "cash"});
    desk.post("/v1/purses/top-up", body).await?;
    ended(events, "top_up").await?;
    shop.reader.hands.remove(1)?;
    events.next("card_removed").await?;
    Ok(())
}

async fn pay(shop: &Shop, api: &Api, events: &mut Listening, sale: &str) -> Result<()> {
    api.post(&format!("/v1/sales/{sale}/purse"), json!({}))
        .await?;
    shop.reader.hands.tap(1, CARD, false)?;
    ended(events, "pay").await
}

/// Waits, with no calls, until the job of this kind is over, and done.
async fn ended(events: &mut Listening, kind: &str) -> Result<()> {
    let live = ["waiting", "working"];
    let job = events
        .wait_for("the end of the job", |heard| {
            let stage = heard.data["stage"].as_str();
            heard.kind == "purse"
                && heard.data["kind"] == kind
                && stage.is_some_and(|stage| !live.contains(&stage))
        })
        .await?;
    ensure!(
        job.data["stage"] == "done",
        "the card did not do it: {}",
        job.data
    );
    Ok(())
}

/// Waits until a till has the keys that HQ grants it.
pub async fn has_keys(api: &Api) -> Result<()> {
    until("the till takes e-money", async || {
        let status = api.get("/v1/status").await?;
        Ok((status["emoney"]["on"] == true).then_some(()))
    })
    .await
}
