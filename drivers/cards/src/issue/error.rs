//! Why a card was not issued.

use tillside_drivers::ReaderError;
use tillside_keys::VaultError;

use crate::desfire::CardError;

/// Why a card was not issued. What was done stays done: holding the same card again goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The card, the reader or the vault failed.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The chip is no DESFire EV2 or EV3.
    #[error("the chip {hardware:02X?} is no DESFire EV2 or EV3")]
    NotSupported {
        /// Its hardware's version.
        hardware: [u8; 7],
    },
    /// Somebody else's keys or files are on it. Nothing of theirs was changed.
    #[error("the card's {what} is not this chain's, and not the factory's")]
    Foreign {
        /// What was found.
        what: &'static str,
    },
    /// It was issued to another member already.
    #[error("the card was issued to another member")]
    AnotherMember {
        /// Whose it is.
        member: [u8; 16],
    },
    /// It has keys of another version than new cards get.
    #[error("the card has keys of version {found}")]
    KeyVersion {
        /// Its version.
        found: u8,
    },
    /// It hides its number, and is not this chain's.
    #[error("the card hides its number")]
    NoNumber,
    /// The scheme or the order cannot be written on a card.
    #[error("the {what} of the order cannot be written on a card")]
    Order {
        /// Which part.
        what: &'static str,
    },
}

impl From<ReaderError> for IssueError {
    fn from(error: ReaderError) -> Self {
        Self::Card(error.into())
    }
}

impl IssueError {
    /// Whether holding the same card again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Card(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// What the cashier reads: what happened, and what to do.
    pub fn cashier_words(&self) -> &'static str {
        match self {
            Self::Card(CardError::Keys(VaultError::NotHeld { .. })) => {
                "This till has not all the keys to issue cards. Issue it at the service desk."
            }
            Self::Card(CardError::NotDesfire { .. }) | Self::NotSupported { .. } => {
                "This kind of card cannot be issued. Take a new card of the shop's own stock."
            }
            Self::Card(CardError::WrongKey { .. }) | Self::Foreign { .. } | Self::NoNumber => {
                "This card belongs to somebody else, and nothing on it was changed. Take a new card."
            }
            Self::Card(error) if error.is_retryable() => {
                "The card is not finished. Hold the same card on the reader again."
            }
            Self::Card(error) => error.cashier_words(),
            Self::AnotherMember { .. } => {
                "This card was issued to another member already. Take a new card."
            }
            Self::KeyVersion { .. } => {
                "This card was issued with older keys. Take a new card, or have this one renewed."
            }
            Self::Order { .. } => {
                "The card cannot be issued with these settings. Call your manager."
            }
        }
    }
}
