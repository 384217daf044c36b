//! Checks that the tools nobody can install for you are there and new enough.

use crate::run::{self, Failure};
use std::time::Instant;

/// The oldest Node that builds the screen (Vite asks for it).
const NODE: (u32, u32) = (20, 19);

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
    let oldest = format!("{}.{}", NODE.0, NODE.1);
    let missing = || {
        Failure::new(format!(
            "Node is not there, and the screen is built with it. Install Node {oldest} or newer \
             (https://nodejs.org), then run this again."
        ))
    };
    let node = run::answer("node", &["--version"]).ok_or_else(missing)?;
    if release(&node).is_none_or(|found| found < NODE) {
        return Err(Failure::new(format!(
            "This is Node {node}, and the screen needs {oldest} or newer. Update it \
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

/// Major and minor version of `v20.20.2`.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::{NODE, release};

    #[test]
    fn a_node_version_is_read() {
        assert_eq!(release("v20.20.2"), Some((20, 20)));
        assert!(release("v20.9.0").is_some_and(|found| found < NODE));
        assert!(release("v100.0.0").is_some_and(|found| found > NODE));
        assert_eq!(release("nonsense"), None);
    }
}
