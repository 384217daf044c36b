//! The service at its limits: a full queue, a full pcscd, a card that holds up the end.

use std::time::Duration;

use pcsc::{Context, Scope};
use tillside_drivers::ServiceConfig;
use tillside_sim::Fault;

use crate::stage::{Till, config, fault, on_stage, tap, until};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

/// Fills pcscd up.
fn all_contexts() -> Vec<Context> {
    std::iter::from_fn(|| Context::establish(Scope::User).ok()).collect()
}

on_stage! {
    fn stopping_joins_every_thread(sim) on [Acr122, Acr1252] {
        let before = threads();
        let till = Till::start();
        till.expect(&["up"]);
        till.expect_unordered(&["+122", "+1252"]);
        assert_eq!(threads(), before + 3);
        assert!(till.service.stop());
        assert_eq!(threads(), before);
        let _ = sim;
    }

    fn dropping_stops_too_also_while_pcscd_is_dead(sim) on [Acr122] {
        let before = threads();
        let till = Till::start();
        till.expect(&["up", "+122"]);
        sim.kill_pcscd().unwrap();
        till.expect(&["-122", "down ServiceUnavailable"]);
        drop(till);
        assert_eq!(threads(), before);
    }

    fn a_card_that_holds_up_the_end_is_left_behind(sim) on [Acr122] {
        let before = threads();
        let patience = Duration::from_millis(20);
        let till = Till::start_with(ServiceConfig { stop_patience: patience, ..config() });
        till.expect(&["up", "+122"]);
        fault(sim, Fault::Delay { ms: 60_000 });
        tap(sim, 1, "anna");
        until("the first command", || sim.reader(1).unwrap().commands == 1);
        // The reader's thread is inside a call that nothing cancels, and everything else ends.
        assert!(!till.service.stop());
        sim.set_fault(1, None).unwrap();
        sim.remove(1).unwrap();
        until("the end of the thread", || threads() == before);
        assert_eq!(sim.reader(1).unwrap().commands, 1);
    }

    fn a_queue_of_one_loses_no_tap(sim) on [Acr122] {
        let till = Till::start_with(ServiceConfig { queue: 1, ..config() });
        till.expect(&["up", "+122"]);
        tap(sim, 1, "anna");
        until("the first tap is read", || sim.reader(1).unwrap().commands == 2);
        // One event fits; the next one has to wait for room, and so does the second card.
        sim.remove(1).unwrap();
        tap(sim, 1, "ben");
        till.expect(&["122 Ntag215 04A1B2C3D4E5F6", "122 empty", "122 Ntag213 0451C2D3E4F5A6"]);
    }

    fn a_till_that_finds_no_room_in_pcscd_says_so_and_gets_in_later(sim) on [Acr122] {
        let _ = sim;
        let contexts = all_contexts();
        let till = Till::start();
        till.expect(&["down ServiceRefused"]);
        drop(contexts);
        till.expect(&["up", "+122"]);
    }
}
