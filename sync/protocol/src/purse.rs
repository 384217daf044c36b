//! E-money between a terminal and HQ: keys, accounts, and movements that HQ settles.

use serde::{Deserialize, Serialize};
use tillside_core::{CardIdentity, MemberId, Money, PurseAction, PurseEnd, PurseTx, StoreId};

/// The most settlements in one answer.
pub const SETTLEMENT_LIMIT: usize = 200;

/// HQ settled a movement that a terminal had left open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseSettlement {
    /// Which movement.
    pub txid: PurseTx,
    /// How it ended.
    pub end: PurseEnd,
}

/// The keys a terminal may have: those its store's rights need. Only ever sent over mutual TLS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyGrant {
    /// The keys; empty where the chain has no e-money.
    pub keys: Vec<GrantedKey>,
}

/// One key: the chain's in a [`KeyGrant`], one card's in [`CardKeys`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedKey {
    /// What it may do: the role's name in `tillside-keys`.
    pub role: String,
    /// Its version.
    pub version: u8,
    /// AES-128, 32 hex digits.
    pub key: String,
}

impl std::fmt::Debug for GrantedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GrantedKey({} {})", self.role, self.version)
    }
}

impl std::fmt::Debug for KeyGrant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.keys).finish()
    }
}

/// An issue desk asks for the keys that one new card is to get, and that no store has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardKeysRequest {
    /// The card.
    pub card: CardIdentity,
    /// In which version.
    pub version: u8,
}

/// That card's own keys: not the chain's, from which they are made. Only ever sent over mutual TLS.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardKeys {
    /// The keys.
    pub keys: Vec<GrantedKey>,
}

/// A terminal asks HQ to move an account. Asking again with the same `txid` is answered as before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountRequest {
    /// The movement.
    pub txid: PurseTx,
    /// What is to be done.
    #[serde(flatten)]
    pub action: PurseAction,
    /// The card that was shown.
    pub card: CardIdentity,
    /// Whose account.
    pub member: MemberId,
    /// How much, more than zero.
    pub amount: Money,
    /// Where.
    pub store: StoreId,
}

/// HQ's answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountAnswer {
    /// It is moved.
    Moved {
        /// The balance after it.
        after: Money,
    },
    /// It is not, and never will be under this txid.
    Refused {
        /// Why, in words for the cashier.
        why: String,
    },
}

/// What an account holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AccountStanding {
    /// The balance.
    pub balance: Money,
    /// Why it may not be used, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<String>,
}
