//! Rules on a basket: which apply, what they give, and why. The order of things is said in
//! [the engine](super).

mod caps;
mod discount;
mod earning;
mod holds;
mod open;
mod spread;

use super::compile::{CompiledRule, ReadyEffect};
use super::reason::How;
use super::{
    CapSpan, CapSubject, CelFailure, Context, Effect, Ending, Outcome, Reason, RuleAward,
    RuleDiscount, Rules, Step, Working,
};
use crate::{FunderId, Money, Refusal, RuleId};
use caps::{Allowance, Limit, Of};
use discount::Taking;
use earning::{Ground, gift};
use holds::{Facts, holds, matched};
use open::{OpenLines, Stacks};
pub(crate) use spread::spread;
use spread::spread_by;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Says what rules give a basket. Changes nothing: counters are to be moved by
/// [`Outcome::moved`] once the basket is paid.
///
/// Refuses a basket past its limits, of mixed currencies, or of amounts out of range, and more points
/// than a sale may give.
pub fn evaluate(rules: &Rules, context: &Context<'_>) -> Result<Outcome, Refusal> {
    let open = OpenLines::new(rules, context)?;
    let mut run = Run {
        rules,
        context,
        campaigns: BTreeMap::new(),
        parts: Vec::new(),
        points: 0,
        discounts: Vec::new(),
        awards: Vec::new(),
    };
    run.admit(&Facts::new(rules, context, &open));
    run.give(open)
}

/// How many rules a basket makes the engine look at; those that cannot concern it are never seen.
/// Refuses what [`evaluate`] refuses of a basket.
pub fn looked_at(rules: &Rules, context: &Context<'_>) -> Result<usize, Refusal> {
    let open = OpenLines::new(rules, context)?;
    Ok(Facts::new(rules, context, &open).candidates(rules).len())
}

/// The lines, by index, that an effect of a rule earns on; empty if it is every line of the basket.
/// Refuses what [`evaluate`] refuses of a basket.
pub fn earned_on(
    rules: &Rules,
    context: &Context<'_>,
    rule: &RuleId,
    effect: usize,
) -> Result<Vec<usize>, Refusal> {
    let open = OpenLines::new(rules, context)?;
    let found = rules.rules.iter().find(|of| of.rule == *rule);
    let gift = found.and_then(|rule| rule.gifts.get(effect));
    let picked = gift.and_then(|gift| gift.picked.first());
    let lines = open.earning_lines(picked);
    Ok(match lines.len() == open.lines.len() {
        true => Vec::new(),
        false => lines,
    })
}

/// A basket while it is being decided.
struct Run<'a> {
    rules: &'a Rules,
    context: &'a Context<'a>,
    /// By place in [`Rules::campaigns`], those that a rule here belongs to.
    campaigns: BTreeMap<usize, Allowance<'a>>,
    /// The rules that hold or failed, in order.
    parts: Vec<Part<'a>>,
    /// Points so far.
    points: i64,
    discounts: Vec<RuleDiscount>,
    awards: Vec<RuleAward>,
}

/// A rule that holds, or whose condition failed.
struct Part<'a> {
    rule: &'a CompiledRule,
    allowance: Allowance<'a>,
    /// Why it does not apply, if it does not.
    barred: Option<Ending>,
    matched: Arc<[Arc<str>]>,
    workings: Vec<Working>,
    /// Whether it gave something.
    gave: bool,
}

impl<'a> Run<'a> {
    /// Finds the rules that hold, and which of them apply.
    fn admit(&mut self, facts: &Facts<'_>) {
        let (rules, context) = (self.rules, self.context);
        let mut winners: BTreeMap<usize, &CompiledRule> = BTreeMap::new();
        for position in facts.candidates(rules).positions() {
            let Some(rule) = rules.rules.get(position) else {
                continue;
            };
            let failed = match self.holds(rule, facts) {
                true => None,
                false => match self.failed(rule, facts) {
                    Some(why) => Some(Ending::Failed { why }),
                    None => continue,
                },
            };
            let of = Of::Rule(&rule.rule);
            let allowance = Allowance::new(of, &rule.caps, context.counters);
            if let Some(campaign) = rule.campaign {
                self.campaigns.entry(campaign).or_insert_with(|| {
                    let campaign = &rules.campaigns[campaign];
                    let of = Of::Campaign(&campaign.campaign);
                    Allowance::new(of, &campaign.caps, context.counters)
                });
            }
            let matched = match failed {
                Some(_) => [].into(),
                None => matched(rule, facts),
            };
            let barred = failed.or_else(|| self.barred(rule, &allowance, &winners));
            if barred.is_none()
                && let Some(group) = rule.group
            {
                winners.insert(group, rule);
            }
            self.parts.push(Part {
                rule,
                allowance,
                barred,
                matched,
                workings: Vec::new(),
                gave: false,
            });
        }
    }

