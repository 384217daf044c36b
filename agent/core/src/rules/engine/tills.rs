//! What a till can honour of a document. The language is ahead of the tills: a rule that asks what no
//! till knows yet, or gives what none can keep for the customer, is refused with its place. It would
//! otherwise be silently false, or promise what nobody pays.

use super::{Condition, Document, DocumentError, DocumentFault, Effect, Rule, Selection, cel};
use crate::RuleId;

/// Refuses what tills cannot honour.
pub(crate) fn check(document: &Document) -> Result<(), DocumentError> {
    for (n, named) in document.conditions.iter().enumerate() {
        condition(&named.when, None, format!("conditions[{n}].when"))?;
    }
    for (n, rule) in document.rules.iter().enumerate() {
        check_rule(rule, n)?;
    }
    let exclusions = &document.exclusions;
    for (name, set) in [
        ("no_earning_on", &exclusions.no_earning_on),
        ("no_discount_on", &exclusions.no_discount_on),
    ] {
        if let Some(set) = set {
            selection(set, None, format!("exclusions.{name}"))?;
        }
    }
    Ok(())
}

/// Products are known by item and category only.
fn selection(set: &Selection, rule: Option<&RuleId>, path: String) -> Result<(), DocumentError> {
    for (name, asks) in [
        ("brands", !set.brands.is_empty()),
        ("kinds", !set.kinds.is_empty()),
        ("except.brands", !set.except.brands.is_empty()),
        ("except.kinds", !set.except.kinds.is_empty()),
    ] {
        if asks {
            return Err(refuse(rule, format!("{path}.{name}")));
        }
    }
    Ok(())
}

fn check_rule(rule: &Rule, n: usize) -> Result<(), DocumentError> {
    let code = Some(&rule.rule);
    if let Some(when) = &rule.when {
        condition(when, code, format!("rules[{n}].when"))?;
    }
    for (m, funded) in rule.effects.iter().enumerate() {
        let kind = funded.effect.kind();
        let path = format!("rules[{n}].effects[{m}].effect.{kind}");
        if !is_kept(&funded.effect) {
            return Err(refuse(code, path));
        }
        for (place, set) in funded.effect.selections() {
            selection(set, code, format!("{path}.{place}"))?;
        }
    }
    Ok(())
}

/// Whether a sale's record has a place for it.
const fn is_kept(effect: &Effect) -> bool {
    !matches!(
        effect,
        Effect::Voucher { .. }
            | Effect::Cashback { .. }
            | Effect::Stamps { .. }
            | Effect::TierProgress { .. }
    )
}

fn condition(when: &Condition, rule: Option<&RuleId>, path: String) -> Result<(), DocumentError> {
    let each = |list: &[Condition], name: &str| {
        let mut parts = list.iter().enumerate();
        parts.try_for_each(|(n, part)| condition(part, rule, format!("{path}.{name}[{n}]")))
    };
    let unknown = |name: &str| Err(refuse(rule, format!("{path}.{name}")));
    match when {
        Condition::All(list) => each(list, "all"),
        Condition::Any(list) => each(list, "any"),
        Condition::Not(part) => condition(part, rule, format!("{path}.not")),
        Condition::Contains(contains) => selection(
            &contains.products,
            rule,
            format!("{path}.contains.products"),
        ),
        // What cannot be read was refused before.
        Condition::Cel(source) => match cel::read(source) {
            Ok(read) if read.names.iter().all(|name| name.is_known_at_tills()) => Ok(()),
            _ => unknown("cel"),
        },
        Condition::Tender(_) => unknown("tender"),
        Condition::PromoCode(_) => unknown("promo_code"),
        Condition::Group(_) => unknown("group"),
        Condition::Segment(_) => unknown("segment"),
        Condition::Birthday(_) => unknown("birthday"),
        Condition::Joined(_) => unknown("joined"),
        Condition::HomeStore(_) => unknown("home_store"),
        Condition::FirstPurchase(_) => unknown("first_purchase"),
        Condition::Visit(_) => unknown("visit"),
        _ => Ok(()),
    }
}

fn refuse(rule: Option<&RuleId>, path: String) -> DocumentError {
    DocumentError {
        rule: rule.cloned(),
        path,
        fault: DocumentFault::NotAtTills,
    }
}
