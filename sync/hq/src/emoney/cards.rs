//! Cards with purses: whose they are, whether they may be used, and what stands in for a lost one.
//!
//! A lost card is blocked at once, from the next bundle on. Its balance is carried over to its replacement
//! when the scheme's wait is over: until then a till without a line may still have to tell what it took.
//! The amount is what HQ has booked by then, less what movements with an unknown end may have taken; such
//! a remainder stays with the lost card until evidence or a person settles it. One store alone gets the
//! order, so that it cannot be done twice.

use super::ledger::Action;
use super::lots::Lot;
use super::sequence::Point;
use jiff::civil::Date;
use tillside_core::{CardIdentity, MemberId, Money, PurseEnd, PurseTx, StoreId, Timestamp};

/// Why a card is blocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum BlockKind {
    /// Somebody said so.
    Blocked,
    /// It is lost.
    Lost,
    /// Its balance goes, or went, to another.
    Replaced,
    /// What was left on it expired.
    Expired,
}

impl BlockKind {
    /// As the database keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            BlockKind::Blocked => "blocked",
            BlockKind::Lost => "lost",
            BlockKind::Replaced => "replaced",
            BlockKind::Expired => "expired",
        }
    }

    /// What the cashier reads where nobody said more.
    pub const fn words(self) -> &'static str {
        match self {
            BlockKind::Blocked => "This card is blocked.",
            BlockKind::Lost => "This card was reported lost. Keep it if you can, and call HQ.",
            BlockKind::Replaced => "This card was replaced by another. Keep it if you can.",
            BlockKind::Expired => "This card is past its time. Ask for a new one.",
        }
    }
}

/// The longest reason for a block, in characters.
pub const WHY_LIMIT: usize = 200;

/// A blocked card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardHold {
    /// The card.
    pub card: CardIdentity,
    /// The kind: see [`BlockKind::as_str`].
    pub kind: String,
    /// Why, for the cashier.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// A balance on its way from a lost card to its replacement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// The lost card.
    pub old: CardIdentity,
    /// Its replacement.
    pub new: CardIdentity,
    /// The store that carries the balance over.
    pub store: StoreId,
    /// When the wait is over.
    pub due_at: Timestamp,
    /// How much; none before the wait is over.
    pub amount: Option<Money>,
    /// The movement that did it.
    pub restored: Option<PurseTx>,
}

/// Everything on a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardFile {
    /// The card.
    pub card: CardIdentity,
    /// Whose it is: id, number, name.
    pub owner: Option<(MemberId, String, String)>,
    /// Until when it may be used, if a desk issued it.
    pub expires: Option<Date>,
    /// What HQ has booked for it.
    pub balance: Option<Money>,
    /// The newest point of its history that anybody told of.
    pub newest: Option<Point>,
    /// Why it may not be used.
    pub hold: Option<CardHold>,
    /// Its replacement, or the card it stands in for.
    pub replacements: Vec<Replacement>,
    /// Its movements, newest first, at most [`CARD_FILE_LIMIT`].
    pub movements: Vec<CardMovement>,
    /// Runs of its counter that HQ has not booked.
    pub gaps: Vec<(u32, u32)>,
    /// What is left of each funder's money.
    pub lots: Vec<Lot>,
}

/// The most movements of a card that are shown.
pub const CARD_FILE_LIMIT: u32 = 100;

/// One movement of a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardMovement {
    /// The count it takes the card to.
    pub tmc: Option<u32>,
    /// Which.
    pub txid: PurseTx,
    /// What was done.
    pub action: Action,
    /// How much.
    pub amount: Money,
    /// Where.
    pub store: StoreId,
    /// When it was begun, by that till's clock.
    pub at: Timestamp,
    /// How it ended; none: nobody knows.
    pub end: Option<PurseEnd>,
    /// Whose word that is: `terminal`, `hq`, `person`, `account`.
    pub ended_by: Option<String>,
}
