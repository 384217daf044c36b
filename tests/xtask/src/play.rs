//! Commands that hand over to a program of `tillside-tests`: the demo, the story, the figures.

use crate::debian::For;
use crate::run::{self, Failure, Heard};
use crate::{report, setup};
use std::path::PathBuf;
use std::process::Command;

/// `cargo xtask demo [--script] …`.
pub fn demo(options: &[&str]) -> Result<(), Failure> {
    setup::prepare(For::Demo)?;
    setup::build_programs()?;
    let scripted = options.contains(&"--script");
    let mut command = program("debug", "tillside-story");
    command.arg(if scripted { "script" } else { "demo" });
    command.args(options.iter().filter(|option| **option != "--script"));
    run::become_program(command)
}

/// The story, as a part of `cargo xtask test`; its programs are built already.
pub fn story() -> Result<Heard, Failure> {
    let mut command = program("debug", "tillside-story");
    command.arg("script");
    run::listened("the story", command, report::closes_story)
}

/// `cargo xtask bench [--only ID] [--json]`. With `--json` nothing else goes to standard output.
pub fn bench(options: &[&str]) -> Result<(), Failure> {
    let mut build = vec!["build", "--quiet", "--release", "--bins"];
    for package in ["tillside", "tillside-hq", "tillside-sim", "tillside-tests"] {
        build.extend(["--package", package]);
    }
    let built = run::cargo(&build)
        .status()
        .map_err(|error| Failure::new(format!("cargo could not be run: {error}")))?;
    if !built.success() {
        return Err(Failure::new(
            "The release build failed. If a library is missing: cargo xtask setup",
        ));
    }
    let mut command = program("release", "tillside-bench");
    command.args(options);
    run::become_program(command)
}

/// A program that cargo built.
pub fn program(profile: &str, name: &str) -> Command {
    let file: PathBuf = [profile, &format!("{name}{}", std::env::consts::EXE_SUFFIX)]
        .iter()
        .collect();
    run::program(run::target().join(file), &[])
}
