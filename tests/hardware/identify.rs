//! Each card on each reader model: what it is, and how few commands that took.

use tillside_cards::{CardAuthority, CardKind, IDENTIFY_APDU_LIMIT, Identified, identify};
use tillside_drivers::pcsc::PcscReader;
use tillside_drivers::{CardReader, FOREVER, ReaderError, ReaderErrorCode};
use tillside_sim::Simulator;

use crate::stage::{MODELS, name_of, on_stage, tap};

/// Card, what it is on a reader that can send raw frames, and the commands it takes on each model.
/// The plain reader cannot, so any card is its UID there.
const CARDS: [(&str, CardKind, [usize; 3]); 5] = [
    ("ntag213:0451C2D3E4F5A6", CardKind::Ntag213, [2, 4, 1]),
    ("ntag215:04A1B2C3D4E5F6", CardKind::Ntag215, [2, 4, 1]),
    ("ntag216:04916273849506", CardKind::Ntag216, [2, 4, 1]),
    ("uid:DEADBEEF", CardKind::UidOnly, [3, 4, 1]),
    ("uid:04112233445566778899", CardKind::UidOnly, [3, 4, 1]),
];

/// Lays a card on one reader, identifies it, takes it away; with the commands that took.
fn read(sim: &Simulator, reader: usize, card: &str) -> (Result<Identified, ReaderError>, usize) {
    let before = sim.reader(reader).unwrap().commands;
    tap(sim, reader, card);
    let mut pcsc = PcscReader::open(&name_of(sim, reader)).unwrap();
    let lying = pcsc.wait_for_card(FOREVER).unwrap().unwrap();
    let found = identify(pcsc.connect(&lying).unwrap().as_mut());
    let commands = (sim.reader(reader).unwrap().commands - before) as usize;
    sim.remove(reader).unwrap();
    assert!(pcsc.wait_for_removal(&lying, FOREVER).unwrap());
    (found, commands)
}

on_stage! {
    fn every_card_is_known_on_every_reader_with_few_commands(sim) on [Acr122, Acr1252, Plain] {
        std::thread::scope(|threads| {
            for (index, model) in MODELS.iter().enumerate() {
                threads.spawn(move || {
                    for (card, kind, commands) in CARDS {
                        // A card is in one place at a time: each reader gets one of its own.
                        let card = &format!("{}{index}", &card[..card.len() - 1]);
                        let (found, took) = read(sim, index + 1, card);
                        let found = found.unwrap();
                        let kind = if commands[index] == 1 { CardKind::UidOnly } else { kind };
                        assert_eq!(found.kind, kind, "{card} on {model:?}");
                        assert_eq!(format!("{}", found.uid), card.split_once(':').unwrap().1);
                        assert_eq!(found.authority(), CardAuthority::IdentifierOnly);
                        assert_eq!(took, commands[index], "{card} on {model:?}");
                        assert!(took <= IDENTIFY_APDU_LIMIT);
                    }
                });
            }
        });
    }

    fn a_random_number_is_refused_at_once(sim) on [Acr122] {
        let (found, commands) = read(sim, 1, "phone");
        let error = found.unwrap_err();
        assert_eq!(error.code(), ReaderErrorCode::RandomIdentity);
        assert!(!error.is_retryable());
        assert!(error.cashier_words().contains("new number every time"));
        assert_eq!(commands, 1);
    }

    fn a_card_that_did_not_know_the_question_answers_again_afterwards(sim) on [Acr122] {
        tap(sim, 1, "classic");
        let mut pcsc = PcscReader::open(&name_of(sim, 1)).unwrap();
        let lying = pcsc.wait_for_card(FOREVER).unwrap().unwrap();
        let mut session = pcsc.connect(&lying).unwrap();
        identify(session.as_mut()).unwrap();
        let last = sim.exchanges(1).unwrap().pop().unwrap();
        assert!(last.command.ends_with("D44A0100"), "{last:?}");
        assert!(last.answer.unwrap().starts_with("D54B01"));
    }
}
