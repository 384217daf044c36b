//! Where the chain's master keys are kept, and what is asked of it.

use crate::{CardKey, Diversification, DiversificationError, KeyRole};

/// What kind of vault it is; screens name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum VaultKind {
    /// An encrypted file: for development and trials. The screen says so.
    DevelopmentFile,
    /// A PKCS#11 token: master keys never leave it.
    Pkcs11,
}

/// One master key that a vault holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HeldKey {
    /// What it may do.
    pub role: KeyRole,
    /// Its version: what a card's GetKeyVersion shows.
    pub version: u8,
}

/// Why a vault gives no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It has no such key: this till may not do that, or the card is of another key version.
    #[error("this till has no key to {role} for key version {version}")]
    NotHeld {
        /// What the key would do.
        role: KeyRole,
        /// Which version was asked for.
        version: u8,
    },
    /// The input cannot be used.
    #[error(transparent)]
    Input(#[from] DiversificationError),
    /// The vault cannot be opened: wrong passphrase or PIN.
    #[error("the key vault does not open: the passphrase or PIN is wrong")]
    Locked,
    /// The vault is damaged or no vault.
    #[error("{what} is damaged or is no key vault: import the keys again")]
    Damaged {
        /// Which file or token.
        what: String,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// It was written by another version of this program.
    #[error("{what} is a key vault of version {found}, and this program reads version {known}")]
    OtherVersion {
        /// Which file.
        what: String,
        /// The version it has.
        found: u8,
        /// The version this program knows.
        known: u8,
    },
    /// A new vault would replace an old one.
    #[error("{what} is there already: a key vault is never written over")]
    Exists {
        /// Which file.
        what: String,
    },
    /// Others on this computer could read it.
    #[error("{what} can be read by other users of this computer: allow its owner only (mode 600)")]
    OpenToOthers {
        /// Which file.
        what: String,
    },
    /// Another key with this role and version is held; cards may depend on it.
    #[error("another key to {role} with key version {version} is held already")]
    Differs {
        /// What the key does.
        role: KeyRole,
        /// Its version.
        version: u8,
    },
    /// A token would give this master key out: it was not made by this program.
    #[error("the token's key {label} could be read out of it, so it is not used")]
    Exposed {
        /// The key's label.
        label: String,
    },
    /// There is no token of that name, or its library cannot be loaded.
    #[error("the key token {what} is not there")]
    NoToken {
        /// Which token or library.
        what: String,
        /// Why.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The words that name a vault make no sense.
    #[error("`{0}` names no key vault: write file:PATH or pkcs11:LIBRARY?token=NAME")]
    Specification(String),
    /// The vault failed; it may work later (a token that is unplugged).
    #[error("the key vault does not answer")]
    Unavailable {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl VaultError {
    /// Whether the same call may succeed later with nothing else changed.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, VaultError::Unavailable { .. })
    }
}

/// Keeps master keys and derives cards' keys from them. Master keys never come out of it.
pub trait KeyVault: Send + Sync + std::fmt::Debug {
    /// What kind it is.
    fn kind(&self) -> VaultKind;

    /// Which keys it holds, sorted.
    ///
    /// # Errors
    /// If the vault does not answer.
    fn held(&self) -> Result<Vec<HeldKey>, VaultError>;

    /// The newest version held of `role`: the one that new cards get. Older ones stay for the cards
    /// that still have them. `None` if no version is held.
    ///
    /// # Errors
    /// If the vault does not answer.
    fn newest(&self, role: KeyRole) -> Result<Option<u8>, VaultError> {
        let held = self.held()?;
        Ok(held
            .into_iter()
            .filter(|key| key.role == role)
            .map(|key| key.version)
            .max())
    }

    /// The card's key for `role`: the CMAC of the input under the master key of that version (AN10922).
    ///
    /// # Errors
    /// `NotHeld`, or the vault failed.
    fn derive(
        &self,
        role: KeyRole,
        version: u8,
        input: &Diversification,
    ) -> Result<CardKey, VaultError>;
}
