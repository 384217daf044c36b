//! A rule document that was checked, ready to decide with.

use super::engine::{Document, DocumentError, Rules, tills};
use super::{RuleDocument, RuleError, Selector, check};
use crate::gs1::CompanyPrefix;
use crate::{CouponNumber, CouponPlan, PlanId};
use std::collections::BTreeMap;

/// A rule document, checked and ready to decide with at a till.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleBook {
    rules: Rules,
    plans: BTreeMap<PlanId, CompiledPlan>,
    /// The plans whose coupons all have one number, by it.
    shared: BTreeMap<CouponNumber, PlanId>,
    /// The plans that take manufacturers' coupons, by whose.
    companies: BTreeMap<CompanyPrefix, PlanId>,
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
            rules: Rules::empty(),
            plans: BTreeMap::new(),
            shared: BTreeMap::new(),
            companies: BTreeMap::new(),
        }
    }

    /// Checks a document that came in the bundle of `version`, and makes it ready. The error is the
    /// first fault, with its place; what no till can honour yet is one.
    pub fn of(version: u64, document: &Document) -> Result<Self, DocumentError> {
        let rules = Rules::compile(version, document)?;
        tills::check(document)?;
        let plans = document.plans.iter().map(|plan| {
            let compiled = CompiledPlan {
                selector: Selector::new(&plan.products),
                plan: plan.clone(),
            };
            (plan.plan.clone(), compiled)
        });
        let plans = plans.collect();
        let coded = |plan: &CouponPlan| Some((plan.shared_code()?.clone(), plan.plan.clone()));
        let shared = document.plans.iter().filter_map(coded).collect();
        let taken = document.plans.iter().flat_map(|plan| {
            let companies = plan.companies().iter();
            companies.map(|company| (company.clone(), plan.plan.clone()))
        });
        let companies = taken.collect();
        Ok(Self {
            rules,
            plans,
            shared,
            companies,
        })
    }

    /// As [`RuleBook::of`], of a document of layout 1. The error names the first rule or plan that is
    /// wrong, in document order, and says what to do.
    pub fn compile(version: u64, document: &RuleDocument) -> Result<Self, RuleError> {
        check::document(document)?;
        Self::of(version, &document.clone().into()).map_err(|error| RuleError::Unfit {
            words: error.to_string(),
        })
    }

    /// The bundle version it came in; 0 before the first.
    pub const fn version(&self) -> u64 {
        self.rules.version()
    }

    /// The rules.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A plan by its code.
    pub fn plan(&self, plan: &PlanId) -> Option<&CouponPlan> {
        self.plans.get(plan).map(|compiled| &compiled.plan)
    }

    /// The plan whose coupons all have this number, if one has.
    pub fn plan_of_code(&self, number: &CouponNumber) -> Option<&CouponPlan> {
        self.plan(self.shared.get(number)?)
    }

    /// The plan that takes a manufacturer's coupons, if one does.
    pub fn plan_of_company(&self, company: &CompanyPrefix) -> Option<&CouponPlan> {
        self.plan(self.companies.get(company)?)
    }

    /// All plans, by code.
    pub fn plans(&self) -> impl Iterator<Item = &CouponPlan> {
        self.plans.values().map(|compiled| &compiled.plan)
    }

    /// A plan with the lines it looks at.
    pub(crate) fn selective_plan(&self, plan: &PlanId) -> Option<(&CouponPlan, &Selector)> {
        let compiled = self.plans.get(plan)?;
        Some((&compiled.plan, &compiled.selector))
    }
}
