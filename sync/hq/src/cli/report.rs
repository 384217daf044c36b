//! `report`: what HQ knows.

use super::table::{Format, Table};
use super::{emoney, say, terminal};
use anyhow::bail;
use clap::Subcommand;
use serde_json::Value;
use tillside_hq::clock::{in_words, now};
use tillside_hq::reports::ReportStore;
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Subcommand)]
pub(super) enum Report {
    /// Every coupon use: where, when, in which sale, and whether it was voided.
    Redemptions {
        #[command(flatten)]
        format: Format,
    },
    /// Every member's points: what the ledger says, and how much is active, pending, spent, expired, negative.
    Balances {
        #[command(flatten)]
        format: Format,
    },
    /// Every terminal: how far HQ's copy of its journal goes, and when it last called.
    Terminals {
        #[command(flatten)]
        format: Format,
    },
    /// How many records, sales, redemptions and cases there are.
    Records {
        #[command(flatten)]
        format: Format,
    },
    /// E-money: issued, held, spent, owed, expired and in doubt; by funder and by purse.
    Emoney {
        #[command(flatten)]
        format: Format,
    },
    /// Prove the ledger: every entry sums to zero, and every balance is the sum of its entries.
    Ledger,
}

impl Report {
    pub(super) async fn run(self, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Report::Redemptions { format } => redemptions(store).await?.print(&format),
            Report::Balances { format } => balances(store).await?.print(&format),
            Report::Terminals { format } => terminal::list(store).await?.print(&format),
            Report::Records { format } => records(store).await?.print(&format),
            Report::Emoney { format } => emoney::report(store).await?.print(&format),
            Report::Ledger => ledger(store).await,
        }
    }
}

async fn redemptions(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "number", "plan", "store", "lane", "terminal", "sale", "at", "amount", "voided",
    ]);
    for row in store.redemptions().await? {
        table.row([
            Value::from(row.number.as_str()),
            row.plan.as_str().into(),
            row.store.as_str().into(),
            row.lane.as_str().into(),
            row.terminal.to_string().into(),
            row.sale.to_string().into(),
            in_words(row.at).into(),
            row.amount.to_string().into(),
            row.voided.into(),
        ]);
    }
    Ok(table)
}

async fn balances(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "number", "member", "points", "active", "pending", "spent", "expired", "negative",
    ]);
    for row in store.balances(now()).await? {
        let has = row.holding;
        table.row([
            Value::from(row.number),
            row.member.to_string().into(),
            row.points.0.into(),
            has.active.0.into(),
            has.pending.0.into(),
            has.spent.0.into(),
            has.expired.0.into(),
            has.negative.0.into(),
        ]);
    }
    Ok(table)
}

async fn records(store: &SqliteStore) -> anyhow::Result<Table> {
    let counts = store.counts().await?;
    let mut table = Table::new(&["what", "count"]);
    for (what, count) in [
        ("records", counts.records),
        ("quarantined", counts.quarantined),
        ("forked", counts.forked),
        ("sales", counts.sales),
        ("voided", counts.voided),
        ("movements", counts.movements),
        ("redemptions", counts.redemptions),
        ("open_cases", counts.open_cases),
    ] {
        table.row([Value::from(what), count.into()]);
    }
    Ok(table)
}

async fn ledger(store: &SqliteStore) -> anyhow::Result<()> {
    let check = store.check_ledger().await?;
    if !check.holds() {
        bail!(
            "the ledger is broken: its entries sum to {}, and {} accounts differ from their entries ({}). Keep the database as it is and call whoever looks after HQ",
            check.sum,
            check.differing.len(),
            check.differing.join(", ")
        );
    }
    say(&format!(
        "The ledger holds: {} accounts, and all entries sum to zero.",
        check.accounts
    ));
    Ok(())
}
