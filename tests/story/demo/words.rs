//! What can be typed while the demo runs.

use crate::carried::Place;
use crate::cast::Cast;
use crate::steps::issue;
use anyhow::{Result, bail};
use serde_json::Value;
use tillside_sim::{Fault, FaultSetting};

/// Whether to go on.
pub enum Next {
    /// Yes.
    Stay,
    /// No: everything is to be ended.
    End,
}

/// Says what to try.
pub fn print(cast: &Cast) -> Result<()> {
    let first = |plan: &str, store: &str| {
        let numbers = cast.chain.coupons(plan, store);
        numbers.first().cloned().unwrap_or_default()
    };
    println!(
        "\
Try this in the till (type a number and Enter, as a scanner does)
  4012345010008    coffee beans             4012345011852    milk
  4012345014075    rye bread                CUP-L            a large coffee
  {:<16} coupon, 1.00 off coffee  {:<16} coupon, 10 % off from 15.00
  {:<16} a coupon of store S2     {:<16} an expired coupon

and type this here, then Enter
  tap              lay Anna's card (gold) on S1's reader; or: tap ben, tap clara, tap stranger
  remove           take the card away       pull             a card that is pulled away too soon
  off              cut the line to HQ       on               the line is back
  rules            HQ doubles the points for coffee, and publishes
  report           what HQ knows            help             this again
  quit             end everything (or ctrl-c)

A card with money on it (S1 issues cards and puts money on, S2 takes it; F12 in the till: what is on a card)
  issue            make the blank card \"ivy\" Clara's, at S1's desk; or with the till's own command:
{}
  tap ivy          lay it on S1's reader: then F12 and \"Put money on\", or F11 to pay
  tap ivy s2       carry it over to S2's reader; remove s2: and away from there
  tear             the next payment at S1 is torn behind the card's write; tear before: in front of it
                   F11, tap ivy, and nobody knows; then pay at S2 with it, and S1 learns what it did
  ledger           HQ proves its ledger of e-money, and shows what is where; or with HQ's own command:
{}
",
        first("COFFEE-1", "S1"),
        first("BASKET-10", "S1"),
        first("COFFEE-1", "S2"),
        first("SUMMER-2024", "S1"),
        issuing(cast)?,
        proving(cast)?,
    );
    let sim = tillside_tests::program("tillside-sim")?;
    println!(
        "From another terminal: {} --state-file {} tap anna\n",
        sim.display(),
        cast.reader.state_file().display()
    );
    Ok(())
}

/// Does what was typed.
pub async fn obey(cast: &mut Cast, line: &str) -> Result<Next> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        [] => {}
        ["help"] => print(cast)?,
        ["quit" | "exit"] => return Ok(Next::End),
        ["tap"] => tap(cast, "anna", Place::S1)?,
        ["tap", card] => tap(cast, card, Place::S1)?,
        ["tap", card, store] => tap(cast, card, named(store)?)?,
        ["remove"] => remove(cast, Place::S1)?,
        ["remove", store] => remove(cast, named(store)?)?,
        ["issue"] => println!("{}", issue(cast)?.trim()),
        ["tear"] => tear(cast, true)?,
        ["tear", "before"] => tear(cast, false)?,
        ["ledger"] => ledger(cast).await?,
        ["pull"] => {
            let fault = Fault::RemoveAt { apdu: 2 };
            cast.reader
                .hands
                .set_fault(1, Some(FaultSetting { fault, once: true }))?;
            cast.reader.hands.tap(1, "ben", true)?;
            println!("Ben's card was pulled away while it was read.");
        }
        ["off"] => {
            cast.hq.stop()?;
            println!("HQ is gone. Go on selling.");
        }
        ["on"] => turn_on(cast).await?,
        ["rules"] => {
            cast.hq
                .import_file("rules", &cast.chain.file("rules-2.json"))?;
            println!("{}", cast.hq.run(&["publish"])?.trim());
            try_now(cast).await?;
        }
        ["report"] => {
            println!("{}", cast.hq.run(&["report", "terminals"])?.trim_end());
            println!("{}", cast.hq.run(&["report", "redemptions"])?.trim_end());
        }
        _ => bail!("\"{line}\" is nothing to type here. Type help"),
    }
    Ok(Next::Stay)
}

fn named(store: &str) -> Result<Place> {
    match store.to_uppercase().as_str() {
        "S1" => Ok(Place::S1),
        "S2" => Ok(Place::S2),
        _ => bail!("\"{store}\" is no store here: s1 or s2"),
    }
}

fn tap(cast: &mut Cast, card: &str, place: Place) -> Result<()> {
    cast.lay(card, place)?;
    println!("The card lies on {}'s reader.", place.name());
    Ok(())
}

fn remove(cast: &Cast, place: Place) -> Result<()> {
    cast.take_away(place)?;
    println!("{}'s reader is empty.", place.name());
    Ok(())
}

fn tear(cast: &Cast, after: bool) -> Result<()> {
    cast.tear(Place::S1, after)?;
    let side = if after { "behind" } else { "in front of" };
    println!("The next card at S1 is torn off {side} its write. Pay (F11), and tap ivy.");
    Ok(())
}

/// The desk's own command for a card, as it is typed in another terminal.
fn issuing(cast: &Cast) -> Result<String> {
    Ok(format!(
        "    {} --data {} card issue --member {} --manager {}",
        tillside_tests::program("tillside")?.display(),
        cast.s1.folder().display(),
        crate::steps::shopper::PURSE,
        tillside_tests::Person::MARA.code
    ))
}

/// HQ's own command for its ledger.
fn proving(cast: &Cast) -> Result<String> {
    let program = tillside_tests::program("tillside-hq")?;
    let folder = cast.hq.folder().display();
    Ok(format!(
        "    {} --data {folder} emoney check",
        program.display()
    ))
}

async fn ledger(cast: &Cast) -> Result<()> {
    if cast.hq.is_up() {
        try_now(cast).await?;
    }
    for words in [
        &["emoney", "check"][..],
        &["report", "emoney"],
        &["emoney", "open"],
    ] {
        println!("{}", cast.hq.run(words)?.trim_end());
    }
    Ok(())
}

async fn turn_on(cast: &mut Cast) -> Result<()> {
    if cast.hq.is_up() {
        println!("HQ is there.");
        return Ok(());
    }
    cast.hq.start()?;
    println!("HQ is back. The tills send what they kept.");
    try_now(cast).await
}

/// Spares the person the tills' waiting time.
async fn try_now(cast: &Cast) -> Result<()> {
    for till in [&cast.s1, &cast.s2] {
        till.api()?.post("/v1/sync", Value::Null).await?;
    }
    Ok(())
}
