//! A till: the agent as a program of its own, in a folder of its own.

use crate::running::{Running, output};
use crate::{Api, Headquarters, program};
use anyhow::{Context, Result};
use serde_json::Value;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Somebody who works at the till.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// As the sign-in list names them.
    pub code: &'static str,
    /// As the screen names them.
    pub name: &'static str,
    /// `cashier` or `manager`.
    pub role: &'static str,
    /// Their PIN.
    pub pin: &'static str,
}

impl Person {
    /// A cashier.
    pub const ANNA: Person = Person {
        code: "anna",
        name: "Anna",
        role: "cashier",
        pin: "1111",
    };
    /// A store manager.
    pub const MARA: Person = Person {
        code: "mara",
        name: "Mara",
        role: "manager",
        pin: "2222",
    };
}

/// An enrolled till, running or not.
pub struct Terminal {
    folder: PathBuf,
    log: PathBuf,
    socket: Option<PathBuf>,
    running: Option<Running>,
    poll_seconds: u32,
    arguments: Vec<String>,
    variables: Vec<(String, OsString)>,
}

impl Terminal {
    /// A till in a folder as it is. One that was never enrolled reads cards and sells nothing.
    pub fn bare(folder: &Path, socket: Option<&Path>) -> Self {
        Self {
            folder: folder.to_owned(),
            log: folder.with_extension("log"),
            socket: socket.map(Path::to_owned),
            running: None,
            poll_seconds: 1,
            arguments: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// Enrols a new till of a store at a running HQ, and puts Anna and Mara on its list. `socket` is
    /// the PC/SC service it will use; without one it runs without readers.
    pub fn install(
        folder: &Path,
        hq: &Headquarters,
        store: &str,
        socket: Option<&Path>,
    ) -> Result<Self> {
        let terminal = Self::bare(folder, socket);
        let code = hq.invite(store)?;
        terminal.run(
            &["enrol", "--hq", &hq.address(), "--lane", "1", &code],
            None,
        )?;
        for person in [Person::ANNA, Person::MARA] {
            let Person {
                code,
                name,
                role,
                pin,
            } = person;
            let words = [
                "people",
                "add",
                code,
                "--name",
                name,
                "--role",
                role,
                "--pin-stdin",
            ];
            terminal.run(&words, Some(&format!("{pin}\n")))?;
        }
        Ok(terminal)
    }

    /// Has it ask HQ at these intervals instead of every second, from the next start on.
    pub fn poll_every(&mut self, seconds: u32) {
        self.poll_seconds = seconds;
    }

    /// Has it start with these arguments of `run` too, instead of those given before.
    pub fn start_with(&mut self, arguments: &[&str]) {
        self.arguments = arguments.iter().map(ToString::to_string).collect();
    }

    /// Sets an environment variable for every command from now on.
    pub fn set_variable(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.into()));
    }

    /// Where it keeps everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the agent says of itself.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Runs one of the agent's commands and hands back what it printed.
    pub fn run(&self, words: &[&str], input: Option<&str>) -> Result<String> {
        let mut command = self.command()?;
        command.args(words);
        output(
            &format!("tillside {}", words.join(" ")),
            &mut command,
            input,
        )
    }

    /// Runs a command that needs the agent's folder for itself: stops the agent for it, if it runs.
    pub fn run_alone(&mut self, words: &[&str]) -> Result<String> {
        let was_running = self.running.is_some();
        self.stop()?;
        let said = self.run(words, None);
        if was_running {
            self.start()?;
        }
        said
    }

    /// Starts the agent and waits until it is ready. Says how long that took.
    pub fn start(&mut self) -> Result<Duration> {
        let mut command = self.command()?;
        command.args(["run", "--poll-seconds", &self.poll_seconds.to_string()]);
        if self.socket.is_none() {
            command.arg("--no-readers");
        }
        let screen = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/till/dist");
        if screen.join("index.html").is_file() {
            command.arg("--screen").arg(screen);
        }
        command.args(&self.arguments);
        let began = Instant::now();
        let mut running = Running::start("tillside run", command, &self.log)?;
        running.line()?;
        self.running = Some(running);
        Ok(began.elapsed())
    }

    /// A caller of the running agent.
    pub fn api(&self) -> Result<Api> {
        let file = self.folder.join("agent.json");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let said: Value = serde_json::from_str(&text)?;
        let address = said["address"]
            .as_str()
            .context("agent.json has an address")?;
        let token = std::fs::read_to_string(self.folder.join("api-token"))?;
        Api::new(address, &token)
    }

    /// A caller for somebody who has signed in.
    pub async fn api_for(&self, person: Person) -> Result<Api> {
        let mut api = self.api()?;
        api.sign_in(person.code, person.pin).await?;
        Ok(api)
    }

    /// The agent's process id, if it runs.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }

    /// Ends the agent as kill -9 does.
    pub fn kill(&mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::kill)
    }

    /// Stops the agent.
    pub fn stop(&mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::stop)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(program("tillside")?);
        command.arg("--data").arg(&self.folder);
        if let Some(socket) = &self.socket {
            command.env("PCSCLITE_CSOCK_NAME", socket);
        }
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        Ok(command)
    }
}
