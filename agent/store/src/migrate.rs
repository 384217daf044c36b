//! The layouts of the database, one numbered SQL file each, never edited once released.

use crate::error::{StoreError, Within};
use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as Tillside's (`TILL`), set by the first migration.
pub(crate) const APPLICATION_ID: i32 = 0x5449_4c4c;

const MIGRATIONS: [&str; 14] = [
    include_str!("../migrations/0001_journal.sql"),
    include_str!("../migrations/0002_projections.sql"),
    include_str!("../migrations/0003_reference.sql"),
    include_str!("../migrations/0004_till.sql"),
    include_str!("../migrations/0005_purses.sql"),
    include_str!("../migrations/0006_phones.sql"),
    include_str!("../migrations/0007_rules.sql"),
    include_str!("../migrations/0008_shares.sql"),
    include_str!("../migrations/0009_allowance_keys.sql"),
    include_str!("../migrations/0010_acknowledgements.sql"),
    include_str!("../migrations/0011_returns.sql"),
    include_str!("../migrations/0012_pending.sql"),
    include_str!("../migrations/0013_risk.sql"),
    include_str!("../migrations/0014_held_shares.sql"),
];

/// The newest layout this program knows.
pub(crate) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// Which layout a file has; 0 for an empty one. Reads only; refuses what is not ours or too new.
pub(crate) fn layout(conn: &Connection) -> Within<u32> {
    let number = |name: &str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
    let found: u32 = number("user_version")?;
    let application = number("application_id")?;
    let empty: bool = conn.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })?;
    let ours = application == i64::from(APPLICATION_ID) as u32 || (empty && found == 0);
    if !ours {
        let file = conn.path().unwrap_or_default().into();
        return Err(StoreError::NotOurs { file }.into());
    }
    if found > NEWEST {
        let known = NEWEST;
        return Err(StoreError::Newer { found, known }.into());
    }
    Ok(found)
}

/// Brings a file from layout `from` to layout `to`, one transaction a step.
pub(crate) fn migrate(conn: &mut Connection, from: u32, to: u32) -> Within<()> {
    for step in from..to {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(MIGRATIONS[step as usize])?;
        tx.pragma_update(None, "user_version", step + 1)?;
        tx.commit()?;
        tracing::info!(layout = step + 1, "database layout brought up to date");
    }
    Ok(())
}
