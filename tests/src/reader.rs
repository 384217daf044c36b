//! A simulated card reader on a PC/SC service of its own, as a program of its own.

use crate::program;
use crate::running::Running;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use tillside_sim::client::SimClient;
use tillside_sim::control::ServeInfo;

/// A simulator with one reader.
pub struct Reader {
    /// What can be done with it: cards, faults, the service.
    pub hands: SimClient,
    socket: PathBuf,
    state: PathBuf,
    // Ends the simulator when it is dropped, and with it the PC/SC service.
    _running: Running,
}

impl Reader {
    /// Starts a simulator that keeps its state file and its log in `folder`, under `name`.
    pub fn start(folder: &Path, name: &str) -> Result<Self> {
        let state = folder.join(format!("{name}.json"));
        let mut command = Command::new(program("tillside-sim")?);
        command.arg("--state-file").arg(&state).arg("serve");
        let log = folder.join(format!("{name}.log"));
        let mut running = Running::start("tillside-sim serve", command, &log)?;
        let line = running.line().context(
            "the simulated reader did not start. Is all it needs installed? cargo xtask setup",
        )?;
        let info: ServeInfo =
            serde_json::from_str(&line).with_context(|| format!("tillside-sim says {line}"))?;
        Ok(Self {
            hands: SimClient::of(&info)?,
            socket: PathBuf::from(&info.socket),
            state,
            _running: running,
        })
    }

    /// The socket of its PC/SC service (`PCSCLITE_CSOCK_NAME`).
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The file by which `tillside-sim tap` finds it.
    pub fn state_file(&self) -> &Path {
        &self.state
    }
}
