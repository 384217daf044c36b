//! Steps 15 and 16: both stores are alone for thirty days, with one campaign between them and one coupon
//! shown at both; then the line is back.

use super::opening::{amount, number, text};
use super::{Play, shopper};
use crate::ringing::{Ringing, points_at, points_in, shelf};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tillside_tests::{Api, Dates, Person, until};

/// How often the campaign may be used in the whole chain.
const QUOTA: usize = 12;
/// What shoppers say or show.
const CODE: &str = "SPRING";
/// The campaign, as rules name it.
const PLAN: &str = "SPRING-12";
const DAYS: u32 = 30;
/// When S1's coupon is shown: at the wrong store, at its own, and at its own once more.
const SHOWN: [u32; 3] = [4, 5, 21];

/// What the stores did on their own.
pub struct Dark {
    /// The date that everybody follows.
    dates: Dates,
    /// S1's coupon that was shown at both.
    coupon: String,
    /// How often the campaign was used, before and in the dark.
    used: usize,
    /// Points that the tills show for Anna and for Oskar.
    points: [i64; 2],
}

/// Who shops where: printed number, name, store.
const SHOPPERS: [(&str, &str, &str); 2] = [
    (shopper::GOLD, "Anna", "S1"),
    (shopper::AT_S2, "Oskar", "S2"),
];

/// Thirty days without HQ.
pub async fn alone(play: &mut Play) -> Result<Dark> {
    play.told.step(&format!(
        "One campaign, {QUOTA} uses for the chain; then both stores are alone for {DAYS} days"
    ));
    let dates = Dates::today(play.cast.place())?;
    announce(play).await?;
    for till in [&mut play.cast.s1, &mut play.cast.s2] {
        till.stop()?;
        dates.lead_till(till);
        till.start()?;
    }
    let mut used = 0;
    for store in 0..2 {
        until("a share of the campaign", async || {
            let (was_used, _) = buy(play, store, true).await?;
            Ok(was_used.then_some(()))
        })
        .await?;
        used += 1;
    }
    play.told.equal("uses while HQ is there", used, 2)?;
    play.cast.hq.stop()?;

    let coupons = play.cast.chain.coupons("COFFEE-1", "S1");
    let coupon = coupons.get(2).context("S1 has three coupons")?.clone();
    let mut last = [String::new(), String::new()];
    let (mut sales, mut alone, mut earned) = (0, [0, 0], [0, 0]);
    let mut before = [0; 2];
    for (store, (member, ..)) in SHOPPERS.iter().enumerate() {
        before[store] = points_at(&api(play, store).await?, member).await?;
    }
    for day in 1..=DAYS {
        dates.later(day)?;
        for store in 0..2 {
            let (was_used, sale) = buy(play, store, true).await?;
            alone[store] += usize::from(was_used);
            earned[store] += number(&sale["sale"]["points"])?;
            sales += 1;
            if !was_used {
                last[store] = text(&sale["coupon said"]);
            }
        }
        if let Some(time) = SHOWN.iter().position(|shown| *shown == day) {
            show(play, time, &coupon).await?;
        }
    }
    play.told.equal("sales in the dark", sales, 2 * DAYS)?;
    used += alone[0] + alone[1];
    play.told.note(format!(
        "uses in the dark: {} at S1, {} at S2, each within its share",
        alone[0], alone[1]
    ));
    let within = alone.iter().all(|uses| *uses > 0) && used <= QUOTA;
    let expected = format!("some at each store, at most {QUOTA} in all");
    play.told.holds("uses in all", used, within, &expected)?;
    for (store, (member, person, name)) in SHOPPERS.iter().enumerate() {
        let what = format!("{name} says of the campaign once its share is used");
        play.told
            .says(&what, &last[store], "none left at this till")?;
        let now = points_at(&api(play, store).await?, member).await?;
        let what = format!("points {person} earned at {name} in {DAYS} days");
        play.told.equal(&what, now - before[store], earned[store])?;
        before[store] = now;
    }
    Ok(Dark {
        dates,
        coupon,
        used,
        points: before,
    })
}

