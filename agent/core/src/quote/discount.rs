//! What one coupon takes off, and from which lines.

use super::OpenLines;
use crate::engine::{percent, spread};
use crate::{CouponEffect, Money};

/// A discount that may be taken: where, how much, and in words how it came about.
pub(super) struct Taking {
    /// Minor units by line index, none of them zero; together more than zero.
    pub(super) parts: Vec<(usize, i64)>,
    /// How it was worked out.
    pub(super) why: String,
    /// The line of the item that is given free, if that is what is given.
    frees: Option<usize>,
}

impl Taking {
    /// Works out what `effect` takes from the `eligible` lines (by index). None if that is nothing.
    pub(super) fn of(
        effect: &CouponEffect,
        open: &OpenLines<'_>,
        eligible: &[usize],
    ) -> Option<Self> {
        let left: Vec<i64> = eligible.iter().map(|i| open.lines()[*i].left).collect();
        let sum = open.money(left.iter().sum());
        let shared = |amount: i64, why: String| {
            let shares = eligible.iter().copied().zip(spread(amount, &left));
            let parts: Vec<_> = shares.filter(|(_, minor)| *minor != 0).collect();
            let frees = None;
            (!parts.is_empty()).then_some(Self { parts, why, frees })
        };
        match effect {
            CouponEffect::AmountOff { amount } => {
                shared(amount.minor().min(sum.minor()), amount_off(*amount, sum))
            }
            CouponEffect::PercentOff { basis_points } => {
                let off = sum.share_rounded_down(*basis_points).ok()?;
                shared(off.minor(), format!("{} off {sum}", percent(*basis_points)))
            }
            CouponEffect::ItemFree => cheapest_free(open, eligible),
        }
    }

    /// So much, in minor units, off some lines, but no more than they still cost; in proportion to that.
    /// None if it is nothing.
    pub(super) fn shared(
        open: &OpenLines<'_>,
        lines: &[usize],
        minor: i64,
        why: String,
    ) -> Option<Self> {
        let left: Vec<i64> = lines.iter().map(|i| open.lines()[*i].left).collect();
        let most = left
            .iter()
            .fold(0, |sum: i64, left| sum.saturating_add(*left));
        let shares = lines.iter().copied().zip(spread(minor.min(most), &left));
        let parts: Vec<_> = shares.filter(|(_, minor)| *minor > 0).collect();
        let frees = None;
        (!parts.is_empty()).then_some(Self { parts, why, frees })
    }

    /// Takes it.
    pub(super) fn take(&self, open: &mut OpenLines<'_>) {
        for (index, minor) in &self.parts {
            if let Some(line) = open.line(*index) {
                line.left -= minor;
            }
        }
        if let Some(line) = self.frees.and_then(|index| open.line(index)) {
            line.free += 1;
        }
    }

    /// How much it takes, in minor units.
    pub(super) fn minor(&self) -> i64 {
        self.parts.iter().map(|(_, minor)| minor).sum()
    }
}

/// One of the item that costs least after the discounts before, the earlier line where two cost the
/// same. Items that cost nothing any more are passed over.
fn cheapest_free(open: &OpenLines<'_>, eligible: &[usize]) -> Option<Taking> {
    let worth = |index: &usize| (open.lines()[*index].item_left(), *index);
    let with_value = eligible.iter().map(worth).filter(|(minor, _)| *minor > 0);
    let (minor, index) = with_value.min()?;
    Some(Taking {
        parts: vec![(index, minor)],
        why: format!("one {} free", open.lines()[index].line.name),
        frees: Some(index),
    })
}

fn amount_off(amount: Money, sum: Money) -> String {
    if amount.minor() > sum.minor() {
        format!("{amount} off, but only {sum} was left to pay")
    } else {
        format!("{amount} off")
    }
}
