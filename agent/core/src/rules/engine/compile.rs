//! From a document to [`Rules`]: everything checked once, so that deciding cannot fail on it.

mod gifts;
mod index;
mod picked;
mod place;
mod test;

pub(super) use gifts::ReadyEffect;
pub(super) use index::{Found, Index};
pub(super) use picked::{LineKeys, Names, Picked};
pub(super) use test::{Leaf, Test};

use super::{
    CEL_RULE_LIMIT, Campaign, Cap, Condition, DARK_DAYS_LIMIT, DOCUMENT_PART_LIMIT,
    DOCUMENT_RULE_LIMIT, DOCUMENT_VERSION, DateWindow, Document, DocumentError, DocumentFault,
    ExclusiveGroup, LAST_DAYS_LIMIT, PENDING_DAYS_LIMIT, PointsLife, REDEEM_POINTS_LIMIT, Redeem,
    Rule, SELECTION_TOTAL_LIMIT, STACKING_LIMIT, Selection, StackingCategory,
};
use crate::rules::check;
use crate::{
    CampaignId, Currency, Money, PRODUCT_SET_LIMIT, PartName, PlanId, RULE_DOCUMENT_VERSION,
    RULE_NAME_LIMIT, RuleDocument, RuleId,
};
use place::Place;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use test::{TestWriter, dates};

/// A rule document, checked and ready to decide with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    pub(super) version: u64,
    /// In the order they are tried.
    pub(super) rules: Vec<CompiledRule>,
    pub(super) campaigns: Vec<Campaign>,
    /// The exclusive groups' names.
    pub(super) groups: Vec<PartName>,
    /// For each stacking category, bit by bit those it stacks with.
    pub(super) stacks_with: Vec<u64>,
    pub(super) no_earning_on: Option<Picked>,
    pub(super) no_discount_on: Option<Picked>,
    pub(super) no_earning_on_redeemed: bool,
    pub(super) points: PointsLife,
    pub(super) names: Names,
    /// How many different conditions without parts there are.
    pub(super) leaves: usize,
    pub(super) index: Index,
}

/// A rule, ready to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CompiledRule {
    pub(super) rule: RuleId,
    pub(super) name: Arc<str>,
    pub(super) valid: DateWindow,
    pub(super) priority: i32,
    /// Its place in [`Rules::campaigns`].
    pub(super) campaign: Option<usize>,
    /// Its place in [`Rules::stacks_with`].
    pub(super) stacking: Option<usize>,
    /// Its place in [`Rules::groups`].
    pub(super) group: Option<usize>,
    pub(super) when: Option<Test>,
    /// Whether some of it is in CEL.
    pub(super) has_cel: bool,
    /// The places of the conditions that make it hold, where these are always the same.
    pub(super) places: Option<Arc<[Arc<str>]>>,
    pub(super) gifts: Vec<ReadyEffect>,
    pub(super) caps: Vec<Cap>,
    /// The one currency of its amounts and its campaign's, if there are any.
    pub(super) currency: Option<Currency>,
}

impl Rules {
    /// No rules: a terminal that has pulled no bundle yet.
    pub fn empty() -> Self {
        Self {
            version: 0,
            rules: Vec::new(),
            campaigns: Vec::new(),
            groups: Vec::new(),
            stacks_with: Vec::new(),
            no_earning_on: None,
            no_discount_on: None,
            no_earning_on_redeemed: false,
            points: PointsLife::default(),
            names: Names::default(),
            leaves: 0,
            index: Index::default(),
        }
    }

