//! How an agent is to run.

use crate::api::Screen;
use crate::clock::WallClock;
use crate::purse::VaultOptions;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How an agent is to run; [`AgentOptions::new`] gives what is right for a till.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AgentOptions {
    /// The folder that holds everything it keeps.
    pub data: PathBuf,
    /// Where it listens; loopback only. Port 0 is any free one.
    pub listen: SocketAddr,
    /// Where the screen's files come from; none serves the API alone.
    pub screen: Option<Screen>,
    /// How often HQ is asked while all is well.
    pub poll: Duration,
    /// Whether to watch card readers.
    pub readers: bool,
    /// Ports with card readers that libnfc drives, as its connection strings.
    pub libnfc: Vec<String>,
    /// Where the keys for cards are.
    pub vault: VaultOptions,
    /// The wall clock.
    pub clock: WallClock,
}

impl AgentOptions {
    /// An agent over a folder, on any free port, with card readers and without a screen.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            screen: None,
            poll: tillside_sync::POLL_INTERVAL,
            readers: true,
            libnfc: Vec::new(),
            vault: VaultOptions {
                spec: None,
                secret: None,
            },
            clock: WallClock::system(),
        }
    }
}
