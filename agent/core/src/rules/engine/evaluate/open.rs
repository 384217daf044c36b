//! The lines of a basket while rules take from them, one after another.

use super::super::compile::{LineKeys, Picked};
use super::super::{Context, ContextLine, Rules};
use super::spread::spread;
use crate::{Money, Refusal};

/// One line, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct OpenLine {
    pub(super) keys: LineKeys,
    pub(super) quantity: u32,
    /// What it cost before discounts.
    pub(super) subtotal: i64,
    /// What it still costs.
    pub(super) left: i64,
    /// How many of its items were given free.
    pub(super) free: u32,
    /// How many of its items are free or part of a set.
    pub(super) used: u32,
    /// Bit by bit the stacking categories that took from it.
    taken_by: u64,
    discountable: bool,
    earns: bool,
    /// What it earns on, once [`OpenLines::settle`] was asked.
    pub(super) earning: i64,
}

impl OpenLine {
    fn new(rules: &Rules, line: &ContextLine<'_>, subtotal: i64) -> Self {
        let keys = rules.names.line(line);
        let excluded = |by: &Option<Picked>| by.as_ref().is_some_and(|picked| picked.covers(&keys));
        let free = line.free.min(line.line.quantity);
        Self {
            keys,
            quantity: line.line.quantity,
            subtotal,
            left: subtotal - line.taken.clamp(0, subtotal),
            free,
            used: free,
            taken_by: 0,
            discountable: !excluded(&rules.no_discount_on),
            earns: !excluded(&rules.no_earning_on),
            earning: 0,
        }
    }

    /// What one of its items that are not free still costs, rounded down.
    pub(super) fn item(&self) -> i64 {
        match self.quantity.saturating_sub(self.free) {
            0 => 0,
            items => self.left / i64::from(items),
        }
    }

    /// How many of its items are in no set yet.
    pub(super) const fn unused(&self) -> i64 {
        self.quantity.saturating_sub(self.used) as i64
    }
}

/// The lines, checked: their sum before discounts is in [`Money`]'s range and none is below zero, so
/// every figure that is a part of it is in range too.
pub(super) struct OpenLines {
    pub(super) lines: Vec<OpenLine>,
}

impl OpenLines {
    /// The lines as they were put. Refuses what a basket may not be.
    pub(super) fn new(rules: &Rules, context: &Context<'_>) -> Result<Self, Refusal> {
        let lines = context.lines.len();
        if lines > crate::BASKET_LINE_LIMIT {
            return Err(Refusal::TooManyLines { lines });
        }
        let found = context.redeemed.currency();
        let expected = context.currency;
        if found != expected {
            return Err(Refusal::MixedCurrency { expected, found });
        }
        let mut sum = Money::zero(expected);
        let mut open = Vec::with_capacity(lines);
        for (index, line) in context.lines.iter().enumerate() {
            let subtotal = line.line.check(index + 1, expected)?;
            sum = sum.checked_add(subtotal)?;
            open.push(OpenLine::new(rules, line, subtotal.minor()));
        }
        Ok(Self { lines: open })
    }

    /// The indexes of the lines that a discount may take from: selected, open to its category, and
    /// still costing something.
    pub(super) fn discountable(&self, picked: &Picked, stacks: Option<Stacks>) -> Vec<usize> {
        let open = |line: &OpenLine| {
            let closed = stacks.is_some_and(|stacks| line.taken_by & !stacks.with != 0);
            line.discountable && !closed && line.left > 0 && picked.covers(&line.keys)
        };
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(_, line)| open(line))
            .map(|(n, _)| n)
            .collect()
    }

    /// Takes so much off some lines, for a rule of a stacking category.
    pub(super) fn take(&mut self, parts: &[(usize, i64)], stacks: Option<Stacks>) {
        for (index, minor) in parts {
            if let Some(line) = self.lines.get_mut(*index) {
                line.left -= minor;
                line.taken_by |= stacks.map_or(0, |stacks| stacks.own);
            }
        }
    }

    /// Notes that so many items of some lines are in a set, and how many of them free.
    pub(super) fn use_up(&mut self, items: &[(usize, i64, i64)]) {
        for (index, used, free) in items {
            if let Some(line) = self.lines.get_mut(*index) {
                // Both are at most the line's quantity.
                line.used += *used as u32;
                line.free += *free as u32;
            }
        }
    }

    /// Works out what each line earns on: what it costs, less its part of what was redeemed.
    pub(super) fn settle(&mut self, redeemed: i64) {
        let earns = |line: &OpenLine, less: i64| if line.earns { line.left - less } else { 0 };
        if redeemed <= 0 {
            let lines = self.lines.iter_mut();
            return lines.for_each(|line| line.earning = earns(line, 0));
        }
        let left: Vec<i64> = self.lines.iter().map(|line| line.left).collect();
        let redeemed = redeemed.min(left.iter().sum());
        for (line, share) in self.lines.iter_mut().zip(spread(redeemed, &left)) {
            line.earning = earns(line, share);
        }
    }

    /// The lines that earn, of the selected ones where there is a selection.
    pub(super) fn earning_lines(&self, picked: Option<&Picked>) -> Vec<usize> {
        let earn = |line: &OpenLine| line.earns && picked.is_none_or(|p| p.covers(&line.keys));
        let lines = self.lines.iter().enumerate();
        lines
            .filter(|(_, line)| earn(line))
            .map(|(index, _)| index)
            .collect()
    }

    /// How many items of the selected lines earn.
    pub(super) fn earning_items(&self, picked: &Picked) -> i64 {
        let earn = |line: &&OpenLine| line.earns && picked.covers(&line.keys);
        let items = self.lines.iter().filter(earn);
        items.map(|line| i64::from(line.quantity)).sum()
    }
}

/// A stacking category, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stacks {
    /// Its own bit.
    pub(super) own: u64,
    /// Those it stacks with.
    pub(super) with: u64,
}
