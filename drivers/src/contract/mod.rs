//! What every backend must do, as a suite that runs against a reader and hands that move a card.
//!
//! It knows no backend: a [`Hands`] brings the reader and the card. The suite ends at the first
//! clause that is broken and says what it saw instead.

use std::time::Duration;

use crate::{CardReader, FOREVER, Presented, ReaderError, ReaderErrorCode};

/// A backend that does not see a card come or go in this time does not see it at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Moves one card on and off one reader.
pub trait Hands {
    /// Opens the reader under test. Called more than once; the one before has been dropped.
    ///
    /// # Errors
    /// As the backend's own.
    fn open(&mut self) -> Result<Box<dyn CardReader>, ReaderError>;
    /// Lays the card on the reader.
    fn lay(&mut self);
    /// Takes the card away.
    fn lift(&mut self);
    /// Takes the card away while the next command is under way.
    fn lift_in_next_command(&mut self);
    /// A command that the card on this reader understands, and its whole answer.
    fn question(&self) -> (Vec<u8>, Vec<u8>);
}

/// A clause that the backend broke.
#[derive(Debug, thiserror::Error)]
#[error("broken: {clause}; seen: {seen}")]
pub struct Breach {
    /// What a backend must do.
    pub clause: &'static str,
    /// What this one did.
    pub seen: String,
}

type Outcome<T = ()> = Result<T, Breach>;

/// Runs all clauses. The reader must be empty at the start and is empty at the end.
///
/// # Errors
/// The first clause that does not hold.
pub fn check(hands: &mut dyn Hands) -> Outcome {
    an_empty_reader_has_no_card(hands)?;
    a_card_is_presented_and_answers(hands)?;
    a_lying_card_is_presented_again(hands)?;
    a_session_ends_with_its_drop(hands)?;
    a_removal_is_seen(hands)?;
    a_card_that_leaves_in_a_command_is_gone(hands)?;
    a_wait_can_be_cancelled(hands)
}

fn an_empty_reader_has_no_card(hands: &mut dyn Hands) -> Outcome {
    let clause = "an empty reader gives None when the time is over";
    let found = open(clause, hands)?.wait_for_card(Duration::ZERO);
    demand(clause, matches!(found, Ok(None)), &found)
}

fn a_card_is_presented_and_answers(hands: &mut dyn Hands) -> Outcome {
    let clause = "a card that is laid on the reader is presented, connects and answers";
    let (command, answer) = hands.question();
    let mut reader = open(clause, hands)?;
    hands.lay();
    let card = present(clause, reader.as_mut())?;
    demand(
        clause,
        card.reader == reader.name() && !card.atr.is_empty(),
        &card,
    )?;
    let mut session = held(clause, reader.connect(&card))?;
    demand(
        clause,
        session.atr() == card.atr && session.reader() == card.reader,
        &session.atr(),
    )?;
    for _ in 0..2 {
        let got = session.transmit(&command);
        demand(clause, matches!(&got, Ok(got) if *got == answer), &got)?;
    }
    Ok(())
}

fn a_lying_card_is_presented_again(hands: &mut dyn Hands) -> Outcome {
    let clause = "a card that already lies there is presented at once, as the same tap";
    let mut reader = open(clause, hands)?;
    let first = present(clause, reader.as_mut())?;
    let second = present(clause, reader.as_mut())?;
    demand(clause, first == second, &(&first, &second))?;
    let gone = reader.wait_for_removal(&second, Duration::ZERO);
    demand(clause, matches!(gone, Ok(false)), &gone)
}

fn a_session_ends_with_its_drop(hands: &mut dyn Hands) -> Outcome {
    let clause = "after a session is dropped the card can be taken again";
    let (command, answer) = hands.question();
    let mut reader = open(clause, hands)?;
    let card = present(clause, reader.as_mut())?;
    drop(held(clause, reader.connect(&card))?);
    let got = held(clause, reader.connect(&card))?.transmit(&command);
    demand(clause, matches!(&got, Ok(got) if *got == answer), &got)
}

fn a_removal_is_seen(hands: &mut dyn Hands) -> Outcome {
    let clause = "a card that left is seen to be gone, and coming back is another tap";
    let mut reader = open(clause, hands)?;
    let card = present(clause, reader.as_mut())?;
    hands.lift();
    let gone = reader.wait_for_removal(&card, PATIENCE);
    demand(clause, matches!(gone, Ok(true)), &gone)?;
    let code = reader
        .connect(&card)
        .map(|_| ())
        .map_err(|error| error.code());
    demand(clause, code == Err(ReaderErrorCode::CardGone), &code)?;
    hands.lay();
    let back = present(clause, reader.as_mut())?;
    demand(clause, back.tap != card.tap, &(&card, &back))
}

fn a_card_that_leaves_in_a_command_is_gone(hands: &mut dyn Hands) -> Outcome {
    let clause = "a card that leaves in a command is CardGone, in this command and in the next";
    let (command, _) = hands.question();
    let mut reader = open(clause, hands)?;
    let card = present(clause, reader.as_mut())?;
    {
        let mut session = held(clause, reader.connect(&card))?;
        hands.lift_in_next_command();
        for _ in 0..2 {
            let code = session.transmit(&command).map_err(|error| error.code());
            demand(clause, code == Err(ReaderErrorCode::CardGone), &code)?;
        }
    }
    let gone = reader.wait_for_removal(&card, PATIENCE);
    demand(clause, matches!(gone, Ok(true)), &gone)
}

fn a_wait_can_be_cancelled(hands: &mut dyn Hands) -> Outcome {
    let clause = "cancel ends the wait of another thread, and every later one";
    let mut reader = open(clause, hands)?;
    let canceller = reader.canceller();
    let waiting = std::thread::spawn(move || {
        let first = reader.wait_for_card(FOREVER).map_err(|error| error.code());
        let later = reader.wait_for_card(FOREVER).map_err(|error| error.code());
        (first, later)
    });
    // Whether it lands before or inside the wait is left to chance: both must work.
    std::thread::yield_now();
    canceller.cancel();
    let Ok(ends) = waiting.join() else {
        return Err(Breach {
            clause,
            seen: "a panic".into(),
        });
    };
    let expected = (
        Err(ReaderErrorCode::Cancelled),
        Err(ReaderErrorCode::Cancelled),
    );
    demand(clause, ends == expected, &ends)
}

fn open(clause: &'static str, hands: &mut dyn Hands) -> Outcome<Box<dyn CardReader>> {
    held(clause, hands.open())
}

fn present(clause: &'static str, reader: &mut dyn CardReader) -> Outcome<Presented> {
    held(clause, reader.wait_for_card(PATIENCE))?.ok_or_else(|| Breach {
        clause,
        seen: "no card though the wait had no end".into(),
    })
}

fn held<T>(clause: &'static str, outcome: Result<T, ReaderError>) -> Outcome<T> {
    outcome.map_err(|error| Breach {
        clause,
        seen: format!("{error:?}"),
    })
}

fn demand(clause: &'static str, holds: bool, seen: &dyn std::fmt::Debug) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(Breach {
            clause,
            seen: format!("{seen:?}"),
        })
    }
}

#[cfg(test)]
mod tests;
