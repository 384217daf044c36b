//! Journal records on their way to HQ, and its answers.

use crate::PurseSettlement;
use serde::{Deserialize, Serialize};
use tillside_core::{Head, Sealed, SignedHead, TerminalId, Timestamp};

/// The most records in one batch.
pub const BATCH_RECORD_LIMIT: usize = 2_000;
/// The largest batch, in bytes of JSON before compression.
pub const BATCH_BYTE_LIMIT: usize = 8 << 20;

/// The most earlier epochs that a status names.
pub const EARLIER_EPOCH_LIMIT: usize = 64;

/// Records of one terminal's epoch, in order of `seq`; they need not be new to HQ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PushRequest {
    /// Whose journal; must be the certificate's terminal.
    pub terminal: TerminalId,
    /// The epoch they belong to.
    pub epoch: u32,
    /// At most [`BATCH_RECORD_LIMIT`].
    pub records: Vec<Sealed>,
    /// The terminal's signature under the newest of them; none from an older terminal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<SignedHead>,
}

/// HQ's answer to each record, in the order they were sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PushResponse {
    /// One for each record of the batch.
    pub acks: Vec<Ack>,
    /// Where HQ's copy of this journal now ends.
    pub head: Head,
    /// HQ's signature under `head`; none from an older HQ, and none for a batch whose own signature does
    /// not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<SignedHead>,
}

/// HQ's answer to one record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ack {
    /// Which record.
    pub seq: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a record. All but [`Outcome::Missing`] settle it: HQ has it, and will not take it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Booked now.
    Accepted,
    /// Booked before: the same record, byte for byte.
    AlreadyAccepted,
    /// HQ has another record at this position; both are kept as a case.
    Conflict {
        /// What differs: `hash`, `prev`.
        field: String,
        /// The case.
        case: u64,
    },
    /// HQ keeps it, cannot book it, and opened a case.
    Quarantined {
        /// The case.
        case: u64,
    },
    /// A record before it has not arrived: send again from [`PushResponse::head`] on.
    Missing,
}

impl Outcome {
    /// Whether the terminal may stop sending this record.
    pub const fn settles(&self) -> bool {
        !matches!(self, Outcome::Missing)
    }
}

/// What HQ knows of the terminal that asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TerminalStatus {
    /// HQ's clock.
    pub now: Timestamp,
    /// The newest published bundle; 0 before the first.
    pub bundle: u64,
    /// Where HQ's copy of this terminal's newest epoch ends; none before its first record.
    pub head: Option<Head>,
    /// Where HQ's copies of its earlier epochs end, newest first, at most [`EARLIER_EPOCH_LIMIT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Head>,
    /// When the certificate this call came with ends.
    pub certificate_until: Timestamp,
    /// Movements of purses that this terminal left open and HQ could settle, at most
    /// [`crate::SETTLEMENT_LIMIT`]; told again until the terminal's journal says that it knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<PurseSettlement>,
}

impl TerminalStatus {
    /// Where HQ's copy of an epoch ends, if it has any of it.
    pub fn head_of(&self, epoch: u32) -> Option<Head> {
        let mut all = self.head.iter().chain(&self.earlier);
        all.find(|head| head.epoch == epoch).copied()
    }
}
