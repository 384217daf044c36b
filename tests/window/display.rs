//! A display of its own, for windows that nobody sees.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use tillside_tests::Running;

/// A running Xvfb; it ends when this is dropped.
pub struct Display {
    /// As in `DISPLAY`.
    pub name: String,
    _running: Running,
}

impl Display {
    /// Starts one on a number that is free. `-noreset`, for without it a client that leaves while the
    /// next one comes can hang both.
    pub fn start(folder: &Path) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp"]);
        command.args(["-screen", "0", "1366x900x24"]);
        let mut running = Running::start("Xvfb", command, &folder.join("xvfb.log"))
            .context("Xvfb is missing. Install it: cargo xtask setup")?;
        let number = running.line().context("Xvfb does not start")?;
        Ok(Self {
            name: format!(":{}", number.trim()),
            _running: running,
        })
    }
}
