//! What a rule document must promise before it may decide anything.

use super::{
    EXTRA_BASIS_POINTS_LIMIT, PLAN_LIMIT, PRODUCT_SET_LIMIT, RULE_DOCUMENT_VERSION, RULE_LIMIT,
    RULE_NAME_LIMIT,
};
use crate::authority::{ALLOWANCE_AMOUNT_LIMIT, RISK_USES_LIMIT, RiskCap, Uncovered};
use crate::gs1::CompanyPrefix;
use crate::{CouponEffect, CouponPlan, PlanId, ProductSet, Rule, RuleDocument, RuleEffect, RuleId};
use crate::{
    CouponNumber, Currency, ManufacturerCoupons, Money, PLAN_COMPANY_LIMIT, PLAN_KEY_LIMIT,
    PLAN_RETAILER_LIMIT, ProofKind,
};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// Why a rule document cannot be used. It is the same document's fault each time: trying again does
/// not help, publishing a corrected one does.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The layout is not [`RULE_DOCUMENT_VERSION`].
    #[error(
        "the rules have layout {found}, and this program reads {RULE_DOCUMENT_VERSION}: update the program, or publish the rules from a matching HQ"
    )]
    Layout {
        /// The document's layout.
        found: u32,
    },
    /// More than [`RULE_LIMIT`] rules.
    #[error("{found} rules are more than the {RULE_LIMIT} allowed: take out rules that have ended")]
    TooManyRules {
        /// How many there are.
        found: usize,
    },
    /// More than [`PLAN_LIMIT`] plans.
    #[error(
        "{found} coupon plans are more than the {PLAN_LIMIT} allowed: take out plans that have ended"
    )]
    TooManyPlans {
        /// How many there are.
        found: usize,
    },
    /// Two rules have one code.
    #[error("rule {rule} is there twice: give each rule its own code")]
    DuplicateRule {
        /// The code.
        rule: RuleId,
    },
    /// Two plans have one code.
    #[error("coupon plan {plan} is there twice: give each plan its own code")]
    DuplicatePlan {
        /// The code.
        plan: PlanId,
    },
    /// Each part is right, and all together are too much.
    #[error("{words}")]
    Unfit {
        /// What is too much, where.
        words: String,
    },
    /// A rule is wrong in itself.
    #[error("rule {rule}: {fault}")]
    Rule {
        /// Which.
        rule: RuleId,
        /// What is wrong.
        fault: Fault,
    },
    /// Two plans have one code that customers show.
    #[error("coupon plan {plan}: another plan has the code {code} already: choose another code")]
    SharedCode {
        /// The second of them.
        plan: PlanId,
        /// The code.
        code: CouponNumber,
    },
    /// Two plans take the coupons of one company.
    #[error(
        "coupon plan {plan}: coupons of company {company} are taken twice: name it once, in one plan"
    )]
    SharedCompany {
        /// The second of them.
        plan: PlanId,
        /// The company's prefix.
        company: CompanyPrefix,
    },
    /// A plan is wrong in itself.
    #[error("coupon plan {plan}: {fault}")]
    Plan {
        /// Which.
        plan: PlanId,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with one rule or plan, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The name is empty or longer than [`RULE_NAME_LIMIT`] characters.
    #[error("the {what} must have 1 to {RULE_NAME_LIMIT} characters")]
    Name {
        /// `name` or `stacking group`.
        what: &'static str,
    },
    /// An amount is zero or less.
    #[error("{what} is {amount}: give an amount above zero")]
    NotPositive {
        /// The field.
        what: &'static str,
        /// Its value.
        amount: Money,
    },
    /// A percentage is out of range.
    #[error("{found} basis points: give 1 to {most} (100 are 1 %)")]
    BasisPoints {
        /// Its value.
        found: u32,
        /// The most allowed.
        most: u32,
    },
    /// The minimum is in another currency than the amount.
    #[error("minimum_spend is in {minimum} and amount in {amount}: use one currency")]
    Currencies {
        /// The minimum's currency.
        minimum: Currency,
        /// The amount's currency.
        amount: Currency,
    },
    /// It ends before it begins.
    #[error("valid_from {from} is after valid_until {until}: swap or correct the dates")]
    Dates {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
    /// Points per product of no product.
    #[error("it names no products: name at least one item or category")]
    NoProducts,
    /// A quota of nothing, or one that cannot be counted.
    #[error("the quota is {found}: give 1 to {ALLOWANCE_AMOUNT_LIMIT}")]
    Quota {
        /// Its value.
        found: u64,
    },
    /// Signed coupons without a key, or with more than anybody needs.
    #[error("it has {found} keys: give 1 to {PLAN_KEY_LIMIT} (`tillside-hq coupon key` makes one)")]
    Keys {
        /// How many there are.
        found: usize,
    },
    /// A risk cap of nothing, or one that is none.
    #[error("the risk cap is {found} uses: give 1 to {RISK_USES_LIMIT}")]
    RiskUses {
        /// Its value.
        found: u64,
    },
    /// A risk cap that goes on past itself.
    #[error("past the risk cap tills can only refuse yet: give \"past\": \"refuse\"")]
    RiskPast,
    /// The amount of a risk cap is in another currency than the plan's own.
    #[error("the risk cap is in {cap} and the plan in {plan}: use one currency")]
    RiskCurrency {
        /// The cap's currency.
        cap: Currency,
        /// The plan's.
        plan: Currency,
    },
    /// The effect of a plan of manufacturers' coupons is no amount.
    #[error(
        "what a manufacturer's coupon gives is printed on it: let the effect be amount_off, the most that one may give"
    )]
    PrintedEffect,
    /// No companies, or too many.
    #[error("a plan takes coupons of 1 to {PLAN_COMPANY_LIMIT} companies, not {found}")]
    Companies {
        /// How many there are.
        found: usize,
    },
    /// Too many numbers of the chain.
    #[error("retailer has at most {PLAN_RETAILER_LIMIT} numbers, not {found}")]
    Retailers {
        /// How many there are.
        found: usize,
    },
    /// No number that a coupon could name a retailer by.
    #[error("retailer: {found:?} is no GS1 Company Prefix or GLN: give 7 to 13 digits")]
    Retailer {
        /// The text.
        found: String,
    },
    /// More than [`PRODUCT_SET_LIMIT`] items and categories.
    #[error("it names {found} products, more than {PRODUCT_SET_LIMIT}: use categories")]
    TooManyProducts {
        /// How many there are.
        found: usize,
    },
}

