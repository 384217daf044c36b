//! The chip's commands over cards that are a table.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::chip::ChipReply;
use crate::pn532::field::{Heard, Shown, Way};

/// Cards that say back what they hear.
#[derive(Default)]
struct Table {
    cards: Vec<(Lying, Shown)>,
    is_powered: bool,
    activated: Vec<Lying>,
    heard: Vec<(Lying, Way, Vec<u8>)>,
    reply: Option<ChipReply>,
    is_spoilt: bool,
}

impl Field for Table {
    fn power(&mut self, on: bool) {
        self.is_powered = on;
    }
    fn cards(&mut self) -> Vec<(Lying, Shown)> {
        self.cards.clone()
    }
    fn activate(&mut self, card: Lying) {
        self.activated.push(card);
    }
    fn poll(&mut self, _: Lying, frame: &[u8]) -> Option<Vec<u8>> {
        Some([&[18, 0x01], [frame[0]; 16].as_slice()].concat())
    }
    fn exchange(&mut self, card: Lying, way: Way, frame: &[u8]) -> Heard {
        self.heard.push((card, way, frame.to_vec()));
        let said = ChipReply::Data([&[0xEC], frame].concat());
        Heard {
            reply: self.reply.take().unwrap_or(said),
            delay: Duration::ZERO,
            is_spoilt: self.is_spoilt,
        }
    }
}

const NTAG: [u8; 7] = [0x04, 1, 2, 3, 4, 5, 6];
const DESFIRE: [u8; 7] = [0x04, 9, 8, 7, 6, 5, 4];

fn ntag() -> Shown {
    Shown::TypeA {
        atqa: [0x00, 0x44],
        sak: 0x00,
        uid: NTAG.to_vec(),
        ats: None,
    }
}

fn desfire() -> Shown {
    Shown::TypeA {
        atqa: [0x03, 0x44],
        sak: 0x20,
        uid: DESFIRE.to_vec(),
        ats: Some(vec![0x06, 0x75, 0x77, 0x81, 0x02, 0x80]),
    }
}

fn bench(cards: &[Shown]) -> (Controller, Table) {
    let mut table = Table {
        cards: (1..).zip(cards.iter().cloned()).collect(),
        ..Table::default()
    };
    let mut chip = Controller::new();
    // As hosts do: one try for an activation.
    say(&mut chip, &mut table, &[0x32, 0x05, 0x00, 0x01, 0x02]);
    (chip, table)
}

fn say(chip: &mut Controller, table: &mut Table, command: &[u8]) -> Vec<u8> {
    match chip.command(table, command, Instant::now()) {
        Outcome::Answer(answer, _) => answer,
        other => panic!("{command:02X?}: {other:?}"),
    }
}

#[test]
fn an_empty_field_has_no_target_and_two_cards_are_both_found() {
    let (mut chip, mut table) = bench(&[]);
    assert_eq!(say(&mut chip, &mut table, &[0x4A, 1, 0]), [0x4B, 0]);
    assert!(table.is_powered);
    let (mut chip, mut table) = bench(&[ntag(), desfire()]);
    let found = say(&mut chip, &mut table, &[0x4A, 2, 0]);
    let first = [&[0x01, 0x00, 0x44, 0x00, 7], NTAG.as_slice()].concat();
    let second = [&[0x02, 0x03, 0x44, 0x20, 7], DESFIRE.as_slice()].concat();
    let ats = [0x06, 0x75, 0x77, 0x81, 0x02, 0x80];
    assert_eq!(found, [&[0x4B, 2], &first[..], &second, &ats].concat());
    assert_eq!(table.activated, [1, 2]);
}

#[test]
fn cards_are_listed_one_after_the_other_as_they_are_deselected() {
    let (mut chip, mut table) = bench(&[ntag(), desfire()]);
    let mut saks = Vec::new();
    for _ in 0..3 {
        saks.push(say(&mut chip, &mut table, &[0x4A, 1, 0])[5]);
        assert_eq!(say(&mut chip, &mut table, &[0x44, 0]), [0x45, 0]);
    }
    // When all sleep, the first wakes up again.
    assert_eq!(saks, [0x00, 0x20, 0x00]);
}

#[test]
fn a_number_is_looked_for_with_and_without_its_cascade_bytes() {
    let (mut chip, mut table) = bench(&[ntag(), desfire()]);
    let cascaded = [0x88, 0x04, 9, 8, 7, 6, 5, 4];
    for wanted in [&DESFIRE[..], &cascaded] {
        let found = say(&mut chip, &mut table, &[&[0x4A, 1, 0], wanted].concat());
        assert_eq!(found[5], 0x20);
    }
    let found = say(&mut chip, &mut table, &[0x4A, 1, 0, 1, 2, 3, 4]);
    assert_eq!(found, [0x4B, 0]);
}

