//! Opening: who may, what is refused, and that a refused file stays as it was, byte for byte.

use crate::shop::*;
use rusqlite::Connection;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use tillside_core::*;
use tillside_store::{Store, StoreError, salvage};

#[test]
fn two_tillsides_cannot_open_one_database() {
    let (shop, store) = Shop::open();
    let error = Store::open(&shop.file).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("another Tillside runs on this folder")
    );
    assert!(error.is_retryable());
    drop(store);
    shop.store();
}

/// Even a program that does not know of the lock beside the file is kept out.
#[test]
fn no_other_program_reads_or_writes_while_tillside_runs() {
    let (shop, _store) = Shop::open();
    let probe = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "opening::probe_of_another_process",
            "--nocapture",
        ])
        .env("TILLSIDE_PROBE", &shop.file)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&probe.stdout).into_owned();
    assert!(said.contains("probe: database is locked"), "{said}");
}

/// Run by the test above in a process of its own; by itself it does nothing.
#[test]
#[allow(
    clippy::print_stdout,
    reason = "what it saw is read by the other process"
)]
fn probe_of_another_process() {
    let Some(file) = std::env::var_os("TILLSIDE_PROBE") else {
        return;
    };
    let conn = Connection::open(file).unwrap();
    conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let read = conn.query_row("SELECT count(*) FROM journal", [], |row| {
        row.get::<_, i64>(0)
    });
    println!("probe: {}", read.unwrap_err());
}

#[test]
#[cfg(unix)]
fn the_files_are_this_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (shop, store) = Shop::open();
    let modes = || -> Vec<(String, u32)> {
        let entries = std::fs::read_dir(shop.folder.path()).unwrap();
        entries
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                (entry.file_name().into_string().unwrap(), mode)
            })
            .collect()
    };
    assert!(modes().len() >= 3, "{:?}", modes());
    assert!(
        modes().iter().all(|(_, mode)| *mode == 0o600),
        "{:?}",
        modes()
    );
    drop(store);
    let open_to_all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&shop.file, open_to_all).unwrap();
    let _store = shop.store();
    assert!(
        modes().iter().all(|(_, mode)| *mode == 0o600),
        "{:?}",
        modes()
    );
}

#[test]
fn enrolling_happens_once() {
    let shop = Shop::empty();
    let mut store = shop.store();
    assert_eq!(store.profile(), None);
    let mut wrong = terminal_profile();
    wrong.profile.time_zone = "Mars/Base".to_owned();
    let error = store.enrol(&wrong).unwrap_err();
    assert!(matches!(error, StoreError::TimeZone { .. }));
    store.enrol(&terminal_profile()).unwrap();
    store.enrol(&terminal_profile()).unwrap();
    let genesis = Head::genesis(terminal(1), 1);
    assert_eq!(store.head(), Some(genesis));
    let other = TerminalProfile {
        terminal: terminal(2),
        ..terminal_profile()
    };
    let error = store.enrol(&other).unwrap_err();
    assert!(matches!(error, StoreError::AlreadyEnrolled { terminal: t } if t == terminal(1)));
    drop(store);
    let mut store = shop.store();
    assert_eq!(store.profile(), Some(&terminal_profile()));
    assert!(store.enrol(&other).is_err());
}

/// Opens what must be refused, and proves the file untouched.
fn refused_untouched(shop: &Shop) -> StoreError {
    let before = std::fs::read(&shop.file).unwrap();
    let error = Store::open(&shop.file).unwrap_err();
    assert!(
        before == std::fs::read(&shop.file).unwrap(),
        "the file was changed: {error}"
    );
    assert!(!error.advice().is_empty());
    error
}

#[test]
fn a_newer_database_is_refused_with_both_versions() {
    let (shop, store) = Shop::open();
    drop(store);
    shop.sql("PRAGMA user_version = 99");
    let error = refused_untouched(&shop);
    assert_eq!(
        error.to_string(),
        "the database has layout 99, and this program knows layouts up to 14"
    );
}

#[test]
fn another_programs_database_is_refused() {
    let shop = Shop::empty();
    shop.sql("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    assert!(matches!(
        refused_untouched(&shop),
        StoreError::NotOurs { .. }
    ));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let shop = Shop::empty();
    std::fs::write(&shop.file, "Dear diary, ".repeat(1000)).unwrap();
    let error = refused_untouched(&shop);
    assert!(
        matches!(&error, StoreError::Damaged { file, .. } if *file == shop.file),
        "{error:?}"
    );
}

/// A database with 200 sales.
fn with_sales() -> Shop {
    let (shop, mut store) = Shop::open();
    for n in 1..=200 {
        sell(&mut store, n, Some(1), &[]);
    }
    shop
}

