//! `emoney`: the chain's e-money.

use super::say;
use super::table::{Format, Table};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use tillside_core::{Currency, FunderId, Money};
use tillside_hq::clock::{in_words, now};
use tillside_hq::data::DataDir;
use tillside_hq::emoney::{EmoneyCheck, EmoneyStore, Keyring, SetUp, set_up};
use tillside_hq::import::{Cell, price};
use tillside_hq::store::sqlite::SqliteStore;
use tillside_keys::VaultKind;

#[derive(Subcommand)]
pub(super) enum Emoney {
    /// Set e-money up: the scheme, and the chain's card keys in HQ's own vault.
    ///
    /// Without --vault the keys are in an encrypted file in HQ's folder, its passphrase beside it: for
    /// development and trials. With --vault pkcs11:LIBRARY?token=NAME they are made in that token and never
    /// leave it (its PIN in TILLSIDE_HQ_PIN); tills then need tokens of their own.
    Init(Init),
    /// Show the scheme, and what HQ has booked.
    Show,
    /// Show, or change, after how many days a movement that nobody knows the end of becomes a case.
    ///
    /// Until then HQ waits for the card to be seen again. After it nothing moves by itself either: it is
    /// listed as a liability in doubt, and a person decides with `cases decide`.
    Timeout {
        /// The days.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: Option<u16>,
    },
    /// Prove the ledger: every entry sums to zero, every balance is the sum of its entries, every movement
    /// is booked once, every card shows what is booked, and each funder's money is where it must be.
    Check,
    /// List cards of which transactions are missing for longer than the time-out.
    Gaps {
        #[command(flatten)]
        format: Format,
    },
    /// List the movements whose end nobody knows.
    Open {
        #[command(flatten)]
        format: Format,
    },
}

#[derive(Args)]
pub(super) struct Init {
    /// The currency of every purse: EUR.
    #[arg(long)]
    currency: String,
    /// The most a purse may hold: 150.00.
    #[arg(long)]
    cap: String,
    /// What the chain's card keys are made with, 5 to 17 characters; for ever.
    #[arg(long, default_value = "tillside")]
    system: String,
    /// The application on the cards, 6 hex digits; for ever.
    #[arg(long, default_value = "F484E0")]
    application: String,
    /// Entries of a card's log.
    #[arg(long, default_value_t = 10)]
    log_entries: u8,
    /// How long a new card may be used, in days.
    #[arg(long, default_value_t = 1826)]
    card_days: u16,
    /// How long a lost card's balance waits before it is carried over, in hours: what a till without a line
    /// may still have to tell.
    #[arg(long, default_value_t = 72)]
    replacement_wait_hours: u16,
    /// Who issues the money.
    #[arg(long, default_value = "chain")]
    funder: FunderId,
    /// After how many days a movement that nobody knows the end of becomes a case.
    #[arg(long, default_value_t = 30)]
    timeout_days: u16,
    /// Where the keys are made: file:PATH or pkcs11:LIBRARY?token=NAME.
    #[arg(long)]
    vault: Option<String>,
}

impl Emoney {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Emoney::Init(init) => init.run(data, store).await,
            Emoney::Show => show(data, store).await,
            Emoney::Timeout { days } => timeout(store, days).await,
            Emoney::Check => check(store).await,
            Emoney::Gaps { format } => gaps(store).await?.print(&format),
            Emoney::Open { format } => open(store).await?.print(&format),
        }
    }
}

impl Init {
    async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        let currency = Currency::new(&self.currency)?;
        let cap = price(Cell::new("cap", &self.cap), currency);
        let cap = cap.map_err(|bad| anyhow::anyhow!("--cap: {}", bad.reason))?;
        let chosen = SetUp {
            currency,
            cap,
            system: self.system,
            application: self.application,
            log_entries: self.log_entries,
            card_days: self.card_days,
            replacement_wait_hours: self.replacement_wait_hours,
            funder: self.funder,
            timeout_days: self.timeout_days,
            vault: self.vault,
        };
        let keyring = Keyring::beside(data.root());
        let held = set_up(store, &keyring, chosen, now()).await?;
        say(&format!(
            "E-money in {currency} is set up, with {} card keys in {}. Next: say which stores put money on and issue cards (`tillside-hq store desk`), and publish.",
            held.len(),
            vault_words(&keyring)?
        ));
        Ok(())
    }
}

fn vault_words(keyring: &Keyring) -> anyhow::Result<&'static str> {
    Ok(match keyring.held()?.map(|(kind, _)| kind) {
        Some(VaultKind::DevelopmentFile) => "a file: for development and trials only",
        Some(_) => "a token",
        None => "no vault",
    })
}

