//! One window for a data folder: a lock that the system frees when the program ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use tillside::DataFolder;

/// Held while this program's window is the folder's.
#[derive(Debug)]
pub struct Instance(#[expect(dead_code, reason = "held, never read")] File);

/// Takes the folder's place for a window. None if another window has it.
///
/// # Errors
/// If the lock file cannot be made.
pub fn take(data: &DataFolder) -> io::Result<Option<Instance>> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(data.path().join("window.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Instance(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_second_window_is_told_apart_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let first = take(&data).unwrap();
        assert!(first.is_some());
        assert!(take(&data).unwrap().is_none());
        drop(first);
        assert!(take(&data).unwrap().is_some());
    }
}
