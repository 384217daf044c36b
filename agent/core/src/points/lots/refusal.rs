//! Why an account does not do what it was asked.

use crate::Points;
use crate::lots::{LOT_LIMIT, LotId, RecordRef, USE_LIMIT};
use crate::{POINTS_LIMIT, REASON_LIMIT};

/// Why an account does not do what it was asked, in words for who asked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LotsRefusal {
    /// A number of points that is not 1 to [`POINTS_LIMIT`], or no lot or no goods at all.
    #[error("there is nothing to book: a number of points is 1 to {POINTS_LIMIT}")]
    Nothing,
    /// Not so much is active.
    #[error("not enough points: {available} may be spent now")]
    NotEnough {
        /// What may be spent; below zero if points are owed.
        available: Points,
    },
    /// A lot or use of that record is in the account already.
    #[error("this was booked before; it counts once")]
    AlreadyBooked {
        /// Which record.
        id: RecordRef,
    },
    /// No use of that record is remembered.
    #[error("no use of points is known under this record; it may be too long ago")]
    UnknownUse {
        /// Which record.
        id: RecordRef,
    },
    /// A transfer cannot be released.
    #[error(
        "points sent to another member cannot be called back; the other member may send them back"
    )]
    NotReleasable {
        /// Which record.
        id: RecordRef,
    },
    /// A use is smaller than what is to be released of it.
    #[error("only {used} can be given back for this use")]
    MoreThanUsed {
        /// What can be given back in this account.
        used: Points,
    },
    /// A lot is not in the account.
    #[error(
        "the points of this purchase are not in this account; they may be in another, or it is too long ago"
    )]
    UnknownLot {
        /// Which.
        lot: LotId,
    },
    /// More went back than was bought.
    #[error(
        "more goods came back than were bought: goods worth {open} (minor units) can still go back"
    )]
    MoreThanBought {
        /// Which lot.
        lot: LotId,
        /// How much of its basis has not gone back yet, in minor units.
        open: i64,
    },
    /// A lot with an amount, worth or kind that cannot be.
    #[error("these points are not valid: their number, worth or kind cannot be")]
    BadLot {
        /// Which.
        lot: LotId,
    },
    /// Sender and receiver are one.
    #[error("the points already belong to this member")]
    SameMember,
    /// An adjustment without a reason, or with one that is too long.
    #[error("say why, in 1 to {REASON_LIMIT} characters")]
    BadReason,
    /// What was handed over does not add up, or contradicts what is here.
    #[error("what was handed over does not add up; nothing was taken over")]
    Damaged,
    /// [`LOT_LIMIT`] or [`USE_LIMIT`] is reached.
    #[error(
        "this account holds too many entries (at most {LOT_LIMIT} of points, {USE_LIMIT} of uses): compact it first"
    )]
    Full,
    /// More points than [`POINTS_LIMIT`] would have come in, or would be owed.
    #[error("more than {POINTS_LIMIT} points in one account cannot be counted")]
    TooMany,
    /// To forget from a moment that is still ahead.
    #[error("only what is over can be forgotten: choose a time that has passed")]
    NotOver,
}

impl LotsRefusal {
    /// The kind, for programs: stable, snake case.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "lots_nothing",
            Self::NotEnough { .. } => "lots_not_enough",
            Self::AlreadyBooked { .. } => "lots_already_booked",
            Self::UnknownUse { .. } => "lots_unknown_use",
            Self::NotReleasable { .. } => "lots_not_releasable",
            Self::MoreThanUsed { .. } => "lots_more_than_used",
            Self::UnknownLot { .. } => "lots_unknown_lot",
            Self::MoreThanBought { .. } => "lots_more_than_bought",
            Self::BadLot { .. } => "lots_bad_lot",
            Self::SameMember => "lots_same_member",
            Self::BadReason => "lots_bad_reason",
            Self::Damaged => "lots_damaged",
            Self::Full => "lots_full",
            Self::TooMany => "lots_too_many",
            Self::NotOver => "lots_not_over",
        }
    }

    /// Whether the same command can succeed later as it stands: when points come, or after compaction.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::NotEnough { .. } | Self::Full | Self::NotOver)
    }
}
