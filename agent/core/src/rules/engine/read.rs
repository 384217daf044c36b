//! Documents as they come: read with the place of every fault, and brought up from layout 1.

use super::{
    DOCUMENT_VERSION, DateWindow, Document, DocumentError, DocumentFault, Effect, Exclusions,
    FundedEffect, FunderShare, PointsLife, Rule, Selection, TierShare,
};
use crate::{ProductSet, RULE_DOCUMENT_VERSION, RuleDocument, RuleEffect, RuleId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

impl Document {
    /// No rules and no plans.
    pub fn empty() -> Self {
        Self::from(RuleDocument {
            v: RULE_DOCUMENT_VERSION,
            rules: Vec::new(),
            plans: Vec::new(),
        })
    }

    /// Reads a document of layout 2 or 1. The error names the place of the first thing that cannot be
    /// read; whether the whole makes sense is left to [`Rules::compile`](super::Rules::compile).
    pub fn read(json: &[u8]) -> Result<Self, DocumentError> {
        /// The layout alone.
        #[derive(Deserialize)]
        struct Layout {
            v: u32,
        }
        match with_places::<Layout>(json)?.v {
            DOCUMENT_VERSION => with_places(json),
            RULE_DOCUMENT_VERSION => {
                let document: RuleDocument = with_places(json)?;
                crate::rules::check::document(&document).map_err(|fault| DocumentError {
                    rule: None,
                    path: "rules".to_owned(),
                    fault: DocumentFault::LayoutOne(fault),
                })?;
                Ok(Self::from(document))
            }
            found => Err(DocumentError {
                rule: None,
                path: "v".to_owned(),
                fault: DocumentFault::Layout { found },
            }),
        }
    }
}

fn with_places<T: DeserializeOwned>(json: &[u8]) -> Result<T, DocumentError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = serde_path_to_error::deserialize(&mut reader);
    let read = read.map_err(|error| (error.path().to_string(), error.into_inner()));
    let read = read.and_then(|read| reader.end().map(|()| read).map_err(|e| (".".to_owned(), e)));
    read.map_err(|(path, error)| DocumentError {
        rule: rule_at(json, &path),
        path,
        fault: DocumentFault::Unreadable(error),
    })
}

/// The code of the rule that a place is in, if it can be read.
fn rule_at(json: &[u8], path: &str) -> Option<RuleId> {
    let (index, _) = path.strip_prefix("rules[")?.split_once(']')?;
    let document: serde_json::Value = serde_json::from_slice(json).ok()?;
    let rule = document.get("rules")?.get(index.parse::<usize>().ok()?)?;
    RuleId::new(rule.get("rule")?.as_str()?).ok()
}

/// Layout 1 says the same in other words: each rule is one effect, for everybody, paid by one funder.
impl From<RuleDocument> for Document {
    fn from(document: RuleDocument) -> Self {
        let rules = document.rules.into_iter().map(|rule| Rule {
            rule: rule.rule,
            name: rule.name,
            campaign: None,
            valid: DateWindow::default(),
            priority: 0,
            stacking: None,
            when: None,
            effects: vec![FundedEffect {
                effect: rule.effect.into(),
                funders: vec![FunderShare {
                    funder: rule.funder,
                    basis_points: 10_000,
                }],
            }],
            caps: Vec::new(),
        });
        Self {
            v: DOCUMENT_VERSION,
            rules: rules.collect(),
            campaigns: Vec::new(),
            conditions: Vec::new(),
            exclusive: Vec::new(),
            stacking: Vec::new(),
            exclusions: Exclusions::default(),
            points: PointsLife::default(),
            plans: document.plans,
        }
    }
}

impl From<RuleEffect> for Effect {
    fn from(effect: RuleEffect) -> Self {
        match effect {
            RuleEffect::PointsPerAmount {
                points,
                per,
                products,
            } => Effect::PointsPerAmount {
                points,
                per,
                products: products.into(),
            },
            RuleEffect::PointsPerProduct { points, products } => Effect::PointsPerItem {
                points,
                products: products.into(),
            },
            RuleEffect::TierMultiplier {
                tier,
                extra_basis_points,
            } => Effect::TierBonus {
                tiers: vec![TierShare {
                    tier,
                    extra_basis_points,
                }],
            },
        }
    }
}

impl From<ProductSet> for Selection {
    fn from(set: ProductSet) -> Self {
        Self {
            items: set.items,
            categories: set.categories,
            ..Self::default()
        }
    }
}
