//! Why an allowance is not taken.

use crate::{TerminalId, Timestamp};

/// Why an allowance is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllowanceError {
    /// None of the pinned keys signed these bytes.
    #[error("this allowance is not HQ's")]
    Forged,
    /// HQ signed it in a layout that this program does not know.
    #[error("this allowance is written in version {version}; this program knows version 1")]
    UnknownVersion {
        /// Its version.
        version: u8,
    },
    /// HQ signed something that is no allowance.
    #[error("HQ signed this allowance, but {fault}")]
    Malformed {
        /// What is wrong.
        fault: TermsFault,
    },
    /// It is another terminal's.
    #[error("this allowance is for terminal {holder}")]
    WrongHolder {
        /// Whose.
        holder: TerminalId,
    },
    /// It is for another epoch of this terminal's journal.
    #[error("this allowance is for epoch {theirs} of this terminal, which is in epoch {ours}")]
    WrongEpoch {
        /// The allowance's.
        theirs: u32,
        /// The terminal's.
        ours: u32,
    },
    /// It has been taken already: a second copy changes nothing.
    #[error("this allowance was taken already")]
    AlreadyHeld,
    /// A newer one was taken before: this one is late, or replayed.
    #[error("this allowance is number {serial}; number {newest} was taken before it")]
    Older {
        /// Its serial.
        serial: u64,
        /// The newest that was taken.
        newest: u64,
    },
    /// It has ended, by this terminal's clock and minus the clock bound.
    #[error("this allowance has ended")]
    Expired {
        /// The first moment at which nothing may be spent any more.
        ended: Timestamp,
    },
    /// The terminal holds as many as it may.
    #[error("this terminal holds {limit} allowances, the most it may")]
    Full {
        /// The limit.
        limit: usize,
    },
}

impl AllowanceError {
    /// The kind, for programs: stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Forged => "allowance_forged",
            Self::UnknownVersion { .. } => "allowance_unknown_version",
            Self::Malformed { .. } => "allowance_malformed",
            Self::WrongHolder { .. } => "allowance_wrong_holder",
            Self::WrongEpoch { .. } => "allowance_wrong_epoch",
            Self::AlreadyHeld => "allowance_already_held",
            Self::Older { .. } => "allowance_older",
            Self::Expired { .. } => "allowance_expired",
            Self::Full { .. } => "allowance_full",
        }
    }

    /// Whether the same bytes can be taken later: after some were given back and settled.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// What is wrong with the terms of an allowance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TermsFault {
    /// The bytes are laid out otherwise, or some are left over.
    #[error("its bytes are not laid out as an allowance")]
    Layout,
    /// No amount, or one that is not exact everywhere.
    #[error("its amount is not from 1 to 2^53 − 1")]
    Amount,
    /// Epoch or serial is 0, or the serial is not exact everywhere.
    #[error("its epoch or serial does not count from 1")]
    Counting,
    /// The clock bound is beyond a week.
    #[error("its clock bound is longer than a week")]
    ClockBound,
    /// It names an absurd moment, or is never good.
    #[error("its time is absurd, or leaves no moment to spend it")]
    Time,
    /// It renews below more than the whole.
    #[error("its renewal is below more than the whole")]
    Policy,
}