    /// Checks a document that came in the bundle of `version`, and makes it ready. The error is the
    /// first fault, with its place.
    pub fn compile(version: u64, document: &Document) -> Result<Self, DocumentError> {
        let top = Place::top();
        let found = document.v;
        top.field("v")
            .check(found == DOCUMENT_VERSION, DocumentFault::Layout { found })?;
        limits(document)?;
        let mut compiler = Compiler::new(document)?;
        let campaigns = campaigns(&document.campaigns)?;
        let stacks_with = stacking(&document.stacking)?;
        compiler.check_named(&document.conditions)?;
        let mut rules = compiler.rules(&document.rules, &campaigns, &document.stacking)?;
        groups(&document.exclusive, &mut rules)?;
        let exclusions = &document.exclusions;
        let mut exclusion = |name: &str, selection: &Option<Selection>| {
            let place = Place::top().field("exclusions").field(name);
            let selection = selection.as_ref();
            selection.map(|set| compiler.pick(set, &place)).transpose()
        };
        let no_earning_on = exclusion("no_earning_on", &exclusions.no_earning_on)?;
        let no_discount_on = exclusion("no_discount_on", &exclusions.no_discount_on)?;
        rules.sort_by_key(|rule| Reverse(rule.priority));
        let groups = document.exclusive.iter();
        Ok(Self {
            version,
            index: Index::new(&rules, &document.campaigns),
            rules,
            campaigns: document.campaigns.clone(),
            groups: groups.map(|group| group.group.clone()).collect(),
            stacks_with,
            no_earning_on,
            no_discount_on,
            no_earning_on_redeemed: exclusions.no_earning_on_redeemed,
            points: life(document.points)?,
            leaves: compiler.leaves.len(),
            names: compiler.names,
        })
    }

    /// The bundle version they came in; 0 before the first.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// How members pay with points, if they may.
    pub const fn redeem(&self) -> Option<&Redeem> {
        self.points.redeem.as_ref()
    }

    /// When points may be spent, and how long they last.
    pub const fn points_life(&self) -> PointsLife {
        self.points
    }

    /// How many rules there are.
    pub const fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// Points that would expire before they may be spent are a mistake.
fn life(points: PointsLife) -> Result<PointsLife, DocumentError> {
    let top = Place::top();
    let place = top.field("points");
    let pending = i64::from(points.pending_days);
    place
        .field("pending_days")
        .range(pending, 0, PENDING_DAYS_LIMIT.into())?;
    if let Some(last) = points.last_days {
        let least = pending + 1;
        place
            .field("last_days")
            .range(last.into(), least, LAST_DAYS_LIMIT.into())?;
    }
    if let Some(redeem) = &points.redeem {
        check_redeem(redeem, &place.field("redeem"))?;
    }
    Ok(points)
}

fn check_redeem(redeem: &Redeem, place: &Place) -> Result<(), DocumentError> {
    let limit = REDEEM_POINTS_LIMIT;
    place.field("points").range(redeem.points, 1, limit)?;
    place.field("minimum").range(redeem.minimum, 0, limit)?;
    let (found, least) = (redeem.worth, "an amount above zero");
    let worth = DocumentFault::TooLittle { found, least };
    place.field("worth").check(found.minor() > 0, worth)?;
    if let Some(dark) = &redeem.dark {
        let place = place.field("dark");
        place.field("points").range(dark.points, 1, limit)?;
        place
            .field("days")
            .range(dark.days.into(), 1, DARK_DAYS_LIMIT.into())?;
    }
    Ok(())
}

/// What the parts of a document refer to each other by.
struct Compiler<'a> {
    names: Names,
    /// The named conditions, with their places in the list.
    named: BTreeMap<&'a PartName, (usize, &'a Condition)>,
    plans: BTreeSet<&'a PlanId>,
    /// The conditions without parts, each once, with its number.
    leaves: HashMap<&'a Condition, (usize, Arc<Leaf>)>,
    /// How many names all selections had so far.
    selected: usize,
}

/// The one currency that the amounts of a rule are in.
#[derive(Default)]
struct Currencies {
    first: Option<Currency>,
}

impl Currencies {
    /// Takes one more amount in, or says that it is in another currency than those before.
    fn meet(&mut self, amount: Money, place: &Place<'_>) -> Result<(), DocumentError> {
        let found = amount.currency();
        let first = *self.first.get_or_insert(found);
        place.check(found == first, DocumentFault::Currencies { found, first })
    }
}

impl<'a> Compiler<'a> {
    fn new(document: &'a Document) -> Result<Self, DocumentError> {
        let plans = RuleDocument {
            v: RULE_DOCUMENT_VERSION,
            rules: Vec::new(),
            plans: document.plans.clone(),
        };
        let place = Place::top().field("plans");
        check::document(&plans).map_err(|fault| place.fault(DocumentFault::LayoutOne(fault)))?;
        let mut named = BTreeMap::new();
        for (n, condition) in document.conditions.iter().enumerate() {
            let before = named.insert(&condition.name, (n, &condition.when));
            let place = Place::top().field("conditions").at(n);
            once(before.is_none(), &condition.name, &place)?;
        }
        Ok(Self {
            names: Names::default(),
            named,
            plans: document.plans.iter().map(|plan| &plan.plan).collect(),
            leaves: HashMap::new(),
            selected: 0,
        })
    }

