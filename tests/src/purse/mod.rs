//! A chain in one process: HQ's database, two tills over theirs, and a card with a chip of its own.
//!
//! For tests that need thousands of torn taps: no thread, no service and no socket is between them, but
//! every database is a file and every card does its own cryptography. A [`Chain`] can be packed into a
//! [`Scene`] and unpacked as often as wanted. What is asserted is left to the tests.

mod chain;
mod counter;
mod headquarters;
mod memory;
mod place;
mod vault;

pub use chain::{Chain, FLOAT, Scene};
pub use counter::{Counter, Ran, issue, pay, top_up, void};
pub use headquarters::Books;
pub use memory::{CardMemory, Entry};
pub use place::{Bench, Place};
pub use vault::ChainVault;

use tillside_core::{Currency, Money, MoneyError, Timestamp};

/// When everything happens.
pub const NOON: Timestamp = Timestamp(1_795_348_800_000);
/// The card's owner.
pub const MEMBER: &str = "01940000-0000-7000-8000-0000000000aa";
/// The card.
pub const CARD: &str = "desfire-ev3:04F1A2B3C4D5E6";
/// The card, as the tills and HQ call it.
pub const IDENTITY: &str = "uid:04F1A2B3C4D5E6";

/// So many cents.
///
/// # Errors
/// Past what money can be.
pub fn eur(cents: i64) -> Result<Money, MoneyError> {
    Money::new(cents, Currency::EUR)
}
