//! A conversation in which one answer is not what the card said.

use tillside_drivers::{CardSession, ReaderError};

/// What arrives in place of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bend {
    /// Nothing at all: vpcd's way to say that the card is gone. The backends make an error of it.
    Gone,
    /// Nothing at all, handed through.
    Empty,
    /// One byte.
    OneByte,
    /// The status word alone.
    StatusAlone,
    /// A status word of a plain smart card, alone.
    PlainOk,
    /// What an ACR122 says of a card that it does not hear.
    ReaderSays,
    /// A byte too many in front of the status word.
    TooLong,
    /// As much as a long answer may have.
    FarTooLong,
    /// The last byte in front of the status word is missing.
    TooShort,
}

pub const BENDS: [Bend; 9] = [
    Bend::Gone,
    Bend::Empty,
    Bend::OneByte,
    Bend::StatusAlone,
    Bend::PlainOk,
    Bend::ReaderSays,
    Bend::TooLong,
    Bend::FarTooLong,
    Bend::TooShort,
];

/// The session, and which answer is bent, from 1.
pub struct Bent<'s> {
    pub session: &'s mut dyn CardSession,
    pub at: usize,
    pub bend: Bend,
    /// How many commands were sent.
    pub sent: usize,
    /// Whether the bent answer is another one than the card's.
    pub struck: bool,
}

impl CardSession for Bent<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let answer = self.session.transmit(command)?;
        self.sent += 1;
        if self.sent != self.at {
            return Ok(answer);
        }
        let (data, status) = answer.split_at(answer.len().saturating_sub(2));
        let bent = match self.bend {
            Bend::Gone => {
                self.struck = true;
                return Err(ReaderError::CardGone {
                    reader: self.reader().to_owned(),
                    source: None,
                });
            }
            Bend::Empty => Vec::new(),
            Bend::OneByte => vec![0x90],
            Bend::StatusAlone => status.to_vec(),
            Bend::PlainOk => vec![0x90, 0x00],
            Bend::ReaderSays => vec![0x63, 0x00],
            Bend::TooLong => [data, &[0], status].concat(),
            Bend::FarTooLong => [data, &[0xA5; 4_096], status].concat(),
            Bend::TooShort => [&data[..data.len().saturating_sub(1)], status].concat(),
        };
        self.struck = bent != answer;
        Ok(bent)
    }

    fn atr(&self) -> &[u8] {
        self.session.atr()
    }

    fn reader(&self) -> &str {
        self.session.reader()
    }
}
