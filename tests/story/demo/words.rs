//! What can be typed while the demo runs.

use crate::cast::Cast;
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
",
        first("COFFEE-1", "S1"),
        first("BASKET-10", "S1"),
        first("COFFEE-1", "S2"),
        first("SUMMER-2024", "S1"),
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
        ["tap"] => tap(cast, "anna")?,
        ["tap", card] => tap(cast, card)?,
        ["remove"] => {
            cast.reader.hands.remove(1)?;
            println!("The card is away.");
        }
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

fn tap(cast: &Cast, card: &str) -> Result<()> {
    cast.reader.hands.tap(1, card, true)?;
    println!("The card lies on S1's reader.");
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
