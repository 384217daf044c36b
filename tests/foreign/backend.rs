//! Our libnfc backend over a simulated PN532: the contract, and cards as they are everywhere else.

use tillside_cards::{CardKind, identify};
use tillside_drivers::contract::{Hands, check};
use tillside_drivers::libnfc::LibnfcReader;
use tillside_drivers::{CardReader, FOREVER, ReaderError, ReaderErrorCode};
use tillside_sim::Fault;

use crate::bench::Bench;

/// GET_VERSION of an NTAG, as a frame through the PN532.
pub const GET_VERSION: &[u8] = b"\xFF\0\0\0\x03\xD4\x42\x60";
pub const NTAG215: &[u8] = b"\xD5\x43\0\0\x04\x04\x02\x01\0\x11\x03\x90\0";

struct OnePort(Bench);

impl Hands for OnePort {
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
        Ok(Box::new(LibnfcReader::open(&self.0.name())?))
    }
    fn lay(&mut self) {
        self.0.lay("anna");
    }
    fn lift(&mut self) {
        self.0.lift();
    }
    fn lift_in_next_command(&mut self) {
        self.0.fault(Fault::RemoveAt { apdu: 1 }, true);
    }
    fn question(&self) -> (Vec<u8>, Vec<u8>) {
        (GET_VERSION.to_vec(), NTAG215.to_vec())
    }
}

#[test]
fn a_pn532_behind_libnfc_keeps_the_contract_of_every_backend() {
    check(&mut OnePort(Bench::new())).unwrap();
}

#[test]
fn cards_are_identified_as_on_a_pcsc_reader() {
    let bench = Bench::new();
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    for (card, kind) in [
        ("ntag213:0451C2D3E4F5A6", CardKind::Ntag213),
        ("ntag215:04A1B2C3D4E5F6", CardKind::Ntag215),
        ("ntag216:04916273849506", CardKind::Ntag216),
        ("uid:DEADBEEF", CardKind::UidOnly),
    ] {
        bench.lay(card);
        let lying = reader.wait_for_card(FOREVER).unwrap().unwrap();
        let found = identify(reader.connect(&lying).unwrap().as_mut()).unwrap();
        assert_eq!(found.kind, kind, "{card}");
        assert_eq!(found.uid.to_string(), card.split_once(':').unwrap().1);
        bench.lift();
        assert!(reader.wait_for_removal(&lying, FOREVER).unwrap());
    }
}

#[test]
fn pages_are_read_and_written_as_on_a_pcsc_reader() {
    let bench = Bench::with("anna");
    let mut reader = LibnfcReader::open(&bench.name()).unwrap();
    let lying = reader.wait_for_card(FOREVER).unwrap().unwrap();
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
    let lying = reader.wait_for_card(FOREVER).unwrap().unwrap();
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
    assert!(third.wait_for_card(FOREVER).unwrap().is_some());
}
