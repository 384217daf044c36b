//! Effects, as a rule document writes them. How each is worked out, to the last unit, is said here;
//! the order in which they come is said in [the engine](super).

use super::Selection;
use crate::{Money, PlanId, StampCardId, TierId};
use serde::{Deserialize, Serialize};

/// The largest set of items that one discount may speak of.
pub const SET_LIMIT: u32 = 100;
/// The most parts a bundle may have.
pub const BUNDLE_LIMIT: usize = 8;
/// The most vouchers or stamps one effect gives at once.
pub const GIFT_LIMIT: u32 = 1_000;

/// What a rule gives.
///
/// What a line *costs now* is its price times its quantity, less all discounts before. What an item
/// costs now is that, over those of its items that were not given free, rounded down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// `points` for each full `per` that the selected lines cost now, rounded down.
    PointsPerAmount {
        /// How many.
        points: u32,
        /// For each of these, more than zero.
        per: Money,
        /// On which products.
        #[serde(default)]
        products: Selection,
    },
    /// `points` for each selected item, those given free too.
    PointsPerItem {
        /// How many.
        points: u32,
        /// For which products.
        products: Selection,
    },
    /// `points` once.
    PointsFixed {
        /// How many.
        points: u32,
    },
    /// A share more on all points that the effects before gave in this basket, rounded down.
    PointsMultiplier {
        /// Ten-thousandths given on top: 10 000 doubles.
        #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000)))]
        extra_basis_points: u32,
    },
    /// As [`Effect::PointsMultiplier`], for members of a tier. The first that names the tier counts.
    TierBonus {
        /// How much for which tier.
        #[cfg_attr(test, schemars(length(min = 1)))]
        tiers: Vec<TierShare>,
    },
    /// An amount off the selected lines, at most what they cost now, spread in proportion to it.
    AmountOff {
        /// How much, more than zero.
        amount: Money,
        /// Off which products.
        #[serde(default)]
        products: Selection,
    },
    /// A share of what the selected lines cost now off, rounded down over their sum and spread in
    /// proportion to it.
    PercentOff {
        /// Ten-thousandths; 1000 is 10 %.
        #[cfg_attr(test, schemars(range(min = 1, max = 10_000)))]
        basis_points: u32,
        /// Off which products.
        #[serde(default)]
        products: Selection,
    },
    /// In each full `of` selected items, `free` of the very cheapest of all are free: the shop's
    /// choice. Items of equal price go by line order.
    CheapestFree {
        /// So many of each set, 1 to `of`.
        #[cfg_attr(test, schemars(range(min = 1, max = 100)))]
        free: u32,
        /// The size of a set, up to [`SET_LIMIT`].
        #[cfg_attr(test, schemars(range(min = 1, max = 100)))]
        of: u32,
        /// Among which products.
        #[serde(default)]
        products: Selection,
        /// At most so many sets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(range(min = 1)))]
        at_most: Option<u32>,
    },
    /// Each full `buy` selected items are paid as `pay`: sets are made from the dearest item down, and
    /// in each the cheapest are free: the shopper's choice. Items of equal price go by line order.
    NForM {
        /// The size of a set, up to [`SET_LIMIT`].
        #[cfg_attr(test, schemars(range(min = 2, max = 100)))]
        buy: u32,
        /// Less than `buy`, more than 0.
        #[cfg_attr(test, schemars(range(min = 1, max = 100)))]
        pay: u32,
        /// Among which products.
        #[serde(default)]
        products: Selection,
        /// At most so many sets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(range(min = 1)))]
        at_most: Option<u32>,
    },
    /// One item set, put together of several parts, for one price. A line counts for the first part
    /// that selects it. Sets are made from the dearest items down, as long as each saves something.
    BundlePrice {
        /// What one set costs, zero or more.
        price: Money,
        /// Its parts, 1 to [`BUNDLE_LIMIT`].
        #[cfg_attr(test, schemars(length(min = 1, max = 8)))]
        parts: Vec<BundlePart>,
        /// At most so many sets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(range(min = 1)))]
        at_most: Option<u32>,
    },
    /// Coupons of a plan for next time. Drawing their numbers is left to who holds them.
    Voucher {
        /// The plan: one of the document's.
        plan: PlanId,
        /// How many, 1 to [`GIFT_LIMIT`].
        #[cfg_attr(test, schemars(range(min = 1, max = 1_000)))]
        count: u32,
    },
    /// A share of what the selected lines cost now, as money on the customer's account, rounded down
    /// over their sum.
    Cashback {
        /// Ten-thousandths; 1000 is 10 %.
        #[cfg_attr(test, schemars(range(min = 1, max = 10_000)))]
        basis_points: u32,
        /// On which products.
        #[serde(default)]
        products: Selection,
    },
    /// Stamps on a card: once, or for each selected item.
    Stamps {
        /// The card.
        card: StampCardId,
        /// How many, 1 to [`GIFT_LIMIT`].
        #[cfg_attr(test, schemars(range(min = 1, max = 1_000)))]
        stamps: u32,
        /// For each item of these; none: once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        per_item: Option<Selection>,
    },
    /// Progress to the next tier: `units` for each full `per` that the selected lines cost now.
    TierProgress {
        /// How many.
        units: u32,
        /// For each of these, more than zero.
        per: Money,
        /// On which products.
        #[serde(default)]
        products: Selection,
    },
}

