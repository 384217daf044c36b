//! Answers that the card cannot have given.
#![allow(clippy::unwrap_used)]

use tillside_drivers::{CardSession, ReaderError};

use super::*;

/// The card, but answer number `at` is `forged` of the true one.
struct Forger<'a, F> {
    card: &'a mut Fake,
    at: usize,
    forged: F,
}

impl<F: FnMut(Vec<u8>) -> Vec<u8>> CardSession for Forger<'_, F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let number = self.card.commands;
        let answer = self.card.transmit(command)?;
        Ok(match number == self.at {
            true => (self.forged)(answer),
            false => answer,
        })
    }
    fn atr(&self) -> &[u8] {
        &[]
    }
    fn reader(&self) -> &str {
        crate::script::ACR122
    }
}

fn pay(
    card: &mut Fake,
    owner: &PurseCard,
    at: usize,
    forged: impl FnMut(Vec<u8>) -> Vec<u8>,
) -> Result<Result<Committed, CommitError>, PurseError> {
    let (vault, scheme) = (desk(&[3]), scheme());
    let keys = Keys {
        vault: &vault,
        scheme: &scheme,
    };
    let mut forger = Forger { card, at, forged };
    let purse = OpenPurse::open(&mut forger, keys, owner, &mut randoms(4))?;
    Ok(purse.stage(&movement(Movement::Pay, 100, 2))?.commit())
}

#[test]
fn empty_long_bare_and_foreign_answers_are_refused_at_every_step() {
    let (card, owner) = filled();
    type Forge = fn(Vec<u8>) -> Vec<u8>;
    let forgeries: [(&str, Forge); 7] = [
        ("empty", |_| Vec::new()),
        ("one byte", |_| vec![0x91]),
        ("a bare status", |_| vec![0x91, 0x00]),
        ("too long", |mut answer| {
            answer.splice(0..0, [0; 255]);
            answer
        }),
        ("more, for ever", |mut answer| {
            *answer.last_mut().unwrap() = 0xAF;
            answer
        }),
        ("another card's", |_| vec![0x90, 0x00]),
        ("memory error", |_| vec![0x91, 0xEE]),
    ];
    for at in 0..11 {
        for (name, forge) in forgeries {
            let mut card = Fake::of(card.memory.clone());
            // A bare 91 00 is what SelectApplication answers, and 91 AF with data the first passes.
            let is_true =
                (at == 0 && name == "a bare status") || (at == 1 && name == "more, for ever");
            match pay(&mut card, &owner, at, forge) {
                Ok(Ok(_)) => assert!(is_true, "{name} at {at} was believed"),
                Ok(Err(CommitError::Unknown(_))) => assert_eq!(at, 10, "{name}"),
                Ok(Err(error)) => panic!("{name} at {at}: {error:?}"),
                Err(_) => assert!(at < 10 && !is_true, "{name} at {at}"),
            }
        }
    }
}

#[test]
fn a_commit_is_done_only_with_the_cards_own_mac() {
    let (card, owner) = filled();
    for at in 0..22 {
        for bit in [0x01, 0x80] {
            let mut card = Fake::of(card.memory.clone());
            let told = pay(&mut card, &owner, 10, |mut answer| {
                if let Some(byte) = answer.get_mut(at) {
                    *byte ^= bit;
                }
                answer
            });
            assert!(
                matches!(told, Ok(Err(CommitError::Unknown(_)))),
                "byte {at}: {told:?}"
            );
        }
    }
}

#[test]
fn a_commit_that_counts_otherwise_is_not_believed() {
    let (mut card, owner) = filled();
    card.counts = 2;
    let told = pay(&mut card, &owner, usize::MAX, |answer| answer);
    assert!(matches!(told, Ok(Err(CommitError::Unknown(_)))), "{told:?}");
}