async fn show(data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
    let scheme = store.scheme().await?;
    let scheme =
        scheme.context("this HQ has no e-money: set it up with `tillside-hq emoney init`")?;
    let s = &scheme.scheme;
    let totals = store.check_emoney().await?.totals;
    let money = |minor| Money::new(minor, s.currency).map(|money| money.to_string());
    say(&format!(
        "Application {}, keys for {:?} of version {}, in {}.\n\
         A purse holds at most {}. A card may be used for {} days, and its log has {} entries.\n\
         A lost card's balance waits {} hours. A movement that nobody knows the end of becomes a case after {} days.\n\
         Issued {} by {}: {} on cards and in accounts, {} spent, {} owed to holders, {} expired.",
        s.application,
        s.system,
        s.key_version,
        vault_words(&Keyring::beside(data.root()))?,
        s.cap,
        s.card_days,
        s.log_entries,
        s.replacement_wait_hours,
        scheme.timeout_days,
        money(totals.issued)?,
        scheme.funder,
        money(totals.held)?,
        money(totals.spent)?,
        money(totals.owed)?,
        money(totals.expired)?,
    ));
    Ok(())
}

async fn timeout(store: &SqliteStore, days: Option<u16>) -> anyhow::Result<()> {
    if let Some(days) = days {
        store.set_timeout(days).await?;
    }
    let scheme = store.scheme().await?;
    let scheme =
        scheme.context("this HQ has no e-money: set it up with `tillside-hq emoney init`")?;
    let opened = store.sweep(now()).await?;
    say(&format!(
        "A movement that nobody knows the end of becomes a case after {} days. New cases: {opened}.",
        scheme.timeout_days
    ));
    Ok(())
}

async fn check(store: &SqliteStore) -> anyhow::Result<()> {
    let check = store.check_emoney().await?;
    if !check.holds() {
        bail!("{}", broken(&check));
    }
    let open = store.open_movements(now()).await?;
    let doubt = open.iter().filter(|movement| movement.in_doubt).count();
    say(&format!(
        "The ledger of e-money holds: {} accounts, and all entries sum to zero. Movements with an unknown end: {}, past the time-out: {doubt}. Cards with missing transactions: {}.",
        check.accounts,
        open.len(),
        check.incomplete
    ));
    Ok(())
}

fn broken(check: &EmoneyCheck) -> String {
    let mut what = Vec::new();
    if check.sum != 0 {
        what.push(format!("its entries sum to {}", check.sum));
    }
    let list = |words: &str, of: Vec<String>| {
        (!of.is_empty()).then(|| format!("{words}: {}", of.join(", ")))
    };
    what.extend(list(
        "balances that are not the sum of their entries",
        check.differing.clone(),
    ));
    let misbooked = check.misbooked.iter().map(ToString::to_string).collect();
    what.extend(list("movements that are not booked just once", misbooked));
    let cards = check.cards.iter().map(ToString::to_string).collect();
    what.extend(list("cards that show something else", cards));
    what.extend(list(
        "money that is not where it must be",
        check.unpaired.clone(),
    ));
    format!(
        "the ledger of e-money is broken: {}. Keep the database as it is and call whoever looks after HQ",
        what.join("; ")
    )
}

async fn gaps(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&["card", "first", "last", "newest", "since"]);
    for gap in store.gaps(now()).await? {
        table.row([
            Value::from(gap.card.as_str()),
            gap.first.into(),
            gap.last.into(),
            gap.newest.into(),
            in_words(gap.since).into(),
        ]);
    }
    Ok(table)
}

async fn open(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "movement", "action", "card", "amount", "store", "terminal", "at", "state", "case",
    ]);
    for row in store.open_movements(now()).await? {
        let state = match (row.in_doubt, row.given_up) {
            (true, _) => "in doubt",
            (false, true) => "given up",
            (false, false) => "unknown",
        };
        table.row([
            Value::from(row.txid.to_string()),
            row.action.as_str().into(),
            row.card.as_str().into(),
            row.amount.to_string().into(),
            row.store.as_str().into(),
            row.terminal.to_string().into(),
            in_words(row.at).into(),
            state.into(),
            row.case.map_or(Value::from(""), Value::from),
        ]);
    }
    Ok(table)
}

/// `report emoney`: what is where, by funder and by purse.
pub(super) async fn report(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "what", "name", "issued", "held", "spent", "owed", "expired", "in_doubt",
    ]);
    let scheme = store.scheme().await?;
    let scheme =
        scheme.context("this HQ has no e-money: set it up with `tillside-hq emoney init`")?;
    let currency = scheme.scheme.currency;
    let money = |minor| Money::new(minor, currency).map(|money| Value::from(money.to_string()));
    let check = store.check_emoney().await?;
    let none = || Value::from("");
    let rows = store.emoney_rows().await?;
    let doubt = rows.iter().map(|row| row.in_doubt.minor()).sum();
    let t = check.totals;
    table.row([
        Value::from("all"),
        none(),
        money(t.issued)?,
        money(t.held)?,
        money(t.spent)?,
        money(t.owed)?,
        money(t.expired)?,
        money(doubt)?,
    ]);
    for (funder, shares) in &check.pairing.funders {
        table.row([
            Value::from("funder"),
            funder.as_str().into(),
            money(shares.issued)?,
            money(shares.held)?,
            money(shares.spent)?,
            money(shares.owed)?,
            money(shares.expired)?,
            none(),
        ]);
    }
    for row in rows {
        table.row([
            Value::from("purse"),
            row.holder.to_string().into(),
            none(),
            row.balance.to_string().into(),
            none(),
            row.owed.to_string().into(),
            none(),
            row.in_doubt.to_string().into(),
        ]);
    }
    Ok(table)
}
