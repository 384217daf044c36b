//! `cargo xtask test`: every test there is, and what each runner said last.

use crate::debian::For;
use crate::run::{self, Failure, Heard};
use crate::{play, report, screen, setup};
use std::time::Instant;

/// Sets up, builds, and runs every test. Goes on after a part that failed, and fails at the end.
pub fn test() -> Result<(), Failure> {
    let began = Instant::now();
    setup::prepare(For::Tests)?;
    println!("Build");
    setup::build_programs()?;
    println!("Tests");
    let parts = [
        ("the Rust tests", rust()?),
        ("the screen's tests", run_screen()?),
        ("the story", play::story()?),
    ];
    closing(&parts, began)
}

/// Where the property tests' chance begins, so that two runs of one tree do the same.
const SEED: (&str, &str) = ("PROPTEST_RNG_SEED", "20261123");

/// The environment may say another seed: `PROPTEST_RNG_SEED=7 cargo xtask test`.
fn rust() -> Result<Heard, Failure> {
    let mut tests = run::cargo(&["test", "--workspace", "--no-fail-fast"]);
    if std::env::var_os(SEED.0).is_none() {
        tests.env(SEED.0, SEED.1);
    }
    let mut heard = run::listened("cargo test --workspace", tests, report::closes_cargo)?;
    heard.lines = vec![report::sum(&heard.lines)];
    Ok(heard)
}

fn run_screen() -> Result<Heard, Failure> {
    run::listened(
        "npm test in ui/till",
        screen::npm(&["test"]),
        report::closes_npm,
    )
}

fn closing(parts: &[(&str, Heard)], began: Instant) -> Result<(), Failure> {
    println!("\nWhat the runners said last");
    for line in parts.iter().flat_map(|(_, heard)| &heard.lines) {
        println!("  {}", line.trim());
    }
    let failed: Vec<&str> = parts
        .iter()
        .filter(|(_, heard)| !heard.passed)
        .map(|(name, _)| *name)
        .collect();
    if failed.is_empty() {
        run::done("every test passed", began.elapsed());
        return Ok(());
    }
    Err(Failure::new(format!("Failed: {}.", failed.join(", "))))
}
