//! The reader service with ports of its own beside PC/SC.

use std::sync::mpsc::Receiver;

use tillside_cards::{Identified, identify};
use tillside_drivers::{ReaderEvent, ReaderService, ServiceConfig};

use crate::bench::{Bench, HOPELESS};

/// The next event of a kind that this test asks for, in few words.
fn next(events: &Receiver<ReaderEvent<Identified>>) -> String {
    match events.recv_timeout(HOPELESS).expect("no event came") {
        ReaderEvent::ServiceUp => "up".into(),
        ReaderEvent::ServiceDown { .. } => "down".into(),
        ReaderEvent::ReaderAdded { .. } => "+reader".into(),
        ReaderEvent::ReaderHeld { .. } => "held".into(),
        ReaderEvent::ReaderRemoved { .. } => "-reader".into(),
        ReaderEvent::Card { identity, .. } => format!("{:?} {}", identity.kind, identity.uid),
        ReaderEvent::CardRemoved { .. } => "empty".into(),
        other => format!("{other:?}"),
    }
}

fn expect(events: &Receiver<ReaderEvent<Identified>>, expected: &[&str]) {
    for event in expected {
        assert_eq!(next(events), *event, "of {expected:?}");
    }
}

#[test]
fn taps_on_a_port_are_events_and_a_pulled_plug_is_one() {
    let bench = Bench::new();
    let config = ServiceConfig {
        pcsc: false,
        libnfc: vec![bench.name()],
        ..ServiceConfig::default()
    };
    let (service, events) = ReaderService::start(config, identify).unwrap();
    expect(&events, &["up", "+reader"]);
    bench.lay("anna");
    expect(&events, &["Ntag215 04A1B2C3D4E5F6"]);
    bench.lift();
    expect(&events, &["empty"]);
    bench.lay("classic");
    expect(&events, &["UidOnly DEADBEEF"]);
    drop(bench);
    expect(&events, &["empty", "-reader"]);
    assert!(service.stop());
}

#[test]
fn a_port_works_while_the_pcsc_service_does_not() {
    let bench = Bench::with("anna");
    let config = ServiceConfig {
        libnfc: vec![bench.name()],
        ..ServiceConfig::default()
    };
    let (service, events) = ReaderService::start(config, identify).unwrap();
    let mut first: Vec<String> = (0..3).map(|_| next(&events)).collect();
    first.sort();
    assert_eq!(first, ["+reader", "Ntag215 04A1B2C3D4E5F6", "down"]);
    bench.lift();
    expect(&events, &["empty"]);
    assert!(service.stop());
}

#[test]
fn a_port_that_another_program_holds_is_taken_when_it_is_free() {
    let bench = Bench::with("anna");
    let holder = tillside_drivers::libnfc::LibnfcReader::open(&bench.name()).unwrap();
    let config = ServiceConfig {
        pcsc: false,
        libnfc: vec![bench.name()],
        ..ServiceConfig::default()
    };
    let (_service, events) = ReaderService::start(config, identify).unwrap();
    expect(&events, &["up", "held"]);
    drop(holder);
    expect(&events, &["+reader", "Ntag215 04A1B2C3D4E5F6"]);
}
