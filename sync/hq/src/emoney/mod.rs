//! E-money at HQ: whose money is where, which movements are proven, and which still wait for evidence.
//!
//! The ledger is double entry: money comes from `issued`, lies on cards and in accounts, and ends as
//! `spent`, `expired` or `owed`. Money moves **only on evidence, and once**: the terminal's word with the
//! card's MAC ([`proof`]), what a card that came back said, or HQ's own settlement ([`sequence`]) from what
//! other terminals saw of the card. Whichever comes first moves it; the others confirm. Journals may come
//! in any order between terminals, so nothing here depends on it: which lot paid for which debit
//! ([`lots`]) is computed from a card's own sequence whenever it is asked.
//!
//! What a sale says it was paid with must be a movement that happened, for that sale, counted once
//! ([`tender`]).
//!
//! What nobody knows stays open. Past the scheme's time-out it is a case and is listed as in doubt; only
//! evidence or a person moves it then. Talking to cards is left to the tills.

pub mod accounts;
pub mod card_keys;
pub mod cards;
pub mod codes;
mod fault;
mod keyring;
pub mod ledger;
pub mod lots;
pub mod proof;
mod route;
pub mod sequence;
mod setup;
mod store;
pub mod tender;

pub use fault::PurseFault;
pub use keyring::{Keyring, KeyringError, roles_of};
pub(crate) use route::{
    account as account_route, card_keys as card_keys_route, keys as keys_route,
    standing as standing_route,
};
pub use setup::{SetUp, SetUpError, set_up};
pub use store::*;
