//! `tillside-sim`: card readers and cards without hardware, for people and scripts.

#[cfg(unix)]
mod command_line;

use std::process::ExitCode;

#[cfg(unix)]
use command_line::main as run;

#[cfg(not(unix))]
fn run() -> anyhow::Result<()> {
    anyhow::bail!("the simulator runs a pcscd of its own, and so needs Linux")
}

#[allow(
    clippy::print_stderr,
    reason = "a program says on its error output why it failed"
)]
fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tillside-sim: {error:#}");
            ExitCode::FAILURE
        }
    }
}
