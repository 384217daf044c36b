//! What goes from one account to another when a member joins a master account or leaves it.

use crate::lots::{Held, LotId, RecordRef, UsedFor};
use crate::{FunderId, MemberId, Points};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many points of one lot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which lot.
    pub lot: LotId,
    /// How many.
    pub amount: Points,
}

/// By whom points are owed, to whom, and for which use. Ordered as they are covered.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debt {
    /// The use that no lot covers; none once it is forgotten.
    pub id: Option<RecordRef>,
    /// What for.
    pub used_for: UsedFor,
    /// Whose lot, or whose use, it was.
    pub member: MemberId,
    /// Who funded what was used.
    pub funder: FunderId,
}

/// So many points owed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owing {
    /// By what.
    pub debt: Debt,
    /// How many.
    pub amount: Points,
}

/// A use of points as an account remembers it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Usage {
    /// What for.
    pub used_for: UsedFor,
    /// When it was booked.
    pub at: crate::Timestamp,
    /// The lots it is paired with, and how many points of each. Without what is owed.
    pub parts: BTreeMap<LotId, Points>,
}

/// A use of points, as far as it goes with a parcel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedUse {
    /// Which.
    pub id: RecordRef,
    /// What for.
    pub used_for: UsedFor,
    /// When it was booked.
    pub at: crate::Timestamp,
    /// Its parts in lots of the parcel, by lot, ascending.
    pub parts: Vec<Part>,
}

/// Everything of one member in one account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parcel {
    /// Who.
    pub member: MemberId,
    /// The member's lots with all that became of them, by id, ascending.
    pub lots: Vec<Held>,
    /// The uses paired with them, or owing, by id, ascending.
    pub uses: Vec<PackedUse>,
    /// What the member owes, in the order of covering.
    pub owed: Vec<Owing>,
}
