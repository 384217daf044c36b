//! `tillside-story`: plays Tillside's main story on the real programs.
//!
//! `script` plays its chapters, step by step, and checks each, `demo` sets the stage for a person and leaves it to
//! them, `soak` plays the hard parts again and again with other seeds. Usually run through
//! `cargo xtask demo`, `cargo xtask demo --script` and `cargo xtask soak`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal"
)]

mod carried;
mod cast;
mod demo;
mod options;
mod ringing;
mod soak;
mod steps;
mod transcript;
mod tricks;

use anyhow::Result;
use options::{Command, Options};
use std::process::ExitCode;

fn main() -> ExitCode {
    tillside_tests::prepare();
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::from(2);
        }
    };
    match play(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn play(options: &Options) -> Result<()> {
    let playing = async {
        match options.command {
            Command::Script => steps::script(options).await,
            Command::Demo => demo::demo(options).await,
            Command::Soak => soak::soak(options).await,
        }
    };
    // Whatever ends it, the stage is dropped, and with it every program it started.
    tokio::select! {
        ended = playing => ended,
        () = told_to_end() => {
            println!("\nEnding everything that was started.");
            // Only the demo is meant to end like this.
            anyhow::ensure!(options.command == Command::Demo, "it was interrupted");
            Ok(())
        }
    }
}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    let _ = tokio::signal::ctrl_c().await;
}
