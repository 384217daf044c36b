//! `tillside-bench`: Tillside's figures, each with its goal. Run through `cargo xtask bench`.
//!
//! Ratios are taken in one run: subject and peer alternate in short blocks on the same machine and
//! disk, at least thirty pairs, and the median of the pairs' ratios counts. The head of each file says
//! what exactly is measured, and how.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal"
)]

mod commit_backlog;
mod commit_floor;
mod figure;
mod identify;
mod ingest;
mod pairs;
mod pay;
mod pay_cpu;
mod peer;
#[path = "../cards/personal.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "how the tests of cards make them"
)]
mod personal;
mod process;
mod purse;
mod push;
mod quota;
mod rules;
mod sales;
#[path = "../cards/stage.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the stage of the tests of cards"
)]
mod stage;
mod tap;
mod till;
mod tokens;

use anyhow::Result;
use figure::{Figure, Goal};
use std::process::ExitCode;

/// Every figure, and what gives it.
const FIGURES: &[Goal] = &[
    commit_floor::GOAL,
    commit_backlog::GOAL,
    tap::CPU_GOAL,
    tap::APDU_GOAL,
    pay_cpu::GOAL,
    pay::APDU_GOAL,
    pay::AIR_106_GOAL,
    pay::AIR_424_GOAL,
    till::RSS_GOAL,
    till::READY_GOAL,
    ingest::GOAL,
    push::GOAL,
    quota::USABLE_GOAL,
    quota::OVERSHOOT_GOAL,
    rules::MANY_GOAL,
    rules::ZEN_GOAL,
    rules::JSON_RULES_GOAL,
    tokens::VERIFY_GOAL,
    tokens::CODES_GOAL,
];

fn main() -> ExitCode {
    tillside_tests::prepare();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (only, json) = match words[..] {
        [] => (None, false),
        ["--json"] => (None, true),
        ["--only", id] => (Some(id), false),
        ["--only", id, "--json"] | ["--json", "--only", id] => (Some(id), true),
        ["--list"] => {
            FIGURES.iter().for_each(|goal| println!("{}", goal.id));
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("usage: tillside-bench [--only ID] [--json] | --list");
            return ExitCode::from(2);
        }
    };
    match measure(only, json) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Measures, prints each figure as it comes, and says whether all hold.
fn measure(only: Option<&str>, json: bool) -> Result<bool> {
    let wanted: Vec<&Goal> = FIGURES
        .iter()
        .filter(|goal| only.is_none_or(|id| id == goal.id))
        .collect();
    anyhow::ensure!(
        !wanted.is_empty(),
        "no figure is called that; --list names them all"
    );
    if !json {
        figure::print_head();
    }
    let mut all = true;
    for goal in wanted {
        let figure: Figure = (goal.measure)(goal)?;
        all &= figure.holds();
        if json {
            println!("{}", figure.json());
        } else {
            figure.print();
        }
    }
    Ok(all)
}
