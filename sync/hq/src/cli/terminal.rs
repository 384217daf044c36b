//! `terminal`: invite, list, revoke.

use super::say;
use super::table::{Format, Table};
use clap::Subcommand;
use tillside_core::{StoreId, TerminalId};
use tillside_hq::clock::{in_words, now};
use tillside_hq::data::DataDir;
use tillside_hq::fleet::FleetStore;
use tillside_hq::fleet::authority::Authority;
use tillside_hq::fleet::invite::{CERTIFICATE_DAYS, invite};
use tillside_hq::store::sqlite::SqliteStore;

const DAY: u32 = 86_400;

#[derive(Subcommand)]
pub(super) enum Terminal {
    /// Print a one-time code that lets one terminal into a store.
    ///
    /// The code also carries the fingerprint of HQ's certificate authority, so that the terminal can
    /// tell the true HQ: hand it over safely.
    Invite {
        /// The store.
        #[arg(long)]
        store: StoreId,
        /// A terminal that has been in before, whose certificate has ended or that HQ forgot: the code gives it
        /// a new certificate (`tillside enrol --renew`), and its journal goes on.
        #[arg(long, value_name = "ID")]
        terminal: Option<TerminalId>,
        /// How long the code works.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=720))]
        valid_hours: u32,
        /// How long the terminal's certificates live; it renews them by itself.
        #[arg(long, default_value_t = CERTIFICATE_DAYS, value_parser = clap::value_parser!(u32).range(1..=3650))]
        certificate_days: u32,
        /// The same in seconds, for tests of what happens when one ends.
        #[arg(long, hide = true, conflicts_with = "certificate_days")]
        certificate_seconds: Option<u32>,
    },
    /// List all terminals with what HQ last heard of them.
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Take a terminal's right to connect. What it sold and did not send stays with it.
    Revoke {
        /// Its id, as `terminal list` shows it.
        terminal: TerminalId,
    },
}

impl Terminal {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        match self {
            Terminal::Invite {
                store: to,
                terminal,
                valid_hours,
                certificate_days,
                certificate_seconds,
            } => {
                let seconds = certificate_seconds.unwrap_or(certificate_days * DAY);
                let authority = Authority::load(data)?;
                let code = invite(store, &authority, to, terminal, valid_hours, seconds, now());
                let code = code.await?;
                say(&code.to_string());
            }
            Terminal::List { format } => list(store).await?.print(&format)?,
            Terminal::Revoke { terminal } => {
                let revoked = store.revoke(terminal, now()).await?;
                say(match revoked {
                    true => {
                        "Revoked. If it held its store's coupons, publish, so that another till can take them."
                    }
                    false => "It was revoked before.",
                });
            }
        }
        Ok(())
    }
}

/// All terminals.
pub(super) async fn list(store: &SqliteStore) -> anyhow::Result<Table> {
    let mut table = Table::new(&[
        "terminal",
        "store",
        "lane",
        "epoch",
        "head",
        "bundle",
        "last_contact",
        "certificate_until",
        "state",
    ]);
    for row in store.terminals().await? {
        let state = match (row.revoked_at, row.holder) {
            (Some(_), _) => "revoked",
            (None, true) => "holds the store's coupons",
            (None, false) => "",
        };
        table.row([
            row.terminal.to_string(),
            row.store.to_string(),
            row.lane.to_string(),
            row.epoch.to_string(),
            row.seq.to_string(),
            row.bundle.to_string(),
            row.last_contact.map(in_words).unwrap_or_default(),
            in_words(row.certificate_until),
            state.to_owned(),
        ]);
    }
    Ok(table)
}
