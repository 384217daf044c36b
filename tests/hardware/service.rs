//! The service in good times: taps, two readers, another program, the end.

use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};
use std::ffi::CString;
use std::time::Duration;

use tillside_drivers::ServiceConfig;
use tillside_drivers::pcsc::PcscReader;
use tillside_drivers::{CardReader, FOREVER};

use crate::stage::{Till, config, name_of, on_stage, tap};

on_stage! {
    fn a_tap_is_a_card_and_lifting_it_an_empty_reader(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        tap(sim, 1, "anna");
        till.expect(&["122 Ntag215 04A1B2C3D4E5F6"]);
        sim.remove(1).unwrap();
        till.expect(&["122 empty"]);
        tap(sim, 1, "classic");
        till.expect(&["122 UidOnly DEADBEEF"]);
        assert!(till.service.stop());
    }

    fn a_card_that_lay_there_before_the_start_counts(sim) on [Acr122] {
        tap(sim, 1, "ben");
        let till = Till::start();
        till.expect(&["up", "+122", "122 Ntag213 0451C2D3E4F5A6"]);
    }

    fn a_card_that_is_swapped_is_seen_as_two(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        tap(sim, 1, "anna");
        till.expect(&["122 Ntag215 04A1B2C3D4E5F6"]);
        sim.remove(1).unwrap();
        tap(sim, 1, "ben");
        till.expect(&["122 empty", "122 Ntag213 0451C2D3E4F5A6"]);
    }

    fn two_readers_are_read_at_once(sim) on [Acr122, Acr1252] {
        let till = Till::start();
        till.expect(&["up"]);
        till.expect_unordered(&["+122", "+1252"]);
        tap(sim, 1, "anna");
        tap(sim, 2, "ben");
        till.expect_unordered(&["122 Ntag215 04A1B2C3D4E5F6", "1252 Ntag213 0451C2D3E4F5A6"]);
        sim.remove(1).unwrap();
        till.expect(&["122 empty"]);
        tap(sim, 1, "clara");
        till.expect(&["122 Ntag216 04916273849506"]);
        sim.remove(2).unwrap();
        till.expect(&["1252 empty"]);
    }

    fn another_programs_exclusive_hold_is_told_and_waited_out(sim) on [Acr122] {
        tap(sim, 1, "anna");
        let name = name_of(sim, 1);
        PcscReader::open(&name).unwrap().wait_for_card(FOREVER).unwrap().unwrap();
        let context = Context::establish(Scope::User).unwrap();
        let name = CString::new(name).unwrap();
        let theirs = context.connect(&name, ShareMode::Exclusive, Protocols::ANY).unwrap();
        let till = Till::start_with(ServiceConfig { busy_patience: Duration::ZERO, ..config() });
        till.expect(&["up", "+122", "122 InUse"]);
        theirs.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        till.expect(&["122 Ntag215 04A1B2C3D4E5F6"]);
    }

    fn a_short_hold_of_another_program_is_not_worth_a_word(sim) on [Acr122] {
        tap(sim, 1, "anna");
        let name = name_of(sim, 1);
        PcscReader::open(&name).unwrap().wait_for_card(FOREVER).unwrap().unwrap();
        let context = Context::establish(Scope::User).unwrap();
        let name = CString::new(name).unwrap();
        let theirs = context.connect(&name, ShareMode::Exclusive, Protocols::ANY).unwrap();
        let till = Till::start_with(ServiceConfig { busy_patience: Duration::MAX, ..config() });
        till.expect(&["up", "+122"]);
        theirs.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        till.expect(&["122 Ntag215 04A1B2C3D4E5F6"]);
    }
}