/// Checks a whole document.
pub(super) fn document(document: &RuleDocument) -> Result<(), RuleError> {
    if document.v != RULE_DOCUMENT_VERSION {
        return Err(RuleError::Layout { found: document.v });
    }
    let (rules, plans) = (document.rules.len(), document.plans.len());
    if rules > RULE_LIMIT {
        return Err(RuleError::TooManyRules { found: rules });
    }
    if plans > PLAN_LIMIT {
        return Err(RuleError::TooManyPlans { found: plans });
    }
    let mut seen = BTreeSet::new();
    for rule in &document.rules {
        let code = || rule.rule.clone();
        check_rule(rule).map_err(|fault| RuleError::Rule {
            rule: code(),
            fault,
        })?;
        if !seen.insert(&rule.rule) {
            return Err(RuleError::DuplicateRule { rule: code() });
        }
    }
    let (mut seen, mut codes) = (BTreeSet::new(), BTreeSet::new());
    let mut companies = BTreeSet::new();
    for plan in &document.plans {
        let code = || plan.plan.clone();
        check_plan(plan).map_err(|fault| RuleError::Plan {
            plan: code(),
            fault,
        })?;
        if !seen.insert(&plan.plan) {
            return Err(RuleError::DuplicatePlan { plan: code() });
        }
        if let Some(shared) = plan.shared_code()
            && !codes.insert(shared)
        {
            let (plan, code) = (code(), shared.clone());
            return Err(RuleError::SharedCode { plan, code });
        }
        if let Some(company) = plan.companies().iter().find(|one| !companies.insert(*one)) {
            let (plan, company) = (code(), company.clone());
            return Err(RuleError::SharedCompany { plan, company });
        }
    }
    Ok(())
}

fn check_rule(rule: &Rule) -> Result<(), Fault> {
    name("name", &rule.name)?;
    match &rule.effect {
        RuleEffect::PointsPerAmount { per, products, .. } => {
            positive("per", *per)?;
            product_set(products)
        }
        RuleEffect::PointsPerProduct { products, .. } => {
            if products.items.is_empty() && products.categories.is_empty() {
                return Err(Fault::NoProducts);
            }
            product_set(products)
        }
        RuleEffect::TierMultiplier {
            extra_basis_points, ..
        } => basis_points(*extra_basis_points, EXTRA_BASIS_POINTS_LIMIT),
    }
}

