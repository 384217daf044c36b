//! What one discount takes off, and from which lines.

use super::super::Effect;
use super::super::compile::ReadyEffect;
use super::super::reason::How;
use super::open::{OpenLines, Stacks};
use super::spread::spread;
use crate::{Currency, Money};

/// A discount, worked out but not taken yet.
#[derive(Default)]
pub(super) struct Taking {
    /// What it was worked out from, in minor units.
    pub(super) base: i64,
    /// Minor units by line index, none of them zero.
    pub(super) parts: Vec<(usize, i64)>,
    /// Line index, items in a set, and how many of those free.
    pub(super) items: Vec<(usize, i64, i64)>,
    /// Whether a part of a unit was dropped.
    pub(super) rounded_down: bool,
    /// How it was worked out.
    pub(super) how: How,
}

impl Taking {
    /// How much it takes.
    pub(super) fn minor(&self) -> i64 {
        self.parts.iter().map(|(_, minor)| minor).sum()
    }

    /// Holds it down to `most`, which is less than it takes, keeping its proportions.
    pub(super) fn hold_down(&mut self, most: i64) {
        let weights: Vec<i64> = self.parts.iter().map(|(_, minor)| *minor).collect();
        for (part, minor) in self.parts.iter_mut().zip(spread(most, &weights)) {
            part.1 = minor;
        }
        self.parts.retain(|(_, minor)| *minor > 0);
    }

    /// Works a discount out. Nothing for an effect that is none.
    pub(super) fn of(
        gift: &ReadyEffect,
        open: &OpenLines,
        stacks: Option<Stacks>,
        currency: Currency,
    ) -> Self {
        let some = gift.picked.first();
        let eligible = some
            .map(|picked| open.discountable(picked, stacks))
            .unwrap_or_default();
        match &gift.effect {
            Effect::AmountOff { amount, .. } => amount_off(*amount, open, &eligible),
            Effect::PercentOff { basis_points, .. } => {
                percent_off(*basis_points, open, &eligible, currency)
            }
            Effect::CheapestFree {
                free, of, at_most, ..
            } => cheapest_free(Set::new(*of, *free, *at_most), open, &eligible),
            Effect::NForM {
                buy, pay, at_most, ..
            } => n_for_m(Set::new(*buy, buy - pay, *at_most), open, &eligible),
            Effect::BundlePrice {
                price,
                parts,
                at_most,
            } => {
                let sizes = parts.iter().map(|part| i64::from(part.quantity));
                let taken = sizes.zip(split(gift, open, stacks));
                let parts: Vec<_> = taken.map(|(size, units)| Part { size, units }).collect();
                bundle(*price, &parts, at_most.map_or(i64::MAX, i64::from))
            }
            _ => Self::default(),
        }
    }
}

fn amount_off(amount: Money, open: &OpenLines, eligible: &[usize]) -> Taking {
    let (left, base) = left(open, eligible);
    Taking {
        base,
        parts: shared(amount.minor().min(base), eligible, &left),
        how: How::AmountOff(amount),
        ..Taking::default()
    }
}

fn percent_off(share: u32, open: &OpenLines, eligible: &[usize], currency: Currency) -> Taking {
    let (left, base) = left(open, eligible);
    let exact = i128::from(base) * i128::from(share);
    let sum = Money::new(base, currency).unwrap_or(Money::zero(currency));
    Taking {
        base,
        // At most `base`: a share is at most the whole.
        parts: shared((exact / 10_000) as i64, eligible, &left),
        rounded_down: exact % 10_000 != 0,
        how: How::PercentOff {
            basis_points: share,
            of: sum,
        },
        ..Taking::default()
    }
}

fn left(open: &OpenLines, eligible: &[usize]) -> (Vec<i64>, i64) {
    let left: Vec<i64> = eligible.iter().map(|n| open.lines[*n].left).collect();
    let sum = left.iter().sum();
    (left, sum)
}

fn shared(amount: i64, eligible: &[usize], left: &[i64]) -> Vec<(usize, i64)> {
    let shares = eligible.iter().copied().zip(spread(amount, left));
    shares.filter(|(_, minor)| *minor > 0).collect()
}

/// So many alike items that are in no set yet, and cost something.
#[derive(Clone, Copy)]
struct Units {
    line: usize,
    /// What one costs.
    item: i64,
    count: i64,
}

fn units(open: &OpenLines, eligible: &[usize]) -> Vec<Units> {
    let units = eligible.iter().map(|line| {
        let open = &open.lines[*line];
        Units {
            line: *line,
            item: open.item(),
            count: open.unused(),
        }
    });
    units
        .filter(|units| units.item > 0 && units.count > 0)
        .collect()
}

fn count(units: &[Units]) -> i64 {
    units.iter().map(|units| units.count).sum()
}

fn value(units: &[Units]) -> i64 {
    units.iter().map(|units| units.item * units.count).sum()
}

/// How a set of equal items is made.
struct Set {
    size: i64,
    free: i64,
    at_most: i64,
}

