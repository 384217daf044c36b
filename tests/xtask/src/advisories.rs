//! `cargo deny`: licences, sources, unwanted crates, and known holes in dependencies (.deny.toml).
//!
//! cargo-deny reads the RustSec database from a git clone that it makes itself. Where a copy lies
//! beside the source tree, or `TILLSIDE_ADVISORY_DB` names one, that copy is laid out as such a
//! clone, so that the check needs no network.

use crate::run::{self, Failure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cargo-deny this check is written for.
const VERSION: &str = "0.20.2";
/// What cargo-deny 0.20 calls its clone of the RustSec database: the name, and a hash of its address.
const CLONE: &str = "advisory-db-3157b0e258782691";

/// Runs the whole check, and installs cargo-deny below `target` if it is not there.
pub fn check() -> Result<(), Failure> {
    let deny = cargo_deny()?;
    let mut command = Command::new(deny);
    command.current_dir(run::root());
    command.args(["--all-features", "--locked"]);
    if let Some(copy) = local_copy() {
        lay_out(&copy, &run::root().join("target/advisory-dbs").join(CLONE)).map_err(|error| {
            Failure::new(format!(
                "The advisory database {} could not be copied: {error}",
                copy.display()
            ))
        })?;
        // Offline is the only way to stop it from fetching, so what it reads of crates must be there.
        run::step("cargo fetch", run::cargo(&["fetch", "--locked"]))?;
        command.arg("--offline");
    }
    command.args(["check", "--hide-inclusion-graph"]);
    command.args(["advisories", "bans", "licenses", "sources"]);
    run::step("cargo deny check", command)
}

fn cargo_deny() -> Result<PathBuf, Failure> {
    let ours = run::target().join("tools");
    let program = ours
        .join("bin")
        .join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    for found in [PathBuf::from("cargo-deny"), program.clone()] {
        let version = run::answer(&found.to_string_lossy(), &["--version"]);
        if version.is_some_and(|version| version.ends_with(VERSION)) {
            return Ok(found);
        }
    }
    let mut install = run::cargo(&["install", "cargo-deny", "--locked", "--version", VERSION]);
    install.arg("--root").arg(ours);
    // It runs for seconds: a build that takes half as long is worth more than a fast program.
    install
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
    run::step(
        &format!("install cargo-deny {VERSION} below target"),
        install,
    )?;
    Ok(program)
}

/// A copy of the database on this machine.
fn local_copy() -> Option<PathBuf> {
    let named = std::env::var_os("TILLSIDE_ADVISORY_DB").map(PathBuf::from);
    let beside = run::root().join("../shared/advisory-db");
    named
        .into_iter()
        .chain([beside])
        .find(|folder| folder.join("crates").is_dir())
}

/// Copies a plain folder to where cargo-deny looks, with the file by whose age it tells how fresh the database is.
fn lay_out(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    copy_tree(&from.join("crates"), &to.join("crates"))?;
    fs::create_dir_all(to.join(".git"))?;
    fs::write(to.join(".git/FETCH_HEAD"), "")
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
