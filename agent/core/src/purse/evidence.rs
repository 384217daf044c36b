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

/// Reads the evidence of a card that came back (card layout, recovery, step 3). The caller has
/// authenticated it, and sees to it that it is the card of the intent.
///
/// `log` is the card's log, in any order: its newest entries, or nothing where it was not read.
///
/// Each committed transaction counts the counter up by one, writes the card's last transaction and
/// adds an entry to its log, in one piece with the value. Whatever does not fit that is a
/// contradiction.
pub fn recover(intent: &PurseIntended, seen: &CardSeen, log: &[CardLogEntry]) -> Recovery {
    let Some(before) = &intent.before else {
        return Recovery::Contradiction;
    };
    let Some(since) = seen.tmc.checked_sub(before.tmc) else {
        return Recovery::Contradiction;
    };
    if since == 0 {
        return match seen == before {
            true => Recovery::Settled(PurseEnd::NotDone),
            false => Recovery::Contradiction,
        };
    }
    if seen.last.is_none() || seen.last == before.last || !agrees(seen, log) {
        return Recovery::Contradiction;
    }
    let after = intent.balance_after();
    if seen.last == Some(intent.txid) {
        return match since == 1 && Some(seen.balance) == after {
            true => Recovery::Settled(PurseEnd::Done),
            false => Recovery::Contradiction,
        };
    }
    match log.iter().find(|entry| entry.txid == intent.txid) {
        Some(entry) => {
            let fits = since > 1
                && intent.is_next(entry)
                && entry.kind == intent.action.number()
                && entry.amount == intent.amount.minor()
                && Some(entry.after) == after;
            match fits {
                true => Recovery::Settled(PurseEnd::Done),
                false => Recovery::Contradiction,
            }
        }
        // The one after `before` was another.
        None if since == 1 || log.iter().any(|entry| intent.is_next(entry)) => {
            Recovery::Settled(PurseEnd::NotDone)
        }
        None => Recovery::StillUnknown,
    }
}

/// Whether a log that was read has the card's last transaction, with the balance it shows.
fn agrees(seen: &CardSeen, log: &[CardLogEntry]) -> bool {
    let last = log.iter().find(|entry| Some(entry.txid) == seen.last);
    match last {
        Some(entry) => entry.after == seen.balance,
        None => log.is_empty(),
    }
}
