//! Card keys: how each card gets its own (AN10922), what each may do, where the chain's master keys
//! are kept, and the MAC a card puts under a transaction.
//!
//! It talks to no card (see `tillside-cards`) and to no reader, so that HQ can use it too.

mod card_key;
mod cmac;
mod diversify;
pub mod file;
mod package;
pub mod pkcs11;
mod role;
mod spec;
pub mod transaction_mac;
mod vault;
#[cfg(test)]
mod vectors;

pub use card_key::CardKey;
pub use cmac::{aes_cmac, same_mac, truncated};
pub use diversify::{Diversification, DiversificationError};
pub use package::{KeyPackage, PACKAGE_LIMIT, PackageError};
pub use role::KeyRole;
pub use spec::{VaultSpec, open_vault};
pub use vault::{HeldKey, KeyVault, VaultError, VaultKind};
