//! Points that pay, on the screen: with the line, and kept aside for when it is down.

use crate::axe;
use crate::browser::open;
use crate::page::{ENTER, ESCAPE, F8, Page};
use crate::play::sign_in;
use crate::stage::{ANNAS_CARD, Stage, alone};
use anyhow::Result;
use serde_json::{Value, json};
use tillside_tests::{Person, until};

const BEANS: &str = "4012345010008";

/// The sample's rules, in which 100 points are worth a euro.
fn let_points_pay(stage: &Stage) -> Result<()> {
    let sample: Value = serde_json::from_slice(&std::fs::read(stage.chain.file("rules.json"))?)?;
    let funders = json!([{"funder": "chain", "basis_points": 10_000}]);
    let rules = json!({"v": 2, "plans": sample["plans"], "rules": [
        {"rule": "base", "name": "Points on every purchase", "effects": [{"funders": funders,
            "effect": {"points_per_amount": {"points": 1, "per": {"minor": 100, "currency": "EUR"}}}}]}],
        "exclusions": {"no_earning_on_redeemed": true},
        "points": {"redeem": {"points": 100, "worth": {"minor": 100, "currency": "EUR"}, "minimum": 200,
            "dark": {"points": 300, "days": 14}}}});
    let path = stage.folder.path().join("rules.json");
    std::fs::write(&path, rules.to_string())?;
    stage.hq.import_file("rules", &path)?;
    stage.hq.run(&["publish"])?;
    Ok(())
}

async fn anna_buys(page: &Page, stage: &Stage) -> Result<()> {
    for _ in 0..2 {
        page.scans(BEANS).await?;
    }
    page.sees("dl", "€14.98").await?;
    stage.reader.hands.tap(1, ANNAS_CARD, false)?;
    page.sees("section", "Anna Lindqvist").await?;
    Ok(stage.reader.hands.remove(1)?)
}

#[tokio::test]
async fn points_pay_on_the_screen() -> Result<()> {
    let _alone = alone().await;
    let mut stage = Stage::set()?;
    let_points_pay(&stage)?;
    stage.till.poll_every(1);
    stage.till.start()?;
    let api = stage.ready().await?;
    let session = open(stage.folder.path(), "1280,900", false).await?;
    let page = Page::new(session, "points")?;
    page.session.go(&api.browser_address()).await?;
    page.sees("h1", "Who is at the till?").await?;
    page.watch().await?;
    sign_in(&page, Person::ANNA).await?;
    page.sees("footer", "HQ: connected").await?;

    anna_buys(&page, &stage).await?;
    page.sees("button:enabled", "Pay with points").await?;
    page.looks("offered").await?;
    page.press("Pay with points").await?;
    page.sees("dialog", "100 points are worth €1.00").await?;
    page.types("150").await?;
    page.sees("dialog", "Not fewer than 200 points at once.")
        .await?;
    page.looks("too-few").await?;
    page.press("1,200").await?;
    page.sees("dialog", "€2.98").await?;
    axe::finds_nothing(&page.session, "points").await?;
    page.looks("how-many").await?;
    page.key(ENTER).await?;
    page.sees("section", "Left to pay").await?;
    page.sees("section", "1,200 points").await?;
    page.looks("used").await?;
    page.key(F8).await?;
    page.sees("dialog", "€2.98").await?;
    page.key(ENTER).await?;
    page.sees("pre", "1200 points").await?;
    page.looks("receipt").await?;

    // What is left is less than can pay; the next morning HQ gave Anna more, and the till keeps some aside.
    stage.hq.run(&[
        "member",
        "adjust",
        "900000001",
        "960",
        "--reason",
        "a birthday",
        "--funder",
        "chain",
    ])?;
    let before = api.get("/v1/status").await?["bundle"].as_u64();
    stage.hq.run(&["publish"])?;
    until("the new bundle", async || {
        let bundle = api.get("/v1/status").await?["bundle"].as_u64();
        Ok((bundle > before).then_some(()))
    })
    .await?;
    page.key(ENTER).await?;
    anna_buys(&page, &stage).await?;
    page.sees("section", "1,002 points").await?;
    page.key(F8).await?;
    page.key(ENTER).await?;
    page.sees("pre", "Points earned").await?;
    until("every fact is told", async || {
        let status = api.get("/v1/status").await?;
        Ok((status["unconfirmed"] == 0).then_some(()))
    })
    .await?;
    page.key(ENTER).await?;
    anna_buys(&page, &stage).await?;
    let pos = stage.till.api_for(Person::MARA).await?;
    until("points are kept aside", async || {
        let open = pos.get("/v1/sales/open").await?;
        Ok((open[0]["paying"]["here"] == 300).then_some(()))
    })
    .await?;
    stage.hq.stop()?;
    page.sees("footer", "No line since").await?;
    page.press("Pay with points").await?;
    page.types("900").await?;
    page.key(ENTER).await?;
    page.sees("dialog", "Only 300 of these points can be used here now")
        .await?;
    page.looks("no-line").await?;
    page.press("300").await?;
    page.key(ENTER).await?;
    page.sees("section", "300 points").await?;
    page.looks("no-line-used").await?;
    page.press("Use no points").await?;
    page.sees("button:enabled", "Pay with points").await?;
    page.key(ESCAPE).await?;
    page.went_well().await?;
    page.session.close().await
}
