//! The till window: starts the agent in its own process, or attaches to the one that runs, and shows its
//! screen. It decides nothing about sales; the page talks to the agent's local API alone and has no way
//! into this program.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod arguments;
mod attach;
mod host;
mod instance;
mod shutdown;
mod window;

use arguments::Arguments;
use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match window::run(arguments) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(%error, "the window could not open");
            ExitCode::FAILURE
        }
    }
}
