//! HQ's store on SQLite: one writer, several readers, one file.
//!
//! WAL with `synchronous = FULL`: what was answered survives a power cut. Each folder of the slices
//! has its queries in a file of its name here.

mod account;
mod adjust;
mod cases;
mod catalogue;
mod codec;
mod coupons;
mod emoney;
mod expiry;
mod fleet;
mod fleet_admit;
mod fleet_epoch;
mod ingest;
mod ingest_load;
mod ingest_write;
mod leases;
mod ledger;
mod members;
mod migrate;
mod open_coupons;
mod publish;
mod replay;
mod reports;
mod returns;
mod tokens;

use crate::emoney::Keyring;
use crate::leases::log::ShareLog;
use crate::store::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a call waits for another program's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// The most idle reading connections kept open.
const IDLE_READERS: usize = 8;

/// HQ's database in one file. Cheap to clone: clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    path: Arc<PathBuf>,
    writer: Arc<Mutex<Connection>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    /// Proves what cards say of their transactions.
    keyring: Arc<Keyring>,
    shares: Arc<Mutex<ShareLog>>,
}

impl SqliteStore {
    /// Opens the database, or makes it, and brings its layout up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        migrate::require_sqlite()?;
        let mut writer = connect(path)?;
        migrate::migrate(&mut writer)?;
        Ok(Self {
            path: Arc::new(path.to_owned()),
            writer: Arc::new(Mutex::new(writer)),
            readers: Arc::default(),
            keyring: Arc::new(Keyring::beside(path.parent().unwrap_or(Path::new(".")))),
            shares: Arc::new(Mutex::new(ShareLog::at(&path.with_extension("shares")))),
        })
    }

    /// The same database, with another file for the shares of quotas that it gives than the one beside it.
    #[must_use]
    pub fn with_share_log(mut self, path: &Path) -> Self {
        self.shares = Arc::new(Mutex::new(ShareLog::at(path)));
        self
    }

    /// The same database, with other keys than those beside it.
    #[must_use]
    pub fn with_keyring(mut self, keyring: Arc<Keyring>) -> Self {
        self.keyring = keyring;
        self
    }

    /// Runs `work` in one transaction that writes, off the async threads.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let writer = self.writer.clone();
        run(move || {
            let mut connection = writer.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(codec::failed)?;
            let done = work(&transaction)?;
            transaction.commit().map_err(codec::failed)?;
            Ok(done)
        })
        .await
    }

    /// Runs `work` in one transaction that only reads: all it sees is of one moment.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, readers) = (self.path.clone(), self.readers.clone());
        run(move || {
            let idle = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => connect(&path)?,
            };
            let done = {
                let transaction = connection.transaction().map_err(codec::failed)?;
                work(&transaction)
            };
            let mut idle = readers.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(connection);
            }
            done
        })
        .await
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(stopped) => Err(StoreError::Database {
            source: Box::new(stopped),
        }),
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path).map_err(codec::failed)?;
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .map_err(codec::failed)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -65536;
             PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(codec::failed)?;
    connection.set_prepared_statement_cache_capacity(128);
    // Otherwise SQLite (built with STAT4) plans a look-up anew for every value that is bound to it.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(codec::failed)?;
    Ok(connection)
}