#[test]
fn without_rats_there_is_no_ats_and_frames_go_through_as_they_are() {
    let (mut chip, mut table) = bench(&[desfire()]);
    say(&mut chip, &mut table, &[0x12, 0x00]);
    let found = say(&mut chip, &mut table, &[0x4A, 1, 0]);
    assert_eq!(found.len(), 2 + 5 + 7);
    // The host does what the chip was told not to do.
    let ats = say(&mut chip, &mut table, &[0x42, 0xE0, 0x80]);
    assert_eq!(ats, [0x43, 0, 0x06, 0x75, 0x77, 0x81, 0x02, 0x80]);
    let answer = say(&mut chip, &mut table, &[0x42, 0x02, 0x60]);
    assert_eq!(answer, [0x43, 0, 0x02, 0xEC, 0x60]);
    assert_eq!(table.heard, [(1, Way::Part4, vec![0x60])]);
}

#[test]
fn exchanges_go_the_way_of_the_card() {
    let (mut chip, mut table) = bench(&[ntag(), desfire()]);
    let nobody = say(&mut chip, &mut table, &[0x40, 1, 0x30, 0]);
    assert_eq!(nobody, [0x41, 0x27]);
    say(&mut chip, &mut table, &[0x4A, 2, 0]);
    say(&mut chip, &mut table, &[0x40, 1, 0x30, 0]);
    say(&mut chip, &mut table, &[0x40, 2, 0x60]);
    let ways: Vec<Way> = table.heard.iter().map(|heard| heard.1).collect();
    assert_eq!(ways, [Way::Frame, Way::Part4]);
    // GET_VERSION looks like a MIFARE authentication to this command.
    assert_eq!(say(&mut chip, &mut table, &[0x40, 1, 0x60]), [0x41, 0x14]);
    assert_eq!(say(&mut chip, &mut table, &[0x40, 3, 0x60]), [0x41, 0x27]);
}

#[test]
fn four_bits_are_a_wrong_check_sum_unless_the_host_looks_itself() {
    let (mut chip, mut table) = bench(&[ntag()]);
    say(&mut chip, &mut table, &[0x4A, 1, 0]);
    for reply in [ChipReply::Ack, ChipReply::Nak] {
        table.reply = Some(reply);
        let answer = say(&mut chip, &mut table, &[0x42, 0xA2, 4, 0, 0, 0, 0]);
        assert_eq!(answer, [0x43, 0x02]);
    }
    // Check sums off in both directions.
    say(&mut chip, &mut table, &[0x08, 0x63, 0x02, 0, 0x63, 0x03, 0]);
    table.reply = Some(ChipReply::Ack);
    // GET_VERSION with its CRC_A.
    let answer = say(&mut chip, &mut table, &[0x42, 0x60, 0xF8, 0x32]);
    assert_eq!(answer, [0x43, 0x00, 0x0A]);
    assert_eq!(table.heard.last().unwrap().2, [0x60]);
    let before = table.heard.len();
    let wrong = say(&mut chip, &mut table, &[0x42, 0x60, 0xF8, 0x33]);
    assert_eq!(wrong, [0x43, 0x01]);
    assert_eq!(table.heard.len(), before, "the card hears no broken frame");
}

#[test]
fn a_frame_that_was_spoilt_on_the_air_has_a_wrong_check_sum() {
    let (mut chip, mut table) = bench(&[ntag()]);
    say(&mut chip, &mut table, &[0x4A, 1, 0]);
    table.is_spoilt = true;
    assert_eq!(say(&mut chip, &mut table, &[0x42, 0x60]), [0x43, 0x02]);
    assert_eq!(
        say(&mut chip, &mut table, &[0x40, 1, 0x30, 0]),
        [0x41, 0x02]
    );
    // A host that looks itself sees what came, and that it is wrong.
    say(&mut chip, &mut table, &[0x08, 0x63, 0x02, 0, 0x63, 0x03, 0]);
    let answer = say(&mut chip, &mut table, &[0x42, 0x60, 0xF8, 0x32]);
    assert_eq!(answer[..4], [0x43, 0x00, 0xEC, 0x60]);
    assert_eq!(crate::pn532::crc::without_crc(&answer[2..]), None);
}

#[test]
fn a_card_hears_its_own_kind_of_frames_only() {
    let (mut chip, mut table) = bench(&[ntag()]);
    say(&mut chip, &mut table, &[0x4A, 1, 0]);
    // Framing of FeliCa.
    say(&mut chip, &mut table, &[0x08, 0x63, 0x02, 0x92]);
    assert_eq!(say(&mut chip, &mut table, &[0x42, 0x60]), [0x43, 0x01]);
    assert!(table.heard.is_empty());
}

