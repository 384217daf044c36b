//! Running other programs, with one line said about each.

use std::ffi::OsStr;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Why a command of xtask stopped, in words for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure that says `words`.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The top of the source tree.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A program to be run at the top of the tree.
pub fn program(name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// The cargo that runs this xtask.
pub fn cargo(arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = program(cargo, arguments);
    // Set by `cargo run` for this xtask alone; a nested cargo must not take them for its own.
    command.env_remove("CARGO_MANIFEST_DIR");
    command.env_remove("CARGO_MANIFEST_PATH");
    command
}

/// Says that something was done, with the time it took.
pub fn done(what: &str, took: Duration) {
    println!("  ok {:>7.1} s  {what}", took.as_secs_f64());
}

/// Runs a program to its end with its output shown; `what` names the step.
pub fn step(what: &str, mut command: Command) -> Result<(), Failure> {
    println!("  .. {what}");
    let began = Instant::now();
    let status = command
        .status()
        .map_err(|error| not_started(&command, &error))?;
    if !status.success() {
        return Err(Failure::new(format!(
            "{what}: failed ({status}). It was: {}",
            shown(&command)
        )));
    }
    done(what, began.elapsed());
    Ok(())
}

/// Like [`step`], and also hands back the lines of its output that `keep` wants. A failing program is
/// no failure here: the caller says what it means.
pub fn listened(
    what: &str,
    mut command: Command,
    keep: fn(&str) -> bool,
) -> Result<Heard, Failure> {
    println!("  .. {what}");
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| not_started(&command, &error))?;
    let mut lines = Vec::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            if keep(&line) {
                lines.push(line.into_owned());
            }
        }
    }
    let status = child
        .wait()
        .map_err(|error| Failure::new(format!("{what}: {error}")))?;
    if status.success() {
        done(what, began.elapsed());
    }
    Ok(Heard {
        passed: status.success(),
        lines,
    })
}

/// What [`listened`] heard.
pub struct Heard {
    /// Whether the program ended well.
    pub passed: bool,
    /// The lines that were kept.
    pub lines: Vec<String>,
}

/// A program's output, if it could be started and ended well.
pub fn answer(name: &str, arguments: &[&str]) -> Option<String> {
    let output = program(name, arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Becomes another program, so that ctrl-c and signals reach it and nobody else. Returns only on
/// failure, or, where a process cannot be replaced, after the program's end.
pub fn become_program(mut command: Command) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(not_started(&command, &error))
    }
    #[cfg(not(unix))]
    {
        let status = command
            .status()
            .map_err(|error| not_started(&command, &error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("{}: {status}", shown(&command))))
    }
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::new(format!("{} could not be run: {error}", shown(command)))
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
