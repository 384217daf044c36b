//! The command line of `tillside-sim`.
#![allow(
    clippy::print_stdout,
    reason = "printing is what a command line is for"
)]

mod air;
mod card;
mod fault;

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use card::CardAction;
use clap::{Args, Parser, Subcommand};
use fault::{FaultAction, describe, setting};
use tillside_sim::air::BitRate;
use tillside_sim::client::SimClient;
use tillside_sim::control::{self, ServeInfo};
use tillside_sim::{ReaderModel, Seen, SimConfig, Simulator, catalogue};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const ABOUT: &str =
    "Card readers and cards without hardware: a private PC/SC service with simulated readers";
const EXAMPLES: &str = "\
Examples:
  tillside-sim serve --readers 2 &             # prints {\"control\":…,\"PCSCLITE_CSOCK_NAME\":…}
  export PCSCLITE_CSOCK_NAME=…                 # for the agent, or any PC/SC program
  tillside-sim tap anna                        # a named card (see `tillside-sim cards`)
  tillside-sim tap ntag215:04A1B2C3D4E5F6 --reader 2
  tillside-sim serve --pn532 &                 # one more reader, on a serial line: pn532_uart:/dev/…
  tillside-sim remove
  tillside-sim fault remove-at 2               # the card leaves in the 2nd command from now
  tillside-sim fault tear-after 9              # the 9th command's write is done, and the card leaves
  tillside-sim card show ivy                   # what is on a card, whether it lies there or not
  tillside-sim card save ivy before.json       # and `card load before.json` plays that state back
  tillside-sim air --speed 424                 # modelled time of what `log` shows
  tillside-sim pcscd kill; tillside-sim pcscd start

A card is noticed up to 0.4 s after it was laid down or taken away, as with pcscd itself.";

#[derive(Parser)]
#[command(name = "tillside-sim", about = ABOUT, after_help = EXAMPLES, version)]
struct CommandLine {
    /// Where the running simulator is: its state file, or its control address (http://…)
    #[arg(long, global = true, env = "TILLSIDE_SIM", value_name = "FILE|URL")]
    state_file: Option<String>,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Run a private PC/SC service with simulated readers, until Ctrl-C
    Serve(Serve),
    /// Lay a card on a reader
    Tap {
        /// A name (see `cards`), or a chip (ntag215, desfire-ev3, uid …), a colon and the UID in hex
        card: String,
        #[command(flatten)]
        at: At,
        /// Take away the card that lies there first
        #[arg(long)]
        replace: bool,
        /// Lay it beside the card that lies there: the reader then sees neither, or the new one
        #[arg(long, value_enum, conflicts_with = "replace")]
        beside: Option<Seen>,
        /// Not now: as soon as a fault takes away the card that lies there
        #[arg(long, conflicts_with_all = ["replace", "beside"])]
        next: bool,
    },
    /// Take the card away
    Remove(At),
    /// Set what goes wrong; one fault a reader, a new one replaces it
    Fault {
        #[command(subcommand)]
        fault: FaultAction,
    },
    /// Show the readers, what lies on them, and their faults
    List {
        /// One JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show the last commands that reached a reader, and the answers
    Log(At),
    /// Show how long the commands in `log` took on the air, by the model
    Air {
        #[command(flatten)]
        at: At,
        /// kbit/s
        #[arg(long, value_enum, default_value_t)]
        speed: BitRate,
    },
    /// Look at cards, keep them in files, and put them back
    Card {
        #[command(subcommand)]
        action: CardAction,
    },
    /// Show the cards that have a name
    Cards,
    /// End or start the PC/SC service
    Pcscd {
        /// `kill` ends it as kill -9 does; `start` starts it again, cards still in place
        action: PcscdAction,
    },
}

#[derive(Args)]
struct Serve {
    /// Port of the control API on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How many readers, 1 to 8: ACR122U and ACR1252U by turns
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=8))]
    readers: u8,
    /// Name the models instead, one a reader, in order
    #[arg(long = "model", value_enum)]
    models: Vec<ReaderModel>,
    /// One more reader: a PN532 on a serial line, for libnfc. Its name is printed as "pn532"
    #[arg(long)]
    pn532: bool,
    /// Path of the PC/SC socket; in a folder of its own unless given
    #[arg(long)]
    socket: Option<PathBuf>,
}

