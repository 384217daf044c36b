//! What rules give a basket, and why, for whoever sells and whoever audits.

use super::{CapSpan, CapSubject, CelFailure, CounterKey, Reason, Used, words};
use crate::{FunderId, Money, PartName, PlanId, Points, RuleId, StampCardId};
use std::sync::Arc;

/// What a basket gets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The bundle version whose rules decided.
    pub version: u64,
    /// What is taken off, in the order it was; none is zero.
    pub discounts: Vec<RuleDiscount>,
    /// What is given, in the order it was; none is zero.
    pub awards: Vec<RuleAward>,
    /// What is left to pay of each line, in minor units.
    pub left: Vec<i64>,
    /// What is to be added to which counter once the basket is paid, in order; none is zero.
    pub moved: Vec<(CounterKey, Used)>,
    /// Every rule whose condition held or failed, in the order they were tried.
    pub trace: Vec<Step>,
}

impl Outcome {
    /// What became of a rule, in one sentence for the cashier: `Coffee week: 0.40 EUR off.`
    pub fn sentence(&self, step: &Step) -> String {
        let words = match &step.ending {
            Ending::Gave => self.given_by(&step.rule).join(", "),
            Ending::Nothing => "nothing for this basket".to_owned(),
            Ending::Failed { why } => format!("its condition could not be worked out: {why}"),
            Ending::NeedsMember => "for members known here only".to_owned(),
            Ending::UsedUp { over, .. } => words::used_up(*over).to_owned(),
            Ending::Excluded { by, .. } => {
                let winner = self.trace.iter().find(|step| step.rule == *by);
                let winner = winner.map_or(by.as_str(), |winner| &winner.name);
                format!("not together with {winner}")
            }
        };
        format!("{}: {words}.", step.name)
    }

    /// What a rule gave, in words.
    fn given_by(&self, rule: &RuleId) -> Vec<String> {
        let discounts = self.discounts.iter().filter(|off| off.rule == *rule);
        let awards = self.awards.iter().filter(|given| given.rule == *rule);
        discounts
            .map(|off| words::off(off.amount))
            .chain(awards.map(|given| words::gift(&given.gift)))
            .collect()
    }
}

/// Something a rule takes off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleDiscount {
    /// The rule.
    pub rule: RuleId,
    /// Which of its effects, from 0.
    pub effect: usize,
    /// How much, more than zero.
    pub amount: Money,
    /// `(line index, minor units)`: where, each more than zero; sums to `amount`.
    pub spread: Vec<(usize, i64)>,
    /// Who pays how many minor units; sums to `amount`.
    pub funders: Vec<(FunderId, i64)>,
    /// Why.
    pub why: Reason,
}

/// Something a rule gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleAward {
    /// The rule.
    pub rule: RuleId,
    /// Which of its effects, from 0.
    pub effect: usize,
    /// What.
    pub gift: Gift,
    /// Who pays how many points, minor units, coupons, stamps or units; sums to the gift.
    pub funders: Vec<(FunderId, i64)>,
    /// Why.
    pub why: Reason,
}

/// What a rule may give for another time; none is zero.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Gift {
    /// Points.
    Points(Points),
    /// Coupons, whose numbers are still to be drawn.
    Voucher {
        /// Of which plan.
        plan: PlanId,
        /// How many.
        count: u32,
    },
    /// Money on the customer's account.
    Cashback(Money),
    /// Stamps.
    Stamps {
        /// On which card.
        card: StampCardId,
        /// How many.
        stamps: i64,
    },
    /// Progress to the next tier.
    TierProgress {
        /// How much.
        units: i64,
    },
}

/// One rule's part in the decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The rule.
    pub rule: RuleId,
    /// What became of it.
    pub ending: Ending,
    /// Its name.
    pub name: Arc<str>,
    /// The places of the conditions that made it hold: `when.all[0].tier`. Empty where it has none.
    pub matched: Arc<[Arc<str>]>,
    /// How each effect was worked out, in order. Empty if the rule did not come to that.
    pub workings: Vec<Working>,
}

/// What became of a rule whose condition held.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ending {
    /// It gave something.
    Gave,
    /// It came to nothing.
    Nothing,
    /// Another rule of its group came first.
    Excluded {
        /// The group.
        group: PartName,
        /// The rule that came first.
        by: RuleId,
    },
    /// A cap was used up before.
    UsedUp {
        /// Whose.
        subject: CapSubject,
        /// Over what.
        over: CapSpan,
    },
    /// A cap counts by member, and no member is known.
    NeedsMember,
    /// Its condition in CEL came to nothing, so the rule does not apply; it might have otherwise.
    Failed {
        /// Why.
        why: CelFailure,
    },
}

/// How one effect was worked out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Working {
    /// Which effect of the rule, from 0.
    pub effect: usize,
    /// Its name in the document.
    pub kind: &'static str,
    /// What it was worked out from: minor units, items or points.
    pub base: i64,
    /// What it came to before caps, rounded.
    pub computed: i128,
    /// What was given.
    pub given: i64,
    /// Whether rounding dropped a part of a unit.
    pub rounded_down: bool,
    /// The cap that held it down, if one did.
    pub capped_by: Option<(CapSubject, CapSpan)>,
}
