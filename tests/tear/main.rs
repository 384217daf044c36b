//! `tillside-tear`: cells of the tear matrix drawn by chance, over a real PC/SC service, with tills that
//! die by SIGKILL.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it tells how the cells come out"
)]

#[cfg(unix)]
mod soak;

use std::process::ExitCode;

fn main() -> ExitCode {
    tillside_tests::prepare();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(unix)]
fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => soak::soak(),
        // What `soak` starts to be killed.
        ["die", errand] => serde_json::from_str::<tillside_tests::torn::Errand>(errand)?.run(),
        _ => anyhow::bail!("tillside-tear takes no arguments. TILLSIDE_TORN_CELLS, TILLSIDE_SEED"),
    }
}

#[cfg(not(unix))]
fn run() -> anyhow::Result<()> {
    anyhow::bail!("there is no simulated card service on this system")
}
