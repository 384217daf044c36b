//! Our libnfc backend over a simulated PN532: the contract, and cards as they are everywhere else.

use tillside_cards::{CardKind, identify};
use tillside_drivers::contract::{Hands, check};
use tillside_drivers::libnfc::LibnfcReader;
use tillside_drivers::{CardReader, ReaderError, ReaderErrorCode};
use tillside_sim::Fault;

use crate::bench::{Bench, HOPELESS};

/// GET_VERSION of an NTAG, as a frame through the PN532.
pub const GET_VERSION: &[u8] = b"\xFF\0\0\0\x03\xD4\x42\x60";
pub const NTAG215: &[u8] = b"\xD5\x43\0\0\x04\x04\x02\x01\0\x11\x03\x90\0";

/// One card on one port, and a question to it.
struct OnePort {
    bench: Bench,
    card: &'static str,
    question: (&'static [u8], &'static [u8]),
}

impl Hands for OnePort {
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
        Ok(Box::new(LibnfcReader::open(&self.bench.name())?))
    }
    fn lay(&mut self) {
        self.bench.lay(self.card);
    }
    fn lift(&mut self) {
        self.bench.lift();
    }
    fn lift_in_next_command(&mut self) {
        self.bench.fault(Fault::RemoveAt { apdu: 1 }, true);
    }
    fn question(&self) -> (Vec<u8>, Vec<u8>) {
        (self.question.0.to_vec(), self.question.1.to_vec())
    }
}

fn keeps_the_contract(card: &'static str, question: (&'static [u8], &'static [u8])) {
    let bench = Bench::new();
    let mut hands = OnePort {
        bench,
        card,
        question,
    };
    check(&mut hands).unwrap();
}

#[test]
fn a_card_of_frames_on_a_pn532_keeps_the_contract_of_every_backend() {
    keeps_the_contract("anna", (GET_VERSION, NTAG215));
}

#[test]
fn a_card_of_apdus_on_a_pn532_keeps_the_contract_of_every_backend() {
    // The applications of a new DESFire: none.
    let question: (&[u8], &[u8]) = (b"\x90\x6A\0\0\0", b"\x91\0");
    keeps_the_contract("desfire-ev2:04213A8A1B2C80", question);
}

#[test]
fn a_felica_card_on_a_pn532_keeps_the_contract_of_every_backend() {
    // The systems of the card, as it answers a polling.
    let question: (&[u8], &[u8]) = (
        b"\xFF\0\0\0\x08\xD4\x42\x06\0\x88\xB4\0\0",
        b"\xD5\x43\0\x12\x01\x01\x02\x03\x04\x05\x06\x07\x08\0\xF1\0\0\0\x01\x43\0\x90\0",
    );
    keeps_the_contract("felica:0102030405060708", question);
}

#[test]
fn cards_are_identified_as_on_a_pcsc_reader() {
    let bench = Bench::new();
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    for (card, kind) in [
        ("ntag213:0451C2D3E4F5A6", Some(CardKind::Ntag213)),
        ("ntag215:04A1B2C3D4E5F6", Some(CardKind::Ntag215)),
        ("ntag216:04916273849506", Some(CardKind::Ntag216)),
        ("classic:DEADBEEF", Some(CardKind::UidOnly)),
        ("uid:DEADBEEF", Some(CardKind::UidOnly)),
        // What these are is found out with keys.
        ("ultralight:04112233445568", None),
        ("ultralight-aes:04112233445567", None),
        ("ntag424:04112233445566", None),
        ("desfire-ev2:04213A8A1B2C80", None),
        ("desfire-ev3:04213A8A1B2C81", None),
        ("felica:0102030405060708", None),
    ] {
        bench.lay(card);
        let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
        let found = identify(reader.connect(&lying).unwrap().as_mut()).unwrap();
        assert!(kind.is_none_or(|kind| found.kind == kind), "{card}");
        assert_eq!(found.uid.to_string(), card.split_once(':').unwrap().1);
        bench.lift();
        assert!(reader.wait_for_removal(&lying, HOPELESS).unwrap());
    }
}

