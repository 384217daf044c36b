//! What a till can honour of a document. The language is ahead of the tills: a rule that asks what no
//! till knows yet, or gives what none can keep for the customer, is refused with its place. It would
//! otherwise be silently false, or promise what nobody pays.

use super::{Condition, Document, DocumentError, DocumentFault, Effect, Rule};
use crate::RuleId;

/// Refuses what tills cannot honour.
pub(crate) fn check(document: &Document) -> Result<(), DocumentError> {
    for (n, named) in document.conditions.iter().enumerate() {
        condition(&named.when, None, format!("conditions[{n}].when"))?;
    }
    for (n, rule) in document.rules.iter().enumerate() {
        check_rule(rule, n)?;
    }
    Ok(())
}

fn check_rule(rule: &Rule, n: usize) -> Result<(), DocumentError> {
    let code = Some(&rule.rule);
    if let Some(when) = &rule.when {
        condition(when, code, format!("rules[{n}].when"))?;
    }
    for (m, funded) in rule.effects.iter().enumerate() {
        if !is_kept(&funded.effect) {
            let kind = funded.effect.kind();
            return Err(refuse(
                code,
                format!("rules[{n}].effects[{m}].effect.{kind}"),
            ));
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
