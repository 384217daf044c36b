//! What can go wrong between a till and a card, in the words of the field and of the cashier.

use std::error::Error;
use std::sync::Arc;

/// The backend's own error, shared so that an event can be cloned.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a reader or a card did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The reader service (pcscd, or Windows' Smart Card service) does not run or went away.
    #[error("the card reader service does not answer")]
    ServiceUnavailable {
        /// What the backend said.
        #[source]
        source: Cause,
    },
    /// The service runs and refuses us: too many programs use it, or this user may not.
    #[error("the card reader service refuses this program")]
    ServiceRefused {
        /// What the backend said.
        #[source]
        source: Cause,
    },
    /// The reader was unplugged, or its name changed.
    #[error("reader `{reader}` is not there")]
    ReaderGone {
        /// Name of the reader.
        reader: String,
        /// What the backend said, if it said something.
        #[source]
        source: Option<Cause>,
    },
    /// The card left. If a command was under way, what it did is unknown.
    #[error("the card left reader `{reader}`")]
    CardGone {
        /// Name of the reader.
        reader: String,
        /// What the backend said; `None` for PC/SC's silent sign, an empty answer.
        #[source]
        source: Option<Cause>,
    },
    /// Another program reset the card under us.
    #[error("another program reset the card on reader `{reader}`")]
    CardReset {
        /// Name of the reader.
        reader: String,
    },
    /// Another program holds the card exclusively.
    #[error("another program holds the card on reader `{reader}`")]
    InUse {
        /// Name of the reader.
        reader: String,
    },
    /// The card is there and does not answer.
    #[error("the card does not answer to {step}")]
    CardMute {
        /// What was tried.
        step: &'static str,
    },
    /// The answer is not one that this command can have.
    #[error("the answer to {step} makes no sense")]
    Garbled {
        /// What was tried.
        step: &'static str,
    },
    /// The card (or the reader in its name) refused a command.
    #[error("the card answered {status:04X} to {step}")]
    CardRefused {
        /// What was tried.
        step: &'static str,
        /// SW1 SW2 (ISO 7816-4).
        status: u16,
    },
    /// The card shows another number at each tap, so it says nothing about who holds it.
    #[error("the card's number is random (ISO 14443-3, first byte 08)")]
    RandomIdentity,
    /// This card needs something that this reader cannot do.
    #[error("reader `{reader}` cannot do {needs}")]
    ReaderCannot {
        /// Name of the reader.
        reader: String,
        /// The missing capability.
        needs: &'static str,
    },
    /// The wait was ended from another thread.
    #[error("the wait was cancelled")]
    Cancelled,
    /// Anything else; the cause says what.
    #[error("the reader failed at {step}")]
    Other {
        /// What was tried.
        step: &'static str,
        /// What the backend said.
        #[source]
        source: Cause,
    },
}

/// The kind of a [`ReaderError`], to match on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(
    missing_docs,
    reason = "each is documented at the variant of ReaderError with its name"
)]
pub enum ReaderErrorCode {
    ServiceUnavailable,
    ServiceRefused,
    ReaderGone,
    CardGone,
    CardReset,
    InUse,
    CardMute,
    Garbled,
    CardRefused,
    RandomIdentity,
    ReaderCannot,
    Cancelled,
    Other,
}

impl ReaderError {
    /// The kind of this error.
    pub fn code(&self) -> ReaderErrorCode {
        match self {
            Self::ServiceUnavailable { .. } => ReaderErrorCode::ServiceUnavailable,
            Self::ServiceRefused { .. } => ReaderErrorCode::ServiceRefused,
            Self::ReaderGone { .. } => ReaderErrorCode::ReaderGone,
            Self::CardGone { .. } => ReaderErrorCode::CardGone,
            Self::CardReset { .. } => ReaderErrorCode::CardReset,
            Self::InUse { .. } => ReaderErrorCode::InUse,
            Self::CardMute { .. } => ReaderErrorCode::CardMute,
            Self::Garbled { .. } => ReaderErrorCode::Garbled,
            Self::CardRefused { .. } => ReaderErrorCode::CardRefused,
            Self::RandomIdentity => ReaderErrorCode::RandomIdentity,
            Self::ReaderCannot { .. } => ReaderErrorCode::ReaderCannot,
            Self::Cancelled => ReaderErrorCode::Cancelled,
            Self::Other { .. } => ReaderErrorCode::Other,
        }
    }

    /// Whether the same thing may work if it is tried again, with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        match self.code() {
            ReaderErrorCode::ServiceUnavailable
            | ReaderErrorCode::ServiceRefused
            | ReaderErrorCode::ReaderGone
            | ReaderErrorCode::CardGone
            | ReaderErrorCode::CardReset
            | ReaderErrorCode::InUse
            | ReaderErrorCode::CardMute
            | ReaderErrorCode::Garbled
            | ReaderErrorCode::CardRefused
            | ReaderErrorCode::Other => true,
            ReaderErrorCode::RandomIdentity
            | ReaderErrorCode::ReaderCannot
            | ReaderErrorCode::Cancelled => false,
        }
    }

    /// Whether this reader object is spent: open a new one instead of asking it again.
    pub fn ends_reader(&self) -> bool {
        matches!(
            self.code(),
            ReaderErrorCode::ServiceUnavailable
                | ReaderErrorCode::ServiceRefused
                | ReaderErrorCode::ReaderGone
                | ReaderErrorCode::Cancelled
        )
    }

    /// What the cashier reads: what happened, and what to do.
    pub fn cashier_words(&self) -> &'static str {
        match self.code() {
            ReaderErrorCode::ServiceUnavailable => {
                "The card reader is not working right now. It is being restarted: go on selling, and hold the card again in a moment."
            }
            ReaderErrorCode::ServiceRefused => {
                "This till is not allowed to use the card reader right now. Close other programs that use cards. If it stays like this, call your manager."
            }
            ReaderErrorCode::ReaderGone => "The card reader is unplugged. Check its cable.",
            ReaderErrorCode::CardGone => {
                "The card was taken away too soon. Hold it still on the reader again."
            }
            ReaderErrorCode::CardReset | ReaderErrorCode::InUse => {
                "Another program is using the card. Close it, then hold the card again."
            }
            ReaderErrorCode::CardMute => {
                "The card does not answer. Hold it flat on the reader, one card at a time."
            }
            ReaderErrorCode::Garbled | ReaderErrorCode::CardRefused => {
                "The card could not be read. Hold it still on the reader again."
            }
            ReaderErrorCode::RandomIdentity => {
                "This card or phone shows a new number every time, so it cannot be recognised. Ask for the member card or the code."
            }
            ReaderErrorCode::ReaderCannot => {
                "This reader cannot read this kind of card. Ask for another card or the code."
            }
            ReaderErrorCode::Cancelled => "Reading the card was stopped. Hold the card again.",
            ReaderErrorCode::Other => {
                "The card could not be read. Hold it again; if it stays like this, call your manager."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_help_is_not_tried_again() {
        assert!(!ReaderError::RandomIdentity.is_retryable());
        assert!(!ReaderError::Cancelled.is_retryable());
        assert!(ReaderError::CardMute { step: "UID" }.is_retryable());
    }

    #[test]
    fn the_cause_is_a_source_and_not_in_the_text() {
        let error = ReaderError::ServiceUnavailable {
            source: Arc::new(::pcsc::Error::NoService),
        };
        assert_eq!(error.to_string(), "the card reader service does not answer");
        assert!(error.source().is_some());
        assert!(error.ends_reader());
    }
}
