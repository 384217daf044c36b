//! Conditions, checked and made ready to be judged.

use super::super::cel::{self, Expression};
use super::super::{
    AmountRange, Birthday, CONDITION_DEPTH_LIMIT, CONDITION_LIST_LIMIT, CONDITION_SIZE_LIMIT,
    Condition, CountRange, DateWindow, DocumentError, DocumentFault, HomeStore, Visit,
};
use super::{Compiler, Currencies, Picked, Place};
use crate::PartName;
use std::sync::Arc;

/// A condition, ready to be judged. Named ones are written out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Test {
    /// Each of these.
    All(Vec<Test>),
    /// At least one of these.
    Any(Vec<Test>),
    /// Not this, and the place that says so.
    Not(Arc<str>, Box<Test>),
    /// A condition without parts, its place, and its number: of the same in all rules the same.
    Leaf(Arc<str>, usize, Arc<Leaf>),
}

/// The places of the conditions that make a rule hold, unless it may hold in several ways.
pub(super) fn places(when: Option<&Test>) -> Option<Arc<[Arc<str>]>> {
    fn all(test: &Test, into: &mut Vec<Arc<str>>) -> bool {
        match test {
            Test::All(parts) => parts.iter().all(|part| all(part, into)),
            Test::Any(_) => false,
            Test::Not(place, _) | Test::Leaf(place, _, _) => {
                into.push(Arc::clone(place));
                true
            }
        }
    }
    let mut places = Vec::new();
    let same = when.is_none_or(|when| all(when, &mut places));
    same.then(|| places.into())
}

impl Test {
    /// Whether some part of it is in CEL.
    pub(in super::super) fn has_cel(&self) -> bool {
        match self {
            Test::All(parts) | Test::Any(parts) => parts.iter().any(Test::has_cel),
            Test::Not(_, part) => part.has_cel(),
            Test::Leaf(_, _, leaf) => matches!(**leaf, Leaf::Cel(_)),
        }
    }
}

/// A condition without parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Leaf {
    /// The selected lines come to so many items and so much.
    Contains {
        picked: Picked,
        items: CountRange,
        amount: AmountRange,
    },
    /// An expression in CEL.
    Cel(Expression),
    /// Any other, as it is written.
    Plain(Condition),
}

/// Writes one rule's conditions out.
pub(super) struct TestWriter<'a, 'c> {
    pub(super) compiler: &'c mut Compiler<'a>,
    pub(super) currencies: &'c mut Currencies,
    /// How many conditions there were so far.
    pub(super) size: usize,
    /// The names being written out, outermost first.
    pub(super) within: Vec<&'a PartName>,
}

impl<'a> TestWriter<'a, '_> {
    /// Checks a condition and all its parts; `depth` is how many it is within.
    pub(super) fn write(
        &mut self,
        condition: &'a Condition,
        place: &Place<'a>,
        depth: usize,
    ) -> Result<Test, DocumentError> {
        self.size += 1;
        place.check(depth < CONDITION_DEPTH_LIMIT, DocumentFault::TooDeep)?;
        place.check(self.size <= CONDITION_SIZE_LIMIT, DocumentFault::TooLarge)?;
        let test = match condition {
            Condition::All(parts) => Test::All(self.parts(parts, &place.field("all"), depth)?),
            Condition::Any(parts) => Test::Any(self.parts(parts, &place.field("any"), depth)?),
            Condition::Not(part) => {
                let place = place.field("not");
                let part = self.write(part, &place, depth + 1)?;
                Test::Not(place.path().into(), Box::new(part))
            }
            Condition::Named(name) => self.named(name, &place.field("named"), depth)?,
            plain => {
                let place = place.field(kind(plain));
                let leaf = self.leaf(plain, &place)?;
                let leaves = &mut self.compiler.leaves;
                let next = leaves.len();
                let known = leaves.entry(plain).or_insert((next, Arc::new(leaf)));
                Test::Leaf(place.path().into(), known.0, Arc::clone(&known.1))
            }
        };
        Ok(test)
    }

    fn parts(
        &mut self,
        parts: &'a [Condition],
        place: &Place<'a>,
        depth: usize,
    ) -> Result<Vec<Test>, DocumentError> {
        place.check(!parts.is_empty(), DocumentFault::Empty)?;
        let parts = parts.iter().enumerate();
        parts
            .map(|(n, part)| self.write(part, &place.at(n), depth + 1))
            .collect()
    }

    fn named(
        &mut self,
        name: &'a PartName,
        place: &Place<'a>,
        depth: usize,
    ) -> Result<Test, DocumentError> {
        if let Some(first) = self.within.iter().position(|outer| *outer == name) {
            let ring = self.within[first..].iter().copied().chain([name]);
            let ring = ring.map(|name| name.to_string()).collect();
            return Err(place.fault(DocumentFault::Circle { ring }));
        }
        let Some((index, condition)) = self.compiler.named.get(name).copied() else {
            return Err(place.fault(DocumentFault::NotThere {
                kind: "condition",
                name: name.to_string(),
            }));
        };
        self.within.push(name);
        let there = place.elsewhere(&format!("conditions[{index}].when"));
        let test = self.write(condition, &there, depth + 1)?;
        self.within.pop();
        Ok(test)
    }

    fn leaf(&mut self, condition: &'a Condition, place: &Place<'a>) -> Result<Leaf, DocumentError> {
        match condition {
            Condition::Contains(contains) => {
                let products = &contains.products;
                let picked = self.compiler.pick(products, &place.field("products"))?;
                let at_least_one = CountRange {
                    least: Some(1),
                    most: None,
                };
                let items = contains.items.unwrap_or(at_least_one);
                counts(items, &place.field("items"))?;
                self.amounts(contains.amount, &place.field("amount"))?;
                return Ok(Leaf::Contains {
                    picked,
                    items,
                    amount: contains.amount,
                });
            }
            Condition::Basket(basket) => {
                counts(basket.items, &place.field("items"))?;
                self.amounts(basket.amount, &place.field("amount"))?;
            }
            Condition::Cel(source) => {
                // Nothing else that comes once costs as much to read.
                if let Some((_, known)) = self.compiler.leaves.get(condition) {
                    return Ok((**known).clone());
                }
                let expression = cel::read(source);
                let expression = expression.map_err(|fault| place.fault(fault.into()))?;
                return Ok(Leaf::Cel(expression));
            }
            plain => plain_leaf(plain, place)?,
        }
        Ok(Leaf::Plain(condition.clone()))
    }

    fn amounts(&mut self, range: AmountRange, place: &Place<'_>) -> Result<(), DocumentError> {
        for (name, amount) in [("least", range.least), ("most", range.most)] {
            let Some(amount) = amount else { continue };
            let place = place.field(name);
            let fault = DocumentFault::TooLittle {
                found: amount,
                least: "zero or more",
            };
            place.check(amount.minor() >= 0, fault)?;
            self.currencies.meet(amount, &place)?;
        }
        let (least, most) = (range.least, range.most);
        let some = least
            .zip(most)
            .is_none_or(|(least, most)| least.minor() <= most.minor());
        place.check(some, DocumentFault::EmptyRange)
    }
}