/// How much more for a tier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TierShare {
    /// The tier.
    pub tier: TierId,
    /// Ten-thousandths given on top.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000)))]
    pub extra_basis_points: u32,
}

/// One part of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BundlePart {
    /// How many items, 1 to [`SET_LIMIT`].
    #[cfg_attr(test, schemars(range(min = 1, max = 100)))]
    pub quantity: u32,
    /// Of which products.
    pub products: Selection,
}

impl Effect {
    /// Whether it takes something off this basket. Those that do come before all others.
    pub const fn is_discount(&self) -> bool {
        matches!(
            self,
            Effect::AmountOff { .. }
                | Effect::PercentOff { .. }
                | Effect::CheapestFree { .. }
                | Effect::NForM { .. }
                | Effect::BundlePrice { .. }
        )
    }

    /// Whether it can only be given to somebody who showed a card. Vouchers can be printed for anybody.
    pub const fn needs_customer(&self) -> bool {
        !self.is_discount() && !matches!(self, Effect::Voucher { .. })
    }

    /// The products it speaks of, with the places they are written at. None: it asks for none.
    pub fn selections(&self) -> Vec<(String, &Selection)> {
        match self {
            Effect::PointsPerAmount { products, .. }
            | Effect::PointsPerItem { products, .. }
            | Effect::AmountOff { products, .. }
            | Effect::PercentOff { products, .. }
            | Effect::CheapestFree { products, .. }
            | Effect::NForM { products, .. }
            | Effect::Cashback { products, .. }
            | Effect::TierProgress { products, .. } => vec![("products".to_owned(), products)],
            Effect::Stamps { per_item, .. } => {
                let given = per_item.as_ref().map(|set| ("per_item".to_owned(), set));
                given.into_iter().collect()
            }
            Effect::BundlePrice { parts, .. } => {
                let places = parts.iter().enumerate();
                places
                    .map(|(n, part)| (format!("parts[{n}].products"), &part.products))
                    .collect()
            }
            Effect::PointsFixed { .. }
            | Effect::PointsMultiplier { .. }
            | Effect::TierBonus { .. }
            | Effect::Voucher { .. } => Vec::new(),
        }
    }

    /// Its own amounts, with the places they are written at.
    pub fn amounts(&self) -> Vec<(&'static str, Money)> {
        match self {
            Effect::PointsPerAmount { per, .. } | Effect::TierProgress { per, .. } => {
                vec![("per", *per)]
            }
            Effect::AmountOff { amount, .. } => vec![("amount", *amount)],
            Effect::BundlePrice { price, .. } => vec![("price", *price)],
            _ => Vec::new(),
        }
    }

    /// Its name in the document.
    pub const fn kind(&self) -> &'static str {
        match self {
            Effect::PointsPerAmount { .. } => "points_per_amount",
            Effect::PointsPerItem { .. } => "points_per_item",
            Effect::PointsFixed { .. } => "points_fixed",
            Effect::PointsMultiplier { .. } => "points_multiplier",
            Effect::TierBonus { .. } => "tier_bonus",
            Effect::AmountOff { .. } => "amount_off",
            Effect::PercentOff { .. } => "percent_off",
            Effect::CheapestFree { .. } => "cheapest_free",
            Effect::NForM { .. } => "n_for_m",
            Effect::BundlePrice { .. } => "bundle_price",
            Effect::Voucher { .. } => "voucher",
            Effect::Cashback { .. } => "cashback",
            Effect::Stamps { .. } => "stamps",
            Effect::TierProgress { .. } => "tier_progress",
        }
    }
}
