//! Whether a condition holds, and which of its parts made it.

use super::super::cel::{self, CelFacts, CelFailure};
use super::super::compile::{CompiledRule, Found, Leaf, Picked, Test};
use super::super::{
    Birthday, Condition, Context, HomeStore, Joined, MonthDay, Rules, Visit, Weekday,
};
use super::open::OpenLines;
use jiff::civil::Date;
use std::cell::Cell;
use std::sync::Arc;

/// Whether a condition without parts holds, or why that cannot be said.
type Answer = Result<bool, CelFailure>;

/// What conditions are judged on: the basket as it was put.
pub(super) struct Facts<'a> {
    context: &'a Context<'a>,
    lines: &'a OpenLines,
    /// All items, and what they cost before discounts.
    items: u64,
    amount: i64,
    weekday: Weekday,
    /// For each condition without parts, by its number, whether it holds; as far as anybody asked.
    known: Vec<Cell<Option<Answer>>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(rules: &Rules, context: &'a Context<'a>, lines: &'a OpenLines) -> Self {
        let all = || lines.lines.iter();
        Self {
            context,
            lines,
            items: all().map(|line| u64::from(line.quantity)).sum(),
            // Their sum is in the range of money.
            amount: all().map(|line| line.subtotal).sum(),
            weekday: context.moment.date.weekday().into(),
            known: vec![Cell::new(None); rules.leaves],
        }
    }

    /// The rules that may hold.
    pub(super) fn candidates(&self, rules: &Rules) -> Found {
        let lines = self.lines.lines.iter().map(|line| &line.keys);
        rules
            .index
            .candidates(self.context, lines, self.items, self.amount)
    }

    /// Whether some line is selected.
    pub(super) fn any_line(&self, picked: &Picked) -> bool {
        let mut lines = self.lines.lines.iter();
        lines.any(|line| picked.covers(&line.keys))
    }

    /// Whether a condition without parts holds, which is worked out once.
    fn leaf(&self, number: usize, leaf: &Leaf) -> bool {
        self.answer(number, leaf).unwrap_or(false)
    }

    fn answer(&self, number: usize, leaf: &Leaf) -> Answer {
        let Some(known) = self.known.get(number) else {
            return leaf_holds(leaf, self);
        };
        let answer = known.get().unwrap_or_else(|| leaf_holds(leaf, self));
        known.set(Some(answer));
        answer
    }

    /// Why a condition that does not hold may have held: the first part in CEL that failed, if the rest
    /// holds where such parts do. What is not known of a basket is no failure.
    pub(super) fn failed(&self, test: &Test) -> Option<CelFailure> {
        let mut failure = None;
        let would_hold = self.would_hold(test, &mut failure);
        failure.filter(|_| would_hold)
    }

    fn would_hold(&self, test: &Test, failure: &mut Option<CelFailure>) -> bool {
        match test {
            // All parts are asked, so that the first that failed is found.
            Test::All(parts) => {
                let asked = parts.iter().map(|part| self.would_hold(part, failure));
                asked.fold(true, |all, holds| all & holds)
            }
            Test::Any(parts) => {
                let asked = parts.iter().map(|part| self.would_hold(part, failure));
                asked.fold(false, |any, holds| any | holds)
            }
            Test::Not(_, part) => !holds(part, self),
            Test::Leaf(_, number, leaf) => match self.answer(*number, leaf) {
                Ok(holds) => holds,
                Err(CelFailure::NotKnown) => false,
                Err(failed) => {
                    failure.get_or_insert(failed);
                    true
                }
            },
        }
    }
}

/// Whether a condition holds.
pub(super) fn holds(test: &Test, facts: &Facts<'_>) -> bool {
    match test {
        Test::All(parts) => parts.iter().all(|part| match part {
            // Nearly all rules are no deeper.
            Test::Leaf(_, number, leaf) => facts.leaf(*number, leaf),
            part => holds(part, facts),
        }),
        Test::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        Test::Not(_, part) => !holds(part, facts),
        Test::Leaf(_, number, leaf) => facts.leaf(*number, leaf),
    }
}

/// The places of the parts that make a rule hold: of any, the first that does.
pub(super) fn matched(rule: &CompiledRule, facts: &Facts<'_>) -> Arc<[Arc<str>]> {
    fn find(test: &Test, facts: &Facts<'_>, into: &mut Vec<Arc<str>>) {
        match test {
            Test::All(parts) => parts.iter().for_each(|part| find(part, facts, into)),
            Test::Any(parts) => {
                let first = parts.iter().find(|part| holds(part, facts));
                first.into_iter().for_each(|part| find(part, facts, into));
            }
            Test::Not(place, _) | Test::Leaf(place, _, _) => into.push(Arc::clone(place)),
        }
    }
    match (&rule.places, &rule.when) {
        (Some(always), _) => Arc::clone(always),
        (None, when) => {
            let mut places = Vec::new();
            when.iter().for_each(|when| find(when, facts, &mut places));
            places.into()
        }
    }
}

