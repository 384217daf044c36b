//! Step 4: coupons that may not be used, each with its verdict; and a sale at S2.

use super::opening::{amount, flag, number, text};
use super::{Play, shopper};
use crate::ringing::{Ringing, points_at, shelf};
use anyhow::{Context, Result};
use tillside_tests::{Listening, Person};

/// The same coupon again, another store's, one that was never issued, an expired one.
pub async fn refuse(play: &mut Play) -> Result<()> {
    play.told.step("Coupons that may not be used");
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let chain = &play.cast.chain;
    let first = |plan: &str, store: &str| -> Result<String> {
        let numbers = chain.coupons(plan, store);
        numbers
            .first()
            .cloned()
            .context("the sample chain has coupons of every plan")
    };
    let cases = [
        ("the same coupon again", play.coupon.clone(), "used (S1, "),
        (
            "S2's coupon at S1",
            first("COFFEE-1", "S2")?,
            "other store (S2)",
        ),
        ("a number from no plan", "NOSUCH77".to_owned(), "unknown"),
        (
            "an expired one",
            first("SUMMER-2024", "S1")?,
            "expired (on 2024-08-31)",
        ),
    ];
    let sale = Ringing::with(&api, &[shelf::BEANS]).await?;
    for (what, coupon, words) in cases {
        let shown = sale.coupon(&coupon).await?;
        play.told
            .says(&format!("{what}, {coupon}"), &text(&shown["words"]), words)?;
        play.told
            .equal("  may be used", flag(&shown["valid"])?, false)?;
    }
    let view = api.get(&format!("/v1/sales/{}", sale.sale)).await?;
    play.told.equal(
        "to pay, as if none had been shown",
        amount(&view["total"])?,
        "7.49 EUR",
    )?;
    sale.abandon().await?;
    sell_at_s2(play).await
}

/// S2 is in the dark too, and sells.
async fn sell_at_s2(play: &mut Play) -> Result<()> {
    let api = play.cast.s2.api_for(Person::ANNA).await?;
    let mut events = Listening::to(&api).await?;
    play.cast.reader_2.hands.tap(1, "classic", false)?;
    let card = text(&events.next("card").await?.data["card"]);
    let sale = Ringing::with(&api, &[shelf::CUP]).await?;
    sale.customer(&card).await?;
    play.cast.reader_2.hands.remove(1)?;
    let paid = sale.check_out().await?;
    play.told.equal(
        "points earned at S2, basic, 2.90 of coffee",
        number(&paid["sale"]["points"])?,
        7,
    )?;
    let points = points_at(&api, shopper::AT_S2).await?;
    play.told.equal("points of Oskar at S2 now", points, 118)
}
