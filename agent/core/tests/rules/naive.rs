//! The whole evaluation, kept another way: slow, plain, every rule asked, straight from the document.
//! Nothing is shared with the code it judges but the types.

use crate::naive_conditions::{holds, in_window, means};
use crate::naive_gifts::{Plan, Shelf, plan, shares};
use crate::world::{Case, OwnedFacts, eur};
use std::collections::BTreeMap;
use tillside_core::engine::Rule;
use tillside_core::engine::*;
use tillside_core::*;

/// Who pays how much.
type Paid = Vec<(String, i64)>;

/// What an outcome should say.
#[derive(PartialEq, Debug, Default)]
pub struct Expected {
    /// Rule, effect, what it takes off each line, and who pays.
    pub discounts: Vec<(String, usize, Vec<i64>, Paid)>,
    /// Rule, effect, what it gives, and who pays.
    pub awards: Vec<(String, usize, Gift, Paid)>,
    pub left: Vec<i64>,
    pub moved: Vec<(CounterKey, Used)>,
    pub endings: Vec<(String, Ending)>,
}

/// What an outcome said, in the same shape.
pub fn seen(outcome: Outcome) -> Expected {
    let lines = outcome.left.len();
    let named = |funders: Vec<(FunderId, i64)>| -> Vec<(String, i64)> {
        funders
            .into_iter()
            .map(|(name, n)| (name.to_string(), n))
            .collect()
    };
    let discounts = outcome.discounts.into_iter().map(|discount| {
        let mut off = vec![0; lines];
        for (line, minor) in &discount.spread {
            assert!(*minor > 0, "an empty part is not written");
            off[*line] += minor;
        }
        assert_eq!(off.iter().sum::<i64>(), discount.amount.minor());
        (
            discount.rule.to_string(),
            discount.effect,
            off,
            named(discount.funders),
        )
    });
    let awards = outcome.awards.into_iter();
    let awards = awards.map(|a| (a.rule.to_string(), a.effect, a.gift, named(a.funders)));
    Expected {
        discounts: discounts.collect(),
        awards: awards.collect(),
        left: outcome.left,
        moved: outcome.moved,
        endings: outcome
            .trace
            .into_iter()
            // Those that failed give nothing, and are looked at elsewhere.
            .filter(|s| !matches!(s.ending, Ending::Failed { .. }))
            .map(|s| (s.rule.to_string(), s.ending))
            .collect(),
    }
}

struct World<'a> {
    document: &'a Document,
    facts: &'a OwnedFacts,
    shelves: Vec<Shelf>,
    /// What each subject gave in this basket.
    given: BTreeMap<CapSubject, Used>,
    gave: Vec<String>,
    points: i64,
    out: Expected,
}

/// What the outcome of a case should say.
pub fn expected(case: &Case) -> Expected {
    let (document, facts) = (&case.document, &case.facts);
    let shelves = facts.lines.iter().map(|line| {
        let price = line.line.unit_price.minor() * i64::from(line.line.quantity);
        let free = i64::from(line.free.min(line.line.quantity));
        Shelf {
            line: line.clone(),
            left: price - line.taken.max(0).min(price),
            free,
            used: free,
            taken_by: Vec::new(),
        }
    });
    let mut world = World {
        document,
        facts,
        shelves: shelves.collect(),
        given: BTreeMap::new(),
        gave: Vec::new(),
        points: 0,
        out: Expected::default(),
    };
    let mut order: Vec<&Rule> = Vec::new();
    for priority in (-1..=1).rev() {
        order.extend(
            document
                .rules
                .iter()
                .filter(|rule| rule.priority == priority),
        );
    }
    let mut about: Vec<(&Rule, Option<Ending>)> = Vec::new();
    for rule in order.into_iter().filter(|rule| world.is_about(rule)) {
        let ending = world.barred(rule, &about);
        about.push((rule, ending));
    }
    let applying: Vec<&Rule> = about
        .iter()
        .filter(|(_, e)| e.is_none())
        .map(|(r, _)| *r)
        .collect();
    for rule in &applying {
        for (n, effect) in rule
            .effects
            .iter()
            .enumerate()
            .filter(|(_, e)| is_discount(e))
        {
            world.discount(rule, n, effect);
        }
    }
    let earning = world.earning();
    for rule in &applying {
        for (n, effect) in rule
            .effects
            .iter()
            .enumerate()
            .filter(|(_, e)| !is_discount(e))
        {
            world.award(rule, n, effect, &earning);
        }
    }
    for (rule, ending) in about {
        let gave = world.gave.contains(&rule.rule.to_string());
        let done = if gave { Ending::Gave } else { Ending::Nothing };
        world
            .out
            .endings
            .push((rule.rule.to_string(), ending.unwrap_or(done)));
    }
    world.out.left = world.shelves.iter().map(|shelf| shelf.left).collect();
    world.out.moved = world.moved();
    world.out
}

