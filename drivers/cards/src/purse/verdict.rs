//! What a card that came back says about a movement whose outcome is unknown (card layout, recovery,
//! step 3). Pure: the journal's side and the card's side in, one of four words out.

use super::{LogEntry, Movement, Standing};

/// The journal's side: the intent, as it was written before the commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IntentView {
    /// Which movement.
    pub txid: [u8; 8],
    /// The card's count before it.
    pub tmc0: u32,
    /// The card's balance before it, minor units.
    pub balance0: i64,
    /// How much, minor units.
    pub amount: i64,
    /// What was to be done.
    pub kind: Movement,
}

impl IntentView {
    const fn balance_after(&self) -> i64 {
        match self.kind.takes() {
            true => self.balance0.saturating_sub(self.amount),
            false => self.balance0.saturating_add(self.amount),
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Recovery {
    /// The card did it.
    Committed,
    /// The card did not, and never will under this txid unless it is run again.
    NotCommitted,
    /// The card was used since, and its log does not reach back so far: HQ can tell.
    StillUnknown,
    /// Card and journal cannot both be right: freeze the card, and make it a case.
    Contradiction,
}

/// Reads the evidence. `log` is the card's log, in any order.
pub fn verdict(intent: &IntentView, standing: &Standing, log: &[LogEntry]) -> Recovery {
    if standing.check().is_err() || standing.tmc < intent.tmc0 {
        return Recovery::Contradiction;
    }
    let since = standing.tmc - intent.tmc0;
    let is_last = standing.last.is_some_and(|last| last.txid == intent.txid);
    match since {
        0 if is_last || standing.balance != intent.balance0 => Recovery::Contradiction,
        0 => Recovery::NotCommitted,
        1 if is_last && standing.balance == intent.balance_after() => Recovery::Committed,
        _ if is_last => Recovery::Contradiction,
        1 => Recovery::NotCommitted,
        _ => in_log(intent, since, log),
    }
}

/// The card went on after it. Its log has every movement, the newest of them first to go.
fn in_log(intent: &IntentView, since: u32, log: &[LogEntry]) -> Recovery {
    match log.iter().find(|entry| entry.txid == intent.txid) {
        Some(entry) => {
            let fits = entry.amount == intent.amount
                && entry.kind == intent.kind
                && entry.balance_after == intent.balance_after()
                && entry.seq == intent.tmc0.wrapping_add(1) & 0x00FF_FFFF;
            match fits {
                true => Recovery::Committed,
                false => Recovery::Contradiction,
            }
        }
        None if u32::try_from(log.len()).is_ok_and(|entries| entries >= since) => {
            Recovery::NotCommitted
        }
        None => Recovery::StillUnknown,
    }
}
