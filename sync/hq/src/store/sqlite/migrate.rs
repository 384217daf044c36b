//! Numbered migrations. A file that was released is never edited; a newer database is refused.

use super::codec::failed;
use crate::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

/// Oldest SQLite that is taken: older ones can damage a WAL database (fixed in 3.51.3).
const OLDEST_SQLITE: (i32, &str) = (3_051_003, "3.51.3");

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_emoney.sql"),
    include_str!("migrations/0003_tenders.sql"),
    include_str!("migrations/0004_card_keys.sql"),
    include_str!("migrations/0005_phones.sql"),
    include_str!("migrations/0006_leases.sql"),
    include_str!("migrations/0007_shared_uses.sql"),
    include_str!("migrations/0008_signed_heads.sql"),
    include_str!("migrations/0009_replay.sql"),
    include_str!("migrations/0010_epochs.sql"),
    include_str!("migrations/0011_tokens.sql"),
    include_str!("migrations/0012_readmission.sql"),
    include_str!("migrations/0013_expiry.sql"),
    include_str!("migrations/0014_returns.sql"),
    include_str!("migrations/0015_open_coupons.sql"),
    include_str!("migrations/0016_points_that_pay.sql"),
    include_str!("migrations/0017_key_generations.sql"),
];

/// Refuses a SQLite that is too old.
pub(super) fn require_sqlite() -> Result<(), StoreError> {
    require(
        rusqlite::version_number(),
        rusqlite::version(),
        OLDEST_SQLITE,
    )
}

fn require(number: i32, text: &str, oldest: (i32, &'static str)) -> Result<(), StoreError> {
    if number < oldest.0 {
        return Err(StoreError::SqliteTooOld {
            found: text.to_owned(),
            needed: oldest.1,
        });
    }
    Ok(())
}

/// Brings the database to the newest layout, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    loop {
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let found: i64 = transaction
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed)?;
        if found > known || found < 0 {
            return Err(StoreError::Newer { found, known });
        }
        let Some(next) = MIGRATIONS.get(found as usize) else {
            return Ok(());
        };
        transaction.execute_batch(next).map_err(failed)?;
        transaction
            .pragma_update(None, "user_version", found + 1)
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_empty_database_is_brought_up_to_date_and_a_newer_one_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        let newer = MIGRATIONS.len() as i64 + 1;
        connection
            .pragma_update(None, "user_version", newer)
            .unwrap();
        let error = migrate(&mut connection).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found, .. } if found == newer));
    }

    #[test]
    fn an_old_sqlite_is_refused() {
        require_sqlite().unwrap();
        let error = require(3_051_002, "3.51.2", OLDEST_SQLITE).unwrap_err();
        assert!(error.to_string().contains("3.51.2"));
    }
}
