//! A card that proved with this chain's key who it is: the result, the keys, and what can go wrong.
//!
//! The protocols are in [`crate::ntag424`], [`crate::ultralight_aes`] and [`crate::felica`]. An
//! authenticated identity holds no value itself: that is at HQ.

use tillside_drivers::ReaderError;
use tillside_keys::{CardKey, Diversification, KeyRole, KeyVault, VaultError};

use crate::desfire::CardError;
use crate::desfire::layout::LayoutError;
use crate::uid::{Uid, UidError};
use crate::{CardAuthority, CardKind, raw_frame};

/// Key versions that are tried on a card that does not name its own: the newest and the one before,
/// as in a key roll. More tries would wear a chip's limit of failed ones.
const VERSIONS_TRIED: usize = 2;
/// GET DATA, UID (PC/SC part 3).
const GET_UID: [u8; 5] = [0xFF, 0xCA, 0x00, 0x00, 0x00];

/// A card that proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthenticatedIdentity {
    /// What it is.
    pub kind: CardKind,
    /// Its number: UID, or IDm of a FeliCa card.
    pub uid: Uid,
    /// The member it was issued to, as the card says under the same proof; `None` if it was issued
    /// blank (16 zeros).
    pub member: Option<[u8; 16]>,
    /// The version of the key that proved it.
    pub key_version: u8,
}

impl AuthenticatedIdentity {
    pub(crate) fn new(kind: CardKind, uid: Uid, member: [u8; 16], key_version: u8) -> Self {
        Self {
            kind,
            uid,
            member: (member != [0; 16]).then_some(member),
            key_version,
        }
    }

    /// What this card may do.
    pub fn authority(&self) -> CardAuthority {
        CardAuthority::Authenticated
    }
}

/// Where the chain's keys are, and what makes them the chain's own (AN10922).
#[derive(Debug, Clone, Copy)]
pub struct ChainKeys<'a> {
    /// The vault with the master keys.
    pub vault: &'a dyn KeyVault,
    /// The chain's application identifier. Cards without applications have it in their keys too.
    pub aid: [u8; 3],
    /// The chain's system identifier, 5 to 17 bytes.
    pub system_id: &'a [u8],
}

impl ChainKeys<'_> {
    /// The key of the card with the number `uid`.
    ///
    /// # Errors
    /// The vault's.
    pub fn card_key(&self, role: KeyRole, version: u8, uid: &[u8]) -> Result<CardKey, VaultError> {
        let input = Diversification::new(uid, self.aid, role, self.system_id)?;
        self.vault.derive(role, version, &input)
    }

    /// A key that the whole chain shares.
    ///
    /// # Errors
    /// The vault's.
    pub fn shared_key(&self, role: KeyRole, version: u8) -> Result<CardKey, VaultError> {
        let input = Diversification::chain_wide(self.aid, role, self.system_id)?;
        self.vault.derive(role, version, &input)
    }

    /// The versions to try on a card that does not name its own, newest first; never empty.
    pub(crate) fn versions(&self, role: KeyRole) -> Result<Vec<u8>, VaultError> {
        let held = self.vault.held()?;
        let mut versions: Vec<u8> = held
            .into_iter()
            .filter(|key| key.role == role)
            .map(|key| key.version)
            .collect();
        versions.sort_unstable_by(|left, right| right.cmp(left));
        versions.truncate(VERSIONS_TRIED);
        if versions.is_empty() {
            return Err(VaultError::NotHeld { role, version: 0 });
        }
        Ok(versions)
    }
}

/// Why a card's identity could not be proved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The reader or the card failed.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// The vault has not the key, or failed.
    #[error(transparent)]
    Keys(#[from] VaultError),
    /// The card does not know this chain's key: a card of another chain, or a copied number.
    #[error("the card does not have this chain's key")]
    NotOurs,
    /// An answer that the card cannot have given: disturbed on its way, or forged.
    #[error("the answer to {step} does not prove that it is the card's")]
    Forged {
        /// What was asked.
        step: &'static str,
    },
    /// Its member file makes no sense: torn while it was issued, or worn out.
    #[error("the card's member file is damaged")]
    Damaged(#[source] LayoutError),
}

impl From<CardError> for IdentityError {
    fn from(error: CardError) -> Self {
        let refused = |step, status| ReaderError::CardRefused { step, status };
        match error {
            CardError::Reader(error) => error.into(),
            CardError::Keys(error) => error.into(),
            CardError::WrongKey { .. } => Self::NotOurs,
            CardError::Forged { step } => Self::Forged { step },
            CardError::Layout(error) => Self::Damaged(error),
            CardError::Refused { step, status } => {
                refused(step, u16::from_be_bytes([0x91, status.byte()])).into()
            }
            CardError::NotDesfire { step, word } => refused(step, word).into(),
            CardError::Garbled { step }
            | CardError::NoSession { step }
            | CardError::Unsendable { step } => ReaderError::Garbled { step }.into(),
        }
    }
}

impl IdentityError {
    /// Whether holding the same card again may help.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Reader(error) => error.is_retryable(),
            Self::Keys(error) => error.is_retryable(),
            Self::NotOurs | Self::Damaged(_) => false,
            Self::Forged { .. } => true,
        }
    }

    /// What the cashier reads: what happened, and what to do.
    pub fn cashier_words(&self) -> &'static str {
        match self {
            Self::Reader(error) => error.cashier_words(),
            Self::Keys(VaultError::NotHeld { .. }) => {
                "This till cannot check this kind of card. Ask for another card or the code."
            }
            Self::Keys(_) => {
                "Cards cannot be checked right now. Ask for the code, and call your manager."
            }
            Self::NotOurs => "This is not a card of this shop. Ask for another card or the code.",
            Self::Damaged(_) => "This card is damaged. Send its holder to the service desk.",
            Self::Forged { .. } => {
                "The card could not be checked. Hold it still on the reader again; if it stays like this, do not accept it."
            }
        }
    }
}

/// The card's number, of `length` bytes, as the reader saw it.
pub(crate) fn reader_uid(
    session: &mut dyn tillside_drivers::CardSession,
    length: usize,
) -> Result<Uid, ReaderError> {
    const STEP: &str = "the card's number";
    let bytes = raw_frame::data(session.transmit(&GET_UID)?, STEP)?;
    match Uid::new(&bytes) {
        Ok(uid) if bytes.len() == length => Ok(uid),
        Err(UidError::Random) => Err(ReaderError::RandomIdentity),
        _ => Err(ReaderError::Garbled { step: STEP }),
    }
}

#[cfg(test)]
mod tests;