#[test]
fn a_felica_card_answers_frames_and_polls_and_is_silent_to_what_it_does_not_know() {
    let bench = Bench::with("felica:0102030405060708");
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    assert_eq!(lying.atr[12..15], [0x11, 0x00, 0x3B]);
    let mut session = reader.connect(&lying).unwrap();
    let mut say = |command: &[u8]| session.transmit(command).unwrap();
    let number = [1, 2, 3, 4, 5, 6, 7, 8];
    // Read without encryption: block 82, the card's own number, through both commands of the PN532.
    let mut frame = b"\x10\x06".to_vec();
    frame.extend(number);
    frame.extend(b"\x01\x0B\x00\x01\x80\x82");
    for (start, code) in [(&b"\xD4\x42"[..], 0x43), (b"\xD4\x40\x01", 0x41)] {
        let mut command = vec![0xFF, 0, 0, 0, (start.len() + frame.len()) as u8];
        command.extend(start);
        command.extend(&frame);
        let answer = say(&command);
        let head = [&[0xD5, code, 0x00, 0x1D, 0x07], &number[..], &[0, 0, 1]].concat();
        assert!(answer.starts_with(&head), "{answer:02X?}");
        assert!(answer.ends_with(&[0x90, 0x00]));
    }
    assert_eq!(
        say(b"\xFF\0\0\0\x04\xD4\x42\x02\x99"),
        b"\xD5\x43\x01\x90\0"
    );
    let polled = say(b"\xFF\0\0\0\x09\xD4\x4A\x01\x01\0\xFF\xFF\x01\0");
    assert_eq!(polled[..5], [0xD5, 0x4B, 0x01, 0x01, 0x14]);
}

#[test]
fn an_apdu_that_is_lost_ends_the_session_and_says_whether_the_card_is_there() {
    let select = b"\x00\xA4\x04\x00\x07\xD2\x76\x00\x00\x85\x01\x01\x00";
    for (fault, code) in [
        (Fault::Mute, ReaderErrorCode::CardMute),
        (Fault::RemoveAt { apdu: 1 }, ReaderErrorCode::CardGone),
    ] {
        let bench = Bench::with("ntag424:04112233445566");
        let mut reader = LibnfcReader::open(&bench.name()).unwrap();
        let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
        {
            let mut session = reader.connect(&lying).unwrap();
            assert!(session.transmit(select).unwrap().ends_with(&[0x90, 0x00]));
            bench.fault(fault, true);
            let before = bench.sim.reader(1).unwrap().commands;
            for _ in 0..2 {
                let lost = session.transmit(select).unwrap_err();
                assert_eq!(lost.code(), code);
            }
            // The card has lost its session with its power: it hears no second command.
            assert_eq!(bench.sim.reader(1).unwrap().commands, before + 1);
        }
        let gone = reader.wait_for_removal(&lying, std::time::Duration::ZERO);
        assert_eq!(gone.unwrap(), code == ReaderErrorCode::CardGone);
    }
}

#[test]
fn pages_are_read_and_written_as_on_a_pcsc_reader() {
    let bench = Bench::with("anna");
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    let mut session = reader.connect(&lying).unwrap();
    let mut say = |command: &[u8]| session.transmit(command).unwrap();
    assert_eq!(say(b"\xFF\xD6\0\x04\x04\x01\x02\x03\x04"), b"\x90\0");
    assert_eq!(say(b"\xFF\xB0\0\x04\x04"), b"\x01\x02\x03\x04\x90\0");
    // The UID cannot be written, and there is no page 250.
    assert_eq!(say(b"\xFF\xD6\0\0\x04\x01\x02\x03\x04"), b"\x63\0");
    assert_eq!(say(b"\xFF\xB0\0\xFA\x10"), b"\x63\0");
    assert_eq!(say(b"\xFF\xCA\0\0\x04"), b"\x6C\x07");
    // No APDUs for a card that knows none.
    assert_eq!(say(b"\x90\x60\0\0\0"), b"\x6D\0");
}

#[test]
fn a_random_number_is_refused() {
    let bench = Bench::with("phone");
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    let lying = reader.wait_for_card(HOPELESS).unwrap().unwrap();
    let found = identify(reader.connect(&lying).unwrap().as_mut());
    assert_eq!(found.unwrap_err().code(), ReaderErrorCode::RandomIdentity);
}

#[test]
fn a_port_has_one_owner_and_is_free_when_that_ends() {
    let bench = Bench::with("anna");
    let first = LibnfcReader::open(&bench.name()).unwrap();
    let second = LibnfcReader::open(&bench.name()).map(|_| ());
    assert_eq!(second.unwrap_err().code(), ReaderErrorCode::InUse);
    drop(first);
    let mut third = LibnfcReader::open(&bench.name()).unwrap();
    assert!(third.wait_for_card(HOPELESS).unwrap().is_some());
}
