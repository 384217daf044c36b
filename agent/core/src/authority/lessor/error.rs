//! Why HQ does not lease.

use crate::authority::{AllowanceId, TermsFault};

/// Why HQ does not lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseError {
    /// No terminal would take these terms.
    #[error("a lease cannot have these terms: {fault}")]
    Malformed {
        /// What is wrong.
        fault: TermsFault,
    },
    /// The terms are about another quota.
    #[error("these terms are about another quota")]
    OtherSubject,
    /// The id was leased before.
    #[error("lease {id} was given before")]
    SameId {
        /// Which.
        id: AllowanceId,
    },
    /// The terminal has left that epoch behind.
    #[error("the terminal is in epoch {newest}; nothing is leased to its epoch {asked}")]
    OldEpoch {
        /// The terms'.
        asked: u32,
        /// The newest known.
        newest: u32,
    },
    /// It would be over before it arrives.
    #[error("these terms are over already")]
    Over,
    /// Not so much is free.
    #[error("{asked} cannot be leased: {free} are free")]
    NotFree {
        /// How much was asked for.
        asked: u64,
        /// How much is free.
        free: u64,
    },
    /// The quota has as many leases as it may.
    #[error("this quota has {limit} leases, the most it may")]
    TooMany {
        /// The limit.
        limit: usize,
    },
}

impl LeaseError {
    /// Whether the same terms can be granted later: when leases came back.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::NotFree { .. })
    }
}