fn check_plan(plan: &CouponPlan) -> Result<(), Fault> {
    name("name", &plan.name)?;
    if let Some(group) = &plan.stacking_group {
        name("stacking group", group)?;
    }
    if let Some(minimum) = plan.minimum_spend {
        positive("minimum_spend", minimum)?;
    }
    match &plan.effect {
        CouponEffect::AmountOff { amount } => {
            positive("amount", *amount)?;
            same_currency(plan.minimum_spend, *amount)?;
        }
        CouponEffect::PercentOff { basis_points: off } => basis_points(*off, 10_000)?,
        CouponEffect::ItemFree => {}
    }
    if plan.valid_from > plan.valid_until {
        return Err(Fault::Dates {
            from: plan.valid_from,
            until: plan.valid_until,
        });
    }
    if let ProofKind::Lease { quota, .. } = plan.proof
        && !(1..=ALLOWANCE_AMOUNT_LIMIT).contains(&quota)
    {
        return Err(Fault::Quota { found: quota });
    }
    if let ProofKind::Token { keys } = &plan.proof
        && !(1..=PLAN_KEY_LIMIT).contains(&keys.len())
    {
        let found = keys.len();
        return Err(Fault::Keys { found });
    }
    if let ProofKind::Manufacturer(terms) = &plan.proof {
        manufacturers(plan, terms)?;
    }
    if let Some(cap) = plan.risk_cap() {
        risk_cap(cap, plan.currency())?;
    }
    product_set(&plan.products)
}

fn manufacturers(plan: &CouponPlan, terms: &ManufacturerCoupons) -> Result<(), Fault> {
    if !matches!(plan.effect, CouponEffect::AmountOff { .. }) {
        return Err(Fault::PrintedEffect);
    }
    let found = terms.companies.len();
    if !(1..=PLAN_COMPANY_LIMIT).contains(&found) {
        return Err(Fault::Companies { found });
    }
    let own = |digits: &String| {
        (7..=13).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    match terms.retailer.iter().find(|digits| !own(digits)) {
        Some(bad) => Err(Fault::Retailer { found: bad.clone() }),
        None if terms.retailer.len() > PLAN_RETAILER_LIMIT => Err(Fault::Retailers {
            found: terms.retailer.len(),
        }),
        None => Ok(()),
    }
}

fn risk_cap(cap: &RiskCap, currency: Option<Currency>) -> Result<(), Fault> {
    if !(1..=RISK_USES_LIMIT).contains(&cap.uses) {
        return Err(Fault::RiskUses { found: cap.uses });
    }
    if cap.past != Uncovered::Refuse {
        return Err(Fault::RiskPast);
    }
    let Some(amount) = cap.amount else {
        return Ok(());
    };
    positive("the risk cap's amount", amount)?;
    match currency.filter(|plan| *plan != amount.currency()) {
        Some(plan) => Err(Fault::RiskCurrency {
            cap: amount.currency(),
            plan,
        }),
        None => Ok(()),
    }
}

fn name(what: &'static str, text: &str) -> Result<(), Fault> {
    if (1..=RULE_NAME_LIMIT).contains(&text.chars().count()) {
        Ok(())
    } else {
        Err(Fault::Name { what })
    }
}

fn positive(what: &'static str, amount: Money) -> Result<(), Fault> {
    if amount.minor() > 0 {
        Ok(())
    } else {
        Err(Fault::NotPositive { what, amount })
    }
}

fn basis_points(found: u32, most: u32) -> Result<(), Fault> {
    if (1..=most).contains(&found) {
        Ok(())
    } else {
        Err(Fault::BasisPoints { found, most })
    }
}

fn same_currency(minimum: Option<Money>, amount: Money) -> Result<(), Fault> {
    match minimum.map(Money::currency) {
        Some(minimum) if minimum != amount.currency() => Err(Fault::Currencies {
            minimum,
            amount: amount.currency(),
        }),
        _ => Ok(()),
    }
}

fn product_set(set: &ProductSet) -> Result<(), Fault> {
    let found = set.items.len() + set.categories.len();
    if found > PRODUCT_SET_LIMIT {
        return Err(Fault::TooManyProducts { found });
    }
    Ok(())
}
