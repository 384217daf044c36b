//! Staging a movement and committing it.

use tillside_keys::transaction_mac::{Frames, Tmi};
use tillside_keys::{KeyRole, VaultError};

use super::open::OpenPurse;
use super::{CardDay, CommitError, Last, LogEntry, Movement, PurseError};
use crate::Uid;
use crate::desfire::layout::{FILE_LAST, FILE_LOG, FILE_VALUE};
use crate::desfire::{CardError, Mode, PreparedCommit, Status, ValueChange};

/// A movement to be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardTransaction {
    /// Its number: chosen once, durable before the commit. Not zeros.
    pub txid: [u8; 8],
    /// What is to be done.
    pub kind: Movement,
    /// How much, minor units, more than zero.
    pub amount: i64,
    /// Points that come or go with the sale; they are written down, not moved.
    pub points: i32,
    /// The till's mark.
    pub terminal: [u8; 4],
    /// Now by the till's clock: seconds since 1970.
    pub time: u32,
}

/// What the card will hold after the commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Its balance, minor units.
    pub balance_after: i64,
    /// Its count of transactions.
    pub tmc: u32,
}

/// A movement that the card has taken down and not committed.
#[derive(Debug)]
pub struct Staged<'s> {
    purse: OpenPurse<'s>,
    txid: [u8; 8],
    reader_id: [u8; 16],
    expected: Expected,
}

/// A movement that the card committed, and proved to have.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Committed {
    /// The card's real number.
    pub uid: Uid,
    /// Which movement.
    pub txid: [u8; 8],
    /// The transaction's number on this card.
    pub tmc: u32,
    /// The card's MAC for HQ (TMV).
    pub tmv: [u8; 8],
    /// What it is over (TMI).
    pub tmi: Vec<u8>,
    /// The balance after it, minor units.
    pub balance_after: i64,
    /// The reader's number in it: terminal ‖ txid ‖ zeros.
    pub reader_id: [u8; 16],
}

impl<'s> OpenPurse<'s> {
    /// Stages `tx`. What can be refused is refused before the first byte is written.
    ///
    /// # Errors
    /// Any: nothing is committed, and the card is as before once it is selected again.
    pub fn stage(mut self, tx: &CardTransaction) -> Result<Staged<'s>, PurseError> {
        let expected = self.expected(tx)?;
        // Derived before the card is touched: a till without it is refused here.
        let top_up_key = match tx.kind.needs_top_up_key() {
            true => Some(self.top_up_key()?),
            false => None,
        };
        let amount = u32::try_from(tx.amount).map_err(|_| PurseError::Amount(tx.amount))?;
        let reader_id = reader_id(tx);
        match top_up_key {
            None => {
                self.change_value(tx.kind, amount)?;
                self.write_down(tx, expected)?;
                self.commit_reader_id(&reader_id)?;
            }
            Some(key) => {
                self.write_down(tx, expected)?;
                self.commit_reader_id(&reader_id)?;
                // The transaction goes on under the next key (unverified); if it does not, the credit
                // is refused here and nothing is committed.
                let number = KeyRole::TopUp.number();
                let random = self.spare_random;
                self.card.authenticate_non_first(number, key, random)?;
                self.change_value(tx.kind, amount)?;
            }
        }
        Ok(Staged {
            purse: self,
            txid: tx.txid,
            reader_id,
            expected,
        })
    }

    /// Checks everything that is known before the card is written to.
    fn expected(&self, tx: &CardTransaction) -> Result<Expected, PurseError> {
        let (standing, scheme) = (&self.standing, self.keys.scheme);
        standing.check()?;
        if tx.amount < 1 || tx.amount > i64::from(i32::MAX) {
            return Err(PurseError::Amount(tx.amount));
        }
        if tx.txid == [0; 8] || standing.last.is_some_and(|last| last.txid == tx.txid) {
            return Err(PurseError::Number);
        }
        if standing.last.is_some_and(|last| last.is_blocked()) {
            return Err(PurseError::Blocked);
        }
        // Money that was taken today goes back even to a card whose last day was yesterday.
        let today = CardDay::of_unix(i64::from(tx.time));
        if self.owner.is_expired(today) && tx.kind != Movement::Void {
            return Err(PurseError::Expired);
        }
        if tx.kind == Movement::Restore && standing.tmc != 0 {
            return Err(PurseError::NotNew);
        }
        let tmc = standing.tmc.checked_add(1).ok_or(PurseError::UsedUp)?;
        let balance_after = balance_after(standing.balance, tx, scheme.cap)?;
        Ok(Expected { balance_after, tmc })
    }

    fn top_up_key(&self) -> Result<tillside_keys::CardKey, PurseError> {
        let (version, uid) = (self.owner.key_version, self.owner.uid);
        let key = self.keys.card_key(KeyRole::TopUp, version, uid.as_bytes());
        key.map_err(|error| match error {
            VaultError::NotHeld { .. } => PurseError::NoTopUpKey,
            error => error.into(),
        })
    }

    fn change_value(&mut self, kind: Movement, amount: u32) -> Result<(), PurseError> {
        let tmi = &mut self.tmi;
        let change = match kind {
            Movement::Pay => ValueChange::Debit,
            Movement::Void => ValueChange::LimitedCredit,
            Movement::TopUp | Movement::Refund | Movement::Restore => ValueChange::Credit,
        };
        match change {
            ValueChange::Debit => tmi.debit(FILE_VALUE, amount)?,
            ValueChange::LimitedCredit => tmi.limited_credit(FILE_VALUE, amount)?,
            ValueChange::Credit => tmi.credit(FILE_VALUE, amount)?,
        }
        let card = &mut self.card;
        let changed = card.change_value(Mode::Full, FILE_VALUE, change, amount);
        changed.map_err(|error| match (change, error.status()) {
            (ValueChange::LimitedCredit, Some(Status::Boundary | Status::Permission)) => {
                PurseError::NotTheLastPayment
            }
            _ => error.into(),
        })
    }

    /// Log and last transaction.
    fn write_down(&mut self, tx: &CardTransaction, expected: Expected) -> Result<(), PurseError> {
        let Expected { balance_after, tmc } = expected;
        let entry = LogEntry {
            txid: tx.txid,
            kind: tx.kind,
            amount: tx.amount,
            balance_after,
            points: tx.points,
            terminal: tx.terminal,
            time: tx.time,
            seq: tmc,
        };
        let record = entry.write();
        self.card.write_record(Mode::Full, FILE_LOG, &record)?;
        self.tmi.write_record(Frames::Iso, FILE_LOG, 0, &record)?;
        let last = Last {
            txid: tx.txid,
            amount: tx.amount,
            balance_after,
            seq: tmc,
            terminal: tx.terminal,
            flags: self.standing.last.map_or(0, |last| last.flags),
            kind: tx.kind,
        };
        let last = last.write();
        self.card.write_data(Mode::Full, FILE_LAST, 0, &last)?;
        self.tmi.write_data(Frames::Iso, FILE_LAST, 0, &last)?;
        Ok(())
    }

    fn commit_reader_id(&mut self, reader: &[u8; 16]) -> Result<(), PurseError> {
        let previous = self.card.commit_reader_id(reader)?;
        self.tmi.commit_reader_id(reader, &previous)?;
        Ok(())
    }
}

