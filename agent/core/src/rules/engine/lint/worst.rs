//! The most that rules can give, for baskets of a stated size.

use super::super::{Cap, CapSpan, Document, Effect, Rule};
use crate::{POINTS_LIMIT, RuleId};

/// The largest baskets to reckon with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Largest {
    /// What one costs before discounts, in minor units; zero or more.
    pub amount: i64,
    /// How many items are in one.
    pub items: u32,
    /// How many there are in a day.
    pub baskets_a_day: u32,
}

/// The most that one rule can give, whatever else applies: upper bounds, held to 2^53 − 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorstCase {
    /// The rule.
    pub rule: RuleId,
    /// Points for one basket.
    pub basket_points: i64,
    /// Discounts and cashback for one basket, in minor units.
    pub basket_amount: i64,
    /// Points in one day.
    pub day_points: i64,
    /// Discounts and cashback in one day, in minor units.
    pub day_amount: i64,
}

/// The worst case of each rule of a document that compiles, in the order they are tried.
pub fn worst_cases(document: &Document, largest: Largest) -> Vec<WorstCase> {
    let mut rules: Vec<&Rule> = document.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let mut before = 0;
    let worst = rules.into_iter().map(|rule| {
        let worst = worst_case(rule, document, largest, before);
        before = (before + i128::from(worst.basket_points)).min(LIMIT);
        worst
    });
    worst.collect()
}

const LIMIT: i128 = POINTS_LIMIT as i128;

/// The worst case of a rule, where those before it give so many points at most.
fn worst_case(rule: &Rule, document: &Document, largest: Largest, before: i128) -> WorstCase {
    let mut campaigns = document.campaigns.iter();
    let campaign = campaigns.find(|campaign| Some(&campaign.campaign) == rule.campaign.as_ref());
    let others = campaign
        .map(|campaign| &campaign.caps[..])
        .unwrap_or_default();
    let caps: Vec<&Cap> = rule.caps.iter().chain(others).collect();
    let (mut points, mut amount) = (0, 0);
    for funded in &rule.effects {
        points = (points + points_of(&funded.effect, largest, before + points)).min(LIMIT);
        amount = (amount + amount_of(&funded.effect, largest)).min(LIMIT);
    }
    let held = |most: i128, limits: &dyn Fn(&Cap) -> Option<i64>, whole_day: bool| {
        // A member's caps hold one basket down, and a day of many members' not at all.
        let by_day = |cap: &&&Cap| matches!(cap.over, CapSpan::Day | CapSpan::Total);
        let holding = caps.iter().filter(|cap| !whole_day || by_day(cap));
        let limits = holding.filter_map(|cap| limits(cap).map(i128::from));
        limits
            .min()
            .map_or(most, |limit| limit.min(most))
            .min(LIMIT)
    };
    let of_points = |cap: &Cap| cap.points;
    let of_amount = |cap: &Cap| cap.amount.map(|amount| amount.minor());
    let (basket_points, basket_amount) = (
        held(points, &of_points, false),
        held(amount, &of_amount, false),
    );
    let times = caps
        .iter()
        .filter(|cap| matches!(cap.over, CapSpan::Day | CapSpan::Total));
    let times = times.filter_map(|cap| cap.times).min();
    let baskets = times.map_or(largest.baskets_a_day, |times| {
        times.min(largest.baskets_a_day)
    });
    let day = |basket: i128| basket * i128::from(baskets);
    WorstCase {
        rule: rule.rule.clone(),
        // All four were held to `LIMIT`, which an `i64` can hold.
        basket_points: basket_points as i64,
        basket_amount: basket_amount as i64,
        day_points: held(day(basket_points), &of_points, true) as i64,
        day_amount: held(day(basket_amount), &of_amount, true) as i64,
    }
}

fn points_of(effect: &Effect, largest: Largest, before: i128) -> i128 {
    let share = |basis_points: u32| before * i128::from(basis_points) / 10_000;
    match effect {
        Effect::PointsPerAmount { points, per, .. } => {
            i128::from(largest.amount / per.minor().max(1)) * i128::from(*points)
        }
        Effect::PointsPerItem { points, .. } => i128::from(largest.items) * i128::from(*points),
        Effect::PointsFixed { points } => i128::from(*points),
        Effect::PointsMultiplier { extra_basis_points } => share(*extra_basis_points),
        Effect::TierBonus { tiers } => {
            let most = tiers.iter().map(|tier| tier.extra_basis_points).max();
            share(most.unwrap_or(0))
        }
        _ => 0,
    }
}

fn amount_of(effect: &Effect, largest: Largest) -> i128 {
    let whole = i128::from(largest.amount);
    match effect {
        Effect::AmountOff { amount, .. } => i128::from(amount.minor()).min(whole),
        Effect::PercentOff { basis_points, .. } | Effect::Cashback { basis_points, .. } => {
            whole * i128::from(*basis_points) / 10_000
        }
        // The cheapest items of a set are at most their share of it.
        Effect::CheapestFree { free, of, .. } => whole * i128::from(*free) / i128::from(*of).max(1),
        Effect::NForM { buy, pay, .. } => {
            whole * i128::from(buy.saturating_sub(*pay)) / i128::from(*buy).max(1)
        }
        Effect::BundlePrice { .. } => whole,
        _ => 0,
    }
}