/// Overwrites the middle of a database, as a failing drive might.
fn overwrite(file: &Path) {
    let size = std::fs::metadata(file).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(size / 2 / 4096 * 4096)).unwrap();
    file.write_all(&[0x5A; 3 * 4096]).unwrap();
}

#[test]
fn a_damaged_database_is_refused_and_what_can_be_read_is_saved() {
    let shop = with_sales();
    overwrite(&shop.file);
    let written = 201;
    let error = refused_untouched(&shop);
    let StoreError::Damaged { file, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*file, shop.file);
    let advice = error.advice();
    assert!(
        advice.contains("left untouched") && advice.contains("journal export"),
        "{advice}"
    );

    let before = std::fs::read(&shop.file).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let mut lines = Vec::new();
    let salvaged = salvage(&shop.file, scratch.path(), &mut lines).unwrap();
    assert!(before == std::fs::read(&shop.file).unwrap());
    assert!(
        salvaged.records > written / 2 && salvaged.records < written,
        "{salvaged:?}"
    );
    let sound = String::from_utf8(lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Sealed>(line).unwrap())
        .filter(|record| Hash::of(record.body.as_bytes()) == record.hash)
        .count() as u64;
    assert_eq!(sound, salvaged.records);
}

#[test]
fn nothing_is_salvaged_from_under_a_running_tillside() {
    let (shop, _store) = Shop::open();
    let scratch = tempfile::tempdir().unwrap();
    let error = salvage(&shop.file, scratch.path(), &mut Vec::new()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }));
}

/// The agent keeps it on a thread of its own.
#[test]
fn a_store_can_move_to_another_thread() {
    let (_shop, mut store) = Shop::open();
    let worker = std::thread::spawn(move || sell(&mut store, 1, None, &[]).seq);
    assert_eq!(worker.join().unwrap(), 2);
}

/// After a power cut the log is still there. Closing must not carry it over into a damaged file.
#[test]
fn a_damaged_database_with_a_log_is_left_untouched_with_it() {
    let shop = with_sales();
    let mut store = shop.store();
    sell(&mut store, 500, None, &[]);
    let after_power_cut = Shop::empty();
    let log = |shop: &Shop| shop.file.with_extension("db-wal");
    std::fs::copy(&shop.file, &after_power_cut.file).unwrap();
    std::fs::copy(log(&shop), log(&after_power_cut)).unwrap();
    drop(store);
    overwrite(&after_power_cut.file);
    let before = std::fs::read(log(&after_power_cut)).unwrap();
    assert!(!before.is_empty());
    refused_untouched(&after_power_cut);
    assert!(before == std::fs::read(log(&after_power_cut)).unwrap());
}

/// SQLite alone would throw the log away and begin a new, empty database.
#[test]
fn a_lost_database_is_not_begun_anew_over_its_log() {
    let (shop, mut store) = Shop::open();
    sell(&mut store, 1, None, &[]);
    let log = shop.file.with_extension("db-wal");
    let kept = std::fs::read(&log).unwrap();
    drop(store);
    std::fs::remove_file(&shop.file).unwrap();
    std::fs::write(&log, &kept).unwrap();
    let error = Store::open(&shop.file).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(std::fs::read(&log).unwrap() == kept);
}

const MIGRATIONS: [&str; 4] = [
    include_str!("../../migrations/0001_journal.sql"),
    include_str!("../../migrations/0002_projections.sql"),
    include_str!("../../migrations/0003_reference.sql"),
    include_str!("../../migrations/0004_till.sql"),
];

fn layout(shop: &Shop) -> Vec<String> {
    let conn = Connection::open(&shop.file).unwrap();
    let mut rows = conn
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name")
        .unwrap();
    let found = rows.query_map([], |row| row.get(0)).unwrap();
    found.map(|sql| sql.unwrap()).collect()
}

/// From every layout there has been; what the journal holds is projected where that is new.
#[test]
fn an_older_database_is_brought_up_to_date() {
    let (new, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    let journal = store.journal(0, 10).unwrap();
    drop(store);
    for known in 0..MIGRATIONS.len() {
        let old = Shop::empty();
        for step in &MIGRATIONS[..known] {
            old.sql(step);
        }
        old.sql(&format!("PRAGMA user_version = {known}"));
        if known > 0 {
            old.sql(&format!(
                "ATTACH '{}' AS new; INSERT INTO journal SELECT * FROM new.journal;
                 INSERT INTO meta SELECT * FROM new.meta WHERE name = 'profile'",
                new.file.display()
            ));
        }
        let store = old.store();
        if known > 0 {
            assert_eq!(store.journal(0, 10).unwrap(), journal);
            assert!(store.sale(sale_id(1)).unwrap().is_some(), "layout {known}");
        }
        drop(store);
        assert_eq!(layout(&old), layout(&new), "layout {known}");
    }
}
