//! The command line: what is asked, and which exit code answers. The work is done in the modules.

mod ask;
mod card;
mod doctor;
mod enrol;
mod journal;
mod people;
mod run;
mod status;
mod vault;

use clap::{Args, Parser, Subcommand};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use tillside::{DataFolder, StartError};
use tillside_store::{Store, StoreError};
use tracing_subscriber::EnvFilter;

/// Something is wrong.
const PROBLEM: u8 = 1;
/// The database is damaged: somebody must look at it.
const DAMAGED: u8 = 3;

/// The agent that sits beside the till.
#[derive(Debug, Parser)]
#[command(name = "tillside", version, about, after_help = AFTER_HELP)]
struct Program {
    /// The folder that holds everything this till keeps.
    #[arg(long, value_name = "DIR", env = "TILLSIDE_DATA")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "A new till, step by step:
  1. At HQ:   tillside-hq --data HQ terminal invite --store S1
  2. Here:    tillside --data DIR enrol --hq https://HQ:8443 --lane 1 CODE
  3.          tillside --data DIR people add mara --name \"Mara\" --role manager
  4.          tillside --data DIR run --screen ui/till/dist
If something is wrong: tillside --data DIR doctor
Exit codes: 0 all is well, 1 a problem, 2 a wrong command line, 3 the database is damaged.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes this computer a till of HQ's, with an invitation code.
    Enrol(enrol::Enrol),
    /// Says who may sign in at this till.
    People(people::People),
    /// Runs the till until it is stopped (SIGTERM or ctrl-c).
    Run(run::Run),
    /// Says whether the line is up, since when, and what HQ has not confirmed.
    Status(status::Status),
    /// Looks at everything the till needs, and says what to do about what is wrong.
    Doctor(doctor::Doctor),
    /// Issues, replaces and reads cards at a desk, through the running till.
    Card(card::Card),
    /// Says which keys for cards this till holds, and takes them in.
    Vault(vault::Vault),
    /// Looks at the journal: what was sold, in the order it was.
    Journal(JournalArgs),
}

#[derive(Debug, Args)]
struct JournalArgs {
    #[command(subcommand)]
    command: journal::Journal,
}

/// Why a command ends without success.
#[derive(Debug)]
enum Failure {
    /// A text for a person, and the exit code.
    Said(String, u8),
    /// Anything else.
    Error(anyhow::Error),
}

type Outcome = Result<(), Failure>;

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        if let Some(store) = error.downcast_ref::<StoreError>() {
            return Self::store(store);
        }
        match error.downcast_ref::<StartError>() {
            Some(start) => Self::start(start),
            None => Self::Error(error),
        }
    }
}

impl Failure {
    fn said(text: impl Into<String>) -> Self {
        Self::Said(text.into(), PROBLEM)
    }

    fn store(error: &StoreError) -> Self {
        match error {
            StoreError::InUse { .. } => Self::said(
                "The till is running on this folder. Stop it first, do this, and start it again.",
            ),
            StoreError::Damaged { .. }
            | StoreError::ChainBroken { .. }
            | StoreError::Shortened { .. }
            | StoreError::AcknowledgementForged { .. }
            | StoreError::AcknowledgedLost { .. }
            | StoreError::NotOurs { .. }
            | StoreError::Unreadable { .. } => Self::Said(
                format!("{}\n({error}){}", error.advice(), causes(error)),
                DAMAGED,
            ),
            _ => Self::said(format!("{}\n({error}){}", error.advice(), causes(error))),
        }
    }

    fn start(error: &StartError) -> Self {
        let code = if error.is_damage() { DAMAGED } else { PROBLEM };
        Self::Said(format!("{error}{}", causes(error)), code)
    }
}

/// What lies behind an error, each on its own line.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.map(|cause| format!("\n({cause})")).collect()
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    let program = Program::parse();
    log(&program.command);
    match run(program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Said(text, code)) => {
            eprintln!("{text}");
            ExitCode::from(code)
        }
        Err(Failure::Error(error)) => {
            eprintln!("{error:#}");
            ExitCode::from(PROBLEM)
        }
    }
}

fn run(program: Program) -> Outcome {
    match program.command {
        Command::Run(run) => run.run(program.data),
        command => {
            let data = DataFolder::open(&program.data)?;
            match command {
                Command::Enrol(enrol) => enrol.run(&data),
                Command::People(people) => people.run(&data),
                Command::Status(status) => status.run(&data),
                Command::Doctor(doctor) => doctor.run(&data),
                Command::Card(card) => card.run(&data),
                Command::Vault(vault) => vault.run(&data),
                Command::Journal(journal) => journal.command.run(&data),
                Command::Run(_) => Ok(()),
            }
        }
    }
}

/// A till that runs says what happens; a command says only what is wrong.
fn log(command: &Command) {
    let usual = match command {
        Command::Run(_) => "info",
        _ => "warn",
    };
    let filter = EnvFilter::try_from_env("TILLSIDE_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// The store, for a command that has it for itself.
fn store(data: &DataFolder) -> Result<Store, StoreError> {
    Store::open(&data.database())
}
