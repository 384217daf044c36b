//! What the window is told when it is started.

use clap::Parser;
use std::path::PathBuf;

/// The till window.
///
/// Shows the screen of the agent that runs for the data folder. If none runs, it starts one in its own
/// process and stops it when the window is closed.
#[derive(Debug, Clone, Parser)]
#[command(name = "tillside-till", version)]
pub struct Arguments {
    /// The folder that holds everything this till keeps.
    #[arg(long, value_name = "DIR", env = "TILLSIDE_DATA")]
    pub data: PathBuf,
    /// Only attach to an agent that runs; never start one.
    #[arg(long)]
    pub attach: bool,
    /// How often HQ is asked while all is well, by an agent started here.
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub poll_seconds: u64,
}