/// The line is back.
pub async fn together(play: &mut Play, dark: Dark) -> Result<()> {
    play.told.step(&format!(
        "The line is back after {DAYS} days: all of it arrives, nothing was given twice"
    ));
    let mut waiting = [0; 2];
    for (till, count) in [&play.cast.s1, &play.cast.s2].iter().zip(&mut waiting) {
        *count = number(&till.api()?.get("/v1/status").await?["unconfirmed"])?;
    }
    dark.dates.lead_hq(&mut play.cast.hq);
    play.cast.hq.start()?;
    let tills = [(&play.cast.s1, "S1"), (&play.cast.s2, "S2")];
    for ((till, store), waiting) in tills.iter().zip(waiting) {
        let api = till.api()?;
        api.post("/v1/sync", Value::Null).await?;
        let left = until("HQ confirms everything", async || {
            let left = number(&api.get("/v1/status").await?["unconfirmed"])?;
            Ok((left == 0).then_some(left))
        })
        .await?;
        let what = format!("of {waiting} facts of {store}, not confirmed");
        play.told.equal(&what, left, 0)?;
    }
    let balances = play.cast.hq.json(&["report", "balances"])?;
    for ((member, person, _), shown) in SHOPPERS.iter().zip(dark.points) {
        let what = format!("points of {person} at HQ, as the till showed them");
        play.told
            .equal(&what, points_in(&balances, member)?, shown)?;
    }
    let redeemed = |play: &Play, column: &str, value: &str| -> Result<usize> {
        let report = play.cast.hq.json(&["report", "redemptions"])?;
        let rows = report.as_array().context("the report is a list")?.iter();
        Ok(rows.filter(|row| row[column] == value).count())
    };
    play.told.equal(
        "times HQ has the coupon that was shown at both stores",
        redeemed(play, "number", &dark.coupon)?,
        1,
    )?;
    play.told
        .equal("uses at HQ", redeemed(play, "plan", PLAN)?, dark.used)?;
    // What is left goes where somebody asks for it, and no further.
    let mut used = dark.used;
    let rest = until("the rest of the campaign is used", async || {
        for store in 0..2 {
            used += usize::from(buy(play, store, false).await?.0);
        }
        Ok((used >= QUOTA).then_some(used))
    })
    .await?;
    play.told.equal("uses after all", rest, QUOTA)?;
    for store in 0..2 {
        let (more, _) = buy(play, store, false).await?;
        play.told.holds("one more use", more, !more, "refused")?;
    }
    until("HQ has them all", async || {
        Ok((redeemed(play, "plan", PLAN)? == QUOTA).then_some(()))
    })
    .await?;
    let said = play.cast.hq.run(&["replay"])?;
    let decided = "all as their stores decided";
    play.told.says("HQ says", said.trim(), decided)?;
    for till in [&mut play.cast.s1, &mut play.cast.s2] {
        let said = till.run_alone(&["journal", "verify"])?;
        let first = said.lines().next().unwrap_or_default();
        play.told
            .says("the till’s journal", first, "holds together")?;
    }
    let cases = play.cast.hq.json(&["cases"])?;
    let cases = cases.as_array().map_or(0, Vec::len);
    play.told.equal("cases at HQ", cases, 0)
}

/// HQ publishes the campaign beside the rules in force.
async fn announce(play: &mut Play) -> Result<()> {
    let plan = json!({
        "plan": PLAN, "name": "Spring, the first twelve", "effect": {"kind": "percent_off", "basis_points": 1000},
        "valid_from": "2025-01-01", "valid_until": "2035-12-31", "funder": "chain",
        "proof": {"lease": {"code": CODE, "quota": QUOTA}},
    });
    let rules = std::fs::read(play.cast.chain.file("rules-2.json"))?;
    let mut rules: Value = serde_json::from_slice(&rules)?;
    let plans = rules["plans"].as_array_mut();
    plans.context("the rules list their plans")?.push(plan);
    let file = play.cast.place().join("rules-spring.json");
    std::fs::write(&file, rules.to_string())?;
    let before = play.cast.s1.api()?.get("/v1/status").await?;
    play.cast.hq.import_file("rules", &file)?;
    play.told.quote(play.cast.hq.run(&["publish"])?.trim());
    let before = before["bundle"].as_u64();
    play.cast
        .in_force(before.context("a bundle is in force")? + 1)
        .await
}

/// One bread for the store's shopper, with the campaign's code; whether that was taken, and what the
/// till answered to the payment. A shopper without a card leaves the points alone.
async fn buy(play: &Play, store: usize, member: bool) -> Result<(bool, Value)> {
    let api = api(play, store).await?;
    let sale = Ringing::with(&api, &[shelf::BREAD]).await?;
    if member {
        sale.customer(&format!("code:{}", SHOPPERS[store].0))
            .await?;
    }
    let shown = sale.scan(CODE).await?;
    let mut paid = sale.check_out().await?;
    paid["coupon said"] = shown["message"].clone();
    let total = amount(&paid["sale"]["total"])?;
    anyhow::ensure!(
        ["2.88 EUR", "3.20 EUR"].contains(&&*total),
        "a bread for {total}"
    );
    Ok((total == "2.88 EUR", paid))
}

/// S1's coupon, shown for the first, second or third time.
async fn show(play: &mut Play, time: usize, coupon: &str) -> Result<()> {
    let (store, expected) = [
        (1, "other store (S1)"),
        (0, "valid (proved: bound to this store)"),
        (0, "used"),
    ][time];
    let api = api(play, store).await?;
    let sale = Ringing::with(&api, &[shelf::BEANS]).await?;
    let shown = sale.coupon(coupon).await?;
    let (day, at) = (SHOWN[time], SHOPPERS[store].2);
    let what = format!("day {day}, S1's coupon {coupon} shown at {at}");
    play.told.says(&what, &text(&shown["words"]), expected)?;
    sale.check_out().await?;
    Ok(())
}

async fn api(play: &Play, store: usize) -> Result<Api> {
    let till = [&play.cast.s1, &play.cast.s2][store];
    till.api_for(Person::ANNA).await
}
