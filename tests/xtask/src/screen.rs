//! The screen's npm packages and its build, each only when something changed.

use crate::run::{self, Failure};
use crate::versions;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

/// Folders of the screen that are no sources.
const MADE: &[&str] = &["node_modules", "dist", "src-tauri", "pictures", "gen"];

fn folder() -> PathBuf {
    run::root().join("ui/till")
}

/// npm, in the screen's folder.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = run::program(versions::npm(), arguments);
    command.current_dir(folder());
    command
}

/// Installs the npm packages exactly as locked, if the lock file changed since the last time.
pub fn install() -> Result<(), Failure> {
    let began = Instant::now();
    let lock = folder().join("package-lock.json");
    let mark = folder().join("node_modules/.installed-lock.json");
    let locked = read(&lock)?;
    if fs::read(&mark).is_ok_and(|installed| installed == locked) {
        run::done("npm packages of ui/till are there", began.elapsed());
        return Ok(());
    }
    run::step(
        "npm ci in ui/till",
        npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]),
    )?;
    fs::write(&mark, locked)
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", mark.display())))
}

/// Builds the screen, if a source is newer than what was built.
pub fn build() -> Result<(), Failure> {
    let began = Instant::now();
    let built = modified(&folder().join("dist/index.html"));
    let sources = newest(&folder()).max(newest(&run::root().join("ui/kit")));
    if built.is_some() && built >= sources {
        run::done("the screen is built", began.elapsed());
        return Ok(());
    }
    run::step("npm run build in ui/till", npm(&["run", "build"]))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path)
        .map_err(|error| Failure::new(format!("{} cannot be read: {error}", path.display())))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// When the newest source below a folder was changed.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries
        .filter(|entry| !MADE.iter().any(|made| entry.file_name() == *made))
        .filter_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                newest(&path)
            } else {
                modified(&path)
            }
        })
        .max()
}
