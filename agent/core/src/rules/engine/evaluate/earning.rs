//! What one effect gives for another time: points, cashback, stamps and the like.

use super::super::compile::{Picked, ReadyEffect};
use super::super::words::percent;
use super::super::{Effect, Gift};
use super::open::OpenLines;
use crate::{Currency, Money, POINTS_LIMIT, Points, Refusal, TierId};

/// What there is to earn on.
pub(super) struct Ground<'a> {
    pub(super) open: &'a OpenLines,
    /// What each line earns on, in minor units.
    pub(super) earning: &'a [i64],
    pub(super) currency: Currency,
    pub(super) tier: Option<&'a TierId>,
    /// The points of all effects before.
    pub(super) points: i64,
}

/// Something earned, worked out but not given yet.
pub(super) struct Earned {
    pub(super) base: i64,
    pub(super) computed: i128,
    pub(super) rounded_down: bool,
    pub(super) why: String,
}

impl Ground<'_> {
    /// Works an effect out. Nothing for a discount.
    pub(super) fn earn(&self, gift: &ReadyEffect) -> Earned {
        let picked = gift.picked.first();
        match &gift.effect {
            Effect::PointsPerAmount { points, per, .. } => {
                let each = Points(i64::from(*points)).to_string();
                self.per_amount(*points, *per, &each, picked)
            }
            Effect::TierProgress { units, per, .. } => {
                let each = format!("{units} towards the next tier");
                self.per_amount(*units, *per, &each, picked)
            }
            Effect::PointsPerItem { points, .. } => {
                let each = Points(i64::from(*points)).to_string();
                self.per_item(*points, &each, picked)
            }
            Effect::PointsFixed { points } => {
                let why = Points(i64::from(*points)).to_string();
                once(*points, why)
            }
            Effect::PointsMultiplier { extra_basis_points } => {
                let why = format!("{} more", percent(*extra_basis_points));
                self.extra(*extra_basis_points, why)
            }
            Effect::TierBonus { tiers } => {
                let share = tiers.iter().find(|share| Some(&share.tier) == self.tier);
                match share {
                    Some(share) => {
                        let more = percent(share.extra_basis_points);
                        let why = format!("{more} more for tier {}", share.tier);
                        self.extra(share.extra_basis_points, why)
                    }
                    None => once(0, other_tiers(tiers.iter().map(|share| &share.tier))),
                }
            }
            Effect::Cashback { basis_points, .. } => {
                let base = self.paid(picked);
                let exact = i128::from(base) * i128::from(*basis_points);
                let why = format!("{} of {}", percent(*basis_points), self.money(base));
                Earned {
                    base,
                    computed: exact / 10_000,
                    rounded_down: exact % 10_000 != 0,
                    why,
                }
            }
            Effect::Voucher { count, plan } => once(*count, format!("coupon plan {plan}")),
            Effect::Stamps { stamps, card, .. } => match picked {
                Some(_) => self.per_item(*stamps, &format!("{stamps} on {card}"), picked),
                None => once(*stamps, format!("{stamps} on {card}")),
            },
            _ => once(0, String::new()),
        }
    }

    fn per_amount(&self, each: u32, per: Money, words: &str, picked: Option<&Picked>) -> Earned {
        let base = self.paid(picked);
        // Above zero in compiled rules.
        let step = per.minor().max(1);
        let computed = i128::from(base / step) * i128::from(each);
        let paid = self.money(base);
        Earned {
            base,
            computed,
            rounded_down: base % step != 0,
            why: format!("{words} for each full {per}: {paid} gives {computed}"),
        }
    }

    fn per_item(&self, each: u32, words: &str, picked: Option<&Picked>) -> Earned {
        let base = picked.map_or(0, |picked| self.open.earning_items(picked));
        let computed = i128::from(base) * i128::from(each);
        let give = if base == 1 { "gives" } else { "give" };
        Earned {
            base,
            computed,
            rounded_down: false,
            why: format!("{words} for each item: {base} {give} {computed}"),
        }
    }

    fn extra(&self, extra_basis_points: u32, words: String) -> Earned {
        let exact = i128::from(self.points) * i128::from(extra_basis_points);
        let computed = exact / 10_000;
        Earned {
            base: self.points,
            computed,
            rounded_down: exact % 10_000 != 0,
            why: format!("{words}: {} so far give {computed}", Points(self.points)),
        }
    }

    /// What the selected lines earn on.
    fn paid(&self, picked: Option<&Picked>) -> i64 {
        let lines = self.open.lines.iter().zip(self.earning);
        let covered = lines.filter(|(line, _)| picked.is_some_and(|p| p.covers(&line.keys)));
        covered.map(|(_, minor)| minor).sum()
    }

    /// Minor units that are part of this basket, as money.
    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency).unwrap_or(Money::zero(self.currency))
    }
}

fn once(count: u32, why: String) -> Earned {
    Earned {
        base: 1,
        computed: count.into(),
        rounded_down: false,
        why,
    }
}

fn other_tiers<'a>(tiers: impl Iterator<Item = &'a TierId>) -> String {
    let tiers: Vec<&str> = tiers.map(TierId::as_str).collect();
    format!("for tier {} only", tiers.join(", "))
}

/// So much of what an effect gives. None if it is nothing. Refuses more than a sale may give.
pub(super) fn gift(
    effect: &Effect,
    given: i128,
    currency: Currency,
) -> Result<Option<(Gift, i64)>, Refusal> {
    if given <= 0 {
        return Ok(None);
    }
    let count = i64::try_from(given).ok().filter(|n| *n <= POINTS_LIMIT);
    let count = count.ok_or(Refusal::PointsTooMany)?;
    let gift = match effect {
        Effect::Voucher { plan, .. } => Gift::Voucher {
            plan: plan.clone(),
            // It came from a `u32`, and no cap makes it more.
            count: count as u32,
        },
        Effect::Cashback { .. } => Gift::Cashback(Money::new(count, currency)?),
        Effect::Stamps { card, .. } => Gift::Stamps {
            card: card.clone(),
            stamps: count,
        },
        Effect::TierProgress { .. } => Gift::TierProgress { units: count },
        _ => Gift::Points(Points(count)),
    };
    Ok(Some((gift, count)))
}
