//! Why something was given: facts, put into words when somebody reads them.

use super::words::percent;
use super::{CapSpan, words};
use crate::{Money, PlanId, Points, StampCardId, TierId};
use std::fmt;
use std::sync::Arc;

/// Why a rule gave something. It is written out as one line for the receipt: `Coffee week (10 % off 4.00 EUR)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The rule's name.
    pub(super) name: Arc<str>,
    pub(super) how: How,
    /// Over what the cap counts that held it down, if one did.
    pub(super) most: Option<CapSpan>,
}

/// How an effect was worked out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum How {
    /// Not at all: it is none of these.
    #[default]
    Nothing,
    /// So much off.
    AmountOff(Money),
    /// A share of what the lines cost.
    PercentOff { basis_points: u32, of: Money },
    /// Items given free of those in sets.
    Free { free: i64, of: i64 },
    /// Items for the price of fewer.
    ForFewer { items: i64, paid: i64 },
    /// Sets for a price each.
    Sets { sets: i64, price: Money },
    /// So much of something for each full amount.
    PerAmount {
        each: Each,
        per: Money,
        paid: Money,
        computed: i128,
    },
    /// So much of something for each item.
    PerItem {
        each: Each,
        items: i64,
        computed: i128,
    },
    /// So much of something, once.
    Once(Each),
    /// A share more of the points so far, of everybody or of a tier.
    More {
        basis_points: u32,
        tier: Option<TierId>,
        so_far: i64,
        computed: i128,
    },
    /// A bonus for other tiers than this member's.
    OtherTiers(Vec<TierId>),
    /// A share of what was paid.
    Cashback { basis_points: u32, of: Money },
    /// Coupons.
    Coupons(PlanId),
}

/// So much of what is counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Each {
    Points(u32),
    Progress(u32),
    Stamps(u32, StampCardId),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, how, most } = self;
        match most {
            Some(over) => write!(f, "{name} ({how}, the most for {})", words::span(*over)),
            None => write!(f, "{name} ({how})"),
        }
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::AmountOff(amount) => f.write_str(&words::off(*amount)),
            Self::PercentOff { basis_points, of } => {
                write!(f, "{} off {of}", percent(*basis_points))
            }
            Self::Free { free, of } => write!(f, "{free} free of {of}"),
            Self::ForFewer { items, paid } => write!(f, "{items} for {paid}"),
            Self::Sets { sets: 1, price } => write!(f, "a set for {price}"),
            Self::Sets { sets, price } => write!(f, "{sets} sets for {price} each"),
            Self::PerAmount {
                each,
                per,
                paid,
                computed,
            } => write!(f, "{each} for each full {per}: {paid} gives {computed}"),
            Self::PerItem {
                each,
                items,
                computed,
            } => {
                let give = if *items == 1 { "gives" } else { "give" };
                write!(f, "{each} for each item: {items} {give} {computed}")
            }
            Self::Once(each) => each.fmt(f),
            Self::More {
                basis_points,
                tier,
                so_far,
                computed,
            } => {
                write!(f, "{} more", percent(*basis_points))?;
                if let Some(tier) = tier {
                    write!(f, " for tier {tier}")?;
                }
                write!(f, ": {} so far give {computed}", Points(*so_far))
            }
            Self::OtherTiers(tiers) => {
                let tiers: Vec<&str> = tiers.iter().map(TierId::as_str).collect();
                write!(f, "for tier {} only", tiers.join(", "))
            }
            Self::Cashback { basis_points, of } => write!(f, "{} of {of}", percent(*basis_points)),
            Self::Coupons(plan) => write!(f, "coupon plan {plan}"),
        }
    }
}

impl fmt::Display for Each {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(points) => Points(i64::from(*points)).fmt(f),
            Self::Progress(units) => write!(f, "{units} towards the next tier"),
            Self::Stamps(stamps, card) => write!(f, "{stamps} on {card}"),
        }
    }
}
