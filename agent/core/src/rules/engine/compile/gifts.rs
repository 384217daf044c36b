//! Effects, caps and funders, checked and made ready.

use super::super::{
    BUNDLE_LIMIT, Cap, CapSpan, DocumentError, DocumentFault, EFFECT_LIMIT, Effect, FUNDER_LIMIT,
    FundedEffect, FunderShare, GIFT_LIMIT, SET_LIMIT,
};
use super::{Compiler, Currencies, Picked, Place};
use crate::{EXTRA_BASIS_POINTS_LIMIT, FunderId, MONEY_LIMIT, Money, POINTS_LIMIT};
use std::collections::BTreeSet;

/// An effect, ready to be worked out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct ReadyEffect {
    /// As it is written.
    pub(in super::super) effect: Effect,
    /// Its selections, in the order of [`Effect::selections`].
    pub(in super::super) picked: Vec<Picked>,
    /// Who pays,
    pub(in super::super) funders: Vec<FunderId>,
    /// and which ten-thousandths each.
    pub(in super::super) shares: Vec<i64>,
}

/// Checks a rule's effects.
pub(super) fn gifts(
    compiler: &mut Compiler<'_>,
    currencies: &mut Currencies,
    effects: &[FundedEffect],
    place: &Place<'_>,
) -> Result<Vec<ReadyEffect>, DocumentError> {
    let found = effects.len();
    let fits = (1..=EFFECT_LIMIT).contains(&found);
    place.check(fits, DocumentFault::Effects { found })?;
    let mut gifts = Vec::new();
    for (n, FundedEffect { effect, funders }) in effects.iter().enumerate() {
        let place = place.at(n);
        let inside = place.field("effect").field(effect.kind());
        numbers(effect, &inside)?;
        for (name, amount) in effect.amounts() {
            let place = inside.field(name);
            above(amount, effect, &place)?;
            currencies.meet(amount, &place)?;
        }
        if let Effect::Voucher { plan, .. } = effect {
            let known = compiler.plans.contains(plan);
            let (kind, name) = ("coupon plan", plan.to_string());
            let fault = DocumentFault::NotThere { kind, name };
            inside.field("plan").check(known, fault)?;
        }
        let picked = effect.selections().into_iter();
        let picked = picked.map(|(name, set)| compiler.pick(set, &inside.field(&name)));
        let picked = picked.collect::<Result<_, _>>()?;
        let (funders, shares) = shares(funders, &place.field("funders"))?;
        gifts.push(ReadyEffect {
            picked,
            effect: effect.clone(),
            funders,
            shares,
        });
    }
    Ok(gifts)
}

/// Checks the numbers of an effect that are no amounts.
fn numbers(effect: &Effect, place: &Place<'_>) -> Result<(), DocumentError> {
    let share = |basis_points: u32, most: u32| {
        let place = place.field("basis_points");
        place.range(basis_points.into(), 1, most.into())
    };
    let sets = |at_most: &Option<u32>| {
        let most = i64::from(at_most.unwrap_or(1));
        place.field("at_most").range(most, 1, u32::MAX.into())
    };
    match effect {
        Effect::PercentOff { basis_points, .. } | Effect::Cashback { basis_points, .. } => {
            share(*basis_points, 10_000)
        }
        Effect::PointsMultiplier { extra_basis_points } => extra(*extra_basis_points, place),
        Effect::TierBonus { tiers } => {
            let place = place.field("tiers");
            place.check(!tiers.is_empty(), DocumentFault::Empty)?;
            let mut seen = BTreeSet::new();
            for (n, share) in tiers.iter().enumerate() {
                extra(share.extra_basis_points, &place.at(n))?;
                let name = share.tier.to_string();
                place
                    .at(n)
                    .check(seen.insert(&share.tier), DocumentFault::Twice { name })?;
            }
            Ok(())
        }
        Effect::CheapestFree {
            free, of, at_most, ..
        } => {
            place.field("of").range((*of).into(), 1, SET_LIMIT.into())?;
            place.field("free").range((*free).into(), 1, (*of).into())?;
            sets(at_most)
        }
        Effect::NForM {
            buy, pay, at_most, ..
        } => {
            place
                .field("buy")
                .range((*buy).into(), 2, SET_LIMIT.into())?;
            place
                .field("pay")
                .range((*pay).into(), 1, i64::from(*buy) - 1)?;
            sets(at_most)
        }
        Effect::BundlePrice { parts, at_most, .. } => {
            let found = parts.len();
            let fits = (1..=BUNDLE_LIMIT).contains(&found);
            let place_of_parts = place.field("parts");
            place_of_parts.check(fits, DocumentFault::BundleParts { found })?;
            for (n, part) in parts.iter().enumerate() {
                let place = place_of_parts.at(n).field("quantity");
                place.range(part.quantity.into(), 1, SET_LIMIT.into())?;
            }
            sets(at_most)
        }
        Effect::Voucher { count, .. } => {
            place
                .field("count")
                .range((*count).into(), 1, GIFT_LIMIT.into())
        }
        Effect::Stamps { stamps, .. } => {
            place
                .field("stamps")
                .range((*stamps).into(), 1, GIFT_LIMIT.into())
        }
        Effect::PointsPerItem { products, .. } => {
            let named = !products.is_any();
            place
                .field("products")
                .check(named, DocumentFault::NoProducts)
        }
        Effect::PointsPerAmount { .. }
        | Effect::PointsFixed { .. }
        | Effect::AmountOff { .. }
        | Effect::TierProgress { .. } => Ok(()),
    }
}