impl Staged<'_> {
    /// What the card will hold.
    pub const fn expected(&self) -> Expected {
        self.expected
    }

    /// What the card held before.
    pub const fn standing(&self) -> &super::Standing {
        self.purse.standing()
    }

    /// Commits. Make the intent durable first.
    ///
    /// # Errors
    /// `NotSent` only if no byte was handed to the reader. Everything else, a refusal and a bad MAC
    /// too, is `Unknown`.
    pub fn commit(self) -> Result<Committed, CommitError> {
        let OpenPurse {
            card,
            tmi,
            standing,
            ..
        } = self.purse;
        let prepared = PreparedCommit::new(card).map_err(CommitError::NotSent)?;
        let answer = prepared.send().map_err(CommitError::Unknown)?;
        if answer.tmc != self.expected.tmc {
            // Proven, and not this transaction: the card is asked again before anybody believes it.
            let step = "the commit";
            return Err(CommitError::Unknown(CardError::Garbled { step }));
        }
        Ok(Committed {
            uid: standing.uid,
            txid: self.txid,
            tmc: answer.tmc,
            tmv: answer.tmv,
            tmi: Tmi::into_bytes(tmi),
            balance_after: self.expected.balance_after,
            reader_id: self.reader_id,
        })
    }
}

fn balance_after(balance: i64, tx: &CardTransaction, cap: i64) -> Result<i64, PurseError> {
    let amount = tx.amount;
    if tx.kind.takes() {
        return match balance >= amount {
            true => Ok(balance - amount),
            false => Err(PurseError::TooLittle { balance, amount }),
        };
    }
    let would = balance.saturating_add(amount);
    match would <= cap {
        true => Ok(would),
        false => Err(PurseError::PastCap { would, cap }),
    }
}

/// Terminal ‖ txid ‖ zeros.
fn reader_id(tx: &CardTransaction) -> [u8; 16] {
    let mut reader = [0; 16];
    reader[..4].copy_from_slice(&tx.terminal);
    reader[4..12].copy_from_slice(&tx.txid);
    reader
}
