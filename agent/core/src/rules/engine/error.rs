//! Why a rule document cannot be used: where, and what to do.

use super::{
    BUNDLE_LIMIT, CEL_RULE_LIMIT, CONDITION_DEPTH_LIMIT, CONDITION_LIST_LIMIT,
    CONDITION_SIZE_LIMIT, CelFault, DOCUMENT_VERSION, EFFECT_LIMIT, FUNDER_LIMIT,
};
use crate::{Currency, Money, RULE_NAME_LIMIT, RuleError, RuleId};
use jiff::civil::Date;

/// A fault, and its place. It is the same document's fault each time: trying again does not help,
/// publishing a corrected one does.
#[derive(Debug, thiserror::Error)]
#[error("{}{path}: {fault}", of_rule(.rule))]
pub struct DocumentError {
    /// The rule, if the fault is in one and its code can be read.
    pub rule: Option<RuleId>,
    /// The place in the document: `rules[3].effects[0].funders`.
    pub path: String,
    /// What is wrong there.
    pub fault: DocumentFault,
}

fn of_rule(rule: &Option<RuleId>) -> String {
    rule.as_ref()
        .map(|rule| format!("rule {rule}, "))
        .unwrap_or_default()
}

/// What is wrong with a rule document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentFault {
    /// It is not a document: not JSON, an unknown field, a missing one, or a value of another kind.
    #[error(transparent)]
    Unreadable(serde_json::Error),
    /// The layout is neither [`DOCUMENT_VERSION`] nor 1.
    #[error(
        "layout {found} is not one that this program reads (1 and {DOCUMENT_VERSION}): update the program, or publish the rules from a matching HQ"
    )]
    Layout {
        /// The document's layout.
        found: u32,
    },
    /// More of something than allowed.
    #[error("{found} are more than the {most} allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// The most allowed.
        most: usize,
    },
    /// Nothing where something must be.
    #[error("it is empty: name at least one")]
    Empty,
    /// Two parts have one name.
    #[error("{name} is there twice: give each its own code, and name each once")]
    Twice {
        /// The name.
        name: String,
    },
    /// A name or code that the document does not define.
    #[error("the document has no {kind} {name}")]
    NotThere {
        /// What it should be.
        kind: &'static str,
        /// As it is named.
        name: String,
    },
    /// Named conditions that use each other in a ring.
    #[error("the conditions go round in a circle: {}", .ring.join(" → "))]
    Circle {
        /// The names, the first again at the end.
        ring: Vec<String>,
    },
    /// A condition nests too deep.
    #[error("it nests deeper than {CONDITION_DEPTH_LIMIT}: make it flatter")]
    TooDeep,
    /// A rule's conditions are too many.
    #[error("the rule's conditions come to more than {CONDITION_SIZE_LIMIT}: split the rule")]
    TooLarge,
    /// A condition lists too many values.
    #[error(
        "it lists {found} values, more than {CONDITION_LIST_LIMIT}: use a group, segment or category"
    )]
    ListTooLong {
        /// How many.
        found: usize,
    },
    /// A rule has no effect, or too many.
    #[error("a rule has 1 to {EFFECT_LIMIT} effects, not {found}")]
    Effects {
        /// How many.
        found: usize,
    },
    /// An effect has no funder, or too many.
    #[error("an effect has 1 to {FUNDER_LIMIT} funders, not {found}")]
    Funders {
        /// How many.
        found: usize,
    },
    /// The shares of an effect's funders do not come to the whole.
    #[error("the shares come to {found} basis points: make them 10000 together, each above 0")]
    Shares {
        /// What they come to.
        found: u64,
    },
    /// A bundle has no part, or too many.
    #[error("a bundle has 1 to {BUNDLE_LIMIT} parts, not {found}")]
    BundleParts {
        /// How many.
        found: usize,
    },
    /// The name is empty or too long.
    #[error("a name has 1 to {RULE_NAME_LIMIT} characters")]
    Name,
    /// A number is out of its range.
    #[error("{found} is not allowed: give {least} to {most}")]
    Range {
        /// The number.
        found: i64,
        /// The least allowed.
        least: i64,
        /// The most allowed.
        most: i64,
    },
    /// An amount is too small.
    #[error("{found} is too little: give {least}")]
    TooLittle {
        /// The amount.
        found: Money,
        /// `an amount above zero`, or `zero or more`.
        least: &'static str,
    },
    /// Two currencies in one rule.
    #[error(
        "it is in {found}, and the rule has amounts in {first}: use one currency in a rule and its campaign"
    )]
    Currencies {
        /// Here.
        found: Currency,
        /// Before.
        first: Currency,
    },
    /// A range holds nothing.
    #[error("the range ends before it begins, so nothing is in it: swap or correct its ends")]
    EmptyRange,
    /// A day so far away that it must be a slip.
    #[error("{found} is no sensible day: use one from 2000 to 2199")]
    AbsurdDate {
        /// The day.
        found: Date,
    },
    /// A time window that begins and ends at one time.
    #[error("it begins and ends at the same time: leave the condition out to mean all day")]
    EmptyTime,
    /// A group of exclusive rules that cannot exclude anything.
    #[error("it names one rule only: name two or more, or leave the group out")]
    LoneRule,
    /// A rule in two exclusive groups.
    #[error("rule {rule} is also in group {other}: a rule is in one group at most")]
    Overlap {
        /// The rule.
        rule: RuleId,
        /// The other group.
        other: String,
    },
    /// A cap that limits nothing.
    #[error("it limits nothing: give times, points or amount")]
    EmptyCap,
    /// A number of baskets in one basket.
    #[error("one basket is always once: leave times out, or cap over another span")]
    TimesInBasket,
    /// Nothing is selected by name where that is needed.
    #[error("it names no products: name at least one item, category, brand or kind")]
    NoProducts,
    /// A condition in CEL is wrong.
    #[error(transparent)]
    Cel(#[from] CelFault),
    /// Too many rules have a condition in CEL.
    #[error(
        "more than {CEL_RULE_LIMIT} rules have a condition in cel, which each basket must ask: use other conditions"
    )]
    CelRules,
    /// No till knows, or keeps, what this asks for.
    #[error(
        "tills cannot do this yet, so the rule would not do what it says: leave it out, or update all tills first"
    )]
    NotAtTills,
    /// A coupon plan, or a document of layout 1, is wrong.
    #[error(transparent)]
    LayoutOne(RuleError),
}
