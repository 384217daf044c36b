//! Why a DESFire card did not do what it was told.

use tillside_drivers::ReaderError;
use tillside_keys::VaultError;

use super::layout::LayoutError;
use super::status::Status;

/// Why a command to a DESFire card failed. After any of these the session with the card is over: it
/// has to be selected and authenticated again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The reader failed, or the card left.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The vault has not the key, or failed.
    #[error(transparent)]
    Keys(#[from] VaultError),
    /// The card said no.
    #[error("the card answered {status} to {step}")]
    Refused {
        /// What was tried.
        step: &'static str,
        /// What it said.
        status: Status,
    },
    /// The status word is none of a DESFire card.
    #[error("the card answered {word:04X} to {step}: it is no DESFire card")]
    NotDesfire {
        /// What was tried.
        step: &'static str,
        /// SW1 SW2.
        word: u16,
    },
    /// The answer is too long, too short, or not of the form that is due.
    #[error("the answer to {step} makes no sense")]
    Garbled {
        /// What was tried.
        step: &'static str,
    },
    /// The answer's MAC is not the card's: it was disturbed on its way, or forged.
    #[error("the answer to {step} does not prove that it is the card's")]
    Forged {
        /// What was tried.
        step: &'static str,
    },
    /// The card does not know this key: another chain's card, or a copied number.
    #[error("the card does not have the key to {step}")]
    WrongKey {
        /// What the key is for.
        step: &'static str,
    },
    /// The session ended with an earlier error, or none was begun.
    #[error("there is no session with the card for {step}")]
    NoSession {
        /// What was tried.
        step: &'static str,
    },
    /// The command cannot be written: it is too long, or a number has no room in it.
    #[error("{step} does not fit into a command")]
    Unsendable {
        /// What was tried.
        step: &'static str,
    },
    /// A file has another content than the layout says.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl CardError {
    /// Whether holding the same card again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Reader(error) => error.is_retryable(),
            Self::Keys(error) => error.is_retryable(),
            Self::Refused { status, .. } => !matches!(
                status,
                Status::Disabled | Status::CardIntegrity | Status::FileIntegrity
            ),
            Self::Garbled { .. } | Self::Forged { .. } | Self::NoSession { .. } => true,
            Self::NotDesfire { .. }
            | Self::WrongKey { .. }
            | Self::Unsendable { .. }
            | Self::Layout(_) => false,
        }
    }

    /// Which status the card refused with, if it did.
    pub const fn status(&self) -> Option<Status> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What the cashier reads: what happened, and what to do.
    pub fn cashier_words(&self) -> &'static str {
        match self {
            Self::Reader(error) => error.cashier_words(),
            Self::Keys(VaultError::NotHeld { .. }) => {
                "This till cannot do this with this kind of card. Ask at the service desk."
            }
            Self::Keys(_) => {
                "Cards cannot be checked right now. Ask for the code, and call your manager."
            }
            Self::NotDesfire { .. } | Self::WrongKey { .. } => {
                "This is not a card of this shop. Ask for another card or the code."
            }
            Self::Forged { .. } => {
                "The card could not be checked. Hold it still on the reader again; if it stays like this, do not accept it."
            }
            Self::Refused {
                status: Status::Disabled | Status::CardIntegrity | Status::FileIntegrity,
                ..
            }
            | Self::Layout(_) => "This card is damaged. Send its holder to the service desk.",
            Self::Refused { .. } | Self::Garbled { .. } | Self::NoSession { .. } => {
                "The card could not be read. Hold it still on the reader again."
            }
            Self::Unsendable { .. } => "This cannot be written on a card. Call your manager.",
        }
    }
}
