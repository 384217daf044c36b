//! What is done with a card that lies on a reader. The service knows no more of cards than this.

use std::time::Duration;

use crate::{CardSession, FOREVER, ReaderError};

/// Says who a card is, and does what waits to be done on it.
///
/// Any function of a session is one that only identifies.
pub trait Attendant<T>: Send + Sync {
    /// Attends a card: called in the reader's thread, inside one exclusive transaction, at each tap,
    /// and again while the card lies there where that may help (a retryable error) or where something
    /// new waits for it ([`Attendant::waiting`]).
    ///
    /// # Errors
    /// Why the card could not be identified. What is done on it beyond that is not the service's.
    fn attend(&self, session: &mut dyn CardSession) -> Result<T, ReaderError>;

    /// The number of what waits for a card now; each has its own. A card that lies there already is
    /// attended once for each.
    fn waiting(&self) -> Option<u64> {
        None
    }

    /// How often [`Attendant::waiting`] is asked while a card lies there.
    fn look(&self) -> Duration {
        FOREVER
    }
}

impl<T, F> Attendant<T> for F
where
    F: Fn(&mut dyn CardSession) -> Result<T, ReaderError> + Send + Sync,
{
    fn attend(&self, session: &mut dyn CardSession) -> Result<T, ReaderError> {
        self(session)
    }
}