    /// Whether a rule is about this basket at all.
    fn holds(&self, rule: &CompiledRule, facts: &Facts<'_>) -> bool {
        // First what is quickest to say no.
        rule.when.as_ref().is_none_or(|when| holds(when, facts)) && self.is_for(rule, facts)
    }

    /// Why a rule does not hold, if it is that a condition in CEL failed and nothing else.
    fn failed(&self, rule: &CompiledRule, facts: &Facts<'_>) -> Option<CelFailure> {
        let when = rule.when.as_ref().filter(|_| rule.has_cel)?;
        let why = facts.failed(when)?;
        self.is_for(rule, facts).then_some(why)
    }

    /// Whether a rule is in force, and has something to give here.
    fn is_for(&self, rule: &CompiledRule, facts: &Facts<'_>) -> bool {
        let today = self.context.moment.date;
        let campaign = rule.campaign.and_then(|n| self.rules.campaigns.get(n));
        let in_force = rule.valid.holds(today) && campaign.is_none_or(|c| c.valid.holds(today));
        let currency = rule.currency.is_none_or(|it| it == self.context.currency);
        let reaches = |gift: &ReadyEffect| {
            let may = self.context.customer || !gift.effect.needs_customer();
            let mut picked = gift.picked.iter();
            may && (gift.picked.is_empty() || picked.any(|picked| facts.any_line(picked)))
        };
        in_force && currency && rule.gifts.iter().any(reaches)
    }

    /// Why a rule that holds does not apply.
    fn barred(
        &self,
        rule: &CompiledRule,
        own: &Allowance<'_>,
        winners: &BTreeMap<usize, &CompiledRule>,
    ) -> Option<Ending> {
        let campaign = rule.campaign.and_then(|n| self.campaigns.get(&n));
        let allowances = || [Some(own), campaign].into_iter().flatten();
        if allowances().any(|allowance| allowance.needs_member(self.context)) {
            return Some(Ending::NeedsMember);
        }
        if let Some((subject, over)) = allowances().find_map(Allowance::used_up) {
            return Some(Ending::UsedUp { subject, over });
        }
        let index = rule.group?;
        let (winner, group) = (winners.get(&index)?, self.rules.groups.get(index)?);
        Some(Ending::Excluded {
            group: group.clone(),
            by: winner.rule.clone(),
        })
    }

    /// Works out what all rules that apply give: first the discounts, then everything else.
    fn give(mut self, mut open: OpenLines) -> Result<Outcome, Refusal> {
        let mut parts = std::mem::take(&mut self.parts);
        let applies = |part: &&mut Part<'_>| part.barred.is_none();
        for part in parts.iter_mut().filter(applies) {
            let gifts = part.rule.gifts.iter().enumerate();
            for (index, gift) in gifts.filter(|(_, gift)| gift.effect.is_discount()) {
                self.discount(part, index, gift, &mut open);
            }
        }
        open.settle(match self.rules.no_earning_on_redeemed {
            true => self.context.redeemed.minor(),
            false => 0,
        });
        for part in parts.iter_mut().filter(applies) {
            let gifts = part.rule.gifts.iter().enumerate();
            for (index, gift) in gifts.filter(|(_, gift)| !gift.effect.is_discount()) {
                if self.context.customer || !gift.effect.needs_customer() {
                    self.award(part, index, gift, &open)?;
                }
            }
        }
        self.parts = parts;
        Ok(self.finish(&open))
    }

    fn discount(
        &mut self,
        part: &mut Part<'a>,
        effect: usize,
        ready: &ReadyEffect,
        open: &mut OpenLines,
    ) {
        let stacks = part.rule.stacking.map(|n| Stacks {
            own: 1 << n,
            with: self.rules.stacks_with.get(n).copied().unwrap_or_default(),
        });
        let mut taking = Taking::of(ready, open, stacks, self.context.currency);
        let computed = taking.minor();
        let (given, capped_by) = self.capped(part, Some(Limit::Amount), computed.into());
        if given < i128::from(computed) {
            // Less than `computed`.
            taking.hold_down(given as i64);
        }
        let given = taking.minor();
        part.workings.push(Working {
            effect,
            kind: ready.effect.kind(),
            base: taking.base,
            computed: computed.into(),
            given,
            rounded_down: taking.rounded_down,
            capped_by: capped_by.clone(),
        });
        if given == 0 {
            return;
        }
        open.take(&taking.parts, stacks);
        open.use_up(&taking.items);
        self.charge(part, Some(Limit::Amount), given);
        part.gave = true;
        self.discounts.push(RuleDiscount {
            rule: part.rule.rule.clone(),
            effect,
            amount: self.money(given),
            spread: taking.parts,
            funders: funded(ready, given),
            why: why(part.rule, taking.how, &capped_by),
        });
    }