    /// A selection in numbers.
    fn pick(&mut self, selection: &Selection, place: &Place<'_>) -> Result<Picked, DocumentError> {
        let (found, most) = (selection.len(), PRODUCT_SET_LIMIT);
        place.check(found <= most, DocumentFault::TooMany { found, most })?;
        self.selected += found;
        let (found, most) = (self.selected, SELECTION_TOTAL_LIMIT);
        place.check(found <= most, DocumentFault::TooMany { found, most })?;
        Ok(self.names.pick(selection))
    }

    /// Checks the named conditions by themselves, those too that no rule uses.
    fn check_named(
        &mut self,
        conditions: &'a [super::NamedCondition],
    ) -> Result<(), DocumentError> {
        for (n, condition) in conditions.iter().enumerate() {
            let place = Place::top().field("conditions").at(n).field("when");
            let within = vec![&condition.name];
            self.test(&condition.when, &place, &mut Currencies::default(), within)?;
        }
        Ok(())
    }

    fn test(
        &mut self,
        condition: &'a Condition,
        place: &Place<'a>,
        currencies: &mut Currencies,
        within: Vec<&'a PartName>,
    ) -> Result<Test, DocumentError> {
        let mut writer = TestWriter {
            compiler: self,
            currencies,
            size: 0,
            within,
        };
        writer.write(condition, place, 0)
    }

    fn rules(
        &mut self,
        rules: &'a [Rule],
        campaigns: &BTreeMap<&CampaignId, (usize, Option<Currency>)>,
        stacking: &[StackingCategory],
    ) -> Result<Vec<CompiledRule>, DocumentError> {
        let mut seen = BTreeSet::new();
        let mut compiled = Vec::with_capacity(rules.len());
        let mut in_cel = 0;
        for (n, rule) in rules.iter().enumerate() {
            let place = Place::top().field("rules").at(n).of_rule(&rule.rule);
            once(seen.insert(&rule.rule), &rule.rule, &place.field("rule"))?;
            let rule = self.rule(rule, &place, campaigns, stacking)?;
            in_cel += usize::from(rule.has_cel);
            let few = in_cel <= CEL_RULE_LIMIT;
            place.field("when").check(few, DocumentFault::CelRules)?;
            compiled.push(rule);
        }
        Ok(compiled)
    }

    fn rule(
        &mut self,
        rule: &'a Rule,
        place: &Place<'a>,
        campaigns: &BTreeMap<&CampaignId, (usize, Option<Currency>)>,
        stacking: &[StackingCategory],
    ) -> Result<CompiledRule, DocumentError> {
        name(&rule.name, place)?;
        dates(rule.valid, &place.field("valid"))?;
        let campaign = rule.campaign.as_ref().map(|code| {
            let known = campaigns.get(code).copied();
            known.ok_or_else(|| not_there("campaign", code, &place.field("campaign")))
        });
        let campaign = campaign.transpose()?;
        let stacks = rule.stacking.as_ref().map(|name| {
            let known = stacking.iter().position(|known| known.category == *name);
            known.ok_or_else(|| not_there("stacking category", name, &place.field("stacking")))
        });
        let first = campaign.and_then(|(_, currency)| currency);
        let mut currencies = Currencies { first };
        let when = rule.when.as_ref();
        let when = when.map(|when| {
            let place = place.field("when");
            self.test(when, &place, &mut currencies, Vec::new())
        });
        let when = when.transpose()?;
        let effects = place.field("effects");
        let gifts = gifts::gifts(self, &mut currencies, &rule.effects, &effects)?;
        gifts::caps(&rule.caps, &mut currencies, &place.field("caps"))?;
        Ok(CompiledRule {
            rule: rule.rule.clone(),
            name: rule.name.as_str().into(),
            valid: rule.valid,
            priority: rule.priority,
            campaign: campaign.map(|(index, _)| index),
            stacking: stacks.transpose()?,
            group: None,
            places: test::places(when.as_ref()),
            has_cel: when.as_ref().is_some_and(Test::has_cel),
            when,
            gifts,
            caps: rule.caps.clone(),
            currency: currencies.first,
        })
    }
}

