//! A conversation with a card: recorded once, then played back with damage, thousands of times in a
//! second, since nothing has to be computed on the card's side.

use tillside_drivers::{CardSession, ReaderError};

/// CommitTransaction, as it is wrapped.
const COMMIT: [u8; 2] = [0x90, 0xC7];
/// GET DATA, UID (PC/SC part 3): the number that nothing protects.
const NUMBER: [u8; 2] = [0xFF, 0xCA];

/// What was asked, and what was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Turn {
    pub command: Vec<u8>,
    pub answer: Vec<u8>,
}

/// An honest conversation.
#[derive(Clone, Debug)]
pub struct Tape {
    pub reader: String,
    pub atr: Vec<u8>,
    pub turns: Vec<Turn>,
}

/// Listens to a conversation with a card.
pub struct Recorder<'a> {
    session: Box<dyn CardSession + 'a>,
    pub tape: Tape,
}

impl<'a> Recorder<'a> {
    pub fn of(session: Box<dyn CardSession + 'a>) -> Self {
        let tape = Tape {
            reader: session.reader().to_owned(),
            atr: session.atr().to_vec(),
            turns: Vec::new(),
        };
        Self { session, tape }
    }
}

impl CardSession for Recorder<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = self.session.transmit(command)?;
        self.tape.turns.push(Turn {
            command: command.to_vec(),
            answer: answer.clone(),
        });
        Ok(answer)
    }

    fn atr(&self) -> &[u8] {
        self.session.atr()
    }

    fn reader(&self) -> &str {
        self.session.reader()
    }
}

/// What is heard in place of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    Bytes(Vec<u8>),
    Nothing,
}

/// What becomes of a tape.
#[derive(Debug, Default)]
pub struct Plan<'a> {
    /// These answers are other ones.
    pub changed: Vec<(usize, Heard)>,
    /// From here on another tape answers.
    pub spliced: Option<(usize, &'a Tape)>,
}

impl Plan<'_> {
    /// What is heard at a place in `tape`.
    fn heard(&self, tape: &Tape, at: usize) -> Heard {
        if let Some((_, heard)) = self.changed.iter().find(|(place, _)| *place == at) {
            return heard.clone();
        }
        let tape = match self.spliced {
            Some((from, other)) if at >= from => other,
            _ => tape,
        };
        let turn = tape.turns.get(at);
        turn.map_or(Heard::Nothing, |turn| Heard::Bytes(turn.answer.clone()))
    }

    /// Whether anything in `tape` is heard otherwise.
    pub fn alters(&self, tape: &Tape) -> bool {
        let spliced = self.spliced.iter();
        let spliced = spliced.flat_map(|(from, _)| *from..tape.turns.len());
        let mut places = self.changed.iter().map(|(at, _)| *at).chain(spliced);
        places.any(|at| self.heard(tape, at) != Heard::Bytes(tape.turns[at].answer.clone()))
    }
}

/// Answers as the tape does, but for the plan, whatever it is asked.
pub struct Player<'a> {
    tape: &'a Tape,
    plan: Plan<'a>,
    /// How many commands came.
    pub commands: usize,
    /// The places of the commands that are not the recorded ones.
    pub strayed: Vec<usize>,
    /// Whether a commit was sent.
    pub committed: bool,
    /// Whether the card's bare number was given as it is, each time it was asked for.
    pub true_number: bool,
}

impl std::fmt::Debug for Player<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let other = self.plan.spliced.map(|(from, _)| from);
        let (changed, reader) = (&self.plan.changed, &self.tape.reader);
        write!(
            f,
            "{changed:02X?}, another tape from {other:?}, on {reader}"
        )
    }
}

impl<'a> Player<'a> {
    pub fn of(tape: &'a Tape, plan: Plan<'a>) -> Self {
        Self {
            tape,
            plan,
            commands: 0,
            strayed: Vec::new(),
            committed: false,
            true_number: true,
        }
    }

    fn gone(&self) -> ReaderError {
        ReaderError::CardGone {
            reader: self.tape.reader.clone(),
            source: None,
        }
    }
}

impl CardSession for Player<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let at = self.commands;
        self.commands += 1;
        self.committed |= command.starts_with(&COMMIT);
        let recorded = self.tape.turns.get(at);
        if recorded.is_none_or(|turn| turn.command != command) {
            self.strayed.push(at);
        }
        let heard = self.plan.heard(self.tape, at);
        let same = |turn: &Turn| matches!(&heard, Heard::Bytes(bytes) if *bytes == turn.answer);
        if command.starts_with(&NUMBER) {
            let numbers = self.tape.turns.iter();
            let number = numbers.clone().find(|turn| turn.command == command);
            self.true_number &= number.is_some_and(same);
        }
        match heard {
            Heard::Bytes(bytes) => Ok(bytes),
            Heard::Nothing => Err(self.gone()),
        }
    }

    fn atr(&self) -> &[u8] {
        &self.tape.atr
    }

    fn reader(&self) -> &str {
        &self.tape.reader
    }
}
