//! Step 7: a void gives back exactly what the sale took.

use super::opening::{flag, number, text};
use super::{Play, shopper};
use crate::ringing::{Ringing, points_at, shelf};
use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::json;
use tillside_tests::Person;

/// A sale with a card and a coupon, taken back with the manager's PIN.
pub async fn void(play: &mut Play) -> Result<()> {
    play.told.step("A void");
    let told = &mut play.told;
    let api = play.cast.s1.api_for(Person::ANNA).await?;
    let coupons = play.cast.chain.coupons("COFFEE-1", "S1");
    let coupon = coupons
        .get(1)
        .context("the sample chain has a second coupon")?;
    let sale = Ringing::with(&api, &[shelf::BEANS]).await?;
    sale.customer(&format!("code:{}", shopper::GOLD)).await?;
    sale.coupon(coupon).await?;
    let paid = sale.check_out().await?;
    // 6 for 6.49 EUR, 5 for the coffee, half as many again for gold: 11 + 5.
    told.equal("points earned", number(&paid["sale"]["points"])?, 16)?;
    told.equal(
        "points of Anna",
        points_at(&api, shopper::GOLD).await?,
        1278,
    )?;

    let path = format!("/v1/sales/{}/void", sale.sale);
    let alone = api
        .ask(
            Method::POST,
            &path,
            Some(json!({"reason": "wrong beans"})),
            None,
        )
        .await?;
    told.equal("a cashier alone may", alone.status.is_success(), false)?;
    told.note(format!("\"{}\"", text(&alone.body["message"])));
    let manager = json!({"person": Person::MARA.code, "pin": Person::MARA.pin});
    let voided = api
        .post(&path, json!({"reason": "wrong beans", "manager": manager}))
        .await?;
    told.equal(
        "with the manager's PIN, the sale is",
        text(&voided["sale"]["state"]),
        "voided",
    )?;
    told.equal(
        "points of Anna",
        points_at(&api, shopper::GOLD).await?,
        1262,
    )?;

    let again = Ringing::with(&api, &[shelf::BEANS]).await?;
    let shown = again.coupon(coupon).await?;
    told.equal("its coupon may be used again", flag(&shown["valid"])?, true)?;
    again.abandon().await
}
