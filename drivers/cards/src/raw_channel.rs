//! Several raw frames in a row to one card that must not be disturbed in between: an authentication
//! lives in the card only as long as nothing activates it again.

use tillside_drivers::{CardSession, ReaderError};

use crate::profile::{RawFrame, ReaderProfile};
use crate::raw_frame::{self, END, Reply, START};

/// The open way to the card. It is closed when it is dropped, whatever came before, or the reader
/// would stay deaf for the next card.
pub(crate) struct RawChannel<'a> {
    session: &'a mut dyn CardSession,
    way: RawFrame,
    open: bool,
}

impl<'a> RawChannel<'a> {
    /// Opens it; `needs` says for which kind of card, if this reader cannot.
    pub(crate) fn open(
        session: &'a mut dyn CardSession,
        needs: &'static str,
    ) -> Result<Self, ReaderError> {
        let way = ReaderProfile::of(session.reader()).raw_frame;
        if way == RawFrame::None {
            let reader = session.reader().to_owned();
            return Err(ReaderError::ReaderCannot { reader, needs });
        }
        let mut channel = Self {
            session,
            way,
            open: false,
        };
        channel.start()?;
        Ok(channel)
    }

    /// Sends `frame`. Silence, and a NAK (one byte at most), are `None`.
    pub(crate) fn exchange(&mut self, frame: &[u8]) -> Result<Option<Vec<u8>>, ReaderError> {
        let reply = match self.way {
            RawFrame::TransparentSession => raw_frame::transceive(self.session, frame)?,
            _ => raw_frame::pn532(self.session, frame)?,
        };
        match reply {
            Reply::Data(data) if data.len() > 1 => Ok(Some(data)),
            Reply::Data(_) | Reply::Silence => Ok(None),
        }
    }

    /// Activates the card again, after it fell silent.
    pub(crate) fn reactivate(&mut self) -> Result<(), ReaderError> {
        self.end()?;
        raw_frame::reactivate(self.session, self.way)?;
        self.start()
    }

    fn start(&mut self) -> Result<(), ReaderError> {
        if self.way == RawFrame::TransparentSession {
            raw_frame::data(self.session.transmit(&START)?, "a raw session")?;
            self.open = true;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReaderError> {
        if std::mem::take(&mut self.open) {
            raw_frame::data(self.session.transmit(&END)?, "the end of a raw session")?;
        }
        Ok(())
    }
}

impl Drop for RawChannel<'_> {
    fn drop(&mut self) {
        // The outcome is decided; a reader that fails here fails at the next card, with words.
        drop(self.end());
    }
}
