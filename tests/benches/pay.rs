//! `pay_apdus`, `pay_air_106_ms`, `pay_air_424_ms`: what a payment from a DESFire card costs on the line.
//!
//! A payment: a sale waits for the card, the card is laid down, the till (its own desk and database, in this
//! process) identifies it, opens its purse, debits it and commits. Every card with a purse, DESFire EV2 and
//! EV3, each with its own number and with a random one, on each kind of reader; a card as the till knows it,
//! and one with a full log that was used at another till since; the worst of all counts.
//!
//! Commands are counted at the reader, from the selection of the application for the payment to the end of
//! the commit; the identification before it, which the till does at each tap, is `identify_apdus`. The times
//! are of the whole tap: from the reader's first frame to the end of the commit's answer, identification
//! too, as `tillside_sim::air` models it: the line's share is computed from the standards, the card's is an
//! estimate. What the till's computer and the reader's cable need is not in them.

use crate::figure::{Better, Figure, Goal};
use crate::identify::{MODELS, PURSES};
use crate::purse::Till;
use crate::stage::Stage;
use anyhow::{Context, Result, anyhow, ensure};
use tillside_sim::air::{AirTime, BitRate, time_of};
use tillside_sim::{Exchange, ReaderModel, Shelf};

/// At most 12 commands.
pub const APDU_GOAL: Goal = Goal {
    id: "pay_apdus",
    unit: "APDU",
    goal: 12.0,
    better: Better::Lower,
    measure: apdus,
};
/// Suica's 200 ms, at the slowest rate.
pub const AIR_106_GOAL: Goal = Goal {
    id: "pay_air_106_ms",
    unit: "ms",
    goal: 200.0,
    better: Better::Lower,
    measure: |goal| air(goal, BitRate::K106),
};
/// Suica's 200 ms, at the rate that most readers reach.
pub const AIR_424_GOAL: Goal = Goal {
    id: "pay_air_424_ms",
    unit: "ms",
    goal: 200.0,
    better: Better::Lower,
    measure: |goal| air(goal, BitRate::K424),
};

/// More than fit into a card's log.
const USED_ELSEWHERE: usize = 12;

/// One payment as its reader saw it.
struct Payment {
    whose: String,
    /// The till had not seen the card since it was used elsewhere.
    elsewhere: bool,
    identified: Vec<Exchange>,
    paid: Vec<Exchange>,
}

impl Payment {
    /// Takes the commands of a tap apart.
    fn of(whose: String, elsewhere: bool, mut tap: Vec<Exchange>) -> Result<Self> {
        let is =
            |exchange: &Exchange, ins: &str| exchange.command.replace(' ', "").starts_with(ins);
        let selected = tap.iter().rposition(|exchange| is(exchange, "905A"));
        let paid = tap.split_off(selected.context("no application was selected")?);
        let commits = paid.iter().filter(|exchange| is(exchange, "90C7")).count();
        let ended = paid.last().is_some_and(|exchange| is(exchange, "90C7"));
        ensure!(ended && commits == 1, "{whose}: a tap without one commit");
        Ok(Self {
            whose,
            elsewhere,
            identified: tap,
            paid,
        })
    }

    fn time(&self, rate: BitRate) -> AirTime {
        time(self.identified.iter().chain(&self.paid), rate)
    }

    fn bytes(&self) -> (u32, u32) {
        let all = self.identified.iter().chain(&self.paid);
        let steps = all.flat_map(|exchange| &exchange.steps);
        steps.fold((0, 0), |(sent, received), step| {
            (
                sent + u32::from(step.sent),
                received + u32::from(step.received),
            )
        })
    }
}

fn time<'e>(exchanges: impl Iterator<Item = &'e Exchange>, rate: BitRate) -> AirTime {
    time_of(exchanges.flat_map(|exchange| &exchange.steps), rate)
}

fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

/// Every card on every reader, as known and as used elsewhere.
fn payments() -> Result<Vec<Payment>> {
    let mut payments = Vec::new();
    for card in PURSES {
        for random_id in [false, true] {
            for model in MODELS {
                let number = if random_id { ", random number" } else { "" };
                let whose = format!("{card}{number} on {model:?}");
                payments.extend(pair(card, random_id, model, &whose).context(whose.clone())?);
            }
        }
    }
    Ok(payments)
}

fn pair(card: &str, random_id: bool, model: ReaderModel, whose: &str) -> Result<[Payment; 2]> {
    let stage = Stage::new(model, card);
    stage.issue(random_id).map_err(|error| anyhow!(error))?;
    stage.reader.lift();
    let shelf: &Shelf = &stage.shelf;
    let mut here = Till::open(1, model, shelf)?;
    let mut there = Till::open(2, model, shelf)?;
    there.top_up(&stage.card, 10_000)?;
    here.pay(&stage.card, 429)?;
    let known = here.pay(&stage.card, 429)?;
    for _ in 0..USED_ELSEWHERE {
        there.pay(&stage.card, 100)?;
    }
    let unknown = here.pay(&stage.card, 429)?;
    Ok([
        Payment::of(whose.to_owned(), false, known)?,
        Payment::of(whose.to_owned(), true, unknown)?,
    ])
}

fn apdus(goal: &Goal) -> Result<Figure> {
    let payments = payments()?;
    let most = |elsewhere: bool| {
        let these = payments.iter().filter(|pay| pay.elsewhere == elsewhere);
        let most = these.max_by_key(|pay| (pay.paid.len(), pay.identified.len()));
        most.context("there are payments")
    };
    let (known, unknown) = (most(false)?, most(true)?);
    Ok(goal.reached(
        known.paid.len().max(unknown.paid.len()) as f64,
        format!(
            "from selection to commit: {} for a card as this till knows it, {} for one used elsewhere \
             since; before it, identification, at most {} ({})",
            known.paid.len(),
            unknown.paid.len(),
            unknown.identified.len(),
            unknown.whose
        ),
    ))
}

fn air(goal: &Goal, rate: BitRate) -> Result<Figure> {
    let payments = payments()?;
    let slowest = |elsewhere: bool| {
        let these = payments.iter().filter(|pay| pay.elsewhere == elsewhere);
        let slowest = these.max_by_key(|pay| pay.time(rate).total_us());
        slowest.context("there are payments")
    };
    let (known, unknown) = (slowest(false)?, slowest(true)?);
    let total = unknown.time(rate);
    let alone = time(unknown.paid.iter(), rate);
    let (sent, received) = unknown.bytes();
    Ok(goal.reached(
        ms(total.total_us()),
        format!(
            "air {:.1}, card {:.1} (an estimate); {} commands, {sent} bytes to the card, {received} back; \
             {}, used elsewhere since; from selection to commit {:.1}; a card that this till knows {:.1}. \
             TfL asks for 500",
            ms(total.air_us),
            ms(total.card_us),
            unknown.identified.len() + unknown.paid.len(),
            unknown.whose,
            ms(alone.total_us()),
            ms(known.time(rate).total_us()),
        ),
    ))
}
