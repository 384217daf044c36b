//! Members, as little of them as a cashier needs, and the cards that name them.

use crate::{MemberId, Points, TierId};
use serde::{Deserialize, Serialize};

/// What a card, phone or barcode is known by: `uid:04A1B2C3D4E5F6` (a chip's UID in upper-case hex)
/// or `code:900000001` (a printed number). An identifier, not a proof.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardIdentity(String);

/// A text that does not name a card.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is not a card identity: use uid: and 8 to 20 hex digits, or code: and 4 to 32 letters or digits"
)]
pub struct CardIdentityError(pub String);

impl CardIdentity {
    /// Checks and normalises (upper case) a card identity.
    pub fn new(text: &str) -> Result<Self, CardIdentityError> {
        let error = || CardIdentityError(text.to_owned());
        let (scheme, value) = text.trim().split_once(':').ok_or_else(error)?;
        let value = value.to_ascii_uppercase();
        let fits = match scheme {
            "uid" => {
                (8..=20).contains(&value.len())
                    && value.len() % 2 == 0
                    && value.chars().all(|c| c.is_ascii_hexdigit())
            }
            "code" => {
                (4..=32).contains(&value.len()) && value.chars().all(|c| c.is_ascii_alphanumeric())
            }
            _ => false,
        };
        fits.then(|| Self(format!("{scheme}:{value}")))
            .ok_or_else(error)
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CardIdentity {
    type Error = CardIdentityError;

    fn try_from(text: String) -> Result<Self, CardIdentityError> {
        Self::new(&text)
    }
}

impl From<CardIdentity> for String {
    fn from(card: CardIdentity) -> String {
        card.0
    }
}

impl std::fmt::Display for CardIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a till knows of a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub member: MemberId,
    /// The name the cashier sees.
    pub display_name: String,
    /// Standing.
    pub tier: TierId,
    /// What may be spent: HQ's newest figure plus what this terminal has recorded since.
    pub points: Points,
    /// What may be spent later, as of the same.
    pub pending: Points,
}
