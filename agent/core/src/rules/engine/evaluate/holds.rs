//! Whether a condition holds, and which of its parts made it.

use super::super::compile::{Leaf, LineKeys, Test};
use super::super::{
    BasketRange, Birthday, Condition, Context, HomeStore, Joined, MonthDay, Rules, Visit, Weekday,
};
use jiff::civil::Date;

/// What conditions are judged on.
pub(super) struct Facts<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) lines: &'a [LineKeys],
    /// What each line costs before discounts, in minor units.
    pub(super) subtotals: &'a [i64],
}

impl Facts<'_> {
    /// The positions of the rules that may hold, ascending.
    pub(super) fn candidates(&self, rules: &Rules) -> Vec<u32> {
        rules
            .index
            .candidates(self.context, self.lines, self.subtotals)
    }
}

/// Whether a condition holds.
pub(super) fn holds(test: &Test, facts: &Facts<'_>) -> bool {
    match test {
        Test::All(parts) => parts.iter().all(|part| holds(part, facts)),
        Test::Any(parts) => parts.iter().any(|part| holds(part, facts)),
        Test::Not(_, part) => !holds(part, facts),
        Test::Leaf(_, leaf) => leaf_holds(leaf, facts),
    }
}

/// The places of the parts that make a condition hold: of any, the first that does.
pub(super) fn matched(test: &Test, facts: &Facts<'_>, into: &mut Vec<String>) {
    match test {
        Test::All(parts) => parts.iter().for_each(|part| matched(part, facts, into)),
        Test::Any(parts) => {
            let first = parts.iter().find(|part| holds(part, facts));
            first
                .into_iter()
                .for_each(|part| matched(part, facts, into));
        }
        Test::Not(place, _) | Test::Leaf(place, _) => into.push(place.clone()),
    }
}

fn leaf_holds(leaf: &Leaf, facts: &Facts<'_>) -> bool {
    let condition = match leaf {
        Leaf::Contains {
            picked,
            items,
            amount,
        } => {
            let range = BasketRange {
                items: *items,
                amount: *amount,
            };
            return in_range(range, facts, |line| picked.covers(line));
        }
        Leaf::Plain(condition) => condition,
    };
    let context = facts.context;
    let today = context.moment.date;
    let member = context.member;
    match condition {
        Condition::Basket(range) => in_range(*range, facts, |_| true),
        Condition::Tender(kinds) => context.tenders.iter().any(|tender| kinds.contains(tender)),
        Condition::PromoCode(codes) => context.promo_codes.iter().any(|code| codes.contains(code)),
        Condition::Store(stores) => stores.contains(context.store),
        Condition::Channel(channels) => channels.contains(&context.channel),
        Condition::Lane(lanes) => lanes.contains(context.lane),
        Condition::Date(window) => window.holds(today),
        Condition::Weekday(days) => days.contains(&Weekday::from(today.weekday())),
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
        Condition::Named(_) | Condition::Contains(_) => false,
    }
}

/// Whether the lines that are asked for come to so many items and so much.
fn in_range(range: BasketRange, facts: &Facts<'_>, asked: impl Fn(&LineKeys) -> bool) -> bool {
    let (mut items, mut amount) = (0u64, 0i64);
    let lines = facts.context.lines.iter().zip(facts.subtotals);
    for ((line, subtotal), _) in lines.zip(facts.lines).filter(|(_, keys)| asked(keys)) {
        items += u64::from(line.line.quantity);
        amount += subtotal;
    }
    range.items.holds(items) && range.amount.holds(amount)
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
