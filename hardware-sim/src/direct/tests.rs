//! The contract of readers, and what faults and hands do to a card on one.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::Fault;
use crate::air::AirKind;
use tillside_drivers::contract::{Hands, check};

struct Bench(DirectReader, CardSpec);

impl Hands for Bench {
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError> {
        let mut reader = self.0.clone();
        reader.cancelled = Arc::default();
        Ok(Box::new(reader))
    }

    fn lay(&mut self) {
        self.0.lay(&self.1).unwrap();
    }

    fn lift(&mut self) {
        self.0.lift();
    }

    fn lift_in_next_command(&mut self) {
        let fault = Fault::RemoveAt { apdu: 1 };
        self.0
            .set_fault(Some(FaultSetting { fault, once: true }))
            .unwrap();
    }

    fn question(&self) -> (Vec<u8>, Vec<u8>) {
        let uid = [self.1.uid.as_slice(), &[0x90, 0x00]].concat();
        (vec![0xFF, 0xCA, 0x00, 0x00, 0x00], uid)
    }
}

fn bench(card: &str) -> Bench {
    let reader = DirectReader::new(ReaderModel::Acr1252, &Shelf::default());
    Bench(reader, card.parse().unwrap())
}

#[test]
fn it_keeps_the_readers_contract() {
    check(&mut bench("anna")).unwrap();
}

#[test]
fn a_card_remembers_what_was_written_and_can_be_played_back() {
    let Bench(reader, card) = bench("anna");
    let write = [0xFF, 0xD6, 0x00, 0x08, 0x04, 1, 2, 3, 4];
    let read = [0xFF, 0xB0, 0x00, 0x08, 0x04];
    reader.lay(&card).unwrap();
    let before = reader.card(&card).unwrap();
    let answer = reader.session().unwrap().transmit(&write).unwrap();
    assert_eq!(answer, [0x90, 0x00]);
    reader.lift();
    reader.lay(&card).unwrap();
    let answer = reader.session().unwrap().transmit(&read).unwrap();
    assert_eq!(answer[..4], [1, 2, 3, 4]);
    reader.lift();
    reader.shelf.put(&card, before);
    reader.lay(&card).unwrap();
    let answer = reader.session().unwrap().transmit(&read).unwrap();
    assert_eq!(answer[..4], [0, 0, 0, 0]);
}

const UID: [u8; 5] = [0xFF, 0xCA, 0x00, 0x00, 0x00];

fn set(reader: &DirectReader, fault: Fault) {
    reader.set_fault(Some(fault.into())).unwrap();
}

/// The number of the card that the reader sees.
fn seen(reader: &DirectReader) -> Option<Vec<u8>> {
    let mut answer = reader.session().ok()?.transmit(&UID).unwrap();
    answer.truncate(answer.len() - 2);
    Some(answer)
}

#[test]
fn of_two_cards_the_reader_sees_one_or_none_and_the_last_one_that_is_left() {
    let Bench(reader, anna) = bench("anna");
    let ben: CardSpec = "ben".parse().unwrap();
    reader.lay(&anna).unwrap();
    let mut held = reader.session().unwrap();
    reader.lay_beside(&ben, Seen::New).unwrap();
    assert!(held.transmit(&UID).is_err(), "it spoke with the other card");
    assert_eq!(seen(&reader), Some(ben.uid.clone()));
    assert_eq!(reader.view().unseen, [anna.to_string()]);
    assert!(matches!(reader.lay(&anna), Err(SimError::Occupied { .. })));
    assert!(reader.lift_one(&ben) && !reader.lift_one(&ben));
    assert_eq!(seen(&reader), Some(anna.uid.clone()));
    reader.lay_beside(&ben, Seen::Neither).unwrap();
    assert_eq!(seen(&reader), None);
    assert!(matches!(reader.lay(&anna), Err(SimError::Occupied { .. })));
    assert!(reader.card(&anna).is_some() && reader.card(&ben).is_some());
    assert!(reader.lift_one(&anna));
    assert_eq!(seen(&reader), Some(ben.uid.clone()));
    reader.lift();
    assert!(reader.lay(&anna).is_ok());
}

#[test]
fn another_card_or_the_same_one_is_back_at_once() {
    for next in ["ben", "anna"] {
        let Bench(reader, anna) = bench("anna");
        let next: CardSpec = next.parse().unwrap();
        reader.lay(&anna).unwrap();
        reader.set_next(Some(&next));
        set(&reader, Fault::RemoveAt { apdu: 1 });
        let mut held = reader.session().unwrap();
        let gone = held.transmit(&UID);
        assert!(matches!(gone, Err(ReaderError::CardGone { .. })));
        assert!(held.transmit(&UID).is_err(), "that was another session");
        assert_eq!(seen(&reader), Some(next.uid));
        assert_eq!(reader.view().next, None);
    }
}

