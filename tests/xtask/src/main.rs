//! `cargo xtask`: set-up, demo, tests, checks and figures. Only std, so that it builds in a second.
//!
//! Each command is a list of steps that any developer could type; nothing here knows how Tillside
//! works. Playing the story and running the demo are left to `tillside-story`, measuring to
//! `tillside-bench`, both in the crate `tillside-tests`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal"
)]

mod advisories;
mod checks;
mod debian;
mod help;
mod mutants;
mod play;
mod python;
mod report;
mod run;
mod screen;
mod setup;
mod soak;
mod suite;
mod versions;

use run::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<(), Failure> {
    let Some((command, rest)) = words.split_first() else {
        help::print();
        return Ok(());
    };
    if rest.iter().any(|word| matches!(*word, "--help" | "-h")) {
        help::print();
        return Ok(());
    }
    match *command {
        "help" | "--help" | "-h" => {
            help::print();
            Ok(())
        }
        "setup" => no_options(command, rest).and_then(|()| setup::everything()),
        "demo" => play::demo(rest),
        "soak" => soak::soak(rest),
        "test" => no_options(command, rest).and_then(|()| suite::test()),
        "ci" => checks::ci(rest),
        "bench" => play::bench(rest),
        other => Err(Failure::new(format!(
            "There is no command \"{other}\". `cargo xtask help` lists what there is."
        ))),
    }
}

fn no_options(command: &str, rest: &[&str]) -> Result<(), Failure> {
    match rest.first() {
        None => Ok(()),
        Some(word) => Err(Failure::new(format!(
            "`cargo xtask {command}` takes no options, and \"{word}\" is one."
        ))),
    }
}
