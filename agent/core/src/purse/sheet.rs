//! What HQ tells a store about e-money: the scheme, what this store may do, which cards are blocked.

use super::{HotFilter, HotList, HotListError};
use crate::{CardIdentity, Currency, Money};
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

/// Why a store must not adopt what HQ said of e-money.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurseSheetError {
    /// The application is not three bytes, or is the card's own.
    #[error("{0:?} is not an application on a card: use 6 hex digits, not 000000")]
    Application(String),
    /// The system identifier cannot be what keys are made with.
    #[error("{0:?} is not a system identifier: use 5 to 17 printable ASCII characters")]
    System(String),
    /// The cap is in another currency, or not what a card can hold.
    #[error(
        "a purse cannot be capped at {0}: use 1 to {CARD_VALUE_LIMIT} minor units of its currency"
    )]
    Cap(Money),
    /// A card has no such log.
    #[error("a card's log cannot have {0} entries: use 1 to {LOG_ENTRY_LIMIT}")]
    LogEntries(u8),
    /// A card that is good for no day, or for more than [`CARD_DAY_LIMIT`].
    #[error("a card cannot be good for {0} days: use 1 to {CARD_DAY_LIMIT}")]
    CardDays(u16),
    /// A balance that cannot be carried over.
    #[error("the balance of card {from} cannot be carried over to {to}")]
    CarryOver {
        /// The lost card.
        from: CardIdentity,
        /// Its replacement.
        to: CardIdentity,
    },
    /// More than [`CARRY_OVER_LIMIT`] balances to carry over.
    #[error("{0} balances are too many to carry over: {CARRY_OVER_LIMIT} is the most")]
    CarryOvers(usize),
    /// The list of blocked cards is wrong.
    #[error(transparent)]
    HotList(#[from] HotListError),
}

/// The most a value file holds, minor units: it is a signed number of 32 bits (DESFire, CreateValueFile).
pub const CARD_VALUE_LIMIT: i64 = i32::MAX as i64;
/// The most entries of a card's log.
pub const LOG_ENTRY_LIMIT: u8 = 20;
/// The longest a card is good for: twenty years of days.
pub const CARD_DAY_LIMIT: u16 = 20 * 366;
/// The most balances one store carries over at a time.
pub const CARRY_OVER_LIMIT: usize = 10_000;

impl PurseScheme {
    /// Whether cards can be made and read by it.
    pub fn check(&self) -> Result<(), PurseSheetError> {
        let hex = |text: &str| text.len() == 6 && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex(&self.application) || self.application == "000000" {
            return Err(PurseSheetError::Application(self.application.clone()));
        }
        let printable = self
            .system
            .bytes()
            .all(|b| b.is_ascii_graphic() || b == b' ');
        if !printable || !(5..=17).contains(&self.system.len()) {
            return Err(PurseSheetError::System(self.system.clone()));
        }
        let cap = self.cap;
        if cap.currency() != self.currency || !(1..=CARD_VALUE_LIMIT).contains(&cap.minor()) {
            return Err(PurseSheetError::Cap(cap));
        }
        if !(1..=LOG_ENTRY_LIMIT).contains(&self.log_entries) {
            return Err(PurseSheetError::LogEntries(self.log_entries));
        }
        if !(1..=CARD_DAY_LIMIT).contains(&self.card_days) {
            return Err(PurseSheetError::CardDays(self.card_days));
        }
        Ok(())
    }
}

impl PurseSheet {
    /// Whether a store may adopt it, and the filter of its blocked cards, read.
    pub fn check(&self) -> Result<HotFilter, PurseSheetError> {
        self.scheme.check()?;
        let carry_overs = self.carry_overs.len();
        if carry_overs > CARRY_OVER_LIMIT {
            return Err(PurseSheetError::CarryOvers(carry_overs));
        }
        for CarryOver {
            from, to, amount, ..
        } in &self.carry_overs
        {
            let fits = from != to
                && amount.currency() == self.scheme.currency
                && (1..=self.scheme.cap.minor()).contains(&amount.minor());
            if !fits {
                let (from, to) = (from.clone(), to.clone());
                return Err(PurseSheetError::CarryOver { from, to });
            }
        }
        Ok(self.blocked.compile()?)
    }
}
