//! Why a terminal may not spend by itself.

use crate::Timestamp;
use crate::authority::Uncovered;

/// Why no allowance covers a use, and what the plan's policy says to do then.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpendError {
    /// A use of nothing.
    #[error("there is nothing to spend")]
    Nothing,
    /// Not enough is left.
    #[error("this till may give {left} more by itself, which is not enough")]
    NotEnough {
        /// What is left.
        left: u64,
        /// What to do then.
        uncovered: Uncovered,
    },
    /// All there is begins later.
    #[error("this till may not give this yet")]
    NotYet {
        /// When the first begins.
        from: Timestamp,
        /// What to do then.
        uncovered: Uncovered,
    },
    /// All there was has ended.
    #[error("this till may not give this by itself any more")]
    Expired {
        /// When the last ended, by this till's clock.
        ended: Timestamp,
        /// What to do then.
        uncovered: Uncovered,
    },
}

impl SpendError {
    /// The kind, for programs: stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "spend_nothing",
            Self::NotEnough { .. } => "spend_not_enough",
            Self::NotYet { .. } => "spend_not_yet",
            Self::Expired { .. } => "spend_expired",
        }
    }

    /// Whether the same use can be covered later: when its time comes, or HQ allows more.
    pub const fn is_retryable(&self) -> bool {
        !matches!(self, Self::Nothing)
    }
}