#[derive(Args)]
struct At {
    /// Which reader, counted from 1
    #[arg(long, default_value_t = 1)]
    reader: usize,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum PcscdAction {
    Kill,
    Start,
}

/// Runs the program.
pub(crate) fn main() -> anyhow::Result<()> {
    let line = CommandLine::parse();
    if let Action::Serve(serve) = line.action {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .init();
        return tokio::runtime::Runtime::new()?.block_on(run(serve, line.state_file));
    }
    if let Action::Cards = line.action {
        for entry in catalogue() {
            println!("{:<10} {:<30} {}", entry.name, entry.card, entry.about);
        }
        return Ok(());
    }
    act(line.action, &find(line.state_file)?)
}

fn default_state_file() -> PathBuf {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    folder.join("tillside-sim.json")
}

fn find(place: Option<String>) -> anyhow::Result<SimClient> {
    if let Some(address) = place
        .as_deref()
        .filter(|place| place.starts_with("http://"))
    {
        return Ok(SimClient::new(address)?);
    }
    let path = place.map_or_else(default_state_file, PathBuf::from);
    let text = fs::read_to_string(&path).with_context(|| {
        format!("no simulator at {}: start one with `tillside-sim serve`, or name its state file with --state-file or TILLSIDE_SIM", path.display())
    })?;
    let info: ServeInfo = serde_json::from_str(&text)
        .with_context(|| format!("{} is no simulator's state file", path.display()))?;
    Ok(SimClient::of(&info)?)
}

async fn run(serve: Serve, place: Option<String>) -> anyhow::Result<()> {
    if place
        .as_deref()
        .is_some_and(|place| place.starts_with("http://"))
    {
        bail!("`serve` writes a state file: give a path, not an address");
    }
    let path = place.map_or_else(default_state_file, PathBuf::from);
    let turns = [ReaderModel::Acr122, ReaderModel::Acr1252];
    let by_turns = || {
        turns
            .into_iter()
            .cycle()
            .take(serve.readers.into())
            .collect()
    };
    let mut readers: Vec<ReaderModel> = if serve.models.is_empty() {
        by_turns()
    } else {
        serve.models
    };
    readers.extend(serve.pn532.then_some(ReaderModel::Pn532));
    // Listened for before anything is started, so that nothing is left behind.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let bench = Arc::new(Simulator::start(&SimConfig {
        readers,
        socket: serve.socket,
    })?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, serve.port))
        .await
        .with_context(|| format!("port {} on 127.0.0.1 is not free", serve.port))?;
    let info = control::info(listener.local_addr()?, &bench);
    let text = serde_json::to_string(&info)?;
    write_whole(&path, &text)?;
    println!("{text}");
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    let ended = control::serve(listener, bench, stop).await;
    // Only our own: another simulator may have written its state there since.
    if fs::read_to_string(&path).is_ok_and(|now| now.trim_end() == text) {
        let _ = fs::remove_file(&path);
    }
    Ok(ended?)
}

/// Whoever reads the file finds all of it or none.
fn write_whole(path: &PathBuf, text: &str) -> anyhow::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&beside, format!("{text}\n"))
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("writing the state file {}", path.display()))
}

fn act(action: Action, bench: &SimClient) -> anyhow::Result<()> {
    match action {
        Action::Tap {
            card,
            at,
            beside: Some(seen),
            ..
        } => {
            let view = bench.tap_beside(at.reader, &card, seen)?;
            let seen = view.card.as_deref().unwrap_or("no card");
            println!("reader {} sees {seen} of those on it", at.reader);
        }
        Action::Tap {
            card,
            at,
            next: true,
            ..
        } => {
            bench.set_next(at.reader, &card)?;
            println!("{card} is next on reader {}", at.reader);
        }
        Action::Tap {
            card, at, replace, ..
        } => {
            let view = bench.tap(at.reader, &card, replace)?;
            println!("{} lies on reader {}", view.card.unwrap_or(card), at.reader);
        }
        Action::Remove(at) => {
            bench.remove(at.reader)?;
            println!("reader {} is empty", at.reader);
        }
        Action::Fault { fault } => {
            let (reader, setting) = setting(fault);
            bench.set_fault(reader, setting)?;
            println!("fault of reader {reader}: {}", describe(setting));
        }
        Action::List { json } => list(bench, json)?,
        Action::Log(at) => {
            for exchange in bench.exchanges(at.reader)? {
                let answer = exchange
                    .answer
                    .unwrap_or_else(|| "(the card left)".to_owned());
                println!("{} -> {answer}", exchange.command);
            }
        }
        Action::Pcscd {
            action: PcscdAction::Kill,
        } => {
            bench.kill_pcscd()?;
            println!("the PC/SC service is dead");
        }
        Action::Pcscd {
            action: PcscdAction::Start,
        } => {
            bench.start_pcscd()?;
            println!("the PC/SC service runs");
        }
        Action::Air { at, speed } => air::show(bench, at.reader, speed)?,
        Action::Card { action } => card::act(action, bench)?,
        Action::Serve(_) | Action::Cards => {}
    }
    Ok(())
}

fn list(bench: &SimClient, json: bool) -> anyhow::Result<()> {
    let readers = bench.readers()?;
    if json {
        println!("{}", serde_json::to_string(&readers)?);
        return Ok(());
    }
    for view in readers {
        let card = view.card.as_deref().unwrap_or("(empty)");
        println!(
            "{}  {:<36} {card:<26} {}",
            view.reader,
            view.name,
            describe(view.fault)
        );
    }
    Ok(())
}
