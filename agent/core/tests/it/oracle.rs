//! The same promises, kept another way: slow, plain, from the document alone.
//!
//! Shares grow cent by cent, points by repeated subtraction, percentages by trial; nothing is shared
//! with the code it judges but the types.

use crate::fixtures::{TODAY, member_id};
use crate::strategies::Case;
use tillside_core::*;

/// What a quote should say.
#[derive(PartialEq, Debug, Default)]
pub struct Expected {
    /// The code of each verdict.
    pub verdicts: Vec<String>,
    /// For each valid coupon, what it takes off each line.
    pub taken: Vec<Vec<i64>>,
    /// What is left of each line.
    pub left: Vec<i64>,
    /// Points by rule.
    pub awards: Vec<(String, i64)>,
}

/// What a quote said, in the same shape.
pub fn seen(quote: &Quote) -> Expected {
    let by_line = |discount: &Discount| {
        let mut taken = vec![0; quote.lines.len()];
        for (index, minor) in &discount.spread {
            assert!(*minor > 0, "an empty part is not written");
            taken[*index as usize] += minor;
        }
        taken
    };
    let code = |answer: &CouponAnswer| match &answer.verdict {
        Verdict::NotForThis { misfit } => misfit_code(misfit).to_owned(),
        verdict => verdict.code().to_owned(),
    };
    let award = |award: &Award| (award.rule.to_string(), award.points.0);
    Expected {
        verdicts: quote.coupons.iter().map(code).collect(),
        taken: quote.discounts.iter().map(by_line).collect(),
        left: quote.lines.iter().map(|line| line.total.minor()).collect(),
        awards: quote.awards.iter().map(award).collect(),
    }
}

fn misfit_code(misfit: &Misfit) -> &'static str {
    match misfit {
        Misfit::MinimumSpend { .. } => "minimum",
        Misfit::NoProduct => "product",
        Misfit::OnePerBasket => "one",
        Misfit::Stacking { .. } => "stacking",
        Misfit::NothingLeft => "nothing",
        other => panic!("no euro plan gives {other:?}"),
    }
}

/// What the quote of a case should say.
pub fn expected(case: &Case) -> Expected {
    let lines = &case.basket.lines;
    let price = |line: &Line| line.unit_price.minor() * i64::from(line.quantity);
    let mut out = Expected {
        left: lines.iter().map(price).collect(),
        ..Expected::default()
    };
    let mut items_paid: Vec<i64> = lines.iter().map(|line| i64::from(line.quantity)).collect();
    let mut before: Vec<(&CouponNumber, &CouponPlan)> = Vec::new();
    for number in &case.shown {
        let answer = alone(case, number).and_then(|plan| {
            let taken = together(case, plan, number, &before, &out.left, &items_paid)?;
            Ok((plan, taken))
        });
        match answer {
            Err(code) => out.verdicts.push(code.to_owned()),
            Ok((plan, taken)) => {
                if plan.effect == CouponEffect::ItemFree {
                    let line = taken.iter().position(|minor| *minor > 0).unwrap();
                    items_paid[line] -= 1;
                }
                for (left, minor) in out.left.iter_mut().zip(&taken) {
                    *left -= minor;
                }
                before.push((number, plan));
                out.verdicts.push("valid".to_owned());
                out.taken.push(taken);
            }
        }
    }
    out.awards = awards(case, &out.left);
    out
}

/// The plan of a number that is good in itself.
fn alone<'a>(case: &'a Case, number: &CouponNumber) -> Result<&'a CouponPlan, &'static str> {
    let Some(standing) = case.state.coupons.get(number) else {
        return Err("unknown");
    };
    match &standing.assignment {
        Assignment::NotIssued => Err("unknown"),
        Assignment::OtherStore { .. } => Err("other_store"),
        Assignment::OtherTill { .. } => Err("other_till"),
        Assignment::Revoked => Err("revoked"),
        Assignment::Here { .. } if standing.used.is_some() => Err("used"),
        Assignment::Here { plan } => {
            let mut plans = case.document.plans.iter();
            match plans.find(|candidate| candidate.plan == *plan) {
                None => Err("unknown"),
                Some(plan) if plan.valid_until < TODAY => Err("expired"),
                Some(plan) if TODAY < plan.valid_from => Err("not_yet"),
                Some(plan) => Ok(plan),
            }
        }
        other => panic!("a new assignment {other:?}"),
    }
}

