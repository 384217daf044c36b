//! An open sale, as it is kept between calls and across restarts. Nothing of it is a fact yet.

use super::TillError;
use serde::{Deserialize, Serialize};
use tillside_core::{
    Basket, CardIdentity, CouponNumber, Currency, LaneId, Line, PersonId, SaleId, Timestamp,
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
    /// Coupons that were refused and recorded as such.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<CouponNumber>,
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
            refused: Vec::new(),
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// If JSON cannot say it, which no valid sale causes.
    pub fn to_json(&self) -> Result<String, TillError> {
        serde_json::to_string(self).map_err(TillError::Unwritable)
    }

    /// Reads a kept sale.
    ///
    /// # Errors
    /// If this program cannot read it.
    pub fn from_json(text: &str) -> Result<Self, TillError> {
        serde_json::from_str(text).map_err(TillError::UnreadableDraft)
    }
}
