//! HQ as a program of its own: its folder, its command line, its server.

use crate::running::{Running, output};
use crate::{Sample, program};
use anyhow::{Context, Result};
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An HQ in a folder. Its server may run or not; it keeps its port when it is started again.
pub struct Headquarters {
    folder: PathBuf,
    log: PathBuf,
    port: u16,
    running: Option<Running>,
    variables: Vec<(String, OsString)>,
}

impl Headquarters {
    /// Makes an HQ in `folder`, which must not exist; its log goes beside it.
    pub fn found(folder: &Path, name: &str) -> Result<Self> {
        let hq = Self {
            folder: folder.to_owned(),
            log: folder.with_extension("log"),
            port: 0,
            running: None,
            variables: Vec::new(),
        };
        hq.run(&["init", "--name", name])?;
        Ok(hq)
    }

    /// An HQ that was made and served before; it gets its port back, which its tills know.
    pub fn again(folder: &Path) -> Result<Self> {
        let announced = folder.with_extension("address");
        let text = std::fs::read_to_string(&announced)
            .with_context(|| format!("{} cannot be read", announced.display()))?;
        let said: Value = serde_json::from_str(&text)?;
        let address = said["address"]
            .as_str()
            .context("an address was announced")?;
        Ok(Self {
            folder: folder.to_owned(),
            log: folder.with_extension("log"),
            port: port_of(address)?,
            running: None,
            variables: Vec::new(),
        })
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What its server says of itself.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Runs one of its commands and hands back what it printed.
    pub fn run(&self, words: &[&str]) -> Result<String> {
        let mut command = self.command()?;
        command.args(words);
        output(
            &format!("tillside-hq {}", words.join(" ")),
            &mut command,
            None,
        )
    }

    /// Runs a command that prints JSON.
    pub fn json(&self, words: &[&str]) -> Result<Value> {
        let text = self.run(&[words, &["--json"]].concat())?;
        serde_json::from_str(&text)
            .with_context(|| format!("tillside-hq {} printed no JSON: {text}", words.join(" ")))
    }

    /// Imports a whole chain, and hands back what was said to each file.
    pub fn import(&self, chain: &Sample) -> Result<String> {
        let files = chain.files();
        let said = files
            .iter()
            .map(|(kind, file)| self.import_file(kind, file));
        said.collect()
    }

    /// Imports one file of a kind.
    pub fn import_file(&self, kind: &str, file: &Path) -> Result<String> {
        self.run(&["import", kind, &file.to_string_lossy()])
    }

    /// A one-time code for a new terminal of a store.
    pub fn invite(&self, store: &str) -> Result<String> {
        let said = self.run(&["terminal", "invite", "--store", store])?;
        let last = said.lines().last().context("invite prints a code")?;
        Ok(last.trim().to_owned())
    }

    /// Starts the server and waits until it answers; the first start picks a port, which stays.
    pub fn start(&mut self) -> Result<()> {
        let announced = self.folder.with_extension("address");
        let _ = std::fs::remove_file(&announced);
        let mut command = self.command()?;
        command.args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.arg("--announce").arg(&announced);
        let mut running = Running::start("tillside-hq serve", command, &self.log)?;
        let address = wait_for_address(&announced, &mut running)?;
        self.port = port_of(&address)?;
        self.running = Some(running);
        Ok(())
    }

    /// Its address. Known after the first start.
    pub fn address(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Whether its server runs.
    pub fn is_up(&self) -> bool {
        self.running.is_some()
    }

    /// Stops the server: the line is cut.
    pub fn stop(&mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::stop)
    }

    /// Ends the server as kill -9 does.
    pub fn kill(&mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::kill)
    }

    /// Sets an environment variable for every command from now on.
    pub fn set_variable(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(program("tillside-hq")?);
        command.arg("--data").arg(&self.folder);
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        Ok(command)
    }

    /// The server's process id, if it runs.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }
}

fn wait_for_address(file: &Path, running: &mut Running) -> Result<String> {
    let began = std::time::Instant::now();
    while began.elapsed() < crate::PATIENCE {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let said: Option<Value> = serde_json::from_str(&text).ok();
        if let Some(address) = said.as_ref().and_then(|said| said["address"].as_str()) {
            return Ok(address.to_owned());
        }
        if !running.is_alive() {
            running.line()?;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    anyhow::bail!("HQ's server did not say where it listens")
}

fn port_of(address: &str) -> Result<u16> {
    let port = address.rsplit(':').next().unwrap_or_default();
    port.trim_end_matches('/')
        .parse()
        .with_context(|| format!("{address} names no port"))
}
