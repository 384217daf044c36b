//! `tillside run`: the agent until it is stopped.

use super::Outcome;
use clap::Args;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tillside::purse::VaultOptions;
use tillside::{Agent, AgentOptions, Screen};

/// Runs the till until it is stopped.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Where to listen, on this computer only; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The folder with the built screen.
    #[arg(long, value_name = "DIR")]
    screen: Option<PathBuf>,
    /// How often HQ is asked while all is well.
    #[arg(long, default_value_t = 15, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    poll_seconds: u64,
    /// Leave the card readers alone.
    #[arg(long)]
    no_readers: bool,
    /// A port with a card reader that libnfc drives, as its connection string
    /// (pn532_uart:/dev/ttyUSB0); may be given several times.
    #[arg(long, value_name = "PORT")]
    libnfc: Vec<String>,
    /// Where the keys for cards are: `file:PATH` (development) or `pkcs11:LIBRARY?token=NAME`; the
    /// development file in the data folder if not said. Its passphrase or PIN is in
    /// TILLSIDE_VAULT_PASSPHRASE.
    #[arg(long, value_name = "SPEC", env = "TILLSIDE_VAULT")]
    vault: Option<String>,
}

impl Run {
    pub(super) fn run(self, data: PathBuf) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        // Before the agent starts, so that a signal in between is not missed.
        let stopped = runtime.block_on(async { stopped() })?;
        let mut options = AgentOptions::new(data);
        options.listen = self.listen;
        options.screen = self.screen.map(Screen::Folder);
        options.poll = Duration::from_secs(self.poll_seconds);
        options.readers = !self.no_readers;
        options.libnfc = self.libnfc;
        options.vault = VaultOptions {
            spec: self.vault,
            secret: std::env::var(super::vault::SECRET).ok(),
        };
        let agent = Agent::start(options)?;
        println!("{}", serde_json::to_string(agent.note())?);
        std::io::stdout().flush()?;
        runtime.block_on(stopped);
        agent.stop();
        Ok(())
    }
}

/// Done when somebody asks the program to stop.
#[cfg(unix)]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Done when somebody asks the program to stop.
#[cfg(not(unix))]
fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
