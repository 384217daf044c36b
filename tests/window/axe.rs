//! axe-core, run inside the page: finds what people with a disability could not use.

use crate::driver::Session;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::Path;

const RUN: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
        (found) => done(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`)),
        (error) => done([`axe failed: ${error}`]));";

/// Fails with what axe found, if it found anything.
pub async fn finds_nothing(session: &Session, what: &str) -> Result<()> {
    let found = findings(session).await?;
    ensure!(found.is_empty(), "axe on {what}: {found:#?}");
    Ok(())
}

/// What axe finds on the page as it is.
pub async fn findings(session: &Session) -> Result<Vec<String>> {
    let there = session
        .run("return typeof axe === 'object'", json!([]))
        .await?;
    if there != Value::Bool(true) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../ui/till/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(file)
            .context("axe-core is missing. Install it: cargo xtask setup")?;
        // As a script of its own it would stay a local of the driver's function.
        session
            .run(&format!("{axe}\nwindow.axe = axe;"), json!([]))
            .await?;
    }
    let found = session.run_async(RUN).await?;
    let found = found.as_array().context("axe gives a list")?;
    Ok(found
        .iter()
        .map(|one| one.as_str().unwrap_or_default().to_owned())
        .collect())
}
