//! `cargo xtask ci`: what has to be green before a change goes in.

use crate::debian::For;
use crate::run::{self, Failure};
use crate::{advisories, screen, setup, suite, versions};

/// Cheap checks first, then lints and documentation (which share what they compile), then the tests.
pub fn ci() -> Result<(), Failure> {
    versions::rust_components()?;
    run::step(
        "cargo fmt --check",
        run::cargo(&["fmt", "--all", "--", "--check"]),
    )?;
    setup::prepare(For::Tests)?;
    println!("The screen's checks");
    for script in ["check", "lint"] {
        run::step(
            &format!("npm run {script} in ui/till"),
            screen::npm(&["run", script]),
        )?;
    }
    println!("Lints and documentation");
    run::step(
        "cargo clippy, warnings are errors",
        run::cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny=warnings",
        ]),
    )?;
    let mut doc = run::cargo(&["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny=warnings");
    run::step("cargo doc, warnings are errors", doc)?;
    println!("Licences, sources and advisories");
    advisories::check()?;
    suite::test()
}
