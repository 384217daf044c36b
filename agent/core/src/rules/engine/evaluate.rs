//! Rules on a basket: which apply, what they give, and why. The order of things is said in
//! [the engine](super).

mod caps;
mod discount;
mod earning;
mod holds;
mod open;
mod spread;

use super::compile::{CompiledRule, LineKeys, ReadyEffect};
use super::{
    CapSpan, CapSubject, Context, Effect, Ending, Outcome, RuleAward, RuleDiscount, Rules, Step,
    Working, words,
};
use crate::{FunderId, Money, Refusal};
use caps::{Allowance, Limit};
use discount::Taking;
use earning::{Ground, gift};
use holds::{Facts, holds, matched};
use open::{OpenLines, Stacks, subtotals};
pub(crate) use spread::spread;
use std::collections::BTreeMap;

/// Says what rules give a basket. Changes nothing: counters are to be moved by
/// [`Outcome::moved`] once the basket is paid.
///
/// Refuses a basket past its limits, of mixed currencies, or of amounts out of range, and more points
/// than a sale may give.
pub fn evaluate(rules: &Rules, context: &Context<'_>) -> Result<Outcome, Refusal> {
    let subtotals = subtotals(context)?;
    let keys = context.lines.iter().map(|line| rules.names.line(line));
    let keys: Vec<LineKeys> = keys.collect();
    let facts = Facts {
        context,
        lines: &keys,
        subtotals: &subtotals,
    };
    let mut run = Run {
        rules,
        context,
        open: OpenLines::new(rules, context, &keys, &subtotals),
        campaigns: BTreeMap::new(),
        parts: Vec::new(),
        points: 0,
        discounts: Vec::new(),
        awards: Vec::new(),
    };
    run.admit(&facts);
    for discounts in [true, false] {
        run.give(discounts)?;
    }
    Ok(run.finish())
}

/// How many rules a basket makes the engine look at; those that cannot concern it are never seen.
/// Refuses what [`evaluate`] refuses of a basket.
pub fn looked_at(rules: &Rules, context: &Context<'_>) -> Result<usize, Refusal> {
    let subtotals = subtotals(context)?;
    let keys = context.lines.iter().map(|line| rules.names.line(line));
    let keys: Vec<LineKeys> = keys.collect();
    let facts = Facts {
        context,
        lines: &keys,
        subtotals: &subtotals,
    };
    Ok(facts.candidates(rules).len())
}

/// A basket while it is being decided.
struct Run<'a> {
    rules: &'a Rules,
    context: &'a Context<'a>,
    open: OpenLines,
    /// By place in [`Rules::campaigns`], those that a rule here belongs to.
    campaigns: BTreeMap<usize, Allowance<'a>>,
    /// The rules that hold, in order.
    parts: Vec<Part<'a>>,
    /// Points so far.
    points: i64,
    discounts: Vec<RuleDiscount>,
    awards: Vec<RuleAward>,
}

/// A rule that holds.
struct Part<'a> {
    rule: &'a CompiledRule,
    allowance: Allowance<'a>,
    /// Why it does not apply, if it does not, with the words for it.
    barred: Option<(Ending, String)>,
    matched: Vec<String>,
    workings: Vec<Working>,
    /// What it gave, in words.
    gave: Vec<String>,
}

impl<'a> Run<'a> {
    /// Finds the rules that hold, and which of them apply.
    fn admit(&mut self, facts: &Facts<'_>) {
        let (rules, context) = (self.rules, self.context);
        let mut winners: BTreeMap<usize, &CompiledRule> = BTreeMap::new();
        for position in facts.candidates(rules) {
            let Some(rule) = rules.rules.get(position as usize) else {
                continue;
            };
            if !self.holds(rule, facts) {
                continue;
            }
            let subject = CapSubject::Rule(rule.rule.clone());
            let allowance = Allowance::new(subject, &rule.caps, context.counters);
            if let Some(campaign) = rule.campaign {
                self.campaigns.entry(campaign).or_insert_with(|| {
                    let campaign = &rules.campaigns[campaign];
                    let subject = CapSubject::Campaign(campaign.campaign.clone());
                    Allowance::new(subject, &campaign.caps, context.counters)
                });
            }
            let barred = self.barred(rule, &allowance, &winners);
            if barred.is_none()
                && let Some(group) = rule.group
            {
                winners.insert(group, rule);
            }
            let mut places = Vec::new();
            rule.when
                .iter()
                .for_each(|when| matched(when, facts, &mut places));
            self.parts.push(Part {
                rule,
                allowance,
                barred,
                matched: places,
                workings: Vec::new(),
                gave: Vec::new(),
            });
        }
    }

    /// Whether a rule is about this basket at all.
    fn holds(&self, rule: &CompiledRule, facts: &Facts<'_>) -> bool {
        let today = self.context.moment.date;
        let campaign = rule.campaign.and_then(|n| self.rules.campaigns.get(n));
        let in_force = rule.valid.holds(today) && campaign.is_none_or(|c| c.valid.holds(today));
        let currency = rule.currency.is_none_or(|it| it == self.context.currency);
        let reaches = |gift: &ReadyEffect| {
            let may = self.context.customer || !gift.effect.needs_customer();
            let mut picked = gift.picked.iter();
            let some = picked.any(|picked| facts.lines.iter().any(|line| picked.covers(line)));
            may && (gift.picked.is_empty() || some)
        };
        in_force
            && currency
            && rule.when.as_ref().is_none_or(|when| holds(when, facts))
            && rule.gifts.iter().any(reaches)
    }

