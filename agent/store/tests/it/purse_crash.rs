//! kill -9 at every durable step of a payment: what was confirmed is there, whole, and once.
#![allow(
    clippy::print_stdout,
    reason = "the child tells its parent what was confirmed"
)]

use crate::emoney::*;
use crate::shop::*;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;
use tillside_core::*;
use tillside_store::{Draft, Need, OpenSale, Store};

const ROUNDS: u64 = 6;

/// The `n`th payment: sale `n` is paid whole with a card of its own.
fn payment(n: u64) -> BeginPurse {
    pay(n, 100 + n as u32, u128::from(n), 1_000)
}

fn pay_in_steps(store: &mut Store, n: u64, waits: bool) {
    let now = store.now(AFTERNOON);
    let sale = u128::from(n);
    let draft = Draft {
        sale: sale_id(sale),
        lane: lane(),
        json: "{}".to_owned(),
    };
    let events = intent(store, payment(n), now).unwrap();
    store
        .commit_with(&events, now, None, Some(OpenSale::Save(&draft)))
        .unwrap();
    println!("intended {n}");
    if waits {
        // For the kill; the parent never writes.
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }
    let evidence = EndEvidence::Plain(committed(&payment(n)));
    let mut events = end_of(store, tx(n), evidence, now).unwrap();
    let need = Need {
        sales: vec![sale_id(sale)],
        members: vec![member_id(1)],
        ..Need::default()
    };
    let mut state = store.load(&need).unwrap();
    apply(&mut state, &events[0]);
    let checkout = sale_paid_by(sale, &[(n, 1_000)]);
    events.extend(decide(&state, tillside_core::Command::CheckOut(checkout), now).unwrap());
    let key = answer(&n.to_string());
    store
        .commit(&events, now, Some(&key), Some(sale_id(sale)))
        .unwrap();
    println!("done {n}");
}

/// Run by the test below in a process of its own; by itself it does nothing.
#[test]
fn child_that_pays_until_it_is_killed() {
    let Some(file) = std::env::var_os("TILLSIDE_PAY_IN") else {
        return;
    };
    let number = |name| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (from, waits_at) = (number("TILLSIDE_PAY_FROM"), number("TILLSIDE_PAY_WAIT"));
    let mut store = Store::open(file.as_ref()).unwrap();
    for n in from.. {
        pay_in_steps(&mut store, n, n == waits_at);
    }
}

#[test]
fn each_step_of_a_payment_survives_kill_9() {
    let (shop, store) = open();
    drop(store);
    let mut next = 1;
    for round in 0..ROUNDS {
        // Every other child is killed exactly between the intent and the end, the rest by chance.
        let between = round % 2 == 1;
        let waits_at = if between { next + 3 } else { 0 };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "purse_crash::child_that_pays_until_it_is_killed",
                "--nocapture",
            ])
            .env("TILLSIDE_PAY_IN", &shop.file)
            .env("TILLSIDE_PAY_FROM", next.to_string())
            .env("TILLSIDE_PAY_WAIT", waits_at.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = (next - 1, next - 1);
        while told.0 < next + 3 {
            note(&mut told, &lines.next().unwrap().unwrap());
        }
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            note(&mut told, &line.unwrap());
        }
        let (newest, open) = check(&shop, next, told);
        assert!(
            open || !between,
            "the child was to die with an open payment"
        );
        next = newest + 1;
    }
}

/// Keeps the newest payment that was intended, and the newest that was done.
fn note(told: &mut (u64, u64), line: &str) {
    match line.split_once(' ').map(|(what, n)| (what, n.parse())) {
        Some(("intended", Ok(n))) => told.0 = n,
        Some(("done", Ok(n))) => told.1 = n,
        _ => {}
    }
}

/// What was told since `from` is there. Returns the newest payment there is, and whether it was open.
fn check(shop: &Shop, from: u64, (intended, done): (u64, u64)) -> (u64, bool) {
    let mut store = shop.store();
    store.verify().unwrap();
    let mut newest = 0;
    let mut open = false;
    for n in 1.. {
        let Some(stage) = stage(&store, n) else { break };
        newest = n;
        let sale = sale_id(u128::from(n));
        let completed = store.sale(sale).unwrap().is_some();
        let still_open = store.draft(sale).unwrap().is_some();
        let answered = store.answered(&n.to_string()).unwrap().is_some();
        match stage {
            PurseStage::Done => assert!(completed && answered && !still_open, "{n}"),
            PurseStage::Open => assert!(!completed && !answered && still_open, "{n}"),
            PurseStage::NotDone => assert!(!completed && !answered, "{n}"),
            other => panic!("{n} is {other:?}"),
        }
        let confirmed = (from..=done).contains(&n);
        assert!(stage == PurseStage::Done || !confirmed, "{n} was done");
        open = stage == PurseStage::Open;
    }
    assert!(
        (intended..=intended + 1).contains(&newest),
        "{newest} {intended}"
    );
    if open {
        // What the agent does at its start, and the card that comes back untouched.
        unknown(&mut store, newest);
        let (seen, log) = (seen(5_000, 3, Some(900)), Vec::new());
        ended(&mut store, newest, EndEvidence::CardAsked { seen, log });
        store.remove_draft(sale_id(u128::from(newest))).unwrap();
    }
    assert_eq!(store.open_purses(9).unwrap(), []);
    assert!(store.rebuild().unwrap().differences.is_empty());
    (newest, open)
}
