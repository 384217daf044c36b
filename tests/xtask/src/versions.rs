//! Checks that the tools nobody can install for you are there and new enough.

use crate::run::{self, Failure};
use std::time::Instant;

/// The oldest Node that builds the screen.
const NODE: u32 = 20;

/// Says which Rust this is. Cargo itself has refused one that is too old (`rust-version`).
pub fn rust() -> Result<(), Failure> {
    let began = Instant::now();
    let version = run::answer("rustc", &["--version"]).ok_or_else(|| {
        Failure::new(
            "rustc is not there. Install Rust from https://rustup.rs, then run this again.",
        )
    })?;
    run::done(&version, began.elapsed());
    Ok(())
}

/// Checks that clippy and rustfmt are there, which only `ci` needs.
pub fn rust_components() -> Result<(), Failure> {
    for component in ["clippy", "fmt"] {
        if !run::cargo(&[component, "--version"])
            .output()
            .is_ok_and(|output| output.status.success())
        {
            return Err(Failure::new(format!(
                "`cargo {component}` is not there. Run: rustup component add clippy rustfmt"
            )));
        }
    }
    Ok(())
}

/// Checks that Node and npm are there and new enough.
pub fn node() -> Result<(), Failure> {
    let began = Instant::now();
    let missing = || {
        Failure::new(format!(
            "Node is not there, and the screen is built with it. Install Node {NODE} or newer \
             (https://nodejs.org), then run this again."
        ))
    };
    let node = run::answer("node", &["--version"]).ok_or_else(missing)?;
    if major(&node).is_none_or(|found| found < NODE) {
        return Err(Failure::new(format!(
            "This is Node {node}, and the screen needs {NODE} or newer. Update it \
             (https://nodejs.org), then run this again."
        )));
    }
    let npm = run::answer(npm(), &["--version"]).ok_or_else(|| {
        Failure::new("npm is not there. It comes with Node: install it, then run this again.")
    })?;
    run::done(&format!("Node {node}, npm {npm}"), began.elapsed());
    Ok(())
}

/// How npm is called here.
pub fn npm() -> &'static str {
    if cfg!(windows) { "npm.cmd" } else { "npm" }
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8.1.0"), Some(8));
        assert_eq!(major("nonsense"), None);
    }
}
