//! One exclusive transaction with one card.

use pcsc::{Card, Disposition};

use super::words::translate;
use crate::{CardSession, ReaderError};

/// Longest answer that is taken, in bytes: a short APDU's 258, and the reader's frame around it.
const LONGEST_ANSWER: usize = 1024;

/// A connected card inside a PC/SC transaction. Drop leaves the card as it is.
pub(super) struct PcscSession<'r> {
    /// `None` only while it is being dropped.
    card: Option<Card>,
    atr: Vec<u8>,
    reader: &'r str,
}

impl<'r> PcscSession<'r> {
    /// Begins the transaction: other programs that share the card wait until the drop.
    pub(super) fn begin(card: Card, reader: &'r str) -> Result<Self, ReaderError> {
        let mut session = Self {
            card: Some(card),
            atr: Vec::new(),
            reader,
        };
        if let Some(card) = session.card.as_mut() {
            let transaction = card
                .transaction()
                .map_err(|error| translate(error, reader, "reserving the card"))?;
            // The transaction borrows the card, so a session could not own both. It ends with the
            // disconnect in `drop` (PC/SC releases the locks of a handle that is disconnected).
            std::mem::forget(transaction);
            session.atr = card
                .status2_owned()
                .map_err(|error| translate(error, reader, "asking for the card's state"))?
                .atr()
                .to_vec();
        }
        Ok(session)
    }
}

impl CardSession for PcscSession<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        let gone = || ReaderError::CardGone {
            reader: self.reader.to_owned(),
            source: None,
        };
        let card = self.card.as_ref().ok_or_else(gone)?;
        let mut buffer = [0; LONGEST_ANSWER];
        let answer = card
            .transmit(command, &mut buffer)
            .map_err(|error| translate(error, self.reader, "sending a command"))?;
        match answer.len() {
            // A card that leaves mid-command is an Ok without bytes; the next command fails.
            0 => Err(gone()),
            1 => Err(ReaderError::Garbled {
                step: "sending a command",
            }),
            _ => Ok(answer.to_vec()),
        }
    }

    fn atr(&self) -> &[u8] {
        &self.atr
    }

    fn reader(&self) -> &str {
        self.reader
    }
}

impl Drop for PcscSession<'_> {
    fn drop(&mut self) {
        // Not `drop(card)`: that resets the card, and every program that shares it with us.
        if let Some(Err((_, error))) = self
            .card
            .take()
            .map(|card| card.disconnect(Disposition::LeaveCard))
        {
            tracing::debug!(%error, reader = self.reader, "letting the card go");
        }
    }
}
