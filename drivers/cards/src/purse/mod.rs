//! E-money on a card: reading it, staging a movement, committing it, and what a card that came back says.
//!
//! ```text
//! OpenPurse::open   Select · EV2First K2 (2) · read 05 · read 0F · GetValue 02          6 APDUs
//! OpenPurse::stage  Debit 02 · WriteRecord 04 · WriteData 05 · CommitReaderID           4
//! Staged::commit    CommitTransaction (01) → TMC ‖ TMV                                  1
//! ```
//! A credit is staged as WriteRecord, WriteData, CommitReaderID, EV2NonFirst K3 (2), Credit.
//!
//! Nothing is committed before [`Staged::commit`], whatever fails. Between `stage` and `commit` the caller
//! makes its intent durable. From the first byte of the commit on nobody knows what the card did until its
//! answer is verified, or the card comes back and [`verdict`] reads it. No step is ever repeated here.
//!
//! The reader's number that goes under the transaction MAC is terminal 4 ‖ txid 8 ‖ zeros 4. The card keeps
//! it and gives it, enciphered, in the next transaction's input: HQ, which has the key, reads there which
//! movement was committed before, even if its answer was lost.

mod error;
mod open;
mod stage;
mod verdict;

pub use error::{CommitError, PurseError};
pub use open::{OpenPurse, Standing};
pub use stage::{CardTransaction, Committed, Expected, Staged};
pub use verdict::{IntentView, Recovery, verdict};

pub use crate::desfire::layout::{CardDay, Last, LogEntry, Movement};

use crate::Uid;
use crate::desfire::layout::MemberFile;

/// Commands of a payment, from the selection to the commit.
pub const PAY_APDU_LIMIT: usize = 12;

/// A card with a purse, as [`crate::identify_with`] proved it: only that makes one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PurseCard {
    /// Its real number, of 7 bytes.
    pub uid: Uid,
    /// The version of its keys.
    pub key_version: u8,
    /// Its member file.
    pub member: MemberFile,
}

impl PurseCard {
    pub(crate) const fn new(uid: Uid, key_version: u8, member: MemberFile) -> Self {
        Self {
            uid,
            key_version,
            member,
        }
    }

    /// Whether its last day is over on `today`.
    pub fn is_expired(&self, today: CardDay) -> bool {
        today > self.member.expires
    }
}

#[cfg(test)]
pub(crate) mod tests;
