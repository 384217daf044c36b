//! A database that is damaged or gone: the agent does not start, says what to do, touches nothing.

use crate::program::tillside;
use crate::shop::Shop;
use std::fs;
use std::path::Path;

fn corrupt(folder: &Path) -> Vec<u8> {
    let file = folder.join("tillside.db");
    let mut bytes = fs::read(&file).unwrap();
    let half = bytes.len() / 4_096 / 2;
    for page in bytes.chunks_mut(4_096).skip(half) {
        page.fill(0x5a);
    }
    fs::write(&file, &bytes).unwrap();
    bytes
}

#[test]
fn a_corrupt_database_stops_the_start_and_stays_as_it_is() {
    let mut shop = Shop::open();
    shop.cashier().sold();
    shop.stop();
    let bytes = corrupt(&shop.folder);
    let ran = tillside(&shop.folder, &["run", "--no-readers"], "");
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    let words = String::from_utf8_lossy(&ran.stderr);
    assert!(words.contains("damaged and was left untouched"), "{words}");
    assert!(words.contains("journal export"), "{words}");
    assert_eq!(fs::read(shop.folder.join("tillside.db")).unwrap(), bytes);
    let doctor = tillside(&shop.folder, &["doctor", "--no-readers"], "");
    assert_eq!(doctor.status.code(), Some(1), "{doctor:?}");
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("problem database"));
    let exported = tillside(&shop.folder, &["journal", "export"], "");
    assert!(
        String::from_utf8_lossy(&exported.stderr).contains("could be read"),
        "{exported:?}"
    );
    assert_eq!(fs::read(shop.folder.join("tillside.db")).unwrap(), bytes);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tillside.db");
    fs::write(&file, "These are my holiday notes.".repeat(50)).unwrap();
    let ran = tillside(folder.path(), &["run", "--no-readers"], "");
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
    assert!(fs::read_to_string(&file).unwrap().starts_with("These are"));
}