#[test]
fn felica_is_polled_for_and_answers_frames() {
    let (mut chip, mut table) = bench(&[Shown::FeliCa, ntag()]);
    let request = [0x4A, 1, 1, 0x00, 0x88, 0xB4, 0x01, 0x00];
    let found = say(&mut chip, &mut table, &request);
    // The table's card answers with the length of the request.
    assert_eq!(found, [&[0x4B, 1, 1, 18, 1], [6; 16].as_slice()].concat());
    let answer = say(&mut chip, &mut table, &[0x42, 2, 0x06]);
    assert_eq!(answer, [0x43, 0, 0xEC, 2, 0x06]);
}

#[test]
fn without_a_field_nothing_is_selected_any_more() {
    let (mut chip, mut table) = bench(&[ntag()]);
    say(&mut chip, &mut table, &[0x4A, 1, 0]);
    say(&mut chip, &mut table, &[0x32, 0x01, 0x00]);
    assert!(!table.is_powered);
    let answer = say(&mut chip, &mut table, &[0x40, 1, 0x30, 0]);
    assert_eq!(answer, [0x41, 0x27]);
}

#[test]
fn a_search_without_end_waits_for_a_card_or_for_the_host() {
    let (mut chip, mut table) = bench(&[]);
    say(&mut chip, &mut table, &[0x32, 0x05, 0xFF, 0x01, 0xFF]);
    let now = Instant::now();
    let first = chip.command(&mut table, &[0x4A, 1, 0], now);
    assert_eq!(first, Outcome::Waiting);
    assert_eq!(chip.again(&mut table, now), Outcome::Waiting);
    table.cards = vec![(7, ntag())];
    let Outcome::Answer(found, _) = chip.again(&mut table, now) else {
        panic!("the card was not found");
    };
    assert_eq!(found[..2], [0x4B, 1]);
}

#[test]
fn auto_poll_names_the_kind_and_ends_after_its_time() {
    let (mut chip, mut table) = bench(&[]);
    let now = Instant::now();
    // Two polls, two periods of 150 ms each, for two kinds: 1.2 s.
    let command = [0x60, 2, 2, 0x00, 0x11];
    let waits = chip.command(&mut table, &command, now);
    assert_eq!(waits, Outcome::Waiting);
    let later = now + Duration::from_millis(1199);
    assert_eq!(chip.again(&mut table, later), Outcome::Waiting);
    let end = now + Duration::from_millis(1200);
    let none = Outcome::Answer(vec![0x61, 0], Duration::ZERO);
    assert_eq!(chip.again(&mut table, end), none);
    for (card, kind) in [(ntag(), 0x10), (desfire(), 0x20), (Shown::FeliCa, 0x11)] {
        table.cards = vec![(7, card)];
        let found = say(&mut chip, &mut table, &command);
        assert_eq!(found[..3], [0x61, 1, kind]);
        assert_eq!(usize::from(found[3]), found.len() - 4);
    }
}

#[test]
fn a_long_answer_comes_in_two_frames() {
    let (mut chip, mut table) = bench(&[desfire()]);
    say(&mut chip, &mut table, &[0x4A, 1, 0]);
    table.reply = Some(ChipReply::Data(vec![0xAB; 300]));
    let first = say(&mut chip, &mut table, &[0x40, 1, 0x60]);
    assert_eq!((first[1], first.len()), (0x40, 264));
    let second = say(&mut chip, &mut table, &[0x40, 1]);
    assert_eq!((second[1], second.len()), (0x00, 2 + 300 - 262));
}

#[test]
fn small_questions_are_answered_as_in_the_manual() {
    let (mut chip, mut table) = bench(&[ntag()]);
    let table_of: &[(&[u8], &[u8])] = &[
        (&[0x02], &[0x03, 0x32, 0x01, 0x06, 0x07]),
        (&[0x00, 0x00, 0xAA], &[0x01, 0x00, 0xAA]),
        (&[0x14, 0x01], &[0x15]),
        (&[0x04], &[0x05, 0x00, 0x00, 0x00, 0x80]),
        (&[0x00, 0x06], &[0x01, 0x27]),
        (
            &[0x4A, 1, 0],
            &[0x4B, 1, 1, 0x00, 0x44, 0x00, 7, 4, 1, 2, 3, 4, 5, 6],
        ),
        (&[0x04], &[0x05, 0x00, 0x01, 0x01, 0x01, 0, 0, 0, 0x80]),
        (&[0x00, 0x06], &[0x01, 0x00]),
        (&[0x52, 0], &[0x53, 0]),
        (&[0x52, 1], &[0x53, 0x27]),
    ];
    for (command, answer) in table_of {
        assert_eq!(
            say(&mut chip, &mut table, command),
            *answer,
            "{command:02X?}"
        );
    }
    for wrong in [&[0x99][..], &[0x4A], &[0x4A, 3, 0], &[0x06, 0x63]] {
        let outcome = chip.command(&mut table, wrong, Instant::now());
        assert_eq!(outcome, Outcome::SyntaxError, "{wrong:02X?}");
    }
}
