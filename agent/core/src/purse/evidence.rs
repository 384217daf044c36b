//! What proves how a movement ended, and what a card that comes back says about it.

use super::{CardLogEntry, PurseEnd, PurseIntended};
use crate::{PurseTx, TransactionMacInput, TransactionMacValue};
use serde::{Deserialize, Serialize};

/// What a card shows under authentication.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardSeen {
    /// Its balance, minor units.
    pub balance: i64,
    /// Its count of committed transactions (TMC).
    pub tmc: u32,
    /// Its last transaction; none on a card that was never used.
    pub last: Option<PurseTx>,
}

/// What proves how a movement ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PurseEvidence {
    /// The card's own answer to the commit, its MAC verified.
    CommitAnswer {
        /// The transaction's number on this card.
        tmc: u32,
        /// The card's MAC for HQ.
        tmv: TransactionMacValue,
        /// What that MAC is over.
        tmi: TransactionMacInput,
        /// The balance after it, minor units.
        after: i64,
    },
    /// The card came back and was asked.
    CardAsked {
        /// What it showed.
        seen: CardSeen,
        /// The entry of its log that names the movement, or the one that took its place.
        entry: Option<CardLogEntry>,
    },
    /// The card cannot have heard of it: it failed before the commit was sent.
    NeverSent {
        /// Why, for a technician.
        why: String,
    },
    /// HQ settled it from what other terminals saw of the card.
    Hq,
    /// HQ's account moved.
    AccountMoved {
        /// The balance after it, minor units.
        after: i64,
    },
    /// HQ refused to move the account.
    AccountRefused {
        /// Why, in words.
        why: String,
    },
}

/// What a card that came back says about a movement whose outcome is unknown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Recovery {
    /// The evidence settles it.
    Settled(PurseEnd),
    /// The card was used since and its log does not reach back so far: HQ can tell from the other
    /// terminals' records.
    StillUnknown,
    /// The card and the journal cannot both be right: freeze the card, and make it a case.
    Contradiction,
}

/// Reads the evidence of a card that came back (card layout, recovery, step 3).
///
/// `log` is the card's log, in any order; a movement older than its oldest entry that is not found is
/// judged by the counter alone.
pub fn recover(intent: &PurseIntended, seen: &CardSeen, log: &[CardLogEntry]) -> Recovery {
    let Some(before) = &intent.before else {
        return Recovery::Contradiction;
    };
    let amount = intent.amount.minor();
    let after = match intent.action.takes() {
        true => before.balance.checked_sub(amount),
        false => before.balance.checked_add(amount),
    };
    if seen.tmc < before.tmc {
        return Recovery::Contradiction;
    }
    if seen.tmc == before.tmc {
        let unchanged = seen.balance == before.balance && seen.last == before.last;
        return match unchanged {
            true => Recovery::Settled(PurseEnd::NotDone),
            false => Recovery::Contradiction,
        };
    }
    if seen.last == Some(intent.txid) {
        let fits = seen.tmc == before.tmc.saturating_add(1) && Some(seen.balance) == after;
        return match fits {
            true => Recovery::Settled(PurseEnd::Done),
            false => Recovery::Contradiction,
        };
    }
    match log.iter().find(|entry| entry.txid == intent.txid) {
        Some(entry) if entry.amount == amount && Some(entry.after) == after => {
            Recovery::Settled(PurseEnd::Done)
        }
        Some(_) => Recovery::Contradiction,
        None => taken_by_another(before, seen, log),
    }
}

/// Whether the transaction after `before` was another one. The log counts every committed transaction,
/// so it holds the newest `log.len()` of them.
fn taken_by_another(before: &CardSeen, seen: &CardSeen, log: &[CardLogEntry]) -> Recovery {
    let since = seen.tmc - before.tmc;
    let reaches_back = u32::try_from(log.len()).is_ok_and(|entries| entries >= since);
    let takes_its_place = since == 1 && seen.last.is_some() && seen.last != before.last;
    match reaches_back || takes_its_place {
        true => Recovery::Settled(PurseEnd::NotDone),
        false => Recovery::StillUnknown,
    }
}
