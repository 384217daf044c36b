//! Step 3: a whole sale at S1 while HQ is gone.

use super::opening::{amount, flag, number, text};
use super::{Play, shopper};
use crate::ringing::{Ringing, points_at, shelf};
use anyhow::{Context, Result};
use tillside_tests::{Listening, Person};

/// Three lines, a card through pcscd, the store's coupon, a receipt with points and their reason.
pub async fn sell(play: &mut Play) -> Result<()> {
    let told = &mut play.told;
    told.step("At S1, without HQ: three lines, a card, a coupon, a receipt");
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let sale = Ringing::with(&api, &[shelf::BEANS, shelf::MILK]).await?;
    let scanned = sale.scan(shelf::BREAD).await?;
    let lines = scanned["sale"]["lines"].as_array().map_or(0, Vec::len);
    told.equal("lines in the basket", lines, 3)?;
    told.equal(
        "what they come to",
        amount(&scanned["sale"]["total"])?,
        "11.98 EUR",
    )?;

    let mut events = Listening::to(&api).await?;
    play.cast.reader.hands.tap(1, "anna", false)?;
    let heard = events.next("card").await?;
    let card = text(&heard.data["card"]);
    let member = &heard.data["member"];
    told.equal(
        "card read through pcscd",
        card.clone(),
        "uid:04A1B2C3D4E5F6",
    )?;
    told.equal("member", text(&member["display_name"]), "Anna Lindqvist")?;
    told.equal("tier", text(&member["tier"]), "gold")?;
    told.equal("points", number(&member["points"])?, 1240)?;
    let exchanges = play.cast.reader.hands.exchanges(1)?.len();
    told.holds(
        "commands the card needed",
        exchanges,
        exchanges <= 8,
        "at most 8",
    )?;
    sale.customer(&card).await?;
    play.cast.reader.hands.remove(1)?;
    events.next("card_removed").await?;

    let shown = sale.coupon(&play.coupon).await?;
    told.equal(
        &format!("S1's coupon {}", play.coupon),
        text(&shown["words"]),
        "valid (proved: bound to this store)",
    )?;
    let paid = sale.check_out().await?;
    told.equal(
        "total after 1.00 off coffee",
        amount(&paid["sale"]["total"])?,
        "10.98 EUR",
    )?;
    // 10 for 10.98 EUR, 5 for the coffee, and half as many again for gold: 15 + 7.
    told.equal("points earned", number(&paid["sale"]["points"])?, 22)?;
    told.equal("confirmed by HQ", flag(&paid["sale"]["confirmed"])?, false)?;
    let receipt = paid["receipt"]
        .as_str()
        .context("a checkout has a receipt")?;
    told.quote(receipt);
    let line = |words: &str| {
        receipt
            .lines()
            .find(|line| line.contains(words))
            .unwrap_or("nothing")
            .trim()
    };
    told.says("the receipt's line on points", line("Points earned"), "22")?;
    told.says(
        "the receipt's reason for the coffee's points",
        line("Coffee weeks"),
        "5 points",
    )?;
    told.says(
        "the receipt's line on the rules",
        line("Decided by"),
        "rules version 1",
    )?;
    told.equal(
        "points of Anna at S1 now",
        points_at(&api, shopper::GOLD).await?,
        1262,
    )?;
    Ok(())
}
