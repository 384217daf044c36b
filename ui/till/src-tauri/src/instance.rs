//! One window for a data folder: a lock that the system frees when the program ends, however it ends.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};
use tillside::DataFolder;

/// How often the place is asked for while another window has it.
const AGAIN: Duration = Duration::from_millis(50);

/// Held while this program's window is the folder's.
#[derive(Debug)]
pub struct Instance(#[expect(dead_code, reason = "held, never read")] File);

/// Takes the folder's place for a window. None if another window has it and keeps it for `patience`: one
/// that was just closed or killed still has it until its process is gone.
///
/// # Errors
/// If the lock file cannot be made.
pub fn take(data: &DataFolder, patience: Duration) -> io::Result<Option<Instance>> {
    let asked = Instant::now();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(data.path().join("window.lock"))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Instance(file))),
            Err(TryLockError::WouldBlock) if asked.elapsed() < patience => {
                std::thread::sleep(AGAIN);
            }
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
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
        let first = take(&data, Duration::ZERO).unwrap();
        assert!(first.is_some());
        assert!(take(&data, AGAIN * 2).unwrap().is_none());
        drop(first);
        assert!(take(&data, Duration::ZERO).unwrap().is_some());
    }

    #[test]
    fn a_window_that_is_just_going_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        let first = take(&data, Duration::ZERO).unwrap();
        let going = std::thread::spawn(move || {
            std::thread::sleep(AGAIN * 4);
            drop(first);
        });
        let second = take(&data, Duration::from_secs(60)).unwrap();
        assert!(second.is_some(), "the first one went, the place is free");
        going.join().unwrap();
    }
}
