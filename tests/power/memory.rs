//! SQLite gets no more memory, sooner or later: each limit fails another allocation.
//!
//! The limit is SQLite's own (`hard_heap_limit`), holds for a whole process and can only be lowered, so
//! every limit gets a process of its own, and another one looks up what that was told.

use crate::judge::memory_folder;
use crate::till::{Till, coupons};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;
use tillside_core::SaleId;
use tillside_store::Store;

const FILE: &str = "TILLSIDE_LITTLE_MEMORY_IN";
const LIMIT: &str = "TILLSIDE_LITTLE_MEMORY";
/// From too little to open a database up to enough for the whole day, in bytes.
const LIMITS: std::ops::RangeInclusive<u64> = 5..=190;
const STEP: u64 = 4_000;

/// Run by the test below in a process of its own; by itself it does nothing.
#[test]
fn child_that_sells_with_little_memory() -> Result<()> {
    let (Some(file), Ok(limit)) = (std::env::var_os(FILE), std::env::var(LIMIT)) else {
        return Ok(());
    };
    let mut till = Till::over(file.as_ref())?;
    let limited = rusqlite::Connection::open_in_memory()?;
    let sql = format!("PRAGMA hard_heap_limit = {limit}");
    let set: i64 = limited.query_row(&sql, [], |row| row.get(0))?;
    ensure!(set.to_string() == limit, "the limit is {set}");
    drop(limited);
    match sell(&mut till) {
        Ok(()) => println!("enough"),
        Err(error) => println!("failed: {error:#}"),
    }
    Ok(())
}

fn sell(till: &mut Till) -> Result<()> {
    till.start()?;
    for number in 0..8 {
        let keys: [_; 6] = std::array::from_fn(|_| till.key());
        let sale = till.open(&keys[0])?;
        till.fill(&keys[1], sale)?;
        till.customer(&keys[2], sale)?;
        if number % 3 == 1 {
            till.coupon(&keys[3], sale, &coupons()?[number])?;
        }
        till.check_out(&keys[4], sale)?;
        println!("completed {sale}");
        if number % 4 == 3 {
            till.void(&keys[5], sale)?;
            println!("voided {sale}");
        }
    }
    Ok(())
}

/// Starts a child; what it said.
fn child(file: &Path, limit: u64) -> Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args([
            "--exact",
            "memory::child_that_sells_with_little_memory",
            "--nocapture",
        ])
        .env(FILE, file)
        .env(LIMIT, limit.to_string())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let cries = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "it did not end well: {said}{cries}"
    );
    Ok(said)
}

/// Looks up what was told.
fn look_up(file: &Path, said: &str) -> Result<()> {
    let told = |what: &str| -> Result<Vec<SaleId>> {
        let lines = said.lines().filter_map(|line| line.strip_prefix(what));
        Ok(lines.map(str::parse).collect::<Result<_, _>>()?)
    };
    let mut store = Store::open(file)?;
    store.verify()?;
    for sale in told("completed ")? {
        let known = store.sale(sale)?;
        ensure!(known.is_some(), "sale {sale} was told, and is not recorded");
    }
    let mut voided = 0;
    for record in store.journal(0, 10_000)? {
        voided += usize::from(record.body.contains("\"type\":\"sale_voided\""));
    }
    ensure!(
        voided >= told("voided ")?.len(),
        "a void was told and is not recorded"
    );
    let rebuilt = store.rebuild()?;
    ensure!(rebuilt.differences.is_empty(), "{:?}", rebuilt.differences);
    Ok(())
}

#[test]
fn a_till_without_memory_makes_nobody_believe_what_is_not_so() -> Result<()> {
    let shop = memory_folder()?;
    let made = shop.path().join("tillside.db");
    let mut till = Till::over(&made)?;
    till.start()?;
    till.enrol()?;
    till.adopt(1)?;
    till.stop();
    let (mut failed, mut enough, mut sold) = (0, 0, 0);
    for number in LIMITS {
        let folder = memory_folder()?;
        let file = folder.path().join("tillside.db");
        std::fs::copy(&made, &file)?;
        let limit = number * STEP;
        let said = child(&file, limit)?;
        failed += u32::from(said.contains("failed: "));
        enough += u32::from(said.contains("enough"));
        sold += said.matches("completed ").count();
        look_up(&file, &said).with_context(|| format!("with {limit} bytes: {said}"))?;
    }
    println!("{failed} times too little memory, {enough} times enough, {sold} sales told");
    ensure!(
        failed > 50 && enough > 0,
        "{failed} failed, {enough} had enough"
    );
    Ok(())
}
