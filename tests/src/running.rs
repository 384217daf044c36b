//! One program that runs: started, listened to, ended by its own id.

use crate::PATIENCE;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

/// How long a program may take to end when it is asked to.
const FAREWELL: Duration = Duration::from_secs(10);
/// How many unread lines of output are kept; more are dropped.
const LINES: usize = 1024;

/// A program that runs. It is asked to end, and if need be ended, when this is dropped.
pub struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
    log: PathBuf,
}

impl Running {
    /// Starts a program; what it says on standard error is added to the file `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log);
        let file = file.with_context(|| format!("the log {} cannot be written", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let output = child.stdout.take().context("its output is piped")?;
        let (sender, lines) = sync_channel(LINES);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        Ok(Self {
            name: name.to_owned(),
            child,
            lines,
            log: log.to_owned(),
        })
    }

    /// The next line it prints.
    pub fn line(&mut self) -> Result<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => bail!("{} says nothing", self.name),
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait()?;
                bail!(
                    "{} ended at once ({status}). It said:\n{}",
                    self.name,
                    tail(&self.log, 12)
                )
            }
        }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, as kill -9 does.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it did.
    pub fn stop(mut self) -> Result<()> {
        if self.ask_to_end() {
            return Ok(());
        }
        bail!("{} did not end when it was asked to", self.name)
    }

    fn ask_to_end(&mut self) -> bool {
        if !self.is_alive() {
            return true;
        }
        let asked = signal(self.id(), "TERM");
        let began = Instant::now();
        while asked.is_ok() && began.elapsed() < FAREWELL {
            if !self.is_alive() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ask_to_end() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Sends a signal to a process, by its id. The shell's own `kill`, which every machine has.
pub fn signal(process: u32, signal: &str) -> Result<()> {
    let line = format!("kill -{signal} {process}");
    let status = Command::new("sh").args(["-c", &line]).status()?;
    if !status.success() {
        bail!("{line}: {status}");
    }
    Ok(())
}

/// The last lines of a file.
pub fn tail(file: &Path, lines: usize) -> String {
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Runs a program to its end and hands back what it printed; fails with what it said if it failed.
pub fn output(name: &str, command: &mut Command, input: Option<&str>) -> Result<String> {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that reads nothing may be gone already.
        let _ = pipe.write_all(input.unwrap_or_default().as_bytes());
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    bail!(
        "{name} failed ({}):\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )
}
