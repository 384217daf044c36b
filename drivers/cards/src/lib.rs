//! Cards over a reader's session: which card is this, can it prove it, and what does its purse hold?
//!
//! [`identify`] asks for the UID and for the chip's version (GET_VERSION) in the way the reader at
//! hand can ([`ReaderProfile`]); the ATR is a hint only. What it finds is an identifier: it may
//! earn, it never spends. [`identify_with`] has the card prove itself with the chain's keys
//! ([`scheme::Keys`]): DESFire cards (which alone have a [`purse`], and are made by [`issue`]), NTAG 424 DNA,
//! Ultralight AES and FeliCa Lite-S. Who the member is, and waiting for cards, is left to others.

mod atr;
mod authenticated;
#[cfg(test)]
mod damage;
pub mod desfire;
pub mod felica;
mod identify;
pub mod issue;
pub mod ntag424;
mod profile;
pub mod purse;
mod raw_channel;
mod raw_frame;
pub mod scheme;
#[cfg(test)]
mod script;
mod uid;
pub mod ultralight_aes;

pub use atr::AtrHint;
pub use authenticated::{AuthenticatedIdentity, ChainKeys, IdentityError};
pub use identify::{
    CardAuthority, CardKind, CardNote, IDENTIFY_APDU_LIMIT, Identified, Version, identify,
    identify_with,
};
pub use profile::{RawFrame, ReaderProfile};
pub use uid::{Uid, UidError};
