//! A full disk: nothing is lost, nothing is half there, and it goes on when there is room again.
#![cfg(target_os = "linux")]

use crate::shop::*;
use std::path::Path;
use std::process::Command;
use tillside_core::*;
use tillside_store::{Store, StoreError};

/// A file system of one megabyte, taken away again whatever happens.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Self {
        let at = tempfile::tempdir().unwrap();
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(at.path())
            .status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "a small file system could not be mounted: run as root after `cargo xtask setup`"
        );
        Self(at)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Sells until the disk is full. Returns the sales that were confirmed.
fn sell_until_full(store: &mut Store, from: u128) -> (Vec<SaleId>, StoreError) {
    let mut confirmed = Vec::new();
    for n in from.. {
        let now = store.now(AFTERNOON);
        let events = decide_sale(store, check_out(n, 1, Some(1), &[]), now).unwrap();
        match store.commit(&events, now, Some(&answer(&n.to_string())), None) {
            Ok(_) => confirmed.push(sale_id(n)),
            Err(error) => return (confirmed, error),
        }
    }
    unreachable!("the disk never filled up")
}

/// Every confirmed sale is there, and no other.
fn complete(store: &Store, confirmed: &[SaleId]) {
    assert_eq!(store.verify().unwrap().records, confirmed.len() as u64 + 1);
    for sale in confirmed {
        assert!(store.sale(*sale).unwrap().is_some());
    }
    assert_eq!(points(store, 1), 100 + 20 * confirmed.len() as i64);
}

fn open(file: &Path) -> Store {
    let mut store = Store::open(file).unwrap();
    store.enrol(&terminal_profile()).unwrap();
    store
}

#[test]
fn a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room() {
    let disk = SmallDisk::new();
    let file = disk.0.path().join("tillside.db");
    let ballast = disk.0.path().join("holiday-pictures");
    std::fs::write(&ballast, vec![1; 200 * 1024]).unwrap();
    let mut store = open(&file);
    store.adopt(&bundle(1), store.now(AFTERNOON)).unwrap();

    let (mut confirmed, error) = sell_until_full(&mut store, 0);
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert!(error.is_retryable());
    assert!(error.advice().contains("nothing was recorded"));
    assert!(confirmed.len() > 5, "only {} sales fitted", confirmed.len());
    complete(&store, &confirmed);
    drop(store);

    let mut store = Store::open(&file).unwrap();
    complete(&store, &confirmed);
    std::fs::remove_file(&ballast).unwrap();
    let next = confirmed.len() as u128;
    let (more, _) = sell_until_full(&mut store, next);
    assert!(!more.is_empty());
    confirmed.extend(more);
    complete(&store, &confirmed);
}

/// A bundle that does not fit leaves the one in force, and the till goes on selling.
#[test]
fn a_bundle_that_does_not_fit_changes_nothing() {
    let disk = SmallDisk::new();
    let file = disk.0.path().join("tillside.db");
    let mut store = open(&file);
    store.adopt(&bundle(1), store.now(AFTERNOON)).unwrap();
    let mut big = bundle(2);
    let many = (1000..21_000).map(|n| member(n, 5, &[]));
    big.members.members.extend(many);
    let error = store.adopt(&big, store.now(AFTERNOON)).unwrap_err();
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    assert_eq!(store.bundle_version(), 1);
    sell(&mut store, 1, Some(1), &["AAAA1"]);
    drop(store);
    let store = Store::open(&file).unwrap();
    assert_eq!(store.bundle_version(), 1);
    assert_eq!(store.verify().unwrap().records, 2);
}