    fn award(
        &mut self,
        part: &mut Part<'a>,
        effect: usize,
        ready: &ReadyEffect,
        open: &OpenLines,
    ) -> Result<(), Refusal> {
        let ground = Ground {
            open,
            currency: self.context.currency,
            tier: self.context.member.and_then(|member| member.tier.as_ref()),
            points: self.points,
        };
        let earned = ground.earn(ready);
        let limit = limit_of(&ready.effect);
        let (given, capped_by) = self.capped(part, limit, earned.computed);
        let gift = gift(&ready.effect, given, self.context.currency)?;
        part.workings.push(Working {
            effect,
            kind: ready.effect.kind(),
            base: earned.base,
            computed: earned.computed,
            given: gift.as_ref().map_or(0, |(_, count)| *count),
            rounded_down: earned.rounded_down,
            capped_by: capped_by.clone(),
        });
        let Some((gift, count)) = gift else {
            return Ok(());
        };
        if limit == Some(Limit::Points) {
            let points = self.points.checked_add(count);
            let points = points.filter(|points| *points <= crate::POINTS_LIMIT);
            self.points = points.ok_or(Refusal::PointsTooMany)?;
        }
        self.charge(part, limit, count);
        part.gave = true;
        self.awards.push(RuleAward {
            rule: part.rule.rule.clone(),
            effect,
            gift,
            funders: funded(ready, count),
            why: why(part.rule, earned.how, &capped_by),
        });
        Ok(())
    }

    /// How much of something the rule's caps and its campaign's leave, and which held it down.
    fn capped(
        &self,
        part: &Part<'_>,
        limit: Option<Limit>,
        computed: i128,
    ) -> (i128, Option<(CapSubject, CapSpan)>) {
        let campaign = part.rule.campaign.and_then(|n| self.campaigns.get(&n));
        let mut given = computed;
        let mut by = None;
        for allowance in [Some(&part.allowance), campaign].into_iter().flatten() {
            let left = limit.and_then(|limit| allowance.left(limit));
            if let Some((left, over)) = left
                && left < given
            {
                given = left;
                by = Some((allowance.subject(), over));
            }
        }
        (given, by)
    }

    fn charge(&mut self, part: &mut Part<'_>, limit: Option<Limit>, given: i64) {
        part.allowance.charge(limit, given);
        let campaign = part.rule.campaign.and_then(|n| self.campaigns.get_mut(&n));
        if let Some(campaign) = campaign {
            campaign.charge(limit, given);
        }
    }

    /// Minor units that are part of this basket, as money.
    fn money(&self, minor: i64) -> Money {
        // Cannot fail: the whole basket is in range. Nothing, should that ever be wrong.
        Money::new(minor, self.context.currency).unwrap_or(Money::zero(self.context.currency))
    }

    fn finish(self, open: &OpenLines) -> Outcome {
        let mut moved = BTreeMap::new();
        let own = self.parts.iter().map(|part| &part.allowance);
        for allowance in own.chain(self.campaigns.values()) {
            allowance.moved(&mut moved);
        }
        Outcome {
            version: self.rules.version,
            left: open.lines.iter().map(|line| line.left).collect(),
            discounts: self.discounts,
            awards: self.awards,
            moved: moved.into_iter().collect(),
            trace: self.parts.into_iter().map(Part::step).collect(),
        }
    }
}

impl Part<'_> {
    fn step(self) -> Step {
        let ending = match self.barred {
            Some(barred) => barred,
            None if self.gave => Ending::Gave,
            None => Ending::Nothing,
        };
        Step {
            rule: self.rule.rule.clone(),
            name: Arc::clone(&self.rule.name),
            ending,
            matched: self.matched,
            workings: self.workings,
        }
    }
}

const fn limit_of(effect: &Effect) -> Option<Limit> {
    match effect {
        Effect::PointsPerAmount { .. }
        | Effect::PointsPerItem { .. }
        | Effect::PointsFixed { .. }
        | Effect::PointsMultiplier { .. }
        | Effect::TierBonus { .. } => Some(Limit::Points),
        Effect::Voucher { .. } | Effect::Stamps { .. } | Effect::TierProgress { .. } => None,
        _ => Some(Limit::Amount),
    }
}

/// Who pays how much of something that was given. Nobody with nothing is named.
fn funded(ready: &ReadyEffect, given: i64) -> Vec<(FunderId, i64)> {
    spread_by(given, &ready.funders, &ready.shares)
}

fn why(rule: &CompiledRule, how: How, capped_by: &Option<(CapSubject, CapSpan)>) -> Reason {
    Reason {
        name: Arc::clone(&rule.name),
        how,
        most: capped_by.as_ref().map(|(_, over)| *over),
    }
}
