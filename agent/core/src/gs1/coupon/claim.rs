//! Which units of a basket meet a coupon's purchases, no unit counted for two of them.

use super::basket::{CouponBasket, Fit, UnknownFamily};
use super::error::Nth;
use super::fields::{Purchase, Requirement};

/// A requirement, and the purchases whose items may meet it.
#[derive(Clone, Debug)]
pub(super) struct Demand<'a> {
    pub(super) nth: Nth,
    pub(super) requirement: Requirement,
    pub(super) of: Vec<&'a Purchase>,
}

/// Which units go to the coupon first, where there are more than it asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Prefer {
    Dearest,
    Cheapest,
}

/// What meets the demands, in their order: units per line of the basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Claims {
    taken: Vec<Vec<u32>>,
}

impl Claims {
    /// The units that meet a demand: line and how many.
    pub(super) fn of(&self, demand: usize) -> impl Iterator<Item = (usize, u32)> + '_ {
        let lines = self.taken[demand].iter().copied().enumerate();
        lines.filter(|(_, units)| *units > 0)
    }
}

/// Finds units for all demands at once; `None` if there are not enough.
///
/// Counted demands are met exactly whenever that is possible: a later one makes an earlier one give
/// a unit back that it can replace. Demands by value and weight take whole units, the preferred
/// first, once before and once after the counted ones.
pub(super) fn claim(
    basket: &CouponBasket,
    demands: &[Demand<'_>],
    at_least: Fit,
    unknown: UnknownFamily,
    prefer: Prefer,
) -> Option<Claims> {
    let mut order: Vec<usize> = (0..basket.lines().len()).collect();
    order.sort_by_key(|line| match (basket.lines()[*line].unit_price, prefer) {
        (price, Prefer::Dearest) => price.saturating_neg(),
        (price, Prefer::Cheapest) => price,
    });
    let best = |line: usize, demand: &Demand<'_>| {
        let fits = demand
            .of
            .iter()
            .map(|purchase| basket.fit(line, purchase, unknown));
        fits.max().unwrap_or(Fit::No)
    };
    let fits = demands.iter().map(|demand| {
        let lines = (0..basket.lines().len()).map(|line| best(line, demand) >= at_least);
        lines.collect::<Vec<_>>()
    });
    let search = Search {
        basket,
        order,
        fits: fits.collect(),
    };
    let counted = |demand: &usize| matches!(demands[*demand].requirement, Requirement::Units(_));
    let (first, second): (Vec<_>, Vec<_>) = (0..demands.len()).partition(counted);
    let one_way: Vec<usize> = first.iter().chain(&second).copied().collect();
    let other_way: Vec<usize> = second.iter().chain(&first).copied().collect();
    search
        .run(demands, &one_way)
        .or_else(|| search.run(demands, &other_way))
}

struct Search<'a> {
    basket: &'a CouponBasket,
    /// Lines, the preferred first.
    order: Vec<usize>,
    /// Whether a line fits a demand.
    fits: Vec<Vec<bool>>,
}

impl Search<'_> {
    fn run(&self, demands: &[Demand<'_>], turn: &[usize]) -> Option<Claims> {
        let lines = self.basket.lines().len();
        let mut taken = vec![vec![0; lines]; demands.len()];
        for demand in turn.iter().copied() {
            let met = match demands[demand].requirement {
                Requirement::Units(units) => self.count(&mut taken, demand, units, &[]) == units,
                Requirement::ItemsWorth(cents) => {
                    let price = |line: usize| i128::from(self.basket.lines()[line].unit_price);
                    self.measure(&mut taken, demand, i128::from(cents), price)
                }
                Requirement::Pounds(hundredths) => {
                    // A pound is 453.59237 g exactly, so a hundredth of one is 4.5359237 g.
                    let weight = |line: usize| self.grams(line) * 10_000_000;
                    self.measure(
                        &mut taken,
                        demand,
                        i128::from(hundredths) * 45_359_237,
                        weight,
                    )
                }
                Requirement::Kilograms(grams) => {
                    let weight = |line: usize| self.grams(line);
                    self.measure(&mut taken, demand, i128::from(grams), weight)
                }
                Requirement::TransactionWorth(cents) => {
                    self.basket.transaction_free() >= i64::from(cents)
                }
                // Never asked for here: a cashier answers it.
                Requirement::AskCashier(_) => false,
            };
            if !met {
                return None;
            }
        }
        Some(Claims { taken })
    }

    fn grams(&self, line: usize) -> i128 {
        self.basket.lines()[line].grams.unwrap_or(0).into()
    }

    fn free(&self, taken: &[Vec<u32>], line: usize) -> u32 {
        let by_all = taken.iter().map(|of| of[line]).sum::<u32>();
        self.basket.free(line).saturating_sub(by_all)
    }

    /// Takes up to `want` units for a demand; where none is free, another demand that is not
    /// `asking` already gives some up and takes others instead. Says how many it got.
    fn count(&self, taken: &mut [Vec<u32>], demand: usize, want: u32, asking: &[usize]) -> u32 {
        let mut got = 0;
        let fitting: Vec<usize> = self
            .order
            .iter()
            .copied()
            .filter(|line| self.fits[demand][*line])
            .collect();
        for line in fitting.iter().copied() {
            let units = self.free(taken, line).min(want - got);
            taken[demand][line] += units;
            got += units;
        }
        let asking: Vec<usize> = asking.iter().copied().chain([demand]).collect();
        for line in fitting {
            for other in (0..taken.len()).filter(|other| !asking.contains(other)) {
                let units = taken[other][line].min(want - got);
                if units == 0 {
                    continue;
                }
                let replaced = self.count(taken, other, units, &asking);
                taken[other][line] -= replaced;
                taken[demand][line] += replaced;
                got += replaced;
            }
        }
        got
    }

    /// Takes free units until their measures sum up; leaves all as it was if they do not.
    fn measure(
        &self,
        taken: &mut [Vec<u32>],
        demand: usize,
        want: i128,
        of_unit: impl Fn(usize) -> i128,
    ) -> bool {
        let mut sum = 0;
        for line in self
            .order
            .iter()
            .copied()
            .filter(|line| self.fits[demand][*line])
        {
            let each = of_unit(line);
            if each <= 0 || sum >= want {
                continue;
            }
            let missing = (want - sum + each - 1) / each;
            let units = u32::try_from(missing)
                .unwrap_or(u32::MAX)
                .min(self.free(taken, line));
            taken[demand][line] += units;
            sum += each * i128::from(units);
        }
        sum >= want
    }
}
