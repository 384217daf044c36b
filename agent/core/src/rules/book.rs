//! A rule document that was checked, ready to decide with.

use super::{RuleDocument, RuleError, Selector, check};
use crate::{CouponPlan, PlanId, Rule, RuleEffect};
use std::collections::BTreeMap;

/// A rule document, checked and ready to decide with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleBook {
    version: u64,
    rules: Vec<Rule>,
    /// For each of `rules`, in the same order, the lines it looks at.
    selectors: Vec<Selector>,
    plans: BTreeMap<PlanId, CompiledPlan>,
}

/// A plan with the lines it looks at.
#[derive(Clone, PartialEq, Eq, Debug)]
struct CompiledPlan {
    plan: CouponPlan,
    selector: Selector,
}

impl RuleBook {
    /// No rules and no plans: a terminal that has pulled no bundle yet.
    pub fn empty() -> Self {
        Self {
            version: 0,
            rules: Vec::new(),
            selectors: Vec::new(),
            plans: BTreeMap::new(),
        }
    }

    /// Checks a document that came in the bundle of `version`, and makes it ready. The error names
    /// the first rule or plan that is wrong, in document order, and says what to do.
    pub fn compile(version: u64, document: &RuleDocument) -> Result<Self, RuleError> {
        check::document(document)?;
        let rules = document.rules.clone();
        let selectors = rules.iter().map(rule_selector).collect();
        let plans = document.plans.iter().map(|plan| {
            let compiled = CompiledPlan {
                selector: Selector::new(&plan.products),
                plan: plan.clone(),
            };
            (plan.plan.clone(), compiled)
        });
        Ok(Self {
            version,
            plans: plans.collect(),
            rules,
            selectors,
        })
    }

    /// The bundle version it came in; 0 before the first.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The rules in order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A plan by its code.
    pub fn plan(&self, plan: &PlanId) -> Option<&CouponPlan> {
        self.plans.get(plan).map(|compiled| &compiled.plan)
    }

    /// All plans, by code.
    pub fn plans(&self) -> impl Iterator<Item = &CouponPlan> {
        self.plans.values().map(|compiled| &compiled.plan)
    }

    /// The rules in order, each with the lines it looks at.
    pub(crate) fn selective_rules(&self) -> impl Iterator<Item = (&Rule, &Selector)> {
        self.rules.iter().zip(&self.selectors)
    }

    /// A plan with the lines it looks at.
    pub(crate) fn selective_plan(&self, plan: &PlanId) -> Option<(&CouponPlan, &Selector)> {
        let compiled = self.plans.get(plan)?;
        Some((&compiled.plan, &compiled.selector))
    }
}

fn rule_selector(rule: &Rule) -> Selector {
    match &rule.effect {
        RuleEffect::PointsPerAmount { products, .. }
        | RuleEffect::PointsPerProduct { products, .. } => Selector::new(products),
        RuleEffect::TierMultiplier { .. } => Selector::any(),
    }
}
