//! What caps leave, and what they are to be charged.

use super::super::{Cap, CapSpan, CapSubject, Context, CounterKey, Counters, Used};
use crate::{CampaignId, RuleId};
use std::collections::BTreeMap;

/// What one subject's caps leave.
pub(super) struct Allowance<'a> {
    /// Whose.
    of: Of<'a>,
    caps: &'a [Cap],
    /// For each of `caps`, what was used before this basket.
    before: Vec<Used>,
    /// What it gave in this basket.
    given: Used,
}

/// Whose caps they are.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Rule(&'a RuleId),
    Campaign(&'a CampaignId),
}

impl Of<'_> {
    fn subject(self) -> CapSubject {
        match self {
            Self::Rule(rule) => CapSubject::Rule(rule.clone()),
            Self::Campaign(campaign) => CapSubject::Campaign(campaign.clone()),
        }
    }
}

/// What limits something that is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Limit {
    Points,
    Amount,
}

impl<'a> Allowance<'a> {
    pub(super) fn new(of: Of<'a>, caps: &'a [Cap], counters: &Counters) -> Self {
        let before = caps.iter().map(|cap| match cap.over {
            CapSpan::Basket => Used::default(),
            over => {
                let subject = of.subject();
                let used = counters.get(&CounterKey { subject, over });
                used.copied().unwrap_or_default()
            }
        });
        Self {
            before: before.collect(),
            of,
            caps,
            given: Used::default(),
        }
    }

    /// Whether one of the caps counts by member, and there is none.
    pub(super) fn needs_member(&self, context: &Context<'_>) -> bool {
        let by_member = |cap: &Cap| matches!(cap.over, CapSpan::Member | CapSpan::MemberDay);
        context.member.is_none() && self.caps.iter().any(by_member)
    }

    /// The first cap that was used up before this basket.
    pub(super) fn used_up(&self) -> Option<(CapSubject, CapSpan)> {
        let mut caps = self.caps.iter().zip(&self.before);
        let spent = |(cap, used): &(&Cap, &Used)| {
            cap.times.is_some_and(|most| used.times >= most)
                || cap.points.is_some_and(|most| used.points >= most)
                || cap.amount.is_some_and(|most| used.amount >= most.minor())
        };
        let (cap, _) = caps.find(spent)?;
        Some((self.subject(), cap.over))
    }

    /// The least that the caps leave, and the first of those that leave so little.
    pub(super) fn left(&self, limit: Limit) -> Option<(i128, CapSpan)> {
        let left = |(cap, used): (&Cap, &Used)| {
            let (most, used, given) = match limit {
                Limit::Points => (cap.points?, used.points, self.given.points),
                Limit::Amount => (cap.amount?.minor(), used.amount, self.given.amount),
            };
            let left = i128::from(most) - i128::from(used) - i128::from(given);
            Some((left.max(0), cap.over))
        };
        let left = self.caps.iter().zip(&self.before).filter_map(left);
        left.min_by_key(|(left, _)| *left)
    }

    /// What the caps are on.
    pub(super) fn subject(&self) -> CapSubject {
        self.of.subject()
    }

    /// Charges what was given, in this basket for the first time or again.
    pub(super) fn charge(&mut self, limit: Option<Limit>, given: i64) {
        self.given.times = 1;
        // Caps keep both in range; without a cap nothing is counted.
        match limit {
            Some(Limit::Points) => self.given.points = self.given.points.saturating_add(given),
            Some(Limit::Amount) => self.given.amount = self.given.amount.saturating_add(given),
            None => {}
        }
    }

    /// Notes what each counter is to be moved by: of what its cap limits, no more.
    pub(super) fn moved(&self, into: &mut BTreeMap<CounterKey, Used>) {
        let counted = self.caps.iter().filter(|cap| cap.over != CapSpan::Basket);
        for cap in counted {
            let used = Used {
                times: cap.times.map_or(0, |_| self.given.times),
                points: cap.points.map_or(0, |_| self.given.points),
                amount: cap.amount.map_or(0, |_| self.given.amount),
            };
            if used != Used::default() {
                let subject = self.subject();
                into.insert(
                    CounterKey {
                        subject,
                        over: cap.over,
                    },
                    used,
                );
            }
        }
    }
}
