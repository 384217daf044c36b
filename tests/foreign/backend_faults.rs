//! What goes wrong at a PN532, and what our backend says of it.

use std::time::{Duration, Instant};

use tillside_drivers::libnfc::LibnfcReader;
use tillside_drivers::{CardReader, Presented, ReaderErrorCode};
use tillside_sim::{Fault, Garble};

use crate::backend::{GET_VERSION, NTAG215};
use crate::bench::{Bench, HOPELESS};

fn open(bench: &Bench) -> (LibnfcReader, Presented) {
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    (reader, lying)
}

/// One command in a session of its own.
fn ask(reader: &mut LibnfcReader, card: &Presented) -> Result<Vec<u8>, ReaderErrorCode> {
    let mut session = reader.connect(card).map_err(|error| error.code())?;
    session.transmit(GET_VERSION).map_err(|error| error.code())
}

#[test]
fn a_card_that_is_silent_once_is_there_and_answers_again() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    bench.fault(Fault::Mute, true);
    let mut session = reader.connect(&card).unwrap();
    // Silence is how a card says that it does not know a command.
    assert_eq!(
        session.transmit(GET_VERSION).unwrap(),
        b"\xD5\x43\x01\x90\x00"
    );
    assert_eq!(session.transmit(GET_VERSION).unwrap(), NTAG215);
}

#[test]
fn a_spoilt_answer_is_never_taken_for_a_good_one() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    for how in [Garble::Flip, Garble::Cut] {
        bench.fault(Fault::Garble { how }, true);
        // The PN532's word for a wrong check sum.
        assert_eq!(ask(&mut reader, &card).unwrap(), b"\xD5\x43\x02\x90\x00");
    }
    assert_eq!(ask(&mut reader, &card).unwrap(), NTAG215);
}

#[test]
fn a_slow_card_is_waited_for() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    bench.fault(Fault::Delay { ms: 400 }, true);
    let began = Instant::now();
    assert_eq!(ask(&mut reader, &card).unwrap(), NTAG215);
    assert!(began.elapsed() >= Duration::from_millis(400));
}

#[test]
fn a_reader_that_says_nothing_is_given_up_and_comes_back() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    // Longer than any card may take: libnfc ends the command.
    bench.fault(Fault::Delay { ms: 5000 }, true);
    let began = Instant::now();
    assert_eq!(ask(&mut reader, &card).unwrap(), b"\xD5\x43\x01\x90\x00");
    assert!(began.elapsed() < Duration::from_secs(4));
    assert_eq!(ask(&mut reader, &card).unwrap(), NTAG215);
}

#[test]
fn another_card_in_its_place_is_another_tap() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    bench.lift();
    bench.lay("ben");
    assert_eq!(ask(&mut reader, &card), Err(ReaderErrorCode::CardGone));
    let other = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    assert_ne!(other.tap, card.tap);
    assert!(reader.wait_for_removal(&card, HOPELESS).unwrap());
}

#[test]
fn a_card_that_a_session_saw_leave_is_another_tap_even_if_it_is_back_at_once() {
    let bench = Bench::with("anna");
    let (mut reader, card) = open(&bench);
    bench.fault(Fault::RemoveAt { apdu: 1 }, true);
    assert_eq!(ask(&mut reader, &card), Err(ReaderErrorCode::CardGone));
    bench.lay("anna");
    assert!(reader.wait_for_removal(&card, HOPELESS).unwrap());
    let back = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    assert_ne!(back.tap, card.tap);
}

#[test]
fn a_pulled_plug_is_a_reader_that_is_gone() {
    let bench = Bench::with("anna");
    let name = bench.name();
    let (mut reader, card) = open(&bench);
    drop(bench);
    assert_eq!(ask(&mut reader, &card), Err(ReaderErrorCode::ReaderGone));
    let wait = reader.wait_for_card(HOPELESS).unwrap_err();
    assert_eq!(wait.code(), ReaderErrorCode::ReaderGone);
    drop(reader);
    let again = LibnfcReader::open(&name).map(|_| ()).unwrap_err();
    assert_eq!(again.code(), ReaderErrorCode::ReaderGone);
}

#[test]
fn a_card_that_is_torn_remembers_what_it_wrote_and_says_nothing_of_it() {
    const CARD: &str = "desfire-ev3:04213A8A1B2C80";
    let create = b"\x90\xCA\0\0\x05\x54\x49\x4C\x0F\x82\0";
    let list = b"\x90\x6A\0\0\0";
    let done: &[u8] = b"\x54\x49\x4C\x91\0";
    let tear = |after| Fault::TearWrite { apdu: 1, after };
    for (fault, afterwards) in [
        (tear(false), &b"\x91\0"[..]),
        (tear(true), done),
        (Fault::LoseAnswer { apdu: 1 }, done),
    ] {
        let bench = Bench::with(CARD);
        let (mut reader, card) = open(&bench);
        bench.fault(fault, true);
        let lost = reader.connect(&card).unwrap().transmit(create);
        assert_eq!(lost.unwrap_err().code(), ReaderErrorCode::CardGone);
        bench.lay(CARD);
        let back = reader.wait_for_card(HOPELESS).unwrap().unwrap();
        assert_ne!(back.tap, card.tap);
        let found = reader.connect(&back).unwrap().transmit(list).unwrap();
        assert_eq!(found, afterwards, "{fault:?}");
    }
}
