//! Step 10: an older signed bundle is refused, and a tampered one.

use super::Play;
use super::new_rules::CHANGED;
use super::opening::{amount, number, text};
use crate::ringing::{Ringing, shelf};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tillside_tests::{Api, Person, until};

/// Copies what HQ has published, while it is still the older bundle.
pub fn keep_the_old_bundle(play: &Play) -> Result<()> {
    copy(&published(play), &kept(play))
}

/// HQ's folder is tampered with behind its back; the till keeps its last good bundle.
pub async fn refuse(play: &mut Play) -> Result<()> {
    play.told
        .step("An older signed bundle, and a tampered one, are refused");
    let api = play.cast.s1.api()?;
    let good = play.cast.place().join("bundle-good");
    copy(&published(play), &good)?;

    play.cast.hq.stop()?;
    replace(&kept(play), &published(play))?;
    play.cast.hq.start()?;
    let words = refusal(&api, "").await?;
    play.told
        .says("offered the older bundle, the till says", &words, "older")?;
    still_in_force(play, &api).await?;

    play.cast.hq.stop()?;
    replace(&good, &published(play))?;
    play.cast.hq.run(&["publish"])?;
    copy(&published(play), &play.cast.place().join("bundle-newest"))?;
    tamper(&published(play))?;
    play.cast.hq.start()?;
    let words = refusal(&api, &words).await?;
    play.told.says(
        "offered a tampered bundle, the till says",
        &words,
        "not what HQ signed",
    )?;
    still_in_force(play, &api).await?;

    replace(&play.cast.place().join("bundle-newest"), &published(play))?;
    api.post("/v1/sync", Value::Null).await?;
    play.cast.in_force(CHANGED + 1).await?;
    let status = until("the till has no problem any more", async || {
        let status = api.get("/v1/status").await?;
        Ok((status["problems"] == Value::Array(Vec::new())).then_some(status))
    })
    .await?;
    let bundle = number(&status["bundle"])?;
    play.told
        .equal("offered the true one, in force", bundle, CHANGED as i64 + 1)
}

/// Where HQ keeps what it serves.
fn published(play: &Play) -> PathBuf {
    play.cast.hq.folder().join("bundle")
}

fn kept(play: &Play) -> PathBuf {
    play.cast.place().join("bundle-old")
}

/// Tells the till to try now, and waits until it says that it refused a bundle, in other words than
/// `before`.
async fn refusal(api: &Api, before: &str) -> Result<String> {
    until("the till refuses the bundle", async || {
        api.post("/v1/sync", Value::Null).await?;
        let status = api.get("/v1/status").await?;
        let problems = status["problems"].as_array().into_iter().flatten();
        let mut words = problems
            .filter(|problem| text(&problem["code"]).contains("bundle"))
            .map(|problem| text(&problem["message"]));
        Ok(words.find(|words| words != before))
    })
    .await
}

async fn still_in_force(play: &mut Play, api: &Api) -> Result<()> {
    let status = api.get("/v1/status").await?;
    play.told.equal(
        "  bundle in force",
        number(&status["bundle"])?,
        CHANGED as i64,
    )?;
    let signed_in = play.cast.s1.api_for(Person::ANNA).await?;
    let sale = Ringing::with(&signed_in, &[shelf::BEANS]).await?;
    let view = signed_in.get(&format!("/v1/sales/{}", sale.sale)).await?;
    let price = amount(&view["total"])?;
    play.told
        .equal("  price of the coffee", price, "7.49 EUR")?;
    sale.abandon().await
}

/// Changes one price in the published product list.
fn tamper(folder: &Path) -> Result<()> {
    let products = files(folder)?
        .into_iter()
        .filter(|file| file.to_string_lossy().ends_with("products.json"));
    let newest =
        products.max_by_key(|file| fs::metadata(file).and_then(|data| data.modified()).ok());
    let file = newest.context("a bundle has a product list")?;
    let text = fs::read_to_string(&file)?;
    let changed = text.replacen("749", "149", 1);
    if changed == text {
        bail!("{} has no price of 7.49 to tamper with", file.display());
    }
    Ok(fs::write(file, changed)?)
}

fn replace(from: &Path, to: &Path) -> Result<()> {
    if to.is_symlink() {
        fs::remove_file(to)?;
    } else if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy(from, to)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no folder {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}
