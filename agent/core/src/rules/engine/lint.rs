//! What a rule set will do at worst, and what in it cannot do anything: warnings for whoever writes
//! rules. A document with warnings is valid; one with faults is never asked.
//!
//! The linter is careful, not complete: what it warns of is so, but not every rule that can never
//! apply is found. The figures of [`WorstCase`] are upper bounds.

mod never;
mod worst;

pub use worst::{Largest, WorstCase, worst_cases};

use super::{CEL_RULE_LIMIT, CapSpan, Condition, Document, Rule};
use crate::{PartName, RuleId};
use std::collections::BTreeMap;

/// Something that whoever wrote a document may not have meant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Warning {
    /// A rule's condition can never hold.
    #[error("rule {rule} never applies: {why}")]
    NeverTrue {
        /// The rule.
        rule: RuleId,
        /// What in it excludes what.
        why: String,
    },
    /// Another rule of the group always comes first.
    #[error(
        "rule {rule} is never reached: rule {by} of group {group} comes first and always applies"
    )]
    Unreachable {
        /// The rule.
        rule: RuleId,
        /// The one before it.
        by: RuleId,
        /// Their group.
        group: PartName,
    },
    /// Neither the rule nor its campaign limits what is given in all.
    #[error("rule {rule} has no cap in total, nor has its campaign: it may give without end")]
    Uncapped {
        /// The rule.
        rule: RuleId,
    },
    /// Rules have conditions in CEL.
    #[error(
        "{rules} rules have a condition in cel, of {CEL_RULE_LIMIT} allowed: no index knows these, each is asked at every basket that nothing else in the rule keeps away"
    )]
    InCel {
        /// How many.
        rules: usize,
    },
}

/// The warnings about a document that compiles, in the order in which its rules are tried.
pub fn lint(document: &Document) -> Vec<Warning> {
    let mut rules: Vec<&Rule> = document.rules.iter().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let mut first: BTreeMap<&PartName, &Rule> = BTreeMap::new();
    let mut warnings = Vec::new();
    for rule in rules {
        let code = || rule.rule.clone();
        if let Some(why) = never::why(rule, document) {
            warnings.push(Warning::NeverTrue { rule: code(), why });
        }
        let mut groups = document.exclusive.iter();
        if let Some(group) = groups.find(|group| group.rules.contains(&rule.rule)) {
            match first.get(&group.group) {
                Some(by) if !always_applies(by, false) && !for_customers_only(rule) => {}
                Some(by) => warnings.push(Warning::Unreachable {
                    rule: code(),
                    by: by.rule.clone(),
                    group: group.group.clone(),
                }),
                None if always_applies(rule, true) => {
                    first.insert(&group.group, rule);
                }
                None => {}
            }
        }
        if !is_capped(rule, document) {
            warnings.push(Warning::Uncapped { rule: code() });
        }
    }
    let in_cel = |rule: &&Rule| {
        rule.when
            .as_ref()
            .is_some_and(|when| has_cel(when, document))
    };
    let rules = document.rules.iter().filter(in_cel).count();
    if rules > 0 {
        warnings.push(Warning::InCel { rules });
    }
    warnings
}

/// Whether some of a condition is in CEL. Named ones go in no circle where a document compiles.
fn has_cel(condition: &Condition, document: &Document) -> bool {
    match condition {
        Condition::Cel(_) => true,
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().any(|part| has_cel(part, document))
        }
        Condition::Not(part) => has_cel(part, document),
        Condition::Named(name) => {
            let mut named = document.conditions.iter();
            named.any(|named| named.name == *name && has_cel(&named.when, document))
        }
        _ => false,
    }
}

/// Whether a rule applies to every basket, or to every customer's: no days, no condition, no caps and
/// no campaign that could end it, no currency, and an effect that asks for no line.
fn always_applies(rule: &Rule, to_customers: bool) -> bool {
    let open = rule.valid.is_open() && rule.when.is_none();
    let endless = rule.caps.is_empty() && rule.campaign.is_none();
    let mut effects = rule.effects.iter().map(|funded| &funded.effect);
    let any_currency = effects.clone().all(|effect| effect.amounts().is_empty());
    let reaches = effects
        .any(|effect| effect.selections().is_empty() && (to_customers || !effect.needs_customer()));
    open && endless && any_currency && reaches
}

fn for_customers_only(rule: &Rule) -> bool {
    let mut effects = rule.effects.iter();
    effects.all(|funded| funded.effect.needs_customer())
}

fn is_capped(rule: &Rule, document: &Document) -> bool {
    let mut campaigns = document.campaigns.iter();
    let campaign = campaigns.find(|campaign| Some(&campaign.campaign) == rule.campaign.as_ref());
    let caps = campaign
        .map(|campaign| &campaign.caps[..])
        .unwrap_or_default();
    let mut caps = rule.caps.iter().chain(caps);
    caps.any(|cap| cap.over == CapSpan::Total)
}
