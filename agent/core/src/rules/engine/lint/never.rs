//! Conditions that contradict themselves.

use super::super::{
    AmountRange, Condition, CountRange, DateWindow, Document, HomeStore, Rule, Visit,
};

/// Why a rule's condition can never hold, if that is found.
pub(super) fn why(rule: &Rule, document: &Document) -> Option<String> {
    let mut campaigns = document.campaigns.iter();
    let campaign = campaigns.find(|campaign| Some(&campaign.campaign) == rule.campaign.as_ref());
    let own = Condition::Date(rule.valid);
    let campaigns = campaign.map(|campaign| Condition::Date(campaign.valid));
    let mut parts = vec![&own];
    parts.extend(campaigns.as_ref());
    parts.extend(rule.when.as_ref());
    contradiction(&parts, document)
}

/// What excludes what among conditions that must all hold.
fn contradiction(parts: &[&Condition], document: &Document) -> Option<String> {
    let mut flat = Vec::new();
    parts
        .iter()
        .for_each(|part| flatten(part, document, &mut flat));
    for (n, a) in flat.iter().enumerate() {
        for b in &flat[n + 1..] {
            if let Some(what) = exclude(a, b).or_else(|| exclude(b, a)) {
                return Some(what);
            }
        }
        if let Condition::Any(choices) = a {
            let mut never = choices
                .iter()
                .map(|choice| contradiction(&[choice], document));
            let first = never.next().flatten();
            if first.is_some() && never.all(|why| why.is_some()) {
                return first;
            }
        }
    }
    None
}

/// The conditions that must all hold, named ones and lists written out.
fn flatten<'a>(part: &'a Condition, document: &'a Document, into: &mut Vec<&'a Condition>) {
    match part {
        Condition::All(parts) => parts.iter().for_each(|part| flatten(part, document, into)),
        Condition::Named(name) => {
            let mut named = document.conditions.iter();
            if let Some(named) = named.find(|named| named.name == *name) {
                flatten(&named.when, document, into);
            }
        }
        part => into.push(part),
    }
}

/// What in two conditions excludes each other, if that is found from the side of `a`.
fn exclude(a: &Condition, b: &Condition) -> Option<String> {
    fn apart<T: PartialEq>(a: &[T], b: &[T]) -> bool {
        !a.iter().any(|one| b.contains(one))
    }
    let (never, what) = match (a, b) {
        (a, Condition::Not(b)) => (*a == **b, "a condition and its opposite are both asked for"),
        (Condition::Tier(a), Condition::Tier(b)) => (apart(a, b), "two tiers are asked for"),
        (Condition::Store(a), Condition::Store(b)) => (apart(a, b), "two stores are asked for"),
        (Condition::Lane(a), Condition::Lane(b)) => (apart(a, b), "two tills are asked for"),
        (Condition::Channel(a), Condition::Channel(b)) => {
            (apart(a, b), "two channels are asked for")
        }
        (Condition::Weekday(a), Condition::Weekday(b)) => {
            (apart(a, b), "two weekdays are asked for")
        }
        (Condition::HomeStore(HomeStore::OneOf(a)), Condition::HomeStore(HomeStore::OneOf(b))) => {
            (apart(a, b), "two home stores are asked for")
        }
        (Condition::Date(a), Condition::Date(b)) => (!days_meet(*a, *b), "its days never meet"),
        (Condition::Time(a), Condition::Time(b)) => {
            let meet = (0..1_440).any(|minute| a.holds(minute) && b.holds(minute));
            (!meet, "its times of day never meet")
        }
        (Condition::Basket(a), Condition::Basket(b)) => {
            let meet = counts_meet(a.items, b.items) && amounts_meet(a.amount, b.amount);
            (!meet, "the basket cannot be so large and so small")
        }
        (Condition::Member(a), Condition::Member(b)) => {
            (a != b, "a member and nobody are both asked for")
        }
        (Condition::Member(false), part) => (
            of_member(part),
            "something of a member is asked for, and that there is none",
        ),
        (Condition::FirstPurchase(a), Condition::FirstPurchase(b)) => {
            (a != b, "a first and a later purchase are both asked for")
        }
        (Condition::FirstPurchase(first), Condition::Visit(visit)) => {
            let (Visit::Nth(number) | Visit::Every(number)) = *visit;
            let nth = matches!(visit, Visit::Nth(_));
            let never = if *first {
                number > 1
            } else {
                nth && number == 1
            };
            (never, "a first and a later purchase are both asked for")
        }
        (Condition::Visit(Visit::Nth(a)), Condition::Visit(Visit::Nth(b))) => {
            (a != b, "two purchases are asked for at once")
        }
        _ => (false, ""),
    };
    never.then(|| what.to_owned())
}

/// Whether a condition only holds where a member is known.
const fn of_member(condition: &Condition) -> bool {
    matches!(
        condition,
        Condition::Tier(_)
            | Condition::Group(_)
            | Condition::Segment(_)
            | Condition::Birthday(_)
            | Condition::Joined(_)
            | Condition::HomeStore(_)
            | Condition::FirstPurchase(_)
            | Condition::Visit(_)
    )
}

fn days_meet(a: DateWindow, b: DateWindow) -> bool {
    let before = |a: DateWindow, b: DateWindow| {
        a.until
            .zip(b.from)
            .is_some_and(|(until, from)| until < from)
    };
    !before(a, b) && !before(b, a)
}

fn counts_meet(a: CountRange, b: CountRange) -> bool {
    let before = |a: CountRange, b: CountRange| {
        a.most
            .zip(b.least)
            .is_some_and(|(most, least)| most < least)
    };
    !before(a, b) && !before(b, a)
}

fn amounts_meet(a: AmountRange, b: AmountRange) -> bool {
    let before = |a: AmountRange, b: AmountRange| {
        let both = a.most.zip(b.least);
        both.is_some_and(|(most, least)| most.minor() < least.minor())
    };
    !before(a, b) && !before(b, a)
}
