//! The sample chain before its first sale, made once and copied for every seed.

use crate::hq::Hq;
use anyhow::{Context, Result};
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;
use tillside_core::{TerminalId, Timestamp};
use tillside_store::Store;

/// When everything begins.
pub const NOON: i64 = 1_795_348_800_000;
/// A store for each terminal.
pub const STORES: [&str; 2] = ["S1", "S2"];

/// A fresh copy, in memory where the machine has that: thousands of databases are opened. How they are
/// written to is as in a shop.
pub fn copy() -> Result<TempDir> {
    static MADE: OnceLock<Option<TempDir>> = OnceLock::new();
    let made = MADE.get_or_init(|| match make() {
        Ok(folder) => Some(folder),
        Err(error) => {
            println!("{error:?}");
            None
        }
    });
    let made = made
        .as_ref()
        .context("the sample chain could not be made")?;
    let folder = folder()?;
    for name in ["hq.db", "till0.db", "till1.db"] {
        std::fs::copy(made.path().join(name), folder.path().join(name))?;
    }
    Ok(folder)
}

fn folder() -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(match memory.is_dir() {
        true => TempDir::with_prefix_in("tillside-", memory)?,
        false => TempDir::with_prefix("tillside-")?,
    })
}

fn make() -> Result<TempDir> {
    let (folder, now) = (folder()?, Timestamp(NOON));
    let hq = Hq::open(folder.path(), false)?;
    hq.found(now)?;
    for (number, store) in STORES.into_iter().enumerate() {
        let terminal = TerminalId::new(uuid::Uuid::from_u128(0xA000 + number as u128));
        let profile = hq.admit(store, terminal, now)?;
        let mut till = Store::open(&folder.path().join(format!("till{number}.db")))?;
        till.enrol(&profile)?;
    }
    Ok(folder)
}