/// What a good coupon takes from each line, beside those before it.
fn together(
    case: &Case,
    plan: &CouponPlan,
    number: &CouponNumber,
    before: &[(&CouponNumber, &CouponPlan)],
    left: &[i64],
    items_paid: &[i64],
) -> Result<Vec<i64>, &'static str> {
    for (other_number, other) in before {
        if *other_number == number || (plan.one_per_basket && other.plan == plan.plan) {
            return Err("one");
        }
        if let (Some(a), Some(b)) = (&plan.stacking_group, &other.stacking_group)
            && a == b
        {
            return Err("stacking");
        }
    }
    let lines = &case.basket.lines;
    let covered: Vec<bool> = lines
        .iter()
        .map(|line| covers(&plan.products, line))
        .collect();
    if !covered.contains(&true) {
        return Err("product");
    }
    let mut spent = 0;
    let mut weights = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let counts = i64::from(covered[index]);
        spent += counts * line.unit_price.minor() * i64::from(line.quantity);
        weights.push(counts * left[index]);
    }
    if plan
        .minimum_spend
        .is_some_and(|least| spent < least.minor())
    {
        return Err("minimum");
    }
    let sum: i64 = weights.iter().sum();
    let taken = match &plan.effect {
        CouponEffect::AmountOff { amount } if amount.minor() >= sum => weights,
        CouponEffect::AmountOff { amount } => shares(amount.minor(), &weights),
        CouponEffect::PercentOff { basis_points } => {
            let most = sum * i64::from(*basis_points);
            let off = (0..=sum).rev().find(|off| off * 10_000 <= most).unwrap();
            shares(off, &weights)
        }
        CouponEffect::ItemFree => one_item(&weights, items_paid),
    };
    if taken.iter().all(|minor| *minor == 0) {
        return Err("nothing");
    }
    Ok(taken)
}

fn covers(set: &ProductSet, line: &Line) -> bool {
    let ProductSet { items, categories } = set;
    (items.is_empty() && categories.is_empty())
        || items.contains(&line.item)
        || categories
            .iter()
            .any(|group| Some(group) == line.category.as_ref())
}

/// Shares by largest remainder: nobody passes their exact share rounded down while others have not
/// reached theirs; then each further cent goes to whoever is furthest behind, the earlier first.
fn shares(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i64 = weights.iter().sum();
    let mut shares = vec![0i64; weights.len()];
    if sum == 0 {
        return shares;
    }
    let mut given = 0;
    for (share, weight) in shares.iter_mut().zip(weights) {
        while (*share + 1) * sum <= amount * weight {
            *share += 1;
            given += 1;
        }
    }
    while given < amount {
        let behind = |index: usize| amount * weights[index] - shares[index] * sum;
        let mut furthest = 0;
        for index in 1..weights.len() {
            if behind(index) > behind(furthest) {
                furthest = index;
            }
        }
        shares[furthest] += 1;
        given += 1;
    }
    shares
}

/// The least that one unpaid-for item of a line still costs, at the earliest such line.
fn one_item(weights: &[i64], items_paid: &[i64]) -> Vec<i64> {
    let mut best: Option<(usize, i64)> = None;
    for (index, weight) in weights.iter().enumerate() {
        if items_paid[index] == 0 {
            continue;
        }
        let each = weight.div_euclid(items_paid[index]);
        if each > 0 && best.is_none_or(|(_, least)| each < least) {
            best = Some((index, each));
        }
    }
    let mut taken = vec![0; weights.len()];
    if let Some((index, each)) = best {
        taken[index] = each;
    }
    taken
}

fn awards(case: &Case, left: &[i64]) -> Vec<(String, i64)> {
    let Some(customer) = &case.customer else {
        return Vec::new();
    };
    // The two members that the fixture's shop knows.
    let tier = match customer.member {
        Some(id) if id == member_id(1) => Some("gold"),
        Some(id) if id == member_id(2) => Some("basic"),
        _ => None,
    };
    let mut awards: Vec<(String, i64)> = Vec::new();
    for rule in &case.document.rules {
        let mut points = 0;
        match &rule.effect {
            RuleEffect::PointsPerAmount {
                points: each,
                per,
                products,
            } => {
                let lines = case.basket.lines.iter().zip(left);
                let covered = lines.filter(|(line, _)| covers(products, line));
                let mut paid: i64 = covered.map(|(_, left)| *left).sum();
                while paid >= per.minor() {
                    paid -= per.minor();
                    points += i64::from(*each);
                }
            }
            RuleEffect::PointsPerProduct {
                points: each,
                products,
            } => {
                for line in &case.basket.lines {
                    for _ in 0..line.quantity {
                        points += i64::from(*each) * i64::from(covers(products, line));
                    }
                }
            }
            RuleEffect::TierMultiplier {
                tier: asked,
                extra_basis_points,
            } => {
                if tier == Some(asked.as_str()) {
                    let so_far: i64 = awards.iter().map(|(_, points)| points).sum();
                    points = (so_far * i64::from(*extra_basis_points)).div_euclid(10_000);
                }
            }
            other => panic!("a new rule {other:?}"),
        }
        if points > 0 {
            awards.push((rule.rule.to_string(), points));
        }
    }
    awards
}
