//! One Tillside a database: a lock on a file beside it, which the system lets go when the process ends,
//! however it ends.

use crate::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A restart may overlap with the last breath of the process before it.
const TRIES: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(25);

/// Held as long as the database is open.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "its life is the lock")] File);

impl Lock {
    /// Takes the lock of `database`, or says that another process has it.
    pub(crate) fn take(database: &Path) -> Result<Self, StoreError> {
        let beside = beside(database, "-lock");
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(&beside)
            .map_err(|source| StoreError::of_file(&beside, source))?;
        for attempt in 1..=TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) if attempt < TRIES => std::thread::sleep(BETWEEN),
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(StoreError::of_file(&beside, source));
                }
            }
        }
        let file = database.to_owned();
        Err(StoreError::InUse { file })
    }
}

/// The name of a file that stands beside the database, as SQLite names its own.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// New files are for this user alone.
#[cfg(unix)]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600)
}

/// New files take the folder's access list, which the installer sets.
#[cfg(not(unix))]
pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
