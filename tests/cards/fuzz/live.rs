//! A card that is there and goes on while its answers are damaged: what the till was told must be what
//! the card's memory says.

use super::damage::spoilt;
use super::money::movement;
use super::{Outcome, asked, storm};
use crate::stage::{Stage, random};
use tillside_cards::purse::{
    CommitError, IntentView, Movement, OpenPurse, PurseCard, PurseError, Recovery, Standing,
    verdict,
};
use tillside_drivers::{CardSession, ReaderError};
use tillside_sim::ReaderModel;
use tillside_tests::Chance;

/// Commands of a payment.
const COMMANDS: u64 = 11;

/// A card, and a line that spoils one answer.
struct BadLine<'a> {
    session: Box<dyn CardSession + 'a>,
    chance: &'a mut Chance,
    left: u64,
}

impl CardSession for BadLine<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = self.session.transmit(command)?;
        self.left = self.left.wrapping_sub(1);
        Ok(match self.left {
            0 => spoilt(self.chance, answer),
            _ => answer,
        })
    }

    fn atr(&self) -> &[u8] {
        self.session.atr()
    }

    fn reader(&self) -> &str {
        self.session.reader()
    }
}

fn pay(
    stage: &Stage,
    owner: &PurseCard,
    number: u64,
    chance: &mut Chance,
) -> Result<Result<(), CommitError>, PurseError> {
    let left = 1 + chance.below(COMMANDS);
    let mut line = BadLine {
        session: stage.reader.session().unwrap(),
        chance,
        left,
    };
    let purse = OpenPurse::open(&mut line, stage.keys(), owner, &mut random)?;
    let staged = purse.stage(&movement(Movement::Pay, number, 1))?;
    Ok(staged.commit().map(drop))
}

#[test]
fn a_card_behind_a_bad_line_holds_what_the_till_was_told() {
    let stage = Stage::new(ReaderModel::Acr122, "desfire-ev2:04213A8A1B2C80");
    let owner = stage.issue(false).unwrap().card;
    stage.again();
    stage.moves(&owner, Movement::TopUp, 1, 15_000).unwrap();
    let full = stage.reader.card(&stage.card).unwrap();
    let look = || -> Standing {
        stage.again();
        stage.standing(&owner)
    };
    let (mut number, mut before) = (1, look());
    storm(
        "DESFire, pay behind a bad line",
        asked(600, 100),
        |chance| {
            if before.balance == 0 {
                stage.shelf.put(&stage.card, full.clone());
                before = look();
            }
            number += 1;
            stage.again();
            let told = pay(&stage, &owner, number, chance);
            let after = look();
            let moved = before.balance - after.balance;
            assert!((0..=1).contains(&moved), "{moved} in one payment");
            let intent = IntentView {
                txid: u64::to_be_bytes(number),
                tmc0: before.tmc,
                balance0: before.balance,
                amount: 1,
                kind: Movement::Pay,
            };
            let due = match moved {
                0 => Recovery::NotCommitted,
                _ => Recovery::Committed,
            };
            assert_eq!(verdict(&intent, &after, &[]), due);
            before = after;
            match told {
                Ok(Ok(())) => {
                    assert_eq!(moved, 1, "payment {number} was made up");
                    Outcome::Harmless
                }
                Ok(Err(CommitError::Unknown(_))) => Outcome::Unknown,
                Ok(Err(_)) | Err(_) => {
                    assert_eq!(moved, 0, "payment {number} was lost");
                    Outcome::Refused
                }
            }
        },
    );
}
