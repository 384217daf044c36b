//! The rule document, layout 2, as HQ publishes it: what a rule says, before anything is checked.
//!
//! Only data. What makes a document valid is in [`Rules::compile`](super::Rules::compile).

use super::{Condition, Effect, LineKind};
use crate::{
    Brand, CampaignId, Category, CouponPlan, FunderId, Item, Money, Now, PartName, RuleId,
    Timestamp,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The version of this layout of the rule document.
pub const DOCUMENT_VERSION: u32 = 2;
/// The most rules a document may hold.
pub const DOCUMENT_RULE_LIMIT: usize = 10_000;
/// The most campaigns, named conditions and exclusive groups, each.
pub const DOCUMENT_PART_LIMIT: usize = 2_000;
/// The most stacking categories.
pub const STACKING_LIMIT: usize = 64;
/// The most items, categories, brands and kinds that all selections of a document may name.
pub const SELECTION_TOTAL_LIMIT: usize = 500_000;
/// The most effects of one rule.
pub const EFFECT_LIMIT: usize = 8;
/// The most funders of one effect.
pub const FUNDER_LIMIT: usize = 8;
/// The deepest a condition may nest; a condition without parts is 1 deep.
pub const CONDITION_DEPTH_LIMIT: usize = 8;
/// The most conditions one rule's `when` may come to, named ones counted each time they are used.
pub const CONDITION_SIZE_LIMIT: usize = 64;
/// The longest that points may be pending, in days.
pub const PENDING_DAYS_LIMIT: u32 = 366;
/// The longest that points may last, in days, if they do not last for ever.
pub const LAST_DAYS_LIMIT: u32 = 36_600;
const DAY_MILLIS: i64 = 86_400_000;
/// The most points that one step of paying with points, the least of them, or a till's keeping, may be.
pub const REDEEM_POINTS_LIMIT: i64 = 1_000_000;
/// The longest that a till may keep points for when its line is down, in days.
pub const DARK_DAYS_LIMIT: u32 = 60;
/// The most values that one condition may list.
pub const CONDITION_LIST_LIMIT: usize = 1_000;

/// Rules, and what they refer to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`DOCUMENT_VERSION`].
    #[cfg_attr(test, schemars(range(min = 2, max = 2)))]
    pub v: u32,
    /// The rules.
    #[cfg_attr(test, schemars(length(max = 10_000)))]
    pub rules: Vec<Rule>,
    /// The campaigns that rules belong to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub campaigns: Vec<Campaign>,
    /// Conditions that several rules share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<NamedCondition>,
    /// Groups of rules of which only one applies in a basket.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusive: Vec<ExclusiveGroup>,
    /// Which discounts may meet on one line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacking: Vec<StackingCategory>,
    /// What never earns and what is never discounted.
    #[serde(default)]
    pub exclusions: Exclusions,
    /// When points may be spent, and how long they last.
    #[serde(default, skip_serializing_if = "PointsLife::is_unbounded")]
    pub points: PointsLife,
    /// The coupon plans, as in layout 1.
    #[serde(default)]
    pub plans: Vec<CouponPlan>,
}

/// One rule: condition → effects.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its code.
    pub rule: RuleId,
    /// As the cashier and the receipt read it.
    #[cfg_attr(test, schemars(length(min = 1, max = 80)))]
    pub name: String,
    /// The campaign it belongs to: its days and its caps hold too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignId>,
    /// The days it is in force.
    #[serde(default, skip_serializing_if = "DateWindow::is_open")]
    pub valid: DateWindow,
    /// Higher goes first; equal ones go in document order.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Its stacking category: one that the document's `stacking` declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacking: Option<PartName>,
    /// What must hold. None: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What it gives, 1 to [`EFFECT_LIMIT`].
    #[cfg_attr(test, schemars(length(min = 1, max = 8)))]
    pub effects: Vec<FundedEffect>,
    /// How much it gives at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
}

/// An effect, and who pays for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FundedEffect {
    /// What is given.
    pub effect: Effect,
    /// Who pays, 1 to [`FUNDER_LIMIT`].
    #[cfg_attr(test, schemars(length(min = 1, max = 8)))]
    pub funders: Vec<FunderShare>,
}

/// One funder's part of an effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FunderShare {
    /// Who.
    pub funder: FunderId,
    /// Ten-thousandths; those of one effect come to 10 000.
    #[cfg_attr(test, schemars(range(min = 1, max = 10_000)))]
    pub basis_points: u32,
}

/// A time-boxed programme, with a quota.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Campaign {
    /// Its code.
    pub campaign: CampaignId,
    /// As people read it.
    #[cfg_attr(test, schemars(length(min = 1, max = 80)))]
    pub name: String,
    /// The days it runs.
    #[serde(default, skip_serializing_if = "DateWindow::is_open")]
    pub valid: DateWindow,
    /// How much all its rules together give at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
}

/// The most that a rule, or all rules of a campaign, may give over some span.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(extend("anyOf" = [{"required": ["times"]}, {"required": ["points"]}, {"required": ["amount"]}])))]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// Over what. One subject has at most one cap over each.
    pub over: CapSpan,
    /// So many baskets; not over [`CapSpan::Basket`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub times: Option<u32>,
    /// So many points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub points: Option<i64>,
    /// So much in discounts and cashback together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// What a cap counts over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CapSpan {
    /// One basket.
    Basket,
    /// All baskets of one business day.
    Day,
    /// All baskets of one member on one business day.
    MemberDay,
    /// All baskets of one member.
    Member,
    /// All baskets: the quota.
    Total,
}