/// Checks a condition that speaks of neither products nor amounts.
fn plain_leaf(condition: &Condition, place: &Place<'_>) -> Result<(), DocumentError> {
    match condition {
        Condition::Tender(list) => listed(list.len(), place),
        Condition::Tier(list) => listed(list.len(), place),
        Condition::Group(list) => listed(list.len(), place),
        Condition::Segment(list) => listed(list.len(), place),
        Condition::Store(list) => listed(list.len(), place),
        Condition::HomeStore(HomeStore::OneOf(list)) => listed(list.len(), place),
        Condition::PromoCode(list) => listed(list.len(), place),
        Condition::Weekday(list) => listed(list.len(), place),
        Condition::Channel(list) => listed(list.len(), place),
        Condition::Lane(list) => listed(list.len(), place),
        Condition::Birthday(Birthday::Window { before, after }) => {
            place
                .field("window.before")
                .range((*before).into(), 0, 60)?;
            place.field("window.after").range((*after).into(), 0, 60)
        }
        Condition::Joined(joined) => {
            dates(joined.on, &place.field("on"))?;
            counts(joined.days_ago, &place.field("days_ago"))
        }
        Condition::Date(window) => dates(*window, place),
        Condition::Time(window) => {
            place.check(window.from != window.until, DocumentFault::EmptyTime)
        }
        Condition::Visit(Visit::Nth(number) | Visit::Every(number)) => {
            place.range((*number).into(), 1, u32::MAX.into())
        }
        _ => Ok(()),
    }
}

fn listed(found: usize, place: &Place<'_>) -> Result<(), DocumentError> {
    place.check(found > 0, DocumentFault::Empty)?;
    let fault = DocumentFault::ListTooLong { found };
    place.check(found <= CONDITION_LIST_LIMIT, fault)
}

fn counts(range: CountRange, place: &Place<'_>) -> Result<(), DocumentError> {
    let (least, most) = (range.least, range.most);
    let some = least.zip(most).is_none_or(|(least, most)| least <= most);
    place.check(some, DocumentFault::EmptyRange)
}

/// Checks that a window of days holds some, and none that is absurd.
pub(super) fn dates(window: DateWindow, place: &Place<'_>) -> Result<(), DocumentError> {
    for (name, day) in [("from", window.from), ("until", window.until)] {
        let Some(found) = day else { continue };
        let sensible = (2000..=2199).contains(&found.year());
        let fault = DocumentFault::AbsurdDate { found };
        place.field(name).check(sensible, fault)?;
    }
    let (from, until) = (window.from, window.until);
    let some = from.zip(until).is_none_or(|(from, until)| from <= until);
    place.check(some, DocumentFault::EmptyRange)
}

/// A condition's name in the document.
const fn kind(condition: &Condition) -> &'static str {
    match condition {
        Condition::All(_) => "all",
        Condition::Any(_) => "any",
        Condition::Not(_) => "not",
        Condition::Named(_) => "named",
        Condition::Contains(_) => "contains",
        Condition::Basket(_) => "basket",
        Condition::Tender(_) => "tender",
        Condition::Tier(_) => "tier",
        Condition::Group(_) => "group",
        Condition::Segment(_) => "segment",
        Condition::Member(_) => "member",
        Condition::Birthday(_) => "birthday",
        Condition::Joined(_) => "joined",
        Condition::HomeStore(_) => "home_store",
        Condition::Store(_) => "store",
        Condition::PromoCode(_) => "promo_code",
        Condition::Date(_) => "date",
        Condition::Weekday(_) => "weekday",
        Condition::Time(_) => "time",
        Condition::FirstPurchase(_) => "first_purchase",
        Condition::Visit(_) => "visit",
        Condition::Channel(_) => "channel",
        Condition::Lane(_) => "lane",
        Condition::Cel(_) => "cel",
    }
}
