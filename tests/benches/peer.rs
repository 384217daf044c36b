//! A peer: a program that is told what to do, line by line, and times itself.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A peer that runs. It ends when what it reads from is closed.
pub struct Peer {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// The crate zen-engine, built the first time.
    pub fn zen(stage: &Value) -> Result<Self> {
        let folder = folder("zen");
        // Beside this program's own folder: these are builds of another workspace.
        let target = std::env::current_exe()?.with_file_name("../peers");
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        build
            .args(["build", "--release", "--locked"])
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &target);
        done("zen-engine cannot be built", &mut build)?;
        let program = target.join("release/tillside-peer-zen");
        let program = program.with_extension(std::env::consts::EXE_EXTENSION);
        Self::start("zen-engine", Command::new(program), stage)
    }

    /// npm's json-rules-engine in Node, installed the first time.
    pub fn json_rules(stage: &Value) -> Result<Self> {
        let node = node("json-rules", "json-rules-engine")?;
        Self::start("json-rules-engine", node, stage)
    }

    /// npm's PouchDB in Node with its pouchdb-server, installed the first time.
    pub fn pouchdb(stage: &Value) -> Result<Self> {
        let mut peer = Self::start("PouchDB", node("pouchdb", "pouchdb-server")?, stage)?;
        ensure!(peer.hear()?.trim() == "ready", "PouchDB is not ready");
        Ok(peer)
    }

    fn start(name: &'static str, mut command: Command, stage: &Value) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("its output is piped")?;
        let mut peer = Self {
            name,
            child,
            input,
            output: BufReader::new(output),
        };
        peer.say(stage)?;
        Ok(peer)
    }

    /// What it is called.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// For each basket the names of the rules that it hits, sorted. To be asked once, first.
    pub fn answers(&mut self) -> Result<Vec<Vec<String>>> {
        let mut answers: Vec<Vec<String>> = serde_json::from_str(&self.hear()?)?;
        answers.iter_mut().for_each(|rules| rules.sort());
        Ok(answers)
    }

    /// How long it takes for all baskets, so many times.
    pub fn time(&mut self, times: u32) -> Result<Duration> {
        self.say(&times)?;
        Ok(Duration::from_nanos(self.hear()?.trim().parse()?))
    }

    /// Tells it something and hears its answer.
    pub fn ask(&mut self, what: &Value) -> Result<String> {
        self.say(what)?;
        Ok(self.hear()?.trim().to_owned())
    }

    fn say(&mut self, what: &impl ToString) -> Result<()> {
        let input = self.input.as_mut().context("it is still read from")?;
        writeln!(input, "{}", what.to_string())?;
        Ok(input.flush()?)
    }

    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line)?;
        ensure!(read > 0, "{} ended", self.name);
        Ok(line)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("peers")
        .join(name)
}

/// A peer in Node, with its packages.
fn node(peer: &str, package: &str) -> Result<Command> {
    let folder = folder(peer);
    if !folder.join("node_modules").join(package).is_dir() {
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let mut install = Command::new(npm);
        install
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&folder)
            .stdout(Stdio::null());
        done("the peer's npm packages cannot be installed", &mut install)?;
    }
    let mut node = Command::new("node");
    node.arg("peer.mjs").current_dir(&folder);
    Ok(node)
}

fn done(failed: &'static str, command: &mut Command) -> Result<()> {
    let status = command.status().context(failed)?;
    ensure!(status.success(), "{failed}");
    Ok(())
}
