//! An open sale, as it is kept between calls and across restarts. Nothing of it is a fact yet.

use super::{PointsToPay, TillError, VoidRequest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tillside_core::{
    Basket, CardIdentity, CouponNumber, Currency, LaneId, Line, PersonId, SaleCompleted, SaleId,
    Timestamp,
};

/// An open sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Its id.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who opened it.
    pub cashier: PersonId,
    /// When.
    pub opened: Timestamp,
    /// What is in the basket.
    pub basket: Basket,
    /// The card that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardIdentity>,
    /// Coupons that were valid when they were shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coupons: Vec<CouponNumber>,
    /// Of those, the ones that HQ signed: as they were scanned.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tokens: BTreeMap<CouponNumber, String>,
    /// Coupons that were refused and recorded as such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<CouponNumber>,
    /// The sale as it will be recorded, without its tenders: fixed when its first payment by e-money
    /// began, and then not changed any more until it is paid or no such payment is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Box<SaleCompleted>>,
    /// How many points are to pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointsToPay>,
    /// Who showed a phone's code for this sale, and when: may use the account at HQ for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeShown>,
}

/// A phone's code that was shown for a sale and counted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CodeShown {
    /// Whose it is.
    pub member: tillside_core::MemberId,
    /// When it was shown.
    pub at: Timestamp,
}

/// How long a phone's code proves whose account it is, after it was shown.
pub(crate) const CODE_PROVES_MS: i64 = 5 * 60_000;

impl CodeShown {
    /// Whose account may be used on the strength of it, at a moment.
    pub(crate) fn proves(&self, now: Timestamp) -> Option<tillside_core::MemberId> {
        let age = now.0 - self.at.0;
        (0..=CODE_PROVES_MS).contains(&age).then_some(self.member)
    }
}

/// The void of a sale that waits until its cards have their money back. Kept where open sales are,
/// under the id of the recorded sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PendingVoid {
    /// The sale.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// Who asked, who allowed it, why.
    pub voiding: VoidRequest,
}

/// What is kept under a sale's id.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    /// The void of a recorded sale.
    Void(PendingVoid),
    /// An open sale.
    Sale(Box<Draft>),
}

impl Kept {
    /// Reads what is kept.
    ///
    /// # Errors
    /// If this program cannot read it.
    pub fn from_json(text: &str) -> Result<Self, TillError> {
        serde_json::from_str(text).map_err(TillError::UnreadableDraft)
    }

    /// The open sale, if it is one.
    pub fn sale(self) -> Option<Draft> {
        match self {
            Self::Sale(draft) => Some(*draft),
            Self::Void(_) => None,
        }
    }

    /// The void, if it is one.
    pub fn void(self) -> Option<PendingVoid> {
        match self {
            Self::Void(void) => Some(void),
            Self::Sale(_) => None,
        }
    }
}

impl Draft {
    /// An empty sale.
    pub fn new(
        sale: SaleId,
        lane: LaneId,
        cashier: PersonId,
        opened: Timestamp,
        currency: Currency,
    ) -> Self {
        let lines: Vec<Line> = Vec::new();
        Self {
            sale,
            lane,
            cashier,
            opened,
            basket: Basket { currency, lines },
            card: None,
            coupons: Vec::new(),
            tokens: BTreeMap::new(),
            refused: Vec::new(),
            fixed: None,
            points: None,
            code: None,
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// If JSON cannot say it, which no valid sale causes.
    pub fn to_json(&self) -> Result<String, TillError> {
        serde_json::to_string(self).map_err(TillError::Unwritable)
    }

    /// Whether it may be changed.
    ///
    /// # Errors
    /// If a payment by e-money has begun.
    pub fn changeable(&self) -> Result<(), TillError> {
        match self.fixed {
            Some(_) => Err(TillError::SaleFixed),
            None => Ok(()),
        }
    }
}