fn extra(basis_points: u32, place: &Place<'_>) -> Result<(), DocumentError> {
    let place = place.field("extra_basis_points");
    place.range(basis_points.into(), 1, EXTRA_BASIS_POINTS_LIMIT.into())
}

/// An amount of an effect is above zero; only a bundle may cost nothing.
fn above(found: Money, effect: &Effect, place: &Place<'_>) -> Result<(), DocumentError> {
    let (right, least) = match effect {
        Effect::BundlePrice { .. } => (found.minor() >= 0, "zero or more"),
        _ => (found.minor() > 0, "an amount above zero"),
    };
    place.check(right, DocumentFault::TooLittle { found, least })
}

fn shares(
    funders: &[FunderShare],
    place: &Place<'_>,
) -> Result<(Vec<FunderId>, Vec<i64>), DocumentError> {
    let found = funders.len();
    let fits = (1..=FUNDER_LIMIT).contains(&found);
    place.check(fits, DocumentFault::Funders { found })?;
    let mut seen = BTreeSet::new();
    for (n, share) in funders.iter().enumerate() {
        let name = share.funder.to_string();
        let new = seen.insert(&share.funder);
        place.at(n).check(new, DocumentFault::Twice { name })?;
    }
    let found = funders
        .iter()
        .map(|share| u64::from(share.basis_points))
        .sum();
    let whole = found == 10_000 && funders.iter().all(|share| share.basis_points > 0);
    place.check(whole, DocumentFault::Shares { found })?;
    let parts = funders.iter();
    Ok(parts
        .map(|share| (share.funder.clone(), i64::from(share.basis_points)))
        .unzip())
}

/// Checks the caps of a rule or a campaign.
pub(super) fn caps(
    caps: &[Cap],
    currencies: &mut Currencies,
    place: &Place<'_>,
) -> Result<(), DocumentError> {
    let mut seen = BTreeSet::new();
    for (n, cap) in caps.iter().enumerate() {
        let place = place.at(n);
        let name = format!("a cap over {}", super::super::words::span(cap.over));
        place.check(seen.insert(cap.over), DocumentFault::Twice { name })?;
        let limits = cap.times.is_some() || cap.points.is_some() || cap.amount.is_some();
        place.check(limits, DocumentFault::EmptyCap)?;
        if let Some(times) = cap.times {
            let place = place.field("times");
            place.check(cap.over != CapSpan::Basket, DocumentFault::TimesInBasket)?;
            place.range(times.into(), 1, u32::MAX.into())?;
        }
        if let Some(points) = cap.points {
            place.field("points").range(points, 1, POINTS_LIMIT)?;
        }
        if let Some(amount) = cap.amount {
            let place = place.field("amount");
            place.range(amount.minor(), 1, MONEY_LIMIT)?;
            currencies.meet(amount, &place)?;
        }
    }
    Ok(())
}
