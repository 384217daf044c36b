//! What HQ tells a store about e-money: the scheme, what this store may do, which cards are blocked.

use crate::{CardIdentity, Currency, Money, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The chain's e-money and how its cards are laid out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseScheme {
    /// The application on the card: 6 hex digits.
    pub application: String,
    /// What the chain's keys are made with (AN10922's system identifier), 5 to 17 ASCII characters.
    pub system: String,
    /// The currency of every purse.
    pub currency: Currency,
    /// The most a purse may hold.
    pub cap: Money,
    /// The version of the keys on new cards.
    pub key_version: u8,
    /// Entries of a card's log.
    pub log_entries: u8,
    /// How long a new card may be used, in days.
    pub card_days: u16,
    /// How long after a card was reported lost its balance is carried over, in hours: what a dark till
    /// may still have to tell.
    pub replacement_wait_hours: u16,
}

/// What a store may do beside taking payments.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeskRights {
    /// Put money on cards.
    pub top_up: bool,
    /// Make cards the programme's.
    pub issue: bool,
}

/// Everything about e-money in one store's part of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseSheet {
    /// The scheme.
    pub scheme: PurseScheme,
    /// This store's rights.
    pub desk: DeskRights,
    /// Blocked cards.
    pub blocked: HotList,
    /// Balances to carry over to replacements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carry_overs: Vec<CarryOver>,
}

/// The blocked cards of the chain: a filter that never misses one, and the exact list behind it, so
/// that a false hit of the filter refuses nobody.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HotList {
    /// When HQ made it.
    pub as_of: Option<Timestamp>,
    /// The binary fuse filter over 64-bit digests of the cards, as base 64; empty without cards.
    pub filter: String,
    /// The exact list, sorted.
    pub cards: Vec<HotCard>,
}

/// One blocked card.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct HotCard {
    /// The card.
    pub card: CardIdentity,
    /// Why, in words for the cashier.
    pub why: String,
}

/// The balance of a lost card, to be put on its replacement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CarryOver {
    /// The lost card.
    pub from: CardIdentity,
    /// The card it goes to.
    pub to: CardIdentity,
    /// How much: the last known state.
    pub amount: Money,
    /// Not before this day.
    pub from_day: Date,
}