    /// Why a rule that holds does not apply.
    fn barred(
        &self,
        rule: &CompiledRule,
        own: &Allowance<'_>,
        winners: &BTreeMap<usize, &CompiledRule>,
    ) -> Option<(Ending, String)> {
        let campaign = rule.campaign.and_then(|n| self.campaigns.get(&n));
        let allowances = || [Some(own), campaign].into_iter().flatten();
        if allowances().any(|allowance| allowance.needs_member(self.context)) {
            return Some((
                Ending::NeedsMember,
                "for members known here only".to_owned(),
            ));
        }
        if let Some((subject, over)) = allowances().find_map(Allowance::used_up) {
            return Some((
                Ending::UsedUp { subject, over },
                words::used_up(over).to_owned(),
            ));
        }
        let index = rule.group?;
        let (winner, group) = (winners.get(&index)?, self.rules.groups.get(index)?);
        let ending = Ending::Excluded {
            group: group.clone(),
            by: winner.rule.clone(),
        };
        Some((ending, format!("not together with {}", winner.name)))
    }

    /// Works out the discounts of all rules that apply, or everything else.
    fn give(&mut self, discounts: bool) -> Result<(), Refusal> {
        let rules = self.rules;
        let redeemed = match rules.no_earning_on_redeemed {
            true => self.context.redeemed.minor(),
            false => 0,
        };
        let earning = self.open.earning(redeemed);
        let mut parts = std::mem::take(&mut self.parts);
        for part in parts.iter_mut().filter(|part| part.barred.is_none()) {
            let rule = part.rule;
            for (index, gift) in rule.gifts.iter().enumerate() {
                if gift.effect.is_discount() != discounts {
                    continue;
                }
                if discounts {
                    self.discount(part, index, gift);
                } else if self.context.customer || !gift.effect.needs_customer() {
                    self.award(part, index, gift, &earning)?;
                }
            }
        }
        self.parts = parts;
        Ok(())
    }

    fn discount(&mut self, part: &mut Part<'a>, effect: usize, ready: &ReadyEffect) {
        let stacks = part.rule.stacking.map(|n| Stacks {
            own: 1 << n,
            with: self.rules.stacks_with.get(n).copied().unwrap_or_default(),
        });
        let mut taking = Taking::of(ready, &self.open, stacks, self.context.currency);
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
        self.open.take(&taking.parts, stacks);
        self.open.use_up(&taking.items);
        self.charge(part, Some(Limit::Amount), given);
        let amount = self.money(given);
        part.gave.push(words::off(amount));
        self.discounts.push(RuleDiscount {
            rule: part.rule.rule.clone(),
            effect,
            amount,
            spread: taking.parts,
            funders: funded(ready, given),
            why: why(part.rule, taking.why, &capped_by),
        });
    }

    fn award(
        &mut self,
        part: &mut Part<'a>,
        effect: usize,
        ready: &ReadyEffect,
        earning: &[i64],
    ) -> Result<(), Refusal> {
        let ground = Ground {
            open: &self.open,
            earning,
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
        part.gave.push(words::gift(&gift));
        self.awards.push(RuleAward {
            rule: part.rule.rule.clone(),
            effect,
            gift,
            funders: funded(ready, count),
            why: why(part.rule, earned.why, &capped_by),
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
                by = Some((allowance.subject().clone(), over));
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

    fn finish(self) -> Outcome {
        let mut moved = BTreeMap::new();
        let own = self.parts.iter().map(|part| &part.allowance);
        for allowance in own.chain(self.campaigns.values()) {
            allowance.moved(&mut moved);
        }
        Outcome {
            version: self.rules.version,
            left: self.open.lines.iter().map(|line| line.left).collect(),
            discounts: self.discounts,
            awards: self.awards,
            moved: moved.into_iter().collect(),
            trace: self.parts.into_iter().map(Part::step).collect(),
        }
    }
}

impl Part<'_> {
    fn step(self) -> Step {
        let (ending, words) = match self.barred {
            Some(barred) => barred,
            None if self.gave.is_empty() => (Ending::Nothing, "nothing for this basket".to_owned()),
            None => (Ending::Gave, self.gave.join(", ")),
        };
        Step {
            rule: self.rule.rule.clone(),
            ending,
            sentence: format!("{}: {words}.", self.rule.name),
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
    let weights: Vec<i64> = ready.funders.iter().map(|(_, share)| *share).collect();
    let names = ready.funders.iter().map(|(funder, _)| funder.clone());
    let shares = names.zip(spread(given, &weights));
    shares.filter(|(_, share)| *share > 0).collect()
}

fn why(rule: &CompiledRule, why: String, capped_by: &Option<(CapSubject, CapSpan)>) -> String {
    let name = &rule.name;
    match capped_by {
        Some((_, over)) => format!("{name} ({why}, the most for {})", words::span(*over)),
        None => format!("{name} ({why})"),
    }
}
