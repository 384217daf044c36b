//! What may be asked of an account.

use crate::lots::{Lot, LotId, Parcel, RecordRef};
use crate::{FunderId, MemberId, PersonId, Points, Timestamp};

/// Who is charged for points that no lot covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Charge {
    /// The member who used them.
    pub member: MemberId,
    /// The funder they are owed to.
    pub funder: FunderId,
}

/// Goods that went back, as far as they had earned one lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReturnedGoods {
    /// The lot.
    pub lot: LotId,
    /// Their worth at the sale, in minor units of the lot's basis; with this return, not in all.
    pub worth: i64,
}

/// A change that somebody decided by hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjusted {
    /// Who decided.
    pub by: PersonId,
    /// Why, 1 to [`crate::REASON_LIMIT`] characters and not only blanks.
    pub reason: String,
}

/// One thing that may be asked of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LotsCommand {
    /// Only what is due: covering and expiry.
    Run,
    /// Points were earned: 1 or more lots.
    Earn {
        /// The lots, each [`crate::lots::LotKind::Earned`].
        lots: Vec<Lot>,
    },
    /// Points are to be spent.
    Spend {
        /// The record of the use.
        id: RecordRef,
        /// How many.
        amount: Points,
        /// Who is charged for what is not there; none if it must be there.
        beyond: Option<Charge>,
    },
    /// A use, or a part of it, did not take place after all.
    Release {
        /// The record of the use.
        id: RecordRef,
        /// How many points.
        amount: Points,
    },
    /// Goods went back.
    Return {
        /// Each lot that they had earned, named once.
        goods: Vec<ReturnedGoods>,
    },
    /// Points go to another member.
    Send {
        /// The record of the transfer.
        id: RecordRef,
        /// Who sends them.
        from: MemberId,
        /// Who gets them.
        to: MemberId,
        /// How many.
        amount: Points,
    },
    /// Points come from another member.
    Receive {
        /// The lots as the sender's [`crate::lots::Movement::Sent`] names them.
        lots: Vec<Lot>,
    },
    /// An adjustment gives points.
    Grant {
        /// The lot, [`crate::lots::LotKind::Granted`].
        lot: Lot,
        /// By whom and why.
        adjusted: Adjusted,
    },
    /// An adjustment takes points.
    Withdraw {
        /// Its record.
        id: RecordRef,
        /// How many.
        amount: Points,
        /// Who is charged for what is not there; none if it must be there.
        beyond: Option<Charge>,
        /// By whom and why.
        adjusted: Adjusted,
    },
    /// A member joins a master account (this is the member's) or leaves it (this is the master account).
    HandOver {
        /// Who.
        member: MemberId,
    },
    /// The other end of [`LotsCommand::HandOver`].
    TakeOver {
        /// What was handed over.
        parcel: Parcel,
    },
    /// Forgets what is over.
    Compact {
        /// Uses booked before this are forgotten, and lots that did not change since.
        before: Timestamp,
    },
}