fn leaf_holds(leaf: &Leaf, facts: &Facts<'_>) -> Answer {
    match leaf {
        Leaf::Cel(expression) => cel::ask(
            expression,
            CelFacts {
                context: facts.context,
                items: facts.items,
                amount: facts.amount,
            },
        ),
        Leaf::Contains {
            picked,
            items,
            amount,
        } => {
            let lines = facts.lines.lines.iter();
            let (mut found, mut cost) = (0u64, 0i64);
            for line in lines.filter(|line| picked.covers(&line.keys)) {
                found += u64::from(line.quantity);
                cost += line.subtotal;
            }
            Ok(items.holds(found) && amount.holds(cost))
        }
        Leaf::Plain(condition) => Ok(plain_holds(condition, facts)),
    }
}

fn plain_holds(condition: &Condition, facts: &Facts<'_>) -> bool {
    let context = facts.context;
    let today = context.moment.date;
    let member = context.member;
    match condition {
        Condition::Basket(range) => {
            range.items.holds(facts.items) && range.amount.holds(facts.amount)
        }
        Condition::Tender(kinds) => context.tenders.iter().any(|tender| kinds.contains(tender)),
        Condition::PromoCode(codes) => context.promo_codes.iter().any(|code| codes.contains(code)),
        Condition::Store(stores) => stores.contains(context.store),
        Condition::Channel(channels) => channels.contains(&context.channel),
        Condition::Lane(lanes) => lanes.contains(context.lane),
        Condition::Date(window) => window.holds(today),
        Condition::Weekday(days) => days.contains(&facts.weekday),
        Condition::Time(window) => window.holds(context.moment.minute),
        Condition::Member(known) => member.is_some() == *known,
        Condition::Tier(tiers) => member
            .and_then(|member| member.tier.as_ref())
            .is_some_and(|tier| tiers.contains(tier)),
        Condition::Group(groups) => {
            member.is_some_and(|member| member.groups.iter().any(|group| groups.contains(group)))
        }
        Condition::Segment(segments) => {
            member.is_some_and(|member| member.segments.iter().any(|one| segments.contains(one)))
        }
        Condition::HomeStore(stores) => member
            .and_then(|member| member.home_store.as_ref())
            .is_some_and(|home| match stores {
                HomeStore::Here => home == context.store,
                HomeStore::OneOf(stores) => stores.contains(home),
            }),
        Condition::Birthday(near) => member
            .and_then(|member| member.birthday)
            .is_some_and(|birthday| is_near(*near, birthday, today)),
        Condition::Joined(joined) => member
            .and_then(|member| member.joined)
            .is_some_and(|day| joined_then(joined, day, today)),
        Condition::FirstPurchase(first) => member
            .and_then(|member| member.purchases)
            .is_some_and(|before| (before == 0) == *first),
        Condition::Visit(visit) => member
            .and_then(|member| member.purchases)
            .is_some_and(|before| is_visit(*visit, u64::from(before) + 1)),
        // These have parts, and are written out as tests of their own.
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => false,
        Condition::Named(_) | Condition::Contains(_) | Condition::Cel(_) => false,
    }
}

fn is_near(near: Birthday, birthday: MonthDay, today: Date) -> bool {
    let (before, after) = match near {
        Birthday::Month => return birthday.month() == today.month(),
        Birthday::Window { before, after } => (i32::from(before), i32::from(after)),
    };
    let year = today.year();
    let days =
        (year.saturating_sub(1)..=year.saturating_add(1)).filter_map(|y| birthday.in_year(y));
    // Positive: the birthday is past.
    let mut past = days.map(|day| days_between(day, today));
    past.any(|past| -before <= past && past <= after)
}

fn joined_then(joined: &Joined, day: Date, today: Date) -> bool {
    let ago = u64::try_from(days_between(day, today));
    let ago_fits = ago.is_ok_and(|ago| joined.days_ago.holds(ago));
    joined.on.holds(day) && (joined.days_ago.is_open() || ago_fits)
}

const fn is_visit(visit: Visit, this: u64) -> bool {
    match visit {
        Visit::Nth(nth) => this == nth as u64,
        Visit::Every(every) => this.is_multiple_of(every as u64),
    }
}

/// How many days the second is after the first.
fn days_between(first: Date, second: Date) -> i32 {
    // Whole days between calendar days; the calendar has under 2^24 of them.
    first.duration_until(second).as_hours() as i32 / 24
}
