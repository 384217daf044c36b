//! The `tillside` program: the agent, and what a person needs around it.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks to whoever called it"
)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
