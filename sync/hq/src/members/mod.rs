//! Members: who they are, the cards that name them, and how they come in.
//!
//! Their balances are the ledger's.

pub mod account;
pub mod adjust;
pub mod expiry;
pub mod import;
mod store;

pub use account::MemberAccount;
pub use import::MemberRow;
pub use store::MemberStore;
