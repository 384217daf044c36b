//! `cargo xtask setup`: everything a bare machine lacks.

use crate::debian::{self, For};
use crate::run::{self, Failure};
use crate::{python, screen, versions};

/// Everything, for the demo and the tests.
pub fn everything() -> Result<(), Failure> {
    prepare(For::Tests)?;
    println!("\nAll set. Next: cargo xtask demo, or cargo xtask test.");
    Ok(())
}

/// What one purpose needs.
pub fn prepare(purpose: For) -> Result<(), Failure> {
    println!("Set-up");
    versions::rust()?;
    versions::node()?;
    debian::install(purpose)?;
    if purpose == For::Tests {
        python::install()?;
    }
    screen::install()?;
    screen::build()
}

/// Builds every program once. The tests run them, so they must be there first.
pub fn build_programs() -> Result<(), Failure> {
    run::step(
        "cargo build --workspace",
        run::cargo(&["build", "--workspace"]),
    )
}
