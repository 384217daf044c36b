//! Opening the database: nothing is written before the file is known to be sound, ours, and not newer.

use crate::error::{StoreError, Within};
use crate::journal::check_tail;
use crate::lock::{Lock, beside, private};
use crate::{Store, meta, migrate};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use tillside_core::TerminalProfile;

/// The oldest SQLite that will do: 3.51.3 mended a fault of write-ahead logs that could lose a commit.
const SQLITE_NEEDED: (i32, &str) = (3_051_003, "3.51.3");
/// How long the check of a big file may take before it counts as passed. A till has to start.
const CHECK_TIME: Duration = Duration::from_millis(300);
/// Pages (of 4 KiB) the write-ahead log grows to before it is carried over into the database. A sale
/// writes about ten, so some 100 sales share the cost of carrying over; once the log has this length
/// (4 MiB) it is written over and no longer grows, which makes each commit's flush cheaper.
const CHECKPOINT_PAGES: u32 = 1_000;
/// The log is cut back to this after something big (a bundle) went through it.
const LOG_BYTES: u32 = 32 << 20;
/// Memory for pages, in KiB.
const CACHE_KIB: i32 = 8_192;
/// Every statement of one sale, and those of the screens, stay prepared.
const PREPARED: usize = 96;

impl Store {
    /// Opens the database `file`, or makes it. Its folder must exist.
    ///
    /// Errors leave an existing file as it was, byte for byte.
    pub fn open(file: &Path) -> Result<Self, StoreError> {
        check_sqlite(rusqlite::version_number())?;
        let lock = Lock::take(file)?;
        prepare_file(file)?;
        let mut conn = connect(file).map_err(|e| StoreError::of(file, e))?;
        let from = ready(&mut conn).map_err(|fault| fault.at(file))?;
        let mut store = Self::assemble(conn, file, lock)?;
        if from > 0 && from < migrate::NEWEST {
            store.rebuild()?;
        }
        Ok(store)
    }
}

fn check_sqlite(found: i32) -> Result<(), StoreError> {
    if found >= SQLITE_NEEDED.0 {
        return Ok(());
    }
    Err(StoreError::SqliteTooOld {
        found: format!(
            "{}.{}.{}",
            found / 1_000_000,
            found / 1_000 % 1_000,
            found % 1_000
        ),
        needed: SQLITE_NEEDED.1,
    })
}

/// Makes the file, for this user alone; refuses to begin anew beside the log of a lost one, which
/// SQLite would throw away.
fn prepare_file(file: &Path) -> Result<(), StoreError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    if size(file) == 0 && size(&beside(file, "-wal")) > 0 {
        return Err(StoreError::Damaged {
            file: file.to_owned(),
            finding: "its main file is missing or empty, and its log is not".to_owned(),
        });
    }
    let opened = private(OpenOptions::new().write(true).create(true).truncate(false)).open(file);
    let opened = opened.map_err(|source| StoreError::of_file(file, source))?;
    for_owner_only(&opened).map_err(|source| StoreError::of_file(file, source))
}

#[cfg(unix)]
fn for_owner_only(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn for_owner_only(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    // Until the file is known to be good, closing must not carry the log over into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.busy_timeout(Duration::from_secs(2))?;
    conn.set_prepared_statement_cache_capacity(PREPARED);
    // Otherwise SQLite (built with STAT4) plans a look-up anew for every value that is bound to it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Nobody else may even read while this runs: SQLite then needs no shared memory and no locks
    // around each statement.
    conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(conn)
}

/// Checks the file, brings it up to date and sets it to work. Returns the layout it had.
fn ready(conn: &mut Connection) -> Within<u32> {
    let from = migrate::layout(conn)?;
    if from > 0 {
        quick_check(conn)?;
        if let Some(profile) = meta::read::<TerminalProfile>(conn, meta::PROFILE)? {
            check_tail(conn, &profile)?;
        }
    }
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::File {
            file: conn.path().unwrap_or_default().into(),
            source: std::io::Error::other("this disk does not support a write-ahead log"),
        }
        .into());
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    migrate::migrate(conn, from, migrate::NEWEST)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(from)
}

/// SQLite's own check of the file, for as long as [`CHECK_TIME`] allows.
fn quick_check(conn: &Connection) -> Within<()> {
    let interrupt = conn.get_interrupt_handle();
    let (done, wait) = mpsc::channel::<()>();
    let timer = std::thread::spawn(move || {
        if wait.recv_timeout(CHECK_TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
            interrupt.interrupt();
        }
    });
    let found = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    drop(done);
    if timer.join().is_err() {
        tracing::warn!("the timer of the database check failed");
    }
    match found {
        Ok(finding) if finding == "ok" => Ok(()),
        Ok(finding) => Err(StoreError::Damaged {
            file: conn.path().unwrap_or_default().into(),
            finding,
        }
        .into()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            tracing::debug!("the database is too big to check it all at the start");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// No test can cut the power, so that a commit waits for the disk is held by its settings.
    #[test]
    fn commits_wait_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tillside.db");
        for _ in 0..2 {
            let store = Store::open(&file).unwrap();
            let setting = |name: &str| -> String {
                let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
                store.conn.query_row(&sql, [], |row| row.get(0)).unwrap()
            };
            assert_eq!(setting("synchronous"), "2", "FULL");
            assert_eq!(setting("journal_mode"), "wal");
            assert_eq!(setting("foreign_keys"), "1");
        }
    }

    #[test]
    fn a_rest_carries_a_long_log_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("tillside.db")).unwrap();
        let gathered = |store: &Store| -> i64 {
            let counts =
                |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
            let sql = "PRAGMA wal_checkpoint(NOOP)";
            store.conn.query_row(sql, [], counts).unwrap()
        };
        store.rest().unwrap();
        let few = gathered(&store);
        assert!(few > 0, "a few pages are not worth it");
        for n in 0..500 {
            store.conn.pragma_update(None, "user_version", n).unwrap();
        }
        assert!(gathered(&store) >= 500);
        store.rest().unwrap();
        assert_eq!(gathered(&store), 0);
    }

    #[test]
    fn an_old_sqlite_is_refused_by_name() {
        let error = check_sqlite(3_051_002).unwrap_err();
        assert_eq!(
            error.to_string(),
            "SQLite 3.51.2 is too old: 3.51.3 or newer is needed"
        );
        assert!(check_sqlite(3_051_003).is_ok());
        assert!(check_sqlite(rusqlite::version_number()).is_ok());
    }
}
