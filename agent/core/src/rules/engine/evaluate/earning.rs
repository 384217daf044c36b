//! What one effect gives for another time: points, cashback, stamps and the like.

use super::super::compile::{Picked, ReadyEffect};
use super::super::reason::{Each, How};
use super::super::{Effect, Gift};
use super::open::OpenLines;
use crate::{Currency, Money, POINTS_LIMIT, Points, Refusal, TierId};

/// What there is to earn on.
pub(super) struct Ground<'a> {
    pub(super) open: &'a OpenLines,
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
    pub(super) how: How,
}

impl Ground<'_> {
    /// Works an effect out. Nothing for a discount.
    pub(super) fn earn(&self, gift: &ReadyEffect) -> Earned {
        let picked = gift.picked.first();
        match &gift.effect {
            Effect::PointsPerAmount { points, per, .. } => {
                self.per_amount(*points, *per, Each::Points(*points), picked)
            }
            Effect::TierProgress { units, per, .. } => {
                self.per_amount(*units, *per, Each::Progress(*units), picked)
            }
            Effect::PointsPerItem { points, .. } => {
                self.per_item(*points, Each::Points(*points), picked)
            }
            Effect::PointsFixed { points } => once(*points, How::Once(Each::Points(*points))),
            Effect::PointsMultiplier { extra_basis_points } => {
                self.extra(*extra_basis_points, None)
            }
            Effect::TierBonus { tiers } => {
                let share = tiers.iter().find(|share| Some(&share.tier) == self.tier);
                match share {
                    Some(share) => self.extra(share.extra_basis_points, Some(share.tier.clone())),
                    None => {
                        let others = tiers.iter().map(|share| share.tier.clone());
                        once(0, How::OtherTiers(others.collect()))
                    }
                }
            }
            Effect::Cashback { basis_points, .. } => {
                let base = self.paid(picked);
                let exact = i128::from(base) * i128::from(*basis_points);
                Earned {
                    base,
                    computed: exact / 10_000,
                    rounded_down: exact % 10_000 != 0,
                    how: How::Cashback {
                        basis_points: *basis_points,
                        of: self.money(base),
                    },
                }
            }
            Effect::Voucher { count, plan } => once(*count, How::Coupons(plan.clone())),
            Effect::Stamps { stamps, card, .. } => {
                let each = Each::Stamps(*stamps, card.clone());
                match picked {
                    Some(_) => self.per_item(*stamps, each, picked),
                    None => once(*stamps, How::Once(each)),
                }
            }
            _ => once(0, How::Nothing),
        }
    }

    fn per_amount(&self, count: u32, per: Money, each: Each, picked: Option<&Picked>) -> Earned {
        let base = self.paid(picked);
        // Above zero in compiled rules.
        let step = per.minor().max(1);
        let computed = i128::from(base / step) * i128::from(count);
        Earned {
            base,
            computed,
            rounded_down: base % step != 0,
            how: How::PerAmount {
                each,
                per,
                paid: self.money(base),
                computed,
            },
        }
    }

    fn per_item(&self, count: u32, each: Each, picked: Option<&Picked>) -> Earned {
        let items = picked.map_or(0, |picked| self.open.earning_items(picked));
        let computed = i128::from(items) * i128::from(count);
        Earned {
            base: items,
            computed,
            rounded_down: false,
            how: How::PerItem {
                each,
                items,
                computed,
            },
        }
    }

    fn extra(&self, basis_points: u32, tier: Option<TierId>) -> Earned {
        let exact = i128::from(self.points) * i128::from(basis_points);
        let computed = exact / 10_000;
        Earned {
            base: self.points,
            computed,
            rounded_down: exact % 10_000 != 0,
            how: How::More {
                basis_points,
                tier,
                so_far: self.points,
                computed,
            },
        }
    }

    /// What the selected lines earn on.
    fn paid(&self, picked: Option<&Picked>) -> i64 {
        let lines = self.open.lines.iter();
        let covered = lines.filter(|line| picked.is_some_and(|p| p.covers(&line.keys)));
        covered.map(|line| line.earning).sum()
    }

    /// Minor units that are part of this basket, as money.
    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency).unwrap_or(Money::zero(self.currency))
    }
}

fn once(count: u32, how: How) -> Earned {
    Earned {
        base: 1,
        computed: count.into(),
        rounded_down: false,
        how,
    }
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