impl Set {
    fn new(size: u32, free: u32, at_most: Option<u32>) -> Self {
        Self {
            size: size.into(),
            free: free.into(),
            at_most: at_most.map_or(i64::MAX, i64::from),
        }
    }

    /// How many sets so many items make.
    fn sets(&self, items: i64) -> i64 {
        (items / self.size.max(1)).min(self.at_most)
    }

    /// How many of the first `items` items in order are free, where the last of each set are.
    fn free_among(&self, items: i64) -> i64 {
        let (sets, rest) = (items / self.size.max(1), items % self.size.max(1));
        sets * self.free + (rest - (self.size - self.free)).max(0)
    }
}

fn cheapest_free(set: Set, open: &OpenLines, eligible: &[usize]) -> Taking {
    let mut units = units(open, eligible);
    units.sort_by_key(|units| (units.item, units.line));
    let sets = set.sets(count(&units));
    let (mut to_use, mut to_free) = (sets * set.size, sets * set.free);
    let how = How::Free {
        free: to_free,
        of: to_use,
    };
    let mut chosen = Vec::new();
    for units in &units {
        let used = units.count.min(to_use);
        let free = used.min(to_free);
        (to_use, to_free) = (to_use - used, to_free - free);
        chosen.push((*units, used, free));
    }
    in_sets(chosen, how)
}

fn n_for_m(set: Set, open: &OpenLines, eligible: &[usize]) -> Taking {
    let mut units = units(open, eligible);
    units.sort_by_key(|units| (std::cmp::Reverse(units.item), units.line));
    let sets = set.sets(count(&units));
    let in_all = sets * set.size;
    let how = How::ForFewer {
        items: in_all,
        paid: in_all - sets * set.free,
    };
    let mut before = 0;
    let mut chosen = Vec::new();
    for units in &units {
        let after = (before + units.count).min(in_all);
        let free = set.free_among(after) - set.free_among(before);
        chosen.push((*units, after - before, free));
        before = after;
    }
    in_sets(chosen, how)
}

/// The discount of sets, of whose items some are free.
fn in_sets(chosen: Vec<(Units, i64, i64)>, how: How) -> Taking {
    let used = chosen.iter().filter(|(_, used, _)| *used > 0);
    let mut taking = Taking {
        how,
        ..Taking::default()
    };
    for (units, used, free) in used {
        taking.base += units.item * used;
        taking.items.push((units.line, *used, *free));
        if *free > 0 {
            taking.parts.push((units.line, units.item * free));
        }
    }
    taking.parts.sort_unstable();
    taking
}

/// One part of a bundle: so many of these for each set, dearest first.
struct Part {
    size: i64,
    units: Vec<Units>,
}

/// The items for each part of a bundle, dearest first. A line counts for the first that selects it.
fn split(gift: &ReadyEffect, open: &OpenLines, stacks: Option<Stacks>) -> Vec<Vec<Units>> {
    let mut taken = vec![false; open.lines.len()];
    let part = |picked| {
        let mut eligible = open.discountable(picked, stacks);
        eligible.retain(|line| !std::mem::replace(&mut taken[*line], true));
        let mut units = units(open, &eligible);
        units.sort_by_key(|units| (std::cmp::Reverse(units.item), units.line));
        units
    };
    gift.picked.iter().map(part).collect()
}

impl Part {
    /// The items of the first so many sets.
    fn of_sets(&self, sets: i64) -> Vec<Units> {
        let mut wanted = sets * self.size;
        let mut chosen = Vec::new();
        for units in &self.units {
            let count = units.count.min(wanted);
            wanted -= count;
            chosen.push(Units { count, ..*units });
        }
        chosen.retain(|units| units.count > 0);
        chosen
    }
}

fn bundle(price: Money, parts: &[Part], at_most: i64) -> Taking {
    let possible = parts
        .iter()
        .map(|part| count(&part.units) / part.size.max(1));
    let possible = possible.min().unwrap_or(0).min(at_most);
    let worth = |sets: i64| -> i64 { parts.iter().map(|part| value(&part.of_sets(sets))).sum() };
    // Each further set is worth no more than the one before, so those that save are the first ones.
    let (mut sets, mut too_many) = (0, possible + 1);
    while too_many - sets > 1 {
        let middle = sets + (too_many - sets) / 2;
        if worth(middle) - worth(middle - 1) > price.minor() {
            sets = middle;
        } else {
            too_many = middle;
        }
    }
    let mut chosen: Vec<Units> = parts.iter().flat_map(|part| part.of_sets(sets)).collect();
    chosen.sort_by_key(|units| units.line);
    let base = value(&chosen);
    let lines: Vec<usize> = chosen.iter().map(|units| units.line).collect();
    let weights: Vec<i64> = chosen
        .iter()
        .map(|units| units.item * units.count)
        .collect();
    let items = chosen.iter().map(|units| (units.line, units.count, 0));
    Taking {
        base,
        // Each set is worth more than its price.
        parts: shared(base - sets * price.minor(), &lines, &weights),
        items: items.collect(),
        rounded_down: false,
        how: How::Sets { sets, price },
    }
}
