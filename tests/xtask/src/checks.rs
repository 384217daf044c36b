//! `cargo xtask ci`: what has to be green before a change goes in.

use crate::debian::For;
use crate::run::{self, Failure};
use crate::{advisories, screen, setup, suite, versions};

/// A part of the whole, by which it can be run alone.
struct Part {
    name: &'static str,
    run: fn() -> Result<(), Failure>,
}

/// Cheap checks first, then lints and documentation (which share what they compile), then the tests.
const PARTS: &[Part] = &[
    Part {
        name: "format",
        run: format,
    },
    Part {
        name: "screen",
        run: look_at_screen,
    },
    Part {
        name: "lints",
        run: lint,
    },
    Part {
        name: "docs",
        run: document,
    },
    Part {
        name: "licences",
        run: advisories::check,
    },
    Part {
        name: "tests",
        run: suite::test,
    },
];

/// Runs all parts, or the one that `--only` names.
pub fn ci(options: &[&str]) -> Result<(), Failure> {
    let parts: Vec<&Part> = match options {
        [] => PARTS.iter().collect(),
        ["--only", name] => PARTS.iter().filter(|part| part.name == *name).collect(),
        _ => Vec::new(),
    };
    if parts.is_empty() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(Failure::new(format!(
            "usage: cargo xtask ci [--only PART], with PART one of {}",
            names.join(", ")
        )));
    }
    versions::rust_components()?;
    setup::prepare(For::Tests)?;
    for part in parts {
        println!("Check: {}", part.name);
        (part.run)()?;
    }
    Ok(())
}

fn format() -> Result<(), Failure> {
    run::step(
        "cargo fmt --check",
        run::cargo(&["fmt", "--all", "--", "--check"]),
    )
}

fn look_at_screen() -> Result<(), Failure> {
    for script in ["check", "lint"] {
        run::step(
            &format!("npm run {script} in ui/till"),
            screen::npm(&["run", script]),
        )?;
    }
    Ok(())
}

fn lint() -> Result<(), Failure> {
    let words = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny=warnings",
    ];
    run::step("cargo clippy, warnings are errors", run::cargo(&words))
}

fn document() -> Result<(), Failure> {
    let mut doc = run::cargo(&["doc", "--workspace", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "--deny=warnings");
    run::step("cargo doc, warnings are errors", doc)
}
