//! Why a purse did not do what was asked.

use tillside_drivers::{ReaderError, ReaderErrorCode};
use tillside_keys::VaultError;
use tillside_keys::transaction_mac::TmiError;

use crate::desfire::{CardError, Status};

/// Why a purse could not be read, or a movement not be staged. In every case nothing was committed: the
/// card is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurseError {
    /// The card, the reader or the vault failed.
    #[error("nothing was taken or given: {0}")]
    Card(#[source] CardError),
    /// This card has no application of this chain any more.
    #[error("the card has no purse of this chain")]
    NoPurse,
    /// The chain blocked the card.
    #[error("the card is blocked")]
    Blocked,
    /// The card's last day is over.
    #[error("the card has expired")]
    Expired,
    /// Its currency is not the store's.
    #[error("the card holds {}", String::from_utf8_lossy(.found))]
    Currency {
        /// What it holds.
        found: [u8; 3],
    },
    /// It holds less than is to be taken.
    #[error("the card holds {balance}, and {amount} was asked")]
    TooLittle {
        /// What it holds, minor units.
        balance: i64,
        /// What was asked, minor units.
        amount: i64,
    },
    /// It would hold more than the scheme allows.
    #[error("the card would hold {would}, and may hold {cap}")]
    PastCap {
        /// What it would hold, minor units.
        would: i64,
        /// The most it may, minor units.
        cap: i64,
    },
    /// The amount is not above zero, or no card has room for it.
    #[error("{0} is no amount for a card")]
    Amount(i64),
    /// A transaction's number of zeros, or one that the card has just done.
    #[error("the transaction's number cannot be used")]
    Number,
    /// This till has no key to put money on.
    #[error("this till has no key to top up")]
    NoTopUpKey,
    /// LimitedCredit was refused: the payment is not the card's last, or was larger.
    #[error("the card gives back its last payment only")]
    NotTheLastPayment,
    /// A balance is carried over to a card that was used already.
    #[error("the card was used already")]
    NotNew,
    /// Balance, last transaction and counter do not fit together: not by a tear, which leaves all old
    /// or all new.
    #[error("the card contradicts itself: {what}")]
    Contradiction {
        /// Which part.
        what: &'static str,
    },
    /// The card's counter is at its end.
    #[error("the card has counted all the transactions it can")]
    UsedUp,
    /// The transaction MAC input cannot be written.
    #[error(transparent)]
    Input(#[from] TmiError),
}

impl From<CardError> for PurseError {
    fn from(error: CardError) -> Self {
        Self::Card(error)
    }
}

impl From<VaultError> for PurseError {
    fn from(error: VaultError) -> Self {
        Self::Card(error.into())
    }
}

impl From<ReaderError> for PurseError {
    fn from(error: ReaderError) -> Self {
        Self::Card(error.into())
    }
}

impl PurseError {
    /// Whether holding the same card again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            // A limit of the card, that the next try meets again.
            Self::Card(error) => error.is_retryable() && error.status() != Some(Status::Boundary),
            _ => false,
        }
    }

    /// What the cashier reads: what happened, and what to do. Where the tap went wrong it is what
    /// happened only: what was to be done with the card says how to go on.
    pub fn cashier_words(&self) -> &'static str {
        match self {
            Self::Card(error) if is_of_the_tap(error) => {
                "The card was taken away too soon, or not held still."
            }
            Self::Card(CardError::Forged { .. }) => {
                "The card could not be checked. If that happens again, do not accept it."
            }
            Self::Card(error) => error.cashier_words(),
            Self::NoPurse => {
                "This card has no money purse of this shop. Ask for another card or another payment."
            }
            Self::Blocked => {
                "This card is blocked, and nothing on it was changed. Ask for another card or another payment, and send its holder to the service desk."
            }
            Self::Expired => {
                "This card has expired, and nothing on it was changed. Ask for another card or another payment, and send its holder to the service desk."
            }
            Self::Currency { .. } => {
                "This card holds money of another currency, and nothing on it was changed. Ask for another card or another payment."
            }
            Self::TooLittle { .. } => {
                "There is not enough money on the card. Nothing was taken. Take a part from the card, or another payment."
            }
            Self::PastCap { .. } => {
                "The card would hold more than it may. Nothing was put on it. Choose a smaller amount."
            }
            Self::Amount(_) => "This amount cannot be used with a card. Check the amount.",
            Self::NoTopUpKey => {
                "This till cannot put money on cards. Send the shopper to the service desk."
            }
            Self::NotTheLastPayment => {
                "The card gives back its last payment only. Give this money back at the service desk."
            }
            Self::NotNew => {
                "This card was used already, so no balance can be carried over to it. Take a new card."
            }
            Self::Contradiction { .. } => {
                "Something is wrong with the money on this card, and nothing on it was changed. Keep it aside, call your manager, and ask for another payment."
            }
            Self::UsedUp => {
                "This card is worn out, and nothing on it was changed. Ask for another payment; its holder gets a new card at the service desk."
            }
            Self::Number | Self::Input(_) => {
                "The card could not be used, and nothing was taken. Call your manager."
            }
        }
    }
}

/// Whether the tap went wrong, and nothing else: the same card held better may do.
fn is_of_the_tap(error: &CardError) -> bool {
    match error {
        CardError::Reader(error) => matches!(
            error.code(),
            ReaderErrorCode::CardGone
                | ReaderErrorCode::CardMute
                | ReaderErrorCode::Garbled
                | ReaderErrorCode::CardRefused
        ),
        CardError::Garbled { .. } | CardError::NoSession { .. } => true,
        _ => false,
    }
}

/// Why a commit has no good answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// No byte of the commit left for the reader: nothing was committed.
    #[error("the commit was not sent")]
    NotSent(#[source] CardError),
    /// Nobody knows what the card did: settle it with the card ([`crate::purse::verdict`]), or at HQ.
    #[error("it is not known whether the card committed")]
    Unknown(#[source] CardError),
}

impl CommitError {
    /// Whether the movement may be run again as it is: only where nothing was sent.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// What the cashier reads.
    pub const fn cashier_words(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "Nothing was taken. Hold the card again.",
            Self::Unknown(_) => {
                "It is not known yet whether the card paid. Hold the same card again."
            }
        }
    }
}
