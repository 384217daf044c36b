//! The rule document HQ publishes, and its compiled form, the [`RuleBook`].
//!
//! The document is data and may say anything; only a compiled book, whose every limit and promise
//! was checked, is ever asked for a decision.

mod book;
mod check;
pub mod engine;
mod selector;

pub use book::RuleBook;
pub use check::{Fault, RuleError};
pub(crate) use selector::Selector;

use crate::{CouponPlan, FunderId, Money, ProductSet, RuleId, TierId};
use serde::{Deserialize, Serialize};

/// The version of the rule document's layout.
pub const RULE_DOCUMENT_VERSION: u32 = 1;
/// The most rules a document may hold.
pub const RULE_LIMIT: usize = 2_000;
/// The most coupon plans a document may hold.
pub const PLAN_LIMIT: usize = 2_000;
/// The most items and categories one product set may name.
pub const PRODUCT_SET_LIMIT: usize = 5_000;
/// The longest name of a rule or plan, and of a stacking group, in characters.
pub const RULE_NAME_LIMIT: usize = 80;
/// The most a tier multiplier may add: a hundred times the points so far.
pub const EXTRA_BASIS_POINTS_LIMIT: u32 = 1_000_000;

/// Rules and coupon plans, as HQ publishes them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDocument {
    /// [`RULE_DOCUMENT_VERSION`].
    pub v: u32,
    /// The rules, in the order they are tried and printed.
    pub rules: Vec<Rule>,
    /// The coupon plans.
    pub plans: Vec<CouponPlan>,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its code.
    pub rule: RuleId,
    /// As the receipt's reason names it.
    pub name: String,
    /// What it gives.
    pub effect: RuleEffect,
    /// Who pays.
    pub funder: FunderId,
}

/// What a rule gives a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum RuleEffect {
    /// `points` for each full `per` that the eligible lines come to after discounts (rounded down).
    PointsPerAmount {
        /// How many.
        points: u32,
        /// For each of these, more than zero.
        per: Money,
        /// On which products.
        #[serde(default)]
        products: ProductSet,
    },
    /// `points` for each item sold of the named products.
    PointsPerProduct {
        /// How many.
        points: u32,
        /// Of which products.
        products: ProductSet,
    },
    /// A share more on all points that the rules before gave, for members of a tier (rounded down).
    TierMultiplier {
        /// The tier.
        tier: TierId,
        /// Ten-thousandths of the points so far, given on top: 5000 is half as many again.
        extra_basis_points: u32,
    },
}
