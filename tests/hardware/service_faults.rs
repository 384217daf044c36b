//! The service in bad times: cards that fail, and a pcscd that dies.

use tillside_sim::{Fault, Garble, ReaderModel};

use crate::stage::{Till, fault, fault_once, on_stage, tap, until};

const ANNA: &str = "122 Ntag215 04A1B2C3D4E5F6";

on_stage! {
    fn a_card_pulled_mid_read_is_told_and_read_at_the_next_tap(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        for apdu in 1..=2 {
            fault(sim, Fault::RemoveAt { apdu });
            tap(sim, 1, "anna");
            till.expect(&["122 CardGone", "122 empty"]);
        }
        tap(sim, 1, "anna");
        till.expect(&[ANNA]);
    }

    fn a_card_that_slips_and_is_back_at_once_is_read_without_another_tap(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        fault(sim, Fault::RemoveAt { apdu: 2 });
        tap(sim, 1, "anna");
        until("the slip", || sim.reader(1).unwrap().card.is_none());
        tap(sim, 1, "anna");
        assert_eq!(till.next(), "122 CardGone");
        // pcscd may or may not have noticed that it was away.
        let next = till.next();
        assert!(next == ANNA || next == "122 empty" && till.next() == ANNA, "{next}");
    }

    fn a_spoilt_answer_is_asked_for_again_quietly(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        for how in [Garble::Flip, Garble::Cut] {
            fault_once(sim, Fault::Garble { how });
            tap(sim, 1, "anna");
            till.expect(&[ANNA]);
            sim.remove(1).unwrap();
            till.expect(&["122 empty"]);
        }
    }

    fn answers_that_stay_spoilt_are_told_once_and_read_when_they_get_better(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        fault(sim, Fault::Garble { how: Garble::Flip });
        tap(sim, 1, "anna");
        till.expect(&["122 Garbled"]);
        let commands = sim.reader(1).unwrap().commands;
        until("another try", || sim.reader(1).unwrap().commands > commands + 1);
        till.expect_nothing_queued();
        sim.set_fault(1, None).unwrap();
        till.expect(&[ANNA]);
    }

    fn a_mute_card_is_told(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        fault(sim, Fault::Mute);
        tap(sim, 1, "anna");
        till.expect(&["122 CardMute"]);
        sim.set_fault(1, None).unwrap();
        till.expect(&[ANNA]);
    }

    fn a_slow_card_is_read(sim) on [Acr1252] {
        let till = Till::start();
        till.expect(&["up", "+1252"]);
        fault(sim, Fault::Delay { ms: 100 });
        tap(sim, 1, "anna");
        till.expect(&["1252 Ntag215 04A1B2C3D4E5F6"]);
    }

    fn a_random_number_is_refused(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        tap(sim, 1, "phone");
        till.expect(&["122 RandomIdentity"]);
        sim.remove(1).unwrap();
        till.expect(&["122 empty"]);
    }

    fn a_pcscd_killed_in_idle_comes_back_by_itself(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        for _ in 0..3 {
            sim.kill_pcscd().unwrap();
            till.expect(&["-122", "down ServiceUnavailable"]);
            sim.start_pcscd().unwrap();
            till.expect(&["up", "+122"]);
        }
        tap(sim, 1, "anna");
        till.expect(&[ANNA]);
    }

    fn a_pcscd_killed_under_a_lying_card_finds_it_again(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        tap(sim, 1, "anna");
        till.expect(&[ANNA]);
        sim.kill_pcscd().unwrap();
        till.expect(&["122 empty", "-122", "down ServiceUnavailable"]);
        sim.start_pcscd().unwrap();
        till.expect(&["up", "+122", ANNA]);
    }

    fn a_pcscd_killed_in_the_middle_of_a_command_comes_back(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        fault_once(sim, Fault::Delay { ms: 60_000 });
        tap(sim, 1, "anna");
        until("the first command", || sim.reader(1).unwrap().commands == 1);
        sim.kill_pcscd().unwrap();
        till.expect(&["122 empty", "-122", "down ServiceUnavailable"]);
        sim.start_pcscd().unwrap();
        till.expect(&["up", "+122", ANNA]);
    }

    fn a_pcscd_that_is_shut_down_is_a_service_down(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        tap(sim, 1, "anna");
        till.expect(&[ANNA]);
        sim.end_pcscd().unwrap();
        till.expect(&["122 empty", "-122", "down ServiceUnavailable"]);
        sim.start_pcscd().unwrap();
        till.expect(&["up", "+122", ANNA]);
    }

    fn a_till_that_starts_before_pcscd_says_so_and_waits(sim) on [Acr122] {
        sim.kill_pcscd().unwrap();
        let till = Till::start();
        till.expect(&["down ServiceUnavailable"]);
        sim.start_pcscd().unwrap();
        till.expect(&["up", "+122"]);
    }

    fn readers_that_come_back_under_another_name_are_new_readers(sim) on [Acr122] {
        let till = Till::start();
        till.expect(&["up", "+122"]);
        sim.kill_pcscd().unwrap();
        till.expect(&["-122", "down ServiceUnavailable"]);
        sim.start_with(&[ReaderModel::Acr1252]).unwrap();
        till.expect(&["up", "+1252"]);
        tap(sim, 1, "anna");
        till.expect(&["1252 Ntag215 04A1B2C3D4E5F6"]);
        sim.kill_pcscd().unwrap();
        till.expect(&["1252 empty", "-1252", "down ServiceUnavailable"]);
        sim.start_with(&[ReaderModel::Acr122, ReaderModel::Acr122]).unwrap();
        till.expect(&["up"]);
        till.expect_unordered(&["+122", "+122(2)"]);
        tap(sim, 2, "ben");
        till.expect(&["122(2) Ntag213 0451C2D3E4F5A6"]);
    }

    fn a_pcscd_without_readers_is_up_all_the_same(sim) on [] {
        let till = Till::start();
        till.expect(&["up"]);
        sim.kill_pcscd().unwrap();
        till.expect(&["down ServiceUnavailable"]);
        sim.start_with(&[ReaderModel::Acr122]).unwrap();
        till.expect(&["up", "+122"]);
    }
}
