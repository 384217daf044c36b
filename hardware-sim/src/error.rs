//! What can go wrong on the bench.

use std::io;

/// Why the simulator did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// A part of the system is missing.
    #[error("{what} is missing: install it with `cargo xtask setup`")]
    Missing {
        /// Which part.
        what: String,
    },
    /// pcscd started and did not open its readers.
    #[error("pcscd did not become ready: {why}")]
    PcscdFailed {
        /// What was seen, with the end of its log.
        why: String,
    },
    /// pcscd runs already, or does not run.
    #[error("pcscd {state}")]
    PcscdState {
        /// "runs already", "does not run".
        state: &'static str,
    },
    /// There is no reader with this number.
    #[error("there is no reader {reader}: there are {count}, counted from 1")]
    NoSuchReader {
        /// The number asked for.
        reader: usize,
        /// How many there are.
        count: usize,
    },
    /// More readers than pcscd takes.
    #[error("{asked} readers are too many: at most {limit}")]
    TooManyReaders {
        /// How many were asked for.
        asked: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A card lies there already.
    #[error("a card lies on reader {reader} already: remove it first")]
    Occupied {
        /// The number of the reader.
        reader: usize,
    },
    /// The card lies on a reader: it is one thing, and in one place.
    #[error("{card} lies on another reader: remove it there first")]
    Elsewhere {
        /// The card, as [`CardSpec`](crate::CardSpec) is written.
        card: String,
    },
    /// Not a card.
    #[error("`{text}` is no card: {why}")]
    BadCard {
        /// What was given.
        text: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// Not the memory of this card.
    #[error("this is no memory of such a card: {why}")]
    BadImage {
        /// What is wrong.
        why: String,
    },
    /// A fault that cannot happen.
    #[error("this fault cannot be: {why}")]
    BadFault {
        /// What is wrong.
        why: &'static str,
    },
    /// The operating system said no.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// Names what was tried when an I/O error comes.
pub(crate) trait During<T> {
    fn during(self, what: impl Into<String>) -> Result<T, SimError>;
}

impl<T> During<T> for io::Result<T> {
    fn during(self, what: impl Into<String>) -> Result<T, SimError> {
        self.map_err(|source| SimError::Io {
            what: what.into(),
            source,
        })
    }
}