#[test]
fn a_reader_without_power_is_gone_until_it_is_plugged_in() {
    let Bench(mut reader, anna) = bench("anna");
    reader.lay(&anna).unwrap();
    set(&reader, Fault::PowerCut { apdu: 1 });
    let answer = reader.session().unwrap().transmit(&UID);
    assert!(
        matches!(answer, Err(ReaderError::ReaderGone { .. })),
        "{answer:?}"
    );
    let wait = reader.wait_for_card(Duration::ZERO);
    assert!(matches!(wait, Err(ReaderError::ReaderGone { .. })));
    reader.plug_in();
    assert_eq!(seen(&reader), Some(anna.uid));
}

#[test]
fn what_is_not_heard_was_done_and_the_card_stays() {
    let Bench(reader, anna) = bench("anna");
    reader.lay(&anna).unwrap();
    set(&reader, Fault::Unheard { apdu: 1 });
    let mut session = reader.session().unwrap();
    let write = [0xFF, 0xD6, 0x00, 0x08, 0x04, 1, 2, 3, 4];
    assert_eq!(session.transmit(&write).unwrap(), [0x63, 0x00]);
    let read = [0xFF, 0xB0, 0x00, 0x08, 0x04];
    assert_eq!(session.transmit(&read).unwrap()[..4], [1, 2, 3, 4]);
}

#[test]
fn exchanges_tell_what_went_over_the_air() {
    let Bench(reader, anna) = bench("anna");
    reader.lay(&anna).unwrap();
    let mut session = reader.session().unwrap();
    for _ in 0..2 {
        session.transmit(&[0xFF, 0xB0, 0x00, 0x08, 0x10]).unwrap();
    }
    let [first, second] = &reader.exchanges()[..] else {
        panic!("two commands");
    };
    // The first one carries the activation; a read of four pages by hand is 2094 µs.
    assert_eq!((second.air_us, second.card_us), (2094, 0));
    assert_eq!((first.steps.len(), second.steps.len()), (2, 1));
    assert!(first.air_us > 2 * second.air_us, "{first:?}");
}

#[test]
fn faults_around_a_write_leave_the_card_on_the_right_side_of_it() {
    let cases = [
        (Fault::RemoveAt { apdu: 1 }, false),
        (Fault::LoseAnswer { apdu: 1 }, true),
        (
            Fault::TearWrite {
                apdu: 1,
                after: false,
            },
            false,
        ),
        (
            Fault::TearWrite {
                apdu: 1,
                after: true,
            },
            true,
        ),
    ];
    for (fault, written) in cases {
        let Bench(reader, card) = bench("anna");
        reader.lay(&card).unwrap();
        reader
            .set_fault(Some(FaultSetting { fault, once: true }))
            .unwrap();
        let write = [0xFF, 0xD6, 0x00, 0x08, 0x04, 1, 2, 3, 4];
        let answer = reader.session().unwrap().transmit(&write);
        assert!(
            matches!(answer, Err(ReaderError::CardGone { .. })),
            "{fault:?}"
        );
        assert!(reader.session().is_err(), "{fault:?}: the card left");
        reader.lay(&card).unwrap();
        let read = [0xFF, 0xB0, 0x00, 0x08, 0x04];
        let answer = reader.session().unwrap().transmit(&read).unwrap();
        assert_eq!(answer[..4] == [1, 2, 3, 4], written, "{fault:?}");
    }
}

#[test]
fn a_card_computes_longer_for_a_proof_than_for_a_further_frame() {
    let Bench(reader, card) = bench("ivy");
    reader.lay(&card).unwrap();
    let (tap, _) = reader.slot.lying().unwrap();
    // What pcscd does when it finds the card: still one activation for the customer.
    reader.slot.power(tap, false);
    let mut session = reader.session().unwrap();
    let commands: [&[u8]; 5] = [
        b"\x90\x60\0\0\0",
        b"\x90\xAF\0\0\0",
        b"\x90\xAF\0\0\0",
        b"\x90\x0A\0\0\x01\0\0",
        b"\x90\xAF\0\0\x10sixteen bytes...\0",
    ];
    for command in commands {
        session.transmit(command).unwrap();
    }
    let card_us = |exchange: &Exchange| exchange.card_us;
    let exchanges = reader.exchanges();
    let times: Vec<u64> = exchanges.iter().map(card_us).collect();
    assert_eq!(times, [1_000, 1_000, 1_000, 2_500, 4_000]);
    let kinds = |exchange: &Exchange| {
        exchange
            .steps
            .iter()
            .map(|step| step.kind)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds(&exchanges[0]),
        [AirKind::Activation, AirKind::Block64]
    );
    assert_eq!(kinds(&exchanges[1]), [AirKind::Block64]);
}
