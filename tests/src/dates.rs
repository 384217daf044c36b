//! Dates for programs that run: libfaketime (Debian `libfaketime`) between a program and the system's clock.

use crate::{Headquarters, Terminal};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The date of the programs that follow it, as days from the real one. Only the wall clock moves; what
/// measures spans goes on as it is.
pub struct Dates {
    file: PathBuf,
    library: PathBuf,
}

impl Dates {
    /// Today; the file that says so goes into `folder`.
    pub fn today(folder: &Path) -> Result<Self> {
        let dates = Self {
            file: folder.join("date"),
            library: library()?,
        };
        dates.later(0)?;
        Ok(dates)
    }

    /// Has it be this many days later than it really is, at once.
    pub fn later(&self, days: u32) -> Result<()> {
        // Never half a file: it is read at every look at the clock.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("+{days}d\n"))?;
        Ok(std::fs::rename(new, &self.file)?)
    }

    /// Has a till follow, from its next start on.
    pub fn lead_till(&self, till: &mut Terminal) {
        for (name, value) in self.variables() {
            till.set_variable(name, value);
        }
    }

    /// Has HQ follow, from its next start on.
    pub fn lead_hq(&self, hq: &mut Headquarters) {
        for (name, value) in self.variables() {
            hq.set_variable(name, value);
        }
    }

    fn variables(&self) -> [(&'static str, OsString); 4] {
        [
            ("LD_PRELOAD", self.library.clone().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.clone().into()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }
}

fn library() -> Result<PathBuf> {
    let found = std::fs::read_dir("/usr/lib")?
        .flatten()
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|file| file.is_file());
    found.context("libfaketime is missing. Install it: cargo xtask setup")
}
