//! A bench with one PN532, and programs that run against it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tillside_sim::{CardSpec, Fault, FaultSetting, ReaderModel, SimConfig, Simulator};

/// Nothing takes this long unless it is broken.
pub const HOPELESS: Duration = Duration::from_secs(30);

/// No test takes this long. libnfc waits for the answer to a search without an end, so a lost one would
/// hold a test for ever.
const HANGS: Duration = Duration::from_secs(180);

/// A simulator whose only reader is a PN532. Its test ends with it, or after [`HANGS`].
pub struct Bench {
    pub sim: Simulator,
    _alive: Sender<()>,
}

/// Ends this program if what is returned lives for longer than `limit`: a thread that waits inside libnfc
/// cannot be ended otherwise.
fn ended_after(limit: Duration) -> Sender<()> {
    let (alive, ended) = channel();
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    std::thread::spawn(move || {
        if ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{test} hangs");
            std::process::exit(101);
        }
    });
    alive
}

impl Bench {
    pub fn new() -> Self {
        let config = SimConfig {
            readers: vec![ReaderModel::Pn532],
            socket: None,
        };
        Self {
            sim: Simulator::start(&config).unwrap(),
            _alive: ended_after(HANGS),
        }
    }

    /// With a card that lies there from the start.
    pub fn with(card: &str) -> Self {
        let bench = Self::new();
        bench.lay(card);
        bench
    }

    pub fn lay(&self, card: &str) {
        let card: CardSpec = card.parse().unwrap();
        self.sim.tap(1, &card).unwrap();
    }

    pub fn lift(&self) {
        self.sim.remove(1).unwrap();
    }

    pub fn fault(&self, fault: Fault, once: bool) {
        self.sim
            .set_fault(1, Some(FaultSetting { fault, once }))
            .unwrap();
    }

    /// What libnfc calls the reader.
    pub fn name(&self) -> String {
        self.sim.reader(1).unwrap().name
    }

    /// The serial line itself.
    pub fn line(&self) -> PathBuf {
        PathBuf::from(self.name().split_once(':').unwrap().1)
    }

    /// Runs a program that uses libnfc, with this reader, and gives what it printed.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(program);
        command.args(arguments);
        command.env("LIBNFC_DEVICE", self.name());
        ran(command)
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    pub succeeded: bool,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// It ended well and printed all of these, whatever the white space between words.
    pub fn printed(&self, parts: &[&str]) {
        let Self {
            succeeded,
            out,
            err,
        } = self;
        assert!(*succeeded, "it failed:\n{out}\n{err}");
        let words = words(out);
        for part in parts {
            assert!(words.contains(part), "no `{part}` in:\n{out}\n{err}");
        }
    }
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs a program to its end, which has to come.
pub fn ran(mut command: Command) -> Ran {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{name} does not run ({error}): install it with `cargo xtask setup`")
        });
    let end = Instant::now() + HOPELESS;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            let Output { stdout, stderr, .. } = child.wait_with_output().unwrap();
            panic!("{name} hangs: {}{}", text(&stdout), text(&stderr));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        succeeded: output.status.success(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