fn limits(document: &Document) -> Result<(), DocumentError> {
    let lists = [
        ("rules", document.rules.len(), DOCUMENT_RULE_LIMIT),
        ("campaigns", document.campaigns.len(), DOCUMENT_PART_LIMIT),
        ("conditions", document.conditions.len(), DOCUMENT_PART_LIMIT),
        ("exclusive", document.exclusive.len(), DOCUMENT_PART_LIMIT),
        ("stacking", document.stacking.len(), STACKING_LIMIT),
    ];
    for (list, found, most) in lists {
        let place = Place::top().field(list);
        place.check(found <= most, DocumentFault::TooMany { found, most })?;
    }
    Ok(())
}

/// Checks the campaigns; where each is in the list, and its currency.
fn campaigns(
    campaigns: &[Campaign],
) -> Result<BTreeMap<&CampaignId, (usize, Option<Currency>)>, DocumentError> {
    let mut known = BTreeMap::new();
    for (n, campaign) in campaigns.iter().enumerate() {
        let place = Place::top().field("campaigns").at(n);
        name(&campaign.name, &place)?;
        dates(campaign.valid, &place.field("valid"))?;
        let mut currencies = Currencies::default();
        gifts::caps(&campaign.caps, &mut currencies, &place.field("caps"))?;
        let before = known.insert(&campaign.campaign, (n, currencies.first));
        once(before.is_none(), &campaign.campaign, &place)?;
    }
    Ok(known)
}

/// For each stacking category, bit by bit those it stacks with, whichever of the two says so.
fn stacking(categories: &[StackingCategory]) -> Result<Vec<u64>, DocumentError> {
    let mut masks = vec![0u64; categories.len()];
    for (n, category) in categories.iter().enumerate() {
        let place = Place::top().field("stacking").at(n);
        let new = !categories[..n]
            .iter()
            .any(|before| before.category == category.category);
        once(new, &category.category, &place)?;
        for (m, with) in category.with.iter().enumerate() {
            let other = categories.iter().position(|known| known.category == *with);
            let place = place.field("with").at(m);
            let other = other.ok_or_else(|| not_there("stacking category", with, &place))?;
            masks[n] |= 1 << other;
            masks[other] |= 1 << n;
        }
    }
    Ok(masks)
}

/// Checks the exclusive groups, and tells each rule which it is in.
fn groups(groups: &[ExclusiveGroup], rules: &mut [CompiledRule]) -> Result<(), DocumentError> {
    let places = rules.iter().enumerate();
    let places: BTreeMap<RuleId, usize> = places.map(|(n, rule)| (rule.rule.clone(), n)).collect();
    for (n, group) in groups.iter().enumerate() {
        let place = Place::top().field("exclusive").at(n);
        let new = !groups[..n].iter().any(|before| before.group == group.group);
        once(new, &group.group, &place)?;
        let place = place.field("rules");
        place.check(group.rules.len() > 1, DocumentFault::LoneRule)?;
        for (m, code) in group.rules.iter().enumerate() {
            let place = place.at(m);
            let known = places.get(code).and_then(|at| rules.get_mut(*at));
            let rule = known.ok_or_else(|| not_there("rule", code, &place))?;
            match rule.group {
                None => rule.group = Some(n),
                Some(other) if other == n => once(false, code, &place)?,
                Some(other) => {
                    return Err(place.fault(DocumentFault::Overlap {
                        rule: code.clone(),
                        other: groups[other].group.to_string(),
                    }));
                }
            }
        }
    }
    Ok(())
}

fn name(text: &str, place: &Place<'_>) -> Result<(), DocumentError> {
    let fits = (1..=RULE_NAME_LIMIT).contains(&text.chars().count());
    place.field("name").check(fits, DocumentFault::Name)
}

fn once(new: bool, name: &impl ToString, place: &Place<'_>) -> Result<(), DocumentError> {
    let name = name.to_string();
    place.check(new, DocumentFault::Twice { name })
}

fn not_there(kind: &'static str, name: &impl ToString, place: &Place<'_>) -> DocumentError {
    let name = name.to_string();
    place.fault(DocumentFault::NotThere { kind, name })
}
