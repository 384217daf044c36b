//! One new card's own keys, for the desk that makes it.
//!
//! To make a card is to write keys on it that no till may have for any other: its master key, and the one
//! under its transactions, by which HQ believes them. A desk that held the chain's keys to them could
//! forge every card. So it asks HQ, which makes this card's (AN10922), notes who asked, and gives none for
//! a card that was made before. It needs the line; nobody is entitled to a new card while it is down.

use super::keyring::{Keyring, KeyringError};
use super::proof::{application, uid};
use tillside_core::{CardIdentity, PurseScheme};
use tillside_keys::{Diversification, KeyRole};
use tillside_protocol::{ErrorCode, GrantedKey};

/// The keys that only the making of a card needs.
pub const ROLES: [KeyRole; 5] = [
    KeyRole::Master,
    KeyRole::Administer,
    KeyRole::Spare,
    KeyRole::Picc,
    KeyRole::TransactionMac,
];

/// Why no keys are given, in words for the desk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoCardKeys {
    /// The store makes no cards.
    #[error("This store does not issue cards. Issue it at a store that does, or ask HQ.")]
    NotADesk,
    /// There is no e-money.
    #[error("This chain has no e-money, and so no cards to issue.")]
    NoScheme,
    /// The card was made before.
    #[error("This card was issued already, and nothing on it was changed. Take a new card.")]
    Made,
    /// The card is blocked.
    #[error("This card is blocked. {0}")]
    Blocked(String),
    /// New cards get keys of another version.
    #[error("New cards get other keys by now. Wait for the next update from HQ, and try again.")]
    Version,
    /// Its number is none of a card that has keys of its own.
    #[error("This kind of card cannot be issued. Take a new card of the shop's own stock.")]
    Number,
    /// HQ's own keys.
    #[error("HQ's key vault does not open. Call HQ.")]
    Keyring(#[from] KeyringError),
}

impl NoCardKeys {
    /// What a program matches.
    pub const fn code(&self) -> ErrorCode {
        match self {
            NoCardKeys::Keyring(_) => ErrorCode::Internal,
            _ => ErrorCode::NotAllowed,
        }
    }
}

/// What HQ knows that bears on one request.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whether the store makes cards.
    pub issues: bool,
    /// The version that new cards get.
    pub version: u8,
    /// Whether the card was made before.
    pub made: bool,
    /// Why the card is blocked, if it is.
    pub blocked: Option<String>,
}

/// Whether the keys of `version` of a card are given.
///
/// # Errors
/// In words for the desk.
pub fn decide(card: &CardIdentity, version: u8, facts: Facts) -> Result<(), NoCardKeys> {
    match facts.blocked {
        _ if !facts.issues => Err(NoCardKeys::NotADesk),
        _ if uid(card).is_none() => Err(NoCardKeys::Number),
        _ if facts.made => Err(NoCardKeys::Made),
        Some(why) => Err(NoCardKeys::Blocked(why)),
        None if version != facts.version => Err(NoCardKeys::Version),
        None => Ok(()),
    }
}

/// Makes the card's keys; a vault that gives the chain's out to nobody makes them too. SECRET.
///
/// # Errors
/// If the vault does not open, or the card cannot have keys.
pub fn derive(
    keyring: &Keyring,
    scheme: &PurseScheme,
    card: &CardIdentity,
    version: u8,
) -> Result<Vec<GrantedKey>, NoCardKeys> {
    let (Some(uid), Some(aid)) = (uid(card), application(scheme)) else {
        return Err(NoCardKeys::Number);
    };
    let opened = keyring.open()?.ok_or(KeyringError::None)?;
    let mut keys = Vec::with_capacity(ROLES.len());
    for role in ROLES {
        let input = Diversification::new(&uid, aid, role, scheme.system.as_bytes());
        let input = input.map_err(|_| NoCardKeys::Number)?;
        let key = opened.vault().derive(role, version, &input);
        let key = key.map_err(KeyringError::from)?;
        keys.push(GrantedKey {
            role: role.as_str().to_owned(),
            version,
            key: key
                .bytes()
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect(),
        });
    }
    Ok(keys)
}
