//! Discounts with every single item laid out, and shares grown unit by unit.

use crate::naive_conditions::means;
use crate::world::OwnedLine;
use tillside_core::engine::*;

/// One line while things are taken off it.
#[derive(Clone, Debug)]
pub struct Shelf {
    pub line: OwnedLine,
    pub left: i64,
    pub free: i64,
    pub used: i64,
    /// The stacking categories that took from it.
    pub taken_by: Vec<String>,
}

/// What a discount would do to each line.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub off: Vec<i64>,
    pub used: Vec<i64>,
    pub free: Vec<i64>,
}

/// Shares by largest remainder: nobody passes their exact share rounded down while others have not
/// reached theirs; then each further unit goes to whoever is furthest behind, the earlier first.
pub fn shares(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    let mut shares = vec![0i64; weights.len()];
    if sum == 0 {
        return shares;
    }
    for (share, weight) in shares.iter_mut().zip(weights) {
        while (*share + 1) * sum <= amount * weight {
            *share += 1;
        }
    }
    while shares.iter().sum::<i64>() < amount {
        let behind = |index: usize| amount * weights[index] - shares[index] * sum;
        let mut furthest = 0;
        for index in 1..weights.len() {
            if behind(index) > behind(furthest) {
                furthest = index;
            }
        }
        shares[furthest] += 1;
    }
    shares
}

/// What an effect would take off the lines that are `open` to it.
pub fn plan(effect: &Effect, shelves: &[Shelf], open: &[bool]) -> Plan {
    let selected = |products: &Selection| -> Vec<bool> {
        let both = shelves.iter().zip(open);
        both.map(|(shelf, open)| *open && shelf.left > 0 && means(products, &shelf.line))
            .collect()
    };
    let weights = |selected: &[bool]| -> Vec<i64> {
        let both = shelves.iter().zip(selected);
        both.map(|(shelf, yes)| if *yes { shelf.left } else { 0 })
            .collect()
    };
    let none = vec![0; shelves.len()];
    match effect {
        Effect::AmountOff { amount, products } => {
            let weights = weights(&selected(products));
            let off = amount.minor().min(weights.iter().sum());
            Plan {
                off: shares(off, &weights),
                used: none.clone(),
                free: none,
            }
        }
        Effect::PercentOff {
            basis_points,
            products,
        } => {
            let weights = weights(&selected(products));
            let sum: i64 = weights.iter().sum();
            let mut off = 0;
            while (off + 1) * 10_000 <= sum * i64::from(*basis_points) {
                off += 1;
            }
            Plan {
                off: shares(off, &weights),
                used: none.clone(),
                free: none,
            }
        }
        Effect::CheapestFree {
            free,
            of,
            products,
            at_most,
        } => {
            let mut items = items(shelves, &selected(products));
            items.sort_by_key(|(line, price)| (*price, *line));
            let mut sets = items.len() / *of as usize;
            while at_most.is_some_and(|most| sets > most as usize) {
                sets -= 1;
            }
            let mut plan = Plan::none(shelves);
            for (n, (line, price)) in items.into_iter().enumerate() {
                if n < sets * *of as usize {
                    plan.used[line] += 1;
                }
                if n < sets * *free as usize {
                    plan.free[line] += 1;
                    plan.off[line] += price;
                }
            }
            plan
        }
        Effect::NForM {
            buy,
            pay,
            products,
            at_most,
        } => {
            let mut items = items(shelves, &selected(products));
            items.sort_by_key(|(line, price)| (-*price, *line));
            let mut plan = Plan::none(shelves);
            let sets = items.chunks_exact(*buy as usize);
            for set in sets.take(at_most.map_or(usize::MAX, |most| most as usize)) {
                for (n, (line, price)) in set.iter().enumerate() {
                    plan.used[*line] += 1;
                    if n >= *pay as usize {
                        plan.free[*line] += 1;
                        plan.off[*line] += price;
                    }
                }
            }
            plan
        }
        Effect::BundlePrice {
            price,
            parts,
            at_most,
        } => bundle(price.minor(), parts, *at_most, shelves, open),
        other => panic!("{other:?} is no discount"),
    }
}

impl Plan {
    fn none(shelves: &[Shelf]) -> Self {
        Self {
            off: vec![0; shelves.len()],
            used: vec![0; shelves.len()],
            free: vec![0; shelves.len()],
        }
    }
}

/// Each item that may be put in a set, as its line and what it costs now.
fn items(shelves: &[Shelf], selected: &[bool]) -> Vec<(usize, i64)> {
    let mut items = Vec::new();
    for (n, shelf) in shelves.iter().enumerate().filter(|(n, _)| selected[*n]) {
        let quantity = i64::from(shelf.line.line.quantity);
        for _ in shelf.used..quantity {
            let price = shelf.left.div_euclid(quantity - shelf.free);
            if price > 0 {
                items.push((n, price));
            }
        }
    }
    items
}

fn bundle(
    price: i64,
    parts: &[BundlePart],
    at_most: Option<u32>,
    shelves: &[Shelf],
    open: &[bool],
) -> Plan {
    let mut piles: Vec<Vec<(usize, i64)>> = vec![Vec::new(); parts.len()];
    for (line, shelf) in shelves.iter().enumerate() {
        if !open[line] || shelf.left <= 0 {
            continue;
        }
        let first = parts
            .iter()
            .position(|part| means(&part.products, &shelf.line));
        if let Some(first) = first {
            let only: Vec<bool> = (0..shelves.len()).map(|n| n == line).collect();
            piles[first].extend(items(shelves, &only));
        }
    }
    for pile in &mut piles {
        // The dearest on top, that is last.
        pile.sort_by_key(|(line, price)| (*price, -(*line as i64)));
    }
    let mut plan = Plan::none(shelves);
    let mut worth_by_line = vec![0; shelves.len()];
    let mut saved = 0;
    let mut sets = 0;
    while at_most.is_none_or(|most| sets < most) {
        let enough = |(part, pile): (&BundlePart, &Vec<_>)| pile.len() >= part.quantity as usize;
        if !parts.iter().zip(&piles).all(enough) {
            break;
        }
        let mut set = Vec::new();
        for (part, pile) in parts.iter().zip(&mut piles) {
            for _ in 0..part.quantity {
                set.extend(pile.pop());
            }
        }
        let worth: i64 = set.iter().map(|(_, price)| price).sum();
        if worth <= price {
            break;
        }
        saved += worth - price;
        sets += 1;
        for (line, price) in set {
            plan.used[line] += 1;
            worth_by_line[line] += price;
        }
    }
    plan.off = shares(saved, &worth_by_line);
    plan
}
