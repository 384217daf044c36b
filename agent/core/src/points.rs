//! Points, and the lots they are earned in.

mod arithmetic;
pub mod lots;

use crate::{FunderId, SaleId, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The most points that one sale may give, 2^53 − 1: exact in any JSON reader.
pub const POINTS_LIMIT: i64 = (1 << 53) - 1;

/// A number of points; negative where they are taken back.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Points(pub i64);

impl Points {
    /// Whether it is none at all.
    pub const fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            1 | -1 => write!(f, "{} point", self.0),
            many => write!(f, "{many} points"),
        }
    }
}

/// Points earned together. A later debit or void is paired to the lot it takes from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lot {
    /// The sale that earned it.
    pub sale: SaleId,
    /// Which lot of that sale, from 0.
    pub index: u32,
    /// How many points.
    pub amount: Points,
    /// Who pays for them.
    pub funder: FunderId,
    /// When they may be spent.
    pub pending_until: Timestamp,
    /// The last day they may be spent; none if they never expire.
    pub expires_on: Option<Date>,
    /// The lines of the sale that earned them, by index: as their goods go back, so do the points
    /// ([`crate::worth_back`]). Empty: the whole sale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<u32>,
}

impl Lot {
    /// Whether they may not be spent yet at a time.
    pub fn waits(&self, at: Timestamp) -> bool {
        self.pending_until > at
    }
}