fn is_discount(funded: &FundedEffect) -> bool {
    let discounts = [
        "amount_off",
        "percent_off",
        "cheapest_free",
        "n_for_m",
        "bundle_price",
    ];
    discounts.contains(&funded.effect.kind())
}

fn needs_customer(funded: &FundedEffect) -> bool {
    !is_discount(funded) && funded.effect.kind() != "voucher"
}

impl<'a> World<'a> {
    fn campaign(&self, rule: &Rule) -> Option<&'a Campaign> {
        let mut campaigns = self.document.campaigns.iter();
        campaigns.find(|campaign| Some(&campaign.campaign) == rule.campaign.as_ref())
    }

    /// A rule's own caps, then its campaign's.
    fn caps(&self, rule: &Rule) -> Vec<(CapSubject, Cap)> {
        let own = CapSubject::Rule(rule.rule.clone());
        let mut caps: Vec<_> = rule
            .caps
            .iter()
            .map(|cap| (own.clone(), cap.clone()))
            .collect();
        if let Some(campaign) = self.campaign(rule) {
            let whose = CapSubject::Campaign(campaign.campaign.clone());
            caps.extend(campaign.caps.iter().map(|cap| (whose.clone(), cap.clone())));
        }
        caps
    }

    fn before(&self, subject: &CapSubject, over: CapSpan) -> Used {
        let subject = subject.clone();
        match over {
            CapSpan::Basket => Used::default(),
            over => {
                let key = CounterKey { subject, over };
                self.facts.counters.get(&key).copied().unwrap_or_default()
            }
        }
    }

    fn is_about(&self, rule: &Rule) -> bool {
        let today = self.facts.moment.date;
        let in_force = in_window(rule.valid, today)
            && self
                .campaign(rule)
                .is_none_or(|campaign| in_window(campaign.valid, today));
        let asked = rule
            .when
            .iter()
            .all(|when| holds(when, self.document, self.facts));
        let reaches = rule.effects.iter().any(|funded| {
            let selections = funded.effect.selections();
            let nothing_asked = selections.is_empty();
            let some = selections
                .iter()
                .any(|(_, products)| self.facts.lines.iter().any(|line| means(products, line)));
            (self.facts.customer || !needs_customer(funded)) && (nothing_asked || some)
        });
        in_force && asked && reaches
    }

    fn barred(&self, rule: &Rule, before: &[(&Rule, Option<Ending>)]) -> Option<Ending> {
        let caps = self.caps(rule);
        let by_member = [CapSpan::Member, CapSpan::MemberDay];
        if self.facts.member.is_none() && caps.iter().any(|(_, cap)| by_member.contains(&cap.over))
        {
            return Some(Ending::NeedsMember);
        }
        for (subject, cap) in caps {
            let used = self.before(&subject, cap.over);
            let over = cap.over;
            if cap.times.is_some_and(|most| most <= used.times)
                || cap.points.is_some_and(|most| most <= used.points)
                || cap.amount.is_some_and(|most| most.minor() <= used.amount)
            {
                return Some(Ending::UsedUp { subject, over });
            }
        }
        let mut groups = self.document.exclusive.iter();
        let group = groups.find(|group| group.rules.contains(&rule.rule))?;
        let mut applying = before.iter().filter(|(_, ending)| ending.is_none());
        let (winner, _) = applying.find(|(other, _)| group.rules.contains(&other.rule))?;
        Some(Ending::Excluded {
            group: group.group.clone(),
            by: winner.rule.clone(),
        })
    }

    /// What the caps leave of something that was worked out.
    fn leave(&self, rule: &Rule, points: bool, mut computed: i64) -> i64 {
        for (subject, cap) in self.caps(rule) {
            let before = self.before(&subject, cap.over);
            let here = self.given.get(&subject).copied().unwrap_or_default();
            let left = match points {
                true => cap.points.map(|most| most - before.points - here.points),
                false => cap
                    .amount
                    .map(|most| most.minor() - before.amount - here.amount),
            };
            computed = computed.min(left.unwrap_or(computed)).max(0);
        }
        computed
    }

    fn note(&mut self, rule: &Rule, points: i64, amount: i64) {
        self.gave.push(rule.rule.to_string());
        let mut subjects = vec![CapSubject::Rule(rule.rule.clone())];
        subjects.extend(rule.campaign.clone().map(CapSubject::Campaign));
        for subject in subjects {
            let given = self.given.entry(subject).or_default();
            given.times = 1;
            given.points += points;
            given.amount += amount;
        }
    }

    fn may_meet(&self, a: &str, b: &str) -> bool {
        let says = |a: &str, b: &str| {
            let mut categories = self.document.stacking.iter();
            let found = categories
                .find(|category| category.category.as_str() == a)
                .unwrap();
            found.with.iter().any(|with| with.as_str() == b)
        };
        says(a, b) || says(b, a)
    }

    fn discount(&mut self, rule: &Rule, effect: usize, funded: &FundedEffect) {
        let mine = rule.stacking.as_ref().map(|name| name.as_str().to_owned());
        let excluded = self.document.exclusions.no_discount_on.as_ref();
        let open = self.shelves.iter().map(|shelf| {
            let closed = mine.as_ref().is_some_and(|mine| {
                shelf
                    .taken_by
                    .iter()
                    .any(|other| !self.may_meet(mine, other))
            });
            !closed && !excluded.is_some_and(|products| means(products, &shelf.line))
        });
        let open: Vec<bool> = open.collect();
        let Plan {
            mut off,
            used,
            free,
        } = plan(&funded.effect, &self.shelves, &open);
        let computed: i64 = off.iter().sum();
        let given = self.leave(rule, false, computed);
        if given == 0 {
            return;
        }
        if given < computed {
            off = shares(given, &off);
        }
        for (n, shelf) in self.shelves.iter_mut().enumerate() {
            shelf.left -= off[n];
            shelf.used += used[n];
            shelf.free += free[n];
            if off[n] > 0 {
                shelf.taken_by.extend(mine.clone());
            }
        }
        self.note(rule, 0, given);
        let paid = pay(funded, given);
        self.out
            .discounts
            .push((rule.rule.to_string(), effect, off, paid));
    }

    /// What each line earns on.
    fn earning(&self) -> Vec<i64> {
        let exclusions = &self.document.exclusions;
        let left: Vec<i64> = self.shelves.iter().map(|shelf| shelf.left).collect();
        let total: i64 = left.iter().sum();
        let redeemed = match exclusions.no_earning_on_redeemed {
            true => self.facts.redeemed.max(0).min(total),
            false => 0,
        };
        let gone = shares(redeemed, &left);
        let mut earning = Vec::new();
        for (n, shelf) in self.shelves.iter().enumerate() {
            let barred = exclusions.no_earning_on.as_ref();
            let barred = barred.is_some_and(|products| means(products, &shelf.line));
            earning.push(if barred { 0 } else { left[n] - gone[n] });
        }
        earning
    }

    fn award(&mut self, rule: &Rule, effect: usize, funded: &FundedEffect, earning: &[i64]) {
        if needs_customer(funded) && !self.facts.customer {
            return;
        }
        let paid = |products: &Selection| -> i64 {
            let both = self.shelves.iter().zip(earning);
            both.map(|(shelf, minor)| {
                if means(products, &shelf.line) {
                    *minor
                } else {
                    0
                }
            })
            .sum()
        };
        let items = |products: &Selection| -> i64 {
            let barred = self.document.exclusions.no_earning_on.as_ref();
            let mut items = 0;
            for line in &self.facts.lines {
                let out = barred.is_some_and(|barred| means(barred, line));
                if means(products, line) && !out {
                    items += i64::from(line.line.quantity);
                }
            }
            items
        };
        let share = |basis_points: u32| self.points * i64::from(basis_points) / 10_000;
        let is_points = |points| (points, true);
        let (computed, points) = match &funded.effect {
            Effect::PointsPerAmount {
                points,
                per,
                products,
            } => is_points(steps(paid(products), per.minor()) * i64::from(*points)),
            Effect::PointsPerItem { points, products } => {
                is_points(items(products) * i64::from(*points))
            }
            Effect::PointsFixed { points } => is_points(i64::from(*points)),
            Effect::PointsMultiplier { extra_basis_points } => {
                is_points(share(*extra_basis_points))
            }
            Effect::TierBonus { tiers } => {
                let mine = self
                    .facts
                    .member
                    .as_ref()
                    .and_then(|member| member.tier.clone());
                let found = tiers
                    .iter()
                    .find(|share| Some(&share.tier) == mine.as_ref());
                is_points(found.map_or(0, |found| share(found.extra_basis_points)))
            }
            Effect::Voucher { count, .. } => (i64::from(*count), false),
            Effect::Cashback {
                basis_points,
                products,
            } => (paid(products) * i64::from(*basis_points) / 10_000, false),
            Effect::Stamps {
                stamps, per_item, ..
            } => {
                let times = per_item.as_ref().map_or(1, items);
                (times * i64::from(*stamps), false)
            }
            Effect::TierProgress {
                units,
                per,
                products,
            } => (
                steps(paid(products), per.minor()) * i64::from(*units),
                false,
            ),
            other => panic!("{other:?} is a discount, or new"),
        };
        let cash = matches!(funded.effect, Effect::Cashback { .. });
        let given = match points || cash {
            true => self.leave(rule, points, computed),
            false => computed,
        };
        if given == 0 {
            return;
        }
        let gift = match &funded.effect {
            Effect::Voucher { plan, .. } => Gift::Voucher {
                plan: plan.clone(),
                count: u32::try_from(given).unwrap(),
            },
            Effect::Cashback { .. } => Gift::Cashback(eur(given)),
            Effect::Stamps { card, .. } => Gift::Stamps {
                card: card.clone(),
                stamps: given,
            },
            Effect::TierProgress { .. } => Gift::TierProgress { units: given },
            _ => Gift::Points(Points(given)),
        };
        if points {
            self.points += given;
        }
        self.note(
            rule,
            if points { given } else { 0 },
            if cash { given } else { 0 },
        );
        self.out
            .awards
            .push((rule.rule.to_string(), effect, gift, pay(funded, given)));
    }

    fn moved(&self) -> Vec<(CounterKey, Used)> {
        let mut moved = BTreeMap::new();
        let subjects = self.document.rules.iter().flat_map(|rule| self.caps(rule));
        for (subject, cap) in subjects.filter(|(_, cap)| cap.over != CapSpan::Basket) {
            let mut used = self.given.get(&subject).copied().unwrap_or_default();
            if cap.times.is_none() {
                used.times = 0;
            }
            if cap.points.is_none() {
                used.points = 0;
            }
            if cap.amount.is_none() {
                used.amount = 0;
            }
            let over = cap.over;
            if used != Used::default() {
                moved.insert(CounterKey { subject, over }, used);
            }
        }
        moved.into_iter().collect()
    }
}

/// How many full steps there are.
fn steps(mut amount: i64, step: i64) -> i64 {
    let mut steps = 0;
    while amount >= step {
        amount -= step;
        steps += 1;
    }
    steps
}

/// Who pays.
fn pay(funded: &FundedEffect, given: i64) -> Vec<(String, i64)> {
    let weights: Vec<i64> = funded
        .funders
        .iter()
        .map(|f| i64::from(f.basis_points))
        .collect();
    let both = funded.funders.iter().zip(shares(given, &weights));
    let some = both.filter(|(_, share)| *share > 0);
    some.map(|(funder, share)| (funder.funder.to_string(), share))
        .collect()
}
