//! A card, as simply as it can be said: the oracle. It knows nothing of evidence.

use super::*;

/// A card, and what really happened to it.
#[derive(Clone, Debug)]
pub struct ModelCard {
    pub id: CardIdentity,
    pub initial: i64,
    pub balance: i64,
    pub tmc: u32,
    /// How many entries its log has room for.
    pub room: usize,
    /// Everything that was committed, oldest first.
    pub history: Vec<CardLogEntry>,
}

impl ModelCard {
    pub fn new(initial: i64, room: usize) -> Self {
        Self {
            id: card_id(1),
            initial,
            balance: initial,
            tmc: 0,
            room,
            history: Vec::new(),
        }
    }

    /// What is written in one piece, or not at all.
    pub fn commit(&mut self, txid: PurseTx, action: &PurseAction, minor: i64) {
        self.balance += if action.takes() { -minor } else { minor };
        self.tmc += 1;
        self.history.push(CardLogEntry {
            txid,
            kind: action.number(),
            amount: minor,
            after: self.balance,
            seq: self.tmc & CardLogEntry::SEQ_MASK,
            terminal: TerminalMark::of(terminal(1)),
            time: 0,
        });
    }

    pub fn seen(&self) -> CardSeen {
        CardSeen {
            balance: self.balance,
            tmc: self.tmc,
            last: self.history.last().map(|entry| entry.txid),
        }
    }

    /// The newest entries, newest first.
    pub fn log(&self) -> Vec<CardLogEntry> {
        self.history.iter().rev().take(self.room).cloned().collect()
    }

    pub fn did(&self, txid: PurseTx) -> bool {
        self.history.iter().any(|entry| entry.txid == txid)
    }

    /// Whether the log still tells of the transaction that took the counter past `tmc`.
    pub fn log_reaches(&self, tmc: u32) -> bool {
        (self.tmc - tmc) as usize <= self.room
    }
}
