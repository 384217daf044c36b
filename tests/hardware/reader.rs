//! One reader, without the service: each row of what pcsc says, beside what our driver says.

use std::ffi::CString;
use std::time::Duration;

use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};
use tillside_drivers::pcsc::{Directory, PcscReader};
use tillside_drivers::{CardReader, FOREVER, Presented, ReaderErrorCode};
use tillside_sim::{Fault, Simulator};

use crate::stage::{fault, name_of, on_stage, tap};

const UID: [u8; 5] = [0xFF, 0xCA, 0x00, 0x00, 0x00];

fn reader_with_card(sim: &Simulator) -> (PcscReader, Presented) {
    tap(sim, 1, "anna");
    let mut reader = PcscReader::open(&name_of(sim, 1)).unwrap();
    let card = reader.wait_for_card(FOREVER).unwrap().unwrap();
    (reader, card)
}

/// A program that is not ours.
fn other_program(sim: &Simulator, mode: ShareMode) -> Result<pcsc::Card, pcsc::Error> {
    let context = Context::establish(Scope::User).unwrap();
    let name = CString::new(name_of(sim, 1)).unwrap();
    context.connect(&name, mode, Protocols::ANY)
}

on_stage! {
    fn a_card_that_leaves_mid_command_is_an_empty_ok_to_pcsc_and_gone_to_us(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        let raw = other_program(sim, ShareMode::Shared).unwrap();
        fault(sim, Fault::RemoveAt { apdu: 1 });
        let mut buffer = [0; 300];
        assert_eq!(raw.transmit(&UID, &mut buffer), Ok(&[][..]), "what pcsc says has changed");
        raw.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        assert!(reader.wait_for_removal(&card, FOREVER).unwrap());

        tap(sim, 1, "anna");
        let card = reader.wait_for_card(FOREVER).unwrap().unwrap();
        fault(sim, Fault::RemoveAt { apdu: 1 });
        let mut session = reader.connect(&card).unwrap();
        for _ in 0..3 {
            assert_eq!(session.transmit(&UID).unwrap_err().code(), ReaderErrorCode::CardGone);
        }
    }

    fn a_card_that_came_back_needs_a_new_session(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        let mut watch = PcscReader::open(reader.name()).unwrap();
        let mut session = reader.connect(&card).unwrap();
        session.transmit(&UID).unwrap();
        sim.remove(1).unwrap();
        assert!(watch.wait_for_removal(&card, FOREVER).unwrap());
        tap(sim, 1, "anna");
        let back = watch.wait_for_card(FOREVER).unwrap().unwrap();
        assert_ne!(back, card);
        assert_eq!(session.transmit(&UID).unwrap_err().code(), ReaderErrorCode::CardGone);
        drop(session);
        // Nobody waited while the reader was empty, and still the first card is gone.
        assert!(reader.wait_for_removal(&card, FOREVER).unwrap());
        assert_eq!(reader.connect(&back).unwrap().transmit(&UID).unwrap().len(), 9);
    }

    fn a_session_keeps_others_out_and_its_drop_lets_them_in(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        let theirs = other_program(sim, ShareMode::Shared).unwrap();
        let mut session = reader.connect(&card).unwrap();
        // PC/SC lets the other program wait, and does not let it wait for ever.
        let other = std::thread::spawn(move || {
            let mut buffer = [0; 300];
            let length = theirs.transmit(&UID, &mut buffer).map(<[u8]>::len);
            (theirs, length)
        });
        for _ in 0..50 {
            assert_eq!(session.transmit(&UID).unwrap().len(), 9);
            assert!(!other.is_finished(), "another program got in");
            std::thread::sleep(Duration::from_millis(1));
        }
        drop(session);
        let (theirs, length) = other.join().unwrap();
        assert_eq!(length, Ok(9));
        // We hold nothing: somebody may even have it alone.
        theirs.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        assert!(other_program(sim, ShareMode::Exclusive).is_ok());
    }

    fn a_card_that_another_program_holds_exclusively_is_in_use(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        let theirs = other_program(sim, ShareMode::Exclusive).unwrap();
        let error = reader.connect(&card).map(drop).unwrap_err();
        assert_eq!(error.code(), ReaderErrorCode::InUse);
        assert!(error.is_retryable());
        theirs.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        assert_eq!(reader.connect(&card).unwrap().transmit(&UID).unwrap().len(), 9);
    }

    fn dropping_a_session_resets_nobody(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        let theirs = other_program(sim, ShareMode::Shared).unwrap();
        let mut buffer = [0; 300];
        reader.connect(&card).unwrap().transmit(&UID).unwrap();
        assert_eq!(theirs.transmit(&UID, &mut buffer).map(<[u8]>::len), Ok(9));
        assert_eq!(sim.reader(1).unwrap().resets, 0);
        // What a plain drop would have done: it shows that the two lines above can fail.
        drop(other_program(sim, ShareMode::Shared).unwrap());
        assert_eq!(theirs.transmit(&UID, &mut buffer), Err(pcsc::Error::ResetCard));
        assert_eq!(sim.reader(1).unwrap().resets, 1);
    }

    fn cancel_wakes_a_wait_whenever_it_comes(sim) on [Acr122] {
        // It lands before, at the brink of, and inside the wait; pcsc forgets one at the brink.
        for round in 0..100 {
            let mut reader = PcscReader::open(&name_of(sim, 1)).unwrap();
            let canceller = reader.canceller();
            let waiting = std::thread::spawn(move || reader.wait_for_card(FOREVER));
            std::thread::sleep(Duration::from_micros(20 * round));
            canceller.cancel();
            let code = waiting.join().unwrap().unwrap_err().code();
            assert_eq!(code, ReaderErrorCode::Cancelled);
        }
    }

    fn a_service_without_room_refuses_and_says_so(sim) on [Acr122] {
        let _ = sim;
        let mut contexts = Vec::new();
        let why = loop {
            match Context::establish(Scope::User) {
                Ok(context) => contexts.push(context),
                Err(error) => break error,
            }
        };
        // It hangs up; what the library makes of that depends on who was faster.
        let hung_up = [pcsc::Error::SecurityViolation, pcsc::Error::CommError, pcsc::Error::NoService];
        assert!(hung_up.contains(&why), "{why:?} after {} contexts", contexts.len());
        let error = Directory::open().map(drop).unwrap_err();
        assert_eq!(error.code(), ReaderErrorCode::ServiceRefused);
        assert!(error.is_retryable());
        contexts.clear();
        crate::stage::until("room in pcscd", || Directory::open().is_ok());
    }

    fn a_reader_that_is_not_there_is_gone(sim) on [Acr122] {
        let _ = sim;
        let mut reader = PcscReader::open("No Such Reader 00 00").unwrap();
        let code = reader.wait_for_card(FOREVER).unwrap_err().code();
        assert_eq!(code, ReaderErrorCode::ReaderGone);
    }

    fn an_old_reader_never_recovers_from_a_restart_and_a_new_one_works(sim) on [Acr122] {
        let (mut reader, card) = reader_with_card(sim);
        sim.kill_pcscd().unwrap();
        sim.start_pcscd().unwrap();
        for _ in 0..2 {
            let error = reader.wait_for_card(FOREVER).unwrap_err();
            assert_eq!(error.code(), ReaderErrorCode::ServiceUnavailable);
            let error = reader.connect(&card).map(drop).unwrap_err();
            assert_eq!(error.code(), ReaderErrorCode::ServiceUnavailable);
        }
        let mut reader = PcscReader::open(&name_of(sim, 1)).unwrap();
        let card = reader.wait_for_card(FOREVER).unwrap().unwrap();
        assert_eq!(reader.connect(&card).unwrap().transmit(&UID).unwrap().len(), 9);
    }
}
