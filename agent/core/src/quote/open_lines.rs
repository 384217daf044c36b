//! The lines of a basket while coupons take from them, one after another.

use super::QuotedLine;
use crate::{Basket, Currency, Line, Money, MoneyError, Refusal};

/// A basket's lines and what is left of each.
///
/// The whole basket's sum was checked to be in [`Money`]'s range and no price is negative, so every
/// figure here, being a part of it, is in range too.
pub(crate) struct OpenLines<'a> {
    currency: Currency,
    lines: Vec<OpenLine<'a>>,
}

/// One line, in minor units.
pub(crate) struct OpenLine<'a> {
    pub(crate) line: &'a Line,
    /// Price times quantity.
    pub(crate) subtotal: i64,
    /// What discounts left of it: 0 to `subtotal`.
    pub(crate) left: i64,
    /// How many of its items a coupon has given free.
    pub(crate) free: u32,
}

impl OpenLine<'_> {
    /// What one of its items that are not free yet still costs, rounded down.
    pub(crate) fn item_left(&self) -> i64 {
        match self.line.quantity.saturating_sub(self.free) {
            0 => 0,
            items => self.left / i64::from(items),
        }
    }
}

impl<'a> OpenLines<'a> {
    /// Opens a basket, checking it and its sum.
    pub(crate) fn new(basket: &'a Basket) -> Result<Self, Refusal> {
        let subtotals = basket.check()?;
        let zero = Money::zero(basket.currency);
        let sum = (subtotals.iter()).try_fold(zero, |sum, line| sum.checked_add(*line));
        sum.map_err(|error: MoneyError| Refusal::from(error))?;
        let lines = basket.lines.iter().zip(&subtotals);
        Ok(Self {
            currency: basket.currency,
            lines: lines
                .map(|(line, subtotal)| open(line, *subtotal))
                .collect(),
        })
    }

    pub(crate) const fn currency(&self) -> Currency {
        self.currency
    }

    pub(crate) fn lines(&self) -> &[OpenLine<'a>] {
        &self.lines
    }

    pub(crate) fn line(&mut self, index: usize) -> Option<&mut OpenLine<'a>> {
        self.lines.get_mut(index)
    }

    /// Minor units that are part of this basket, as money.
    pub(crate) fn money(&self, minor: i64) -> Money {
        // Cannot fail: see the type. Nothing, should that ever be wrong.
        Money::new(minor, self.currency).unwrap_or(Money::zero(self.currency))
    }

    pub(crate) fn subtotal(&self) -> Money {
        self.money(self.lines.iter().map(|line| line.subtotal).sum())
    }

    pub(crate) fn total(&self) -> Money {
        self.money(self.lines.iter().map(|line| line.left).sum())
    }

    pub(crate) fn quoted(&self) -> Vec<QuotedLine> {
        let quoted = |line: &OpenLine<'_>| QuotedLine {
            subtotal: self.money(line.subtotal),
            discount: self.money(line.subtotal - line.left),
            total: self.money(line.left),
        };
        self.lines.iter().map(quoted).collect()
    }
}

fn open(line: &Line, subtotal: Money) -> OpenLine<'_> {
    OpenLine {
        line,
        subtotal: subtotal.minor(),
        left: subtotal.minor(),
        free: 0,
    }
}
