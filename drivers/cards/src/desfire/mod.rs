//! MIFARE DESFire EV2 and EV3, the client's side.
//!
//! [`Card`] speaks with one card: commands in ISO frames, EV2 secure messaging, and nothing believed
//! before its MAC is verified; the first error ends the session. [`layout`] is the chain's application
//! as data. What a payment is belongs to [`crate::purse`], how a card is made to [`crate::issue`].
//! Facts that only a real card can confirm are marked (unverified) where they are written down.

mod application;
mod card;
pub(crate) mod checksum;
mod cipher;
mod data;
mod error;
mod factory;
#[cfg(test)]
pub(crate) mod fake;
mod frame;
mod keys;
pub mod layout;
mod secure;
mod settings;
mod status;

pub use application::NewApplication;
pub use card::Card;
pub(crate) use data::PreparedCommit;
pub use data::{TransactionMac, ValueChange};
pub use error::CardError;
pub use keys::{FACTORY_KEY, VersionedKey};
pub use secure::Mode;
pub use settings::{AccessRights, ChipVersion, FileSettings, FileShape, Generation, NOBODY};
pub use status::Status;