/// A condition with a name, which [`Condition::Named`] uses.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NamedCondition {
    /// Its name.
    pub name: PartName,
    /// What must hold.
    pub when: Condition,
}

/// Rules of which only the first that applies counts in a basket. No rule is in two groups.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExclusiveGroup {
    /// Its name.
    pub group: PartName,
    /// Its rules, two or more; their order is that of the priorities.
    #[cfg_attr(test, schemars(length(min = 2)))]
    pub rules: Vec<RuleId>,
}

/// A kind of discount, and the kinds that it may meet on one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StackingCategory {
    /// Its name.
    pub category: PartName,
    /// Those it stacks with, itself only if named here. Naming it on one side is enough.
    #[serde(default)]
    pub with: Vec<PartName>,
}

/// What never earns and what is never discounted, whatever a rule says.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exclusions {
    /// No points, cashback, stamps or tier progress for these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_earning_on: Option<Selection>,
    /// No discount on these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_discount_on: Option<Selection>,
    /// Whether the part of the basket that is paid with redeemed points or vouchers earns nothing.
    #[serde(default)]
    pub no_earning_on_redeemed: bool,
}

/// When points that a sale gives may be spent, how long they last, and how they pay. By default at once, for ever, and not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PointsLife {
    /// So many days after the sale, to the minute; until then they are pending.
    #[serde(default)]
    #[cfg_attr(test, schemars(range(max = 366)))]
    pub pending_days: u32,
    /// So many days after the sale's is the last day on which they may be spent; more than they are pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(range(min = 1, max = 36_600)))]
    pub last_days: Option<u32>,
    /// How they pay; without it, they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeem: Option<Redeem>,
}

/// How members pay with points.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// So many points, and any multiple of them,
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000)))]
    pub points: i64,
    /// are worth so much, more than zero.
    pub worth: Money,
    /// The fewest at once; rounded up to whole steps.
    #[serde(default, skip_serializing_if = "no_points")]
    #[cfg_attr(test, schemars(range(min = 0, max = 1_000_000)))]
    pub minimum: i64,
    /// How many of a member's points a till keeps aside when it serves them with the line up, for when the line is
    /// down: nobody else can spend these meanwhile. Without it, points pay only with the line up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark: Option<DarkPoints>,
}

/// What a till keeps aside of a member's points.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DarkPoints {
    /// At most so many.
    #[cfg_attr(test, schemars(range(min = 1, max = 1_000_000)))]
    pub points: i64,
    /// For so many days.
    #[cfg_attr(test, schemars(range(min = 1, max = 60)))]
    pub days: u32,
}

const fn no_points(points: &i64) -> bool {
    *points == 0
}

impl PointsLife {
    /// Whether nothing is said.
    pub fn is_unbounded(&self) -> bool {
        *self == Self::default()
    }

    /// When points given now may be spent, and the last day on which they may be.
    pub fn of(&self, now: Now) -> (Timestamp, Option<Date>) {
        let pending = i64::from(self.pending_days).saturating_mul(DAY_MILLIS);
        let last = self.last_days.map(i64::from).and_then(|days| {
            let span = jiff::Span::new().try_days(days).ok()?;
            now.date.checked_add(span).ok()
        });
        (Timestamp(now.at.0.saturating_add(pending)), last)
    }
}

/// Products. A line is selected if any list names it, or all lists are empty, and `except` does not.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// These items,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub items: Vec<Item>,
    /// every item of these categories,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub categories: Vec<Category>,
    /// every item of these brands,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub brands: Vec<Brand>,
    /// and every line of these kinds;
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub kinds: Vec<LineKind>,
    /// but none of these. Empty lists here except nothing.
    #[serde(default, skip_serializing_if = "Except::is_empty")]
    pub except: Except,
}

/// Products that a [`Selection`] leaves out.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Except {
    /// These items,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub items: Vec<Item>,
    /// these categories,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub categories: Vec<Category>,
    /// these brands,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub brands: Vec<Brand>,
    /// these kinds of line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, schemars(length(max = 5_000)))]
    pub kinds: Vec<LineKind>,
}

impl Except {
    /// Whether it leaves nothing out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values it names.
    pub fn len(&self) -> usize {
        self.items.len() + self.categories.len() + self.brands.len() + self.kinds.len()
    }
}

impl Selection {
    /// Whether its own lists name nothing, so that it means every line but the excepted.
    pub fn is_any(&self) -> bool {
        self.items.is_empty()
            && self.categories.is_empty()
            && self.brands.is_empty()
            && self.kinds.is_empty()
    }

    /// How many values it names, excepted ones too.
    pub fn len(&self) -> usize {
        let own = self.items.len() + self.categories.len() + self.brands.len() + self.kinds.len();
        own + self.except.len()
    }

    /// Whether it names nothing at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Days of the store's calendar, both ends included; an end that is missing is open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DateWindow {
    /// The first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl DateWindow {
    /// Whether it holds every day.
    pub const fn is_open(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }

    /// Whether it holds a day.
    pub fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_zero(number: &i32) -> bool {
    *number == 0
}
