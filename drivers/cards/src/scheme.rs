//! What a chain decided about its cards. Plain data: HQ says it, the agent passes it on.

use tillside_keys::{CardKey, Diversification, KeyRole, KeyVault, VaultError};

use crate::ChainKeys;

/// A chain's card scheme.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardScheme {
    /// The application identifier, as SelectApplication takes it.
    pub aid: [u8; 3],
    /// The chain's system identifier: 5 to 17 bytes that go into every card's keys.
    pub system_id: Vec<u8>,
    /// The currency of the e-money, ISO 4217.
    pub currency: [u8; 3],
    /// The most a card may hold, minor units, more than zero and at most `i32::MAX`.
    pub cap: i64,
    /// How many movements a card's log shows, at least 1.
    pub log_records: u8,
    /// The key version that new cards get, 1 to 127.
    pub key_version: u8,
}

/// The keys of a till and the scheme that they are for.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// The vault with the master keys that this till was given.
    pub vault: &'a dyn KeyVault,
    /// The chain's scheme.
    pub scheme: &'a CardScheme,
}

impl<'a> Keys<'a> {
    /// The same, for the kinds of cards without a purse.
    pub fn chain(&self) -> ChainKeys<'a> {
        ChainKeys {
            vault: self.vault,
            aid: self.scheme.aid,
            system_id: &self.scheme.system_id,
        }
    }

    pub(crate) fn card_key(
        &self,
        role: KeyRole,
        version: u8,
        uid: &[u8],
    ) -> Result<CardKey, VaultError> {
        let system = &self.scheme.system_id;
        let input = Diversification::new(uid, self.scheme.aid, role, system)?;
        self.vault.derive(role, version, &input)
    }

    pub(crate) fn shared_key(&self, role: KeyRole, version: u8) -> Result<CardKey, VaultError> {
        self.chain().shared_key(role, version)
    }
}
