//! What happened in an account, as it is written down.

use crate::lots::{Lot, LotId, Owing, Parcel, Part, RecordRef, UsedFor};
use crate::{MemberId, PersonId, Points, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version of [`Movement`] as it is written.
pub const LOTS_VERSION: u32 = 1;

/// Written as [`LOTS_VERSION`]; reading any other number fails, and says both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LotsVersion;

impl Serialize for LotsVersion {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(LOTS_VERSION)
    }
}

impl<'de> Deserialize<'de> for LotsVersion {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            LOTS_VERSION => Ok(Self),
            other => Err(D::Error::custom(format_args!(
                "version {other} of movements of points is not known here, only {LOTS_VERSION}"
            ))),
        }
    }
}

/// A movement as it is written down: `{"v":1,"movement":{…}}`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenMovement {
    /// Its version.
    pub v: LotsVersion,
    /// The movement.
    pub movement: Movement,
}

impl From<Movement> for WrittenMovement {
    fn from(movement: Movement) -> Self {
        let v = LotsVersion;
        Self { v, movement }
    }
}

/// Points of one lot that go to a use that owed them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// What is owed no more.
    pub owing: Owing,
    /// The lot that pays.
    pub lot: LotId,
}

/// What a return takes of one lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// Which.
    pub lot: LotId,
    /// The worth that went back, in minor units.
    pub worth: i64,
    /// Points taken from what was left of it.
    pub left: Points,
    /// Points taken from what had expired of it.
    pub expired: Points,
    /// Points taken from under uses, which now owe them.
    pub uncovered: Vec<Owing>,
}

/// What happened in an account. `at` is the account's time, which never runs backwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Movement {
    /// Points were earned.
    Earned {
        /// The lots.
        lots: Vec<Lot>,
        /// When.
        at: Timestamp,
    },
    /// An adjustment gave points.
    Granted {
        /// The lot.
        lot: Lot,
        /// Who decided.
        by: PersonId,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Points came from another member.
    Received {
        /// The lots.
        lots: Vec<Lot>,
        /// When.
        at: Timestamp,
    },
    /// Points were spent.
    Spent {
        /// The record of the use.
        id: RecordRef,
        /// The lots it is paired with.
        parts: Vec<Part>,
        /// What no lot covers.
        owed: Vec<Owing>,
        /// When.
        at: Timestamp,
    },
    /// An adjustment took points.
    Withdrawn {
        /// Its record.
        id: RecordRef,
        /// The lots it is paired with.
        parts: Vec<Part>,
        /// What no lot covers.
        owed: Vec<Owing>,
        /// Who decided.
        by: PersonId,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Points went to another member.
    Sent {
        /// The record of the transfer.
        id: RecordRef,
        /// Who sent them.
        from: MemberId,
        /// Who gets them.
        to: MemberId,
        /// The lots they were taken from.
        parts: Vec<Part>,
        /// The lots they are at the receiver, one for each part.
        lots: Vec<Lot>,
        /// When.
        at: Timestamp,
    },
    /// Active points covered what was owed.
    Covered {
        /// Which, and what.
        covers: Vec<Cover>,
        /// When it was booked.
        at: Timestamp,
    },
    /// Points expired.
    Expired {
        /// The lots, and how many of each.
        parts: Vec<Part>,
        /// When it was booked.
        at: Timestamp,
    },
    /// A use was taken back.
    Released {
        /// The record of the use.
        id: RecordRef,
        /// What goes back into lots.
        parts: Vec<Part>,
        /// What is owed no more.
        owed: Vec<Owing>,
        /// When.
        at: Timestamp,
    },
    /// Goods went back, and what they had earned.
    Returned {
        /// By lot.
        taken: Vec<Taken>,
        /// When.
        at: Timestamp,
    },
    /// A member's part went to another account.
    HandedOver {
        /// All that went.
        parcel: Parcel,
        /// When.
        at: Timestamp,
    },
    /// A member's part came from another account.
    TakenOver {
        /// All that came.
        parcel: Parcel,
        /// When.
        at: Timestamp,
    },
    /// What was over was forgotten.
    Compacted {
        /// Uses booked before this, and lots that did not change since.
        before: Timestamp,
        /// When.
        at: Timestamp,
    },
}

impl Movement {
    /// When, by the account's time.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Earned { at, .. }
            | Self::Granted { at, .. }
            | Self::Received { at, .. }
            | Self::Spent { at, .. }
            | Self::Withdrawn { at, .. }
            | Self::Sent { at, .. }
            | Self::Covered { at, .. }
            | Self::Expired { at, .. }
            | Self::Released { at, .. }
            | Self::Returned { at, .. }
            | Self::HandedOver { at, .. }
            | Self::TakenOver { at, .. }
            | Self::Compacted { at, .. } => *at,
        }
    }

    /// The use it pairs with lots, if it is one: its record, what for, the parts, what is owed.
    pub fn usage(&self) -> Option<(RecordRef, UsedFor, &[Part], &[Owing])> {
        match self {
            Self::Spent {
                id, parts, owed, ..
            } => Some((*id, UsedFor::Spent, parts, owed)),
            Self::Withdrawn {
                id, parts, owed, ..
            } => Some((*id, UsedFor::Withdrawn, parts, owed)),
            Self::Sent { id, parts, .. } => Some((*id, UsedFor::Sent, parts, &[])),
            _ => None,
        }
    }
}
