//! Where the programs are that cargo built.

use anyhow::{Result, bail};
use std::path::PathBuf;

/// The file of one of our programs, built with the same profile as the caller.
pub fn program(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    // A test lies in target/debug/deps, a program in target/debug.
    let found = here
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file());
    match found {
        Some(path) => Ok(path),
        None => bail!("{name} is not built. Build the programs first: cargo build --workspace"),
    }
}
