//! What a reader and a card session can do. Knows no backend and no card type.

use std::sync::Arc;
use std::time::Duration;

use crate::ReaderError;

/// A timeout that never ends; the wait still ends by [`Cancel::cancel`].
pub const FOREVER: Duration = Duration::MAX;

/// A card that lies on a reader: the ticket for [`CardReader::connect`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// Name of the reader, as its backend gives it.
    pub reader: String,
    /// Answer to reset, at most 33 bytes (ISO 7816-3). A hint about the card, never proof.
    pub atr: Vec<u8>,
    /// Differs between two taps on the same reader (it comes from the backend's insertion counter).
    pub tap: u64,
}

/// A reader of contactless cards. One thread owns it.
pub trait CardReader: Send {
    /// Name of the reader, as its backend gives it.
    fn name(&self) -> &str;

    /// Waits until a card lies on the reader; at once if one already does. `None` after `timeout`.
    ///
    /// # Errors
    /// `Cancelled` after [`Cancel::cancel`]; `ReaderGone` and `ServiceUnavailable` end this reader:
    /// open a new one.
    fn wait_for_card(&mut self, timeout: Duration) -> Result<Option<Presented>, ReaderError>;

    /// Waits until `card` has left, or another card took its place. `false` after `timeout`.
    ///
    /// # Errors
    /// As [`CardReader::wait_for_card`].
    fn wait_for_removal(
        &mut self,
        card: &Presented,
        timeout: Duration,
    ) -> Result<bool, ReaderError>;

    /// Takes the card exclusively, until the session is dropped. Dropping leaves the card powered
    /// and not reset, so that other programs that hold it notice nothing.
    ///
    /// # Errors
    /// `CardGone` if the card left, `InUse` if another program holds it exclusively.
    fn connect(&mut self, card: &Presented) -> Result<Box<dyn CardSession + '_>, ReaderError>;

    /// The hand that ends a wait from another thread.
    fn canceller(&self) -> Arc<dyn Cancel>;
}

/// Ends the waits of one reader, from any thread.
pub trait Cancel: Send + Sync {
    /// Ends the current wait, and every later one, with `Cancelled`. Returns once the waiting
    /// thread has left the wait (under a few milliseconds).
    fn cancel(&self);
}

/// An exclusive conversation with one card.
pub trait CardSession {
    /// Sends one command APDU, gives the whole answer: data, then SW1 SW2, so at least two bytes.
    ///
    /// # Errors
    /// `CardGone` if the card left before it answered: what it did is then unknown.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, ReaderError>;

    /// Answer to reset of the connected card.
    fn atr(&self) -> &[u8];

    /// Name of the reader that the card lies on.
    fn reader(&self) -> &str;
}
