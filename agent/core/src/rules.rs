//! The rule document HQ publishes, and its compiled form.

use crate::{CouponPlan, FunderId, Money, PlanId, ProductSet, RuleId, TierId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the rule document's layout.
pub const RULE_DOCUMENT_VERSION: u32 = 1;
/// The most rules a document may hold.
pub const RULE_LIMIT: usize = 2_000;
/// The most coupon plans a document may hold.
pub const PLAN_LIMIT: usize = 2_000;

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

/// A rule document, checked and ready to decide with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleBook {
    version: u64,
    rules: Vec<Rule>,
    plans: BTreeMap<PlanId, CouponPlan>,
}

impl RuleBook {
    /// No rules and no plans: a terminal that has pulled no bundle yet.
    pub fn empty() -> Self {
        Self {
            version: 0,
            rules: Vec::new(),
            plans: BTreeMap::new(),
        }
    }

    /// The bundle version it came in; 0 before the first.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A plan by its code.
    pub fn plan(&self, plan: &PlanId) -> Option<&CouponPlan> {
        self.plans.get(plan)
    }

    /// All plans, by code.
    pub fn plans(&self) -> impl Iterator<Item = &CouponPlan> {
        self.plans.values()
    }
}
