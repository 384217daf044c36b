//! What a coupon's value comes to on the items that meet it, and how it is spread over them.

use super::apply::{Applied, CashierReason, CouponOutcome, NotUsable};
use super::basket::{CouponBasket, CouponTerms, LineShare};
use super::claim::{Claims, Demand};
use super::fields::{NorthAmericanCoupon, Requirement, SaveValue};
use crate::engine::spread;

/// What the value comes to on the units that meet the coupon (section 5.2, save value codes).
pub(super) fn value(
    basket: &CouponBasket,
    coupon: &NorthAmericanCoupon,
    demands: &[Demand<'_>],
    claims: &Claims,
    terms: &CouponTerms<'_>,
) -> CouponOutcome {
    let target = demands
        .iter()
        .position(|demand| demand.nth == coupon.applies_to);
    // Of "any one of them" and "the second or the third", the one that was bought.
    let target = target.unwrap_or(demands.len() - 1);
    let price = |line: usize| basket.lines()[line].unit_price;
    let mut units: Vec<(usize, u32)> = claims.of(target).collect();
    units.sort_by_key(|(line, _)| price(*line));
    let worth = |(line, units): &(usize, u32)| price(*line).saturating_mul(i64::from(*units));
    let all = units.iter().map(worth).fold(0, i64::saturating_add);
    let left = basket.left_to_pay();
    let whole = matches!(
        demands[target].requirement,
        Requirement::TransactionWorth(_)
    );
    if whole
        && !matches!(
            coupon.save,
            SaveValue::CentsOff(_) | SaveValue::CentsOffTransaction(_)
        )
    {
        // Free or reduced items, but none is named.
        return CouponOutcome::AskCashier(CashierReason::ReadTheCoupon);
    }
    let (cents, once, over) = match coupon.save {
        SaveValue::CentsOff(cents) | SaveValue::CentsOffTransaction(cents) => {
            let over = match coupon.save {
                SaveValue::CentsOff(_) if !whole => Some(units.clone()),
                _ => None,
            };
            let most = if over.is_some() { all.min(left) } else { left };
            let times = if coupon.may_be_multiplied {
                terms.times.max(1)
            } else {
                1
            };
            let once = i64::from(cents).min(most);
            ((i64::from(cents) * i64::from(times)).min(most), once, over)
        }
        SaveValue::ItemFree { up_to } => {
            let free = cheapest(&units, 1);
            let most = free
                .iter()
                .map(worth)
                .fold(0, i64::saturating_add)
                .min(left);
            let cents = if up_to == 0 {
                most
            } else {
                most.min(up_to.into())
            };
            (cents, cents, Some(free))
        }
        SaveValue::ItemsFree(count) => {
            let free = cheapest(&units, count);
            let cents = free
                .iter()
                .map(worth)
                .fold(0, i64::saturating_add)
                .min(left);
            (cents, cents, Some(free))
        }
        SaveValue::PercentOff(percent) => {
            let off = i128::from(all) * i128::from(percent) / 100;
            let cents = i64::try_from(off).unwrap_or(i64::MAX).min(left);
            (cents, cents, Some(units.clone()))
        }
    };
    if cents <= 0 {
        return CouponOutcome::NotUsable(NotUsable::NothingLeft);
    }
    let mut lines = used(demands.len(), claims);
    let off_transaction = match over {
        Some(over) => {
            let weights: Vec<i64> = over.iter().map(worth).collect();
            for ((line, _), cents) in over.iter().zip(spread(cents, &weights)) {
                take_off(&mut lines, *line, cents);
            }
            0
        }
        None => cents,
    };
    let transaction_used = demands.iter().map(asked_of_transaction).sum();
    let at_stores_cost = cents - once;
    CouponOutcome::Applied(Applied {
        lines,
        off_transaction,
        transaction_used,
        at_stores_cost,
    })
}

/// The cheapest `count` of some units that are sorted by price.
fn cheapest(units: &[(usize, u32)], count: u32) -> Vec<(usize, u32)> {
    let mut left = count;
    let taken = units.iter().map(|(line, units)| {
        let units = left.min(*units);
        left -= units;
        (*line, units)
    });
    taken.filter(|(_, units)| *units > 0).collect()
}

/// The units of all demands, by line.
fn used(demands: usize, claims: &Claims) -> Vec<LineShare> {
    let mut lines: Vec<LineShare> = Vec::new();
    for (line, units) in (0..demands).flat_map(|demand| claims.of(demand)) {
        match lines.iter_mut().find(|share| share.line == line) {
            Some(share) => share.units += units,
            None => lines.push(LineShare {
                line,
                units,
                cents: 0,
            }),
        }
    }
    lines.sort_by_key(|share| share.line);
    lines
}

fn take_off(lines: &mut [LineShare], line: usize, cents: i64) {
    if let Some(share) = lines.iter_mut().find(|share| share.line == line) {
        share.cents += cents;
    }
}

fn asked_of_transaction(demand: &Demand<'_>) -> i64 {
    match demand.requirement {
        Requirement::TransactionWorth(cents) => cents.into(),
        _ => 0,
    }
}
