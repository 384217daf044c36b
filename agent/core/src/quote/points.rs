//! Points: what each rule gives for what is paid, and why.
//!
//! Making lots of them is left to [`crate::decide`].

use super::discount::percent;
use super::{OpenLines, QuoteRequest};
use crate::rules::Selector;
use crate::{Award, Money, POINTS_LIMIT, Points, Refusal, Rule, RuleEffect, State, TierId};

/// What the rules give, in rule order. Nothing without a customer; a customer this store does not
/// know has no tier. Zero awards are left out.
pub(super) fn awards(
    state: &State,
    request: &QuoteRequest<'_>,
    open: &OpenLines<'_>,
    trace: &mut Vec<String>,
) -> Result<Vec<Award>, Refusal> {
    if !request.customer {
        trace.push("no card was shown: no points".to_owned());
        return Ok(Vec::new());
    }
    let member = request.member.and_then(|id| state.members.get(&id));
    let tier = member.map(|member| &member.tier);
    let mut awards = Vec::new();
    let mut so_far = Points(0);
    for (rule, selector) in state.rules.selective_rules() {
        let (points, why) = give(rule, selector, open, tier, so_far)?;
        trace.push(format!("rule {}: {why}", rule.rule));
        if points == Points(0) {
            continue;
        }
        so_far = checked(i128::from(so_far.0) + i128::from(points.0))?;
        awards.push(Award {
            rule: rule.rule.clone(),
            version: state.rules.version(),
            points,
            funder: rule.funder.clone(),
            why,
        });
    }
    Ok(awards)
}

/// Sum of some awards.
pub(super) fn sum(awards: &[Award]) -> Result<Points, Refusal> {
    checked(awards.iter().map(|award| i128::from(award.points.0)).sum())
}

/// What one rule gives, and why in words.
fn give(
    rule: &Rule,
    selector: &Selector,
    open: &OpenLines<'_>,
    tier: Option<&TierId>,
    so_far: Points,
) -> Result<(Points, String), Refusal> {
    let (points, why) = match &rule.effect {
        RuleEffect::PointsPerAmount { points, per, .. } => {
            per_amount(*points, *per, selector, open)?
        }
        RuleEffect::PointsPerProduct { points, .. } => per_product(*points, selector, open)?,
        RuleEffect::TierMultiplier {
            tier: asked,
            extra_basis_points,
        } if tier == Some(asked) => {
            // Rounded down to a whole point.
            let extra = i128::from(so_far.0) * i128::from(*extra_basis_points) / 10_000;
            let share = percent(*extra_basis_points);
            let points = checked(extra)?;
            let why = format!(
                "{share} more for tier {asked}: {so_far} so far give {}",
                points.0
            );
            (points, why)
        }
        RuleEffect::TierMultiplier { tier: asked, .. } => {
            (Points(0), format!("for tier {asked} only"))
        }
    };
    Ok((points, format!("{} ({why})", rule.name)))
}

fn per_amount(
    each: u32,
    per: Money,
    selector: &Selector,
    open: &OpenLines<'_>,
) -> Result<(Points, String), Refusal> {
    if per.currency() != open.currency() {
        let why = format!("for sales in {} only", per.currency());
        return Ok((Points(0), why));
    }
    let eligible = open.lines().iter().filter(|l| selector.covers(l.line));
    let paid = open.money(eligible.map(|line| line.left).sum());
    // Rounded down: only what is full counts. `per` is more than zero in a compiled rule.
    let full = paid.minor() / per.minor().max(1);
    let points = checked(i128::from(full) * i128::from(each))?;
    let each = Points(i64::from(each));
    let why = format!("{each} for each full {per}: {paid} gives {}", points.0);
    Ok((points, why))
}

fn per_product(
    each: u32,
    selector: &Selector,
    open: &OpenLines<'_>,
) -> Result<(Points, String), Refusal> {
    let eligible = open.lines().iter().filter(|l| selector.covers(l.line));
    let items: i64 = eligible.map(|line| i64::from(line.line.quantity)).sum();
    let points = checked(i128::from(items) * i128::from(each))?;
    let each = Points(i64::from(each));
    let give = if items == 1 { "gives" } else { "give" };
    let why = format!("{each} for each item: {items} {give} {}", points.0);
    Ok((points, why))
}

fn checked(points: i128) -> Result<Points, Refusal> {
    let within = i64::try_from(points).ok().filter(|p| *p <= POINTS_LIMIT);
    within.map(Points).ok_or(Refusal::PointsTooMany)
}
