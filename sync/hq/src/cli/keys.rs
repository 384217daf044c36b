//! `keys`: the chain's card keys.

use super::say;
use super::table::{Format, Table};
use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use serde_json::Value;
use std::path::PathBuf;
use tillside_core::DeskRights;
use tillside_hq::data::{DataDir, write_private};
use tillside_hq::emoney::card_keys::ROLES;
use tillside_hq::emoney::{EmoneyStore, Keyring, roles_of};
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// List the card keys by what they do, never the keys themselves.
    List {
        #[command(flatten)]
        format: Format,
    },
    /// Make keys of a newer version beside the present ones; new cards get them from the next bundle on.
    Roll,
    /// Write keys down for another vault. The file is SECRET: put it in there, and destroy it.
    Export {
        /// For whom: which keys they may have.
        #[arg(long = "for", value_enum)]
        to: For,
        /// Where to; only its owner may read it.
        #[arg(long)]
        file: PathBuf,
    },
}

/// Who gets keys.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum For {
    /// A till that takes payments.
    Till,
    /// A till of a top-up desk.
    TopUp,
    /// Whoever makes cards without asking HQ for each: every key. Whoever has it can forge cards and what
    /// they say to HQ, so no store should; a till that gets its keys from HQ gives these back.
    Personalisation,
}

impl Keys {
    pub(super) async fn run(self, data: &DataDir, store: &SqliteStore) -> anyhow::Result<()> {
        let keyring = Keyring::beside(data.root());
        match self {
            Keys::List { format } => {
                let (_, held) = keyring.held()?.context(
                    "this HQ has no keys for cards: make them with `tillside-hq emoney init`",
                )?;
                let mut table = Table::new(&["role", "version"]);
                for key in held {
                    table.row([Value::from(key.role.as_str()), key.version.into()]);
                }
                table.print(&format)
            }
            Keys::Roll => {
                let scheme = store.scheme().await?.context("this HQ has no e-money")?;
                let version = scheme.scheme.key_version + 1;
                if version > KEY_VERSION_LIMIT {
                    bail!("a card's keys have versions 1 to {KEY_VERSION_LIMIT}");
                }
                keyring.generate(version)?;
                store.set_key_version(version).await?;
                say(&format!(
                    "Keys of version {version} are made. Publish, so that new cards get them."
                ));
                Ok(())
            }
            Keys::Export { to, file } => export(&keyring, to, &file),
        }
    }
}

/// The newest key version that a card can have.
const KEY_VERSION_LIMIT: u8 = 127;

fn export(keyring: &Keyring, to: For, file: &std::path::Path) -> anyhow::Result<()> {
    let mut roles = roles_of(DeskRights {
        top_up: !matches!(to, For::Till),
        issue: false,
    });
    if matches!(to, For::Personalisation) {
        roles.extend(ROLES);
    }
    let package = keyring.export(&roles)?;
    write_private(file, package.to_json()?.as_bytes())?;
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    say(&format!(
        "{} holds the chain's keys to {}. It is SECRET: import it in the other vault, and destroy it.",
        file.display(),
        names.join(", ")
    ));
    Ok(())
}
