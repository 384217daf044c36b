//! Steps 1 and 2: HQ imports and publishes, the tills enrol and pull; then the line is cut.

use super::Play;
use crate::cast::Cast;
use crate::options::Options;
use crate::transcript::Transcript;
use anyhow::{Context, Result};
use serde_json::Value;
use tillside_tests::Chance;
use tillside_tests::{Person, until};

/// Step 1.
pub async fn assemble(options: &Options, mut told: Transcript) -> Result<Play> {
    told.step("HQ imports and publishes; the terminals of S1 and S2 enrol and pull");
    let cast = Cast::assemble(options).await?;
    told.quote(&cast.said);
    for (till, store) in [(&cast.s1, "S1"), (&cast.s2, "S2")] {
        let api = till.api()?;
        let status = api.get("/v1/status").await?;
        told.equal(
            &format!("store of the till at {store}"),
            text(&status["store"]["store"]),
            store,
        )?;
        told.equal(
            &format!("bundle in force at {store}"),
            number(&status["bundle"])?,
            1,
        )?;
        told.equal(
            &format!("line at {store} is up"),
            flag(&status["line"]["up"])?,
            true,
        )?;
        let signed_in = till.api_for(Person::ANNA).await?;
        let products = signed_in.get("/v1/products?search=&limit=100").await?;
        let products = products.as_array().map_or(0, Vec::len);
        told.equal(&format!("products at {store}"), products, 40)?;
    }
    let coupons = cast.chain.coupons("COFFEE-1", "S1");
    Ok(Play {
        coupon: coupons
            .first()
            .context("the sample chain has coupons")?
            .clone(),
        chance: Chance::new(options.seed),
        cast,
        told,
    })
}

/// Step 2.
pub async fn cut_the_line(play: &mut Play) -> Result<()> {
    play.told.step("HQ is stopped");
    play.cast.hq.stop()?;
    for (till, store) in [(&play.cast.s1, "S1"), (&play.cast.s2, "S2")] {
        let api = till.api()?;
        let status = until("the till notices that HQ is gone", async || {
            let status = api.get("/v1/status").await?;
            Ok((status["line"]["up"] == Value::Bool(false)).then_some(status))
        })
        .await?;
        let words = text(&status["line"]["words"]);
        play.told
            .says(&format!("the till at {store} says"), &words, "since")?;
    }
    Ok(())
}

/// A JSON text, or what stands there instead.
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A JSON integer.
pub fn number(value: &Value) -> Result<i64> {
    value
        .as_i64()
        .with_context(|| format!("{value} is no number"))
}

/// A JSON truth value.
pub fn flag(value: &Value) -> Result<bool> {
    value
        .as_bool()
        .with_context(|| format!("{value} is neither true nor false"))
}

/// An amount of money in JSON, as people write it.
pub fn amount(value: &Value) -> Result<String> {
    let minor = number(&value["minor"])?;
    Ok(format!(
        "{}.{:02} {}",
        minor / 100,
        minor % 100,
        text(&value["currency"])
    ))
}
