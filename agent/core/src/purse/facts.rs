//! What happens to a purse, as the journal keeps it.

use super::{CardSeen, PurseEvidence};
use crate::{
    CardIdentity, LaneId, MemberId, Money, PersonId, PurseTx, SaleId, TenderKind, TerminalMark,
    Timestamp,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Where the value is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurseKind {
    /// On the card: what the card holds is what there is.
    OnCard,
    /// At HQ: the card only says whose it is. Needs the line.
    Account,
}

/// What is done to a purse.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurseAction {
    /// Pays for a sale, whole or in part.
    Pay {
        /// The sale.
        sale: SaleId,
    },
    /// Puts money on. Top-up desks only.
    TopUp {
        /// How the shopper paid for it: cash or bank card.
        tender: TenderKind,
    },
    /// Takes a payment of the same business day back, on the card that paid (LimitedCredit).
    Void {
        /// The payment.
        of: PurseTx,
        /// Its sale.
        sale: SaleId,
    },
    /// Gives money back for a payment of another day. Top-up desks only (Credit).
    Refund {
        /// The payment.
        of: PurseTx,
    },
    /// Puts the balance of a lost card on its replacement.
    Restore {
        /// The lost card.
        from: CardIdentity,
    },
}

impl PurseAction {
    /// Whether it takes money off the purse.
    pub const fn takes(&self) -> bool {
        matches!(self, PurseAction::Pay { .. })
    }

    /// The sale it belongs to.
    pub const fn sale(&self) -> Option<SaleId> {
        match self {
            PurseAction::Pay { sale } | PurseAction::Void { sale, .. } => Some(*sale),
            _ => None,
        }
    }

    /// The number of its kind in the card's log: 1 pay, 2 top up, 3 void, 4 refund, 5 restore.
    pub const fn number(&self) -> u8 {
        match self {
            PurseAction::Pay { .. } => 1,
            PurseAction::TopUp { .. } => 2,
            PurseAction::Void { .. } => 3,
            PurseAction::Refund { .. } => 4,
            PurseAction::Restore { .. } => 5,
        }
    }
}

/// A movement is about to be tried: durable before the card (or HQ) can have done anything.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseIntended {
    /// Which movement.
    pub txid: PurseTx,
    /// Where the value is kept.
    pub kind: PurseKind,
    /// What is to be done.
    #[serde(flatten)]
    pub action: PurseAction,
    /// The card.
    pub card: CardIdentity,
    /// Whose it is, as far as this store knows.
    pub member: Option<MemberId>,
    /// The till.
    pub lane: LaneId,
    /// Who is signed in.
    pub cashier: PersonId,
    /// When, as in its record.
    pub at: Timestamp,
    /// The store's business day.
    pub date: Date,
    /// How much, more than zero.
    pub amount: Money,
    /// What the card showed, authenticated, before. None for an account.
    pub before: Option<CardSeen>,
}

impl PurseIntended {
    /// Whether an entry of the card's log is of the transaction right after what the card showed: this
    /// movement's own, or the one that took its place.
    pub fn is_next(&self, entry: &CardLogEntry) -> bool {
        let before = self.before.as_ref();
        let next = before.map(|before| before.tmc.wrapping_add(1) & CardLogEntry::SEQ_MASK);
        next == Some(entry.seq)
    }

    /// The card's balance if it happens, minor units; none for an account, or out of range.
    pub fn balance_after(&self) -> Option<i64> {
        let before = self.before.as_ref()?;
        let amount = self.amount.minor();
        match self.action.takes() {
            true => before.balance.checked_sub(amount),
            false => before.balance.checked_add(amount),
        }
    }
}

/// How a movement ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurseEnd {
    /// It happened.
    Done,
    /// It did not happen, and never will under this txid.
    NotDone,
}

/// A movement ended, and this is how we know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseEnded {
    /// Which movement.
    pub txid: PurseTx,
    /// The card.
    pub card: CardIdentity,
    /// How.
    pub end: PurseEnd,
    /// How much was moved, or would have been.
    pub amount: Money,
    /// What proves it.
    pub evidence: PurseEvidence,
    /// The store's business day.
    pub date: Date,
}

/// Nobody knows yet what the card did (invariant 5).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseUnknown {
    /// Which movement.
    pub txid: PurseTx,
    /// The card.
    pub card: CardIdentity,
    /// Why, for a technician.
    pub why: String,
    /// The store's business day.
    pub date: Date,
}

/// A manager let a sale go on although nobody knows what the card did: it is paid in another way, and
/// if the card turns out to be debited, that money is owed to its holder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseGivenUp {
    /// Which movement.
    pub txid: PurseTx,
    /// The card.
    pub card: CardIdentity,
    /// Who asked.
    pub cashier: PersonId,
    /// The manager who allowed it.
    pub approved_by: PersonId,
    /// Why, as typed.
    pub reason: String,
    /// The store's business day.
    pub date: Date,
}

/// A card showed, authenticated, a last transaction that this terminal did not know: what HQ needs to
/// settle another terminal's unknown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PurseSighted {
    /// The card.
    pub card: CardIdentity,
    /// What it showed.
    pub seen: CardSeen,
    /// Its log, newest first, if it was read.
    pub log: Vec<CardLogEntry>,
    /// When, as in its record.
    pub at: Timestamp,
}

/// A card was made the programme's, or made anew.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardIssued {
    /// The card.
    pub card: CardIdentity,
    /// Whose.
    pub member: MemberId,
    /// The version of the keys on it.
    pub key_version: u8,
    /// The last day on which it may be used.
    pub expires: Date,
    /// The lost card it stands in for.
    pub replaces: Option<CardIdentity>,
    /// Who did it.
    pub cashier: PersonId,
    /// The store's business day.
    pub date: Date,
}

/// A card may not be used at this terminal any more: it contradicted the journal, or a manager said so.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardFrozen {
    /// The card.
    pub card: CardIdentity,
    /// Why: a sentence that the cashier reads.
    pub why: String,
    /// The store's business day.
    pub date: Date,
    /// Who asked; none where the till did it by itself.
    pub by: Option<PersonId>,
}

/// A card that this terminal froze may be used again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardUnfrozen {
    /// The card.
    pub card: CardIdentity,
    /// The manager who allowed it.
    pub approved_by: PersonId,
    /// Why, as typed.
    pub reason: String,
    /// The store's business day.
    pub date: Date,
}

/// The most entries of a card's log that are kept in one record.
pub const CARD_LOG_LIMIT: usize = 32;

/// One entry of a card's own log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardLogEntry {
    /// Which movement.
    pub txid: PurseTx,
    /// [`PurseAction::number`].
    pub kind: u8,
    /// How much, minor units, more than zero.
    pub amount: i64,
    /// The balance after it, minor units.
    pub after: i64,
    /// Which of the card's transactions: its counter (TMC) after it, the low 24 bits, which is what a
    /// log has room for.
    pub seq: u32,
    /// Which terminal.
    pub terminal: TerminalMark,
    /// When by that terminal's clock: seconds since 1970.
    pub time: u32,
}

impl CardLogEntry {
    /// What a log keeps of a card's counter.
    pub const SEQ_MASK: u32 = 0x00FF_FFFF;
}
