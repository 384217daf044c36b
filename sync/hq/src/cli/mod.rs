//! The command line. What a command does is the library's; here it is read and told.

mod card;
mod cases;
mod coupon;
mod emoney;
mod import;
mod keys;
mod member;
mod points;
mod replay;
mod report;
mod rules;
mod serve;
mod signed;
mod table;
mod terminal;

use anyhow::Context;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tillside_hq::clock::now;
use tillside_hq::data::DataDir;
use tillside_hq::ingest::signing::JournalKey;
use tillside_hq::publish::{BundleNote, publish};
use tillside_hq::setup::found;
use tillside_hq::store::sqlite::SqliteStore;

/// Tillside HQ: one place for members, coupons, rules and every sale of the chain.
///
/// Begin with `init`, then `import` stores, rules, products, members and coupons (in this order),
/// `publish`, `serve`, and `terminal invite` for each till. All commands work while `serve` runs.
#[derive(Parser)]
#[command(name = "tillside-hq", version)]
struct Cli {
    /// HQ's folder.
    #[arg(long, env = "TILLSIDE_HQ_DATA", value_name = "DIR")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new HQ in an empty folder: database, certificate authority, signing keys.
    Init {
        /// The chain's name.
        #[arg(long)]
        name: String,
        /// A host name or address that terminals reach HQ by; may be given more than once.
        #[arg(long = "host", value_name = "NAME")]
        hosts: Vec<String>,
    },
    /// Read a file into HQ. Nothing reaches the stores before `publish`.
    Import(import::Import),
    /// Look at a rule document before it is imported.
    #[command(subcommand)]
    Rules(rules::Rules),
    /// Sign what HQ knows as the next bundle; the stores pull it by themselves.
    Publish,
    /// Serve the terminals until stopped (ctrl-c or SIGTERM).
    Serve(serve::Serve),
    /// Invite, list or revoke terminals.
    #[command(subcommand)]
    Terminal(terminal::Terminal),
    /// Take numbers back, sign coupons, and see what plans may cost at worst.
    #[command(subcommand)]
    Coupon(coupon::Coupon),
    /// Say what stores may do.
    #[command(subcommand)]
    Store(card::Store),
    /// E-money: set it up, prove it, see what is unknown.
    #[command(subcommand)]
    Emoney(emoney::Emoney),
    /// The chain's card keys.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What stores' journals are acknowledged with.
    #[command(subcommand)]
    Journal(Journal),
    /// Members' cards with purses: show, block, replace.
    #[command(subcommand)]
    Card(card::Card),
    /// Members' accounts.
    #[command(subcommand)]
    Account(card::Account),
    /// Members' points.
    #[command(subcommand)]
    Member(member::Member),
    /// What time does to points: expiry.
    #[command(subcommand)]
    Points(points::Points),
    /// Members' phones.
    #[command(subcommand)]
    Phone(card::Phone),
    /// Print what HQ knows.
    #[command(subcommand)]
    Report(report::Report),
    Replay(replay::ReplayArgs),
    /// Work through what HQ could not accept as it came.
    Cases(cases::Cases),
}

#[derive(Subcommand)]
enum Journal {
    /// Print the public key under HQ's acknowledgements: for `tillside journal verify --key`.
    Key,
}

/// Reads the command line and does what it says.
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let data = cli.data.as_path();
    match cli.command {
        Command::Init { name, hosts } => {
            found(data, &name, &hosts, now()).await?;
            say(&format!(
                "The HQ of {name} stands in {}. Next: import stores.",
                data.display()
            ));
        }
        Command::Import(import) => return import.run(&open(data)?.1).await,
        Command::Rules(rules) => rules.run()?,
        Command::Publish => {
            let (data, store) = open(data)?;
            say(&published(&publish(&data, &store, now()).await?));
        }
        Command::Serve(serve) => {
            let (data, store) = open(data)?;
            serve.run(data, store).await?;
        }
        Command::Terminal(terminal) => {
            let (data, store) = open(data)?;
            terminal.run(&data, &store).await?;
        }
        Command::Coupon(coupon) => {
            let (data, store) = open(data)?;
            coupon.run(&data, &store).await?;
        }
        Command::Store(stores) => stores.run(&open(data)?.1).await?,
        Command::Emoney(emoney) => {
            let (data, store) = open(data)?;
            emoney.run(&data, &store).await?;
        }
        Command::Keys(keys) => {
            let (data, store) = open(data)?;
            keys.run(&data, &store).await?;
        }
        Command::Journal(Journal::Key) => {
            let data = DataDir::existing(data)?;
            say(&JournalKey::of(&data)?.public().to_string());
        }
        Command::Card(card) => card.run(&open(data)?.1).await?,
        Command::Account(account) => account.run(&open(data)?.1).await?,
        Command::Member(member) => member.run(&open(data)?.1).await?,
        Command::Points(points) => points.run(&open(data)?.1).await?,
        Command::Phone(phone) => {
            let (data, store) = open(data)?;
            phone.run(&data, &store).await?;
        }
        Command::Report(report) => report.run(&open(data)?.1).await?,
        Command::Replay(replay) => return replay.run(&open(data)?.1).await,
        Command::Cases(cases) => cases.run(&open(data)?.1).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn open(data: &Path) -> anyhow::Result<(DataDir, SqliteStore)> {
    let data = DataDir::existing(data)?;
    let store = SqliteStore::open(&data.database())
        .with_context(|| format!("cannot open {}", data.database().display()))?;
    Ok((data, store))
}

fn published(note: &BundleNote) -> String {
    format!(
        "Bundle {} is published: {} rules, {} coupon plans, {} products, {} stores, {} members, {} coupons.",
        note.version,
        note.rules,
        note.plans,
        note.products,
        note.stores,
        note.members,
        note.coupons
    )
}

/// Prints a line for whoever ran the command.
#[allow(clippy::print_stdout, reason = "a command line program answers there")]
fn say(line: &str) {
    println!("{line}");
}
