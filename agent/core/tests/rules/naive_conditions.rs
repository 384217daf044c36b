//! Conditions, judged the plain way: by walking minutes and days, and looking names up each time.

use crate::cel_world::interpreted;
use crate::world::{OwnedFacts, OwnedLine};
use jiff::ToSpan;
use jiff::civil::Date;
use tillside_core::engine::*;

/// Whether a selection means a line.
pub fn means(selection: &Selection, line: &OwnedLine) -> bool {
    let Selection {
        items,
        categories,
        brands,
        kinds,
        except,
    } = selection;
    let nothing_named = items.len() + categories.len() + brands.len() + kinds.len() == 0;
    let category = line.line.category.as_ref();
    let brand = line.brand.as_ref();
    let named = items.contains(&line.line.item)
        || category.is_some_and(|c| categories.contains(c))
        || brand.is_some_and(|b| brands.contains(b))
        || kinds.contains(&line.kind);
    let excepted = except.items.contains(&line.line.item)
        || category.is_some_and(|c| except.categories.contains(c))
        || brand.is_some_and(|b| except.brands.contains(b))
        || except.kinds.contains(&line.kind);
    (nothing_named || named) && !excepted
}

/// Whether a condition holds.
pub fn holds(condition: &Condition, document: &Document, facts: &OwnedFacts) -> bool {
    let again = |part: &Condition| holds(part, document, facts);
    let member = facts.member.as_ref();
    let today = facts.moment.date;
    match condition {
        Condition::All(parts) => !parts.iter().any(|part| !again(part)),
        Condition::Any(parts) => parts.iter().filter(|part| again(part)).count() > 0,
        Condition::Not(part) => !again(part),
        Condition::Named(name) => {
            let mut named = document.conditions.iter();
            again(&named.find(|named| named.name == *name).unwrap().when)
        }
        Condition::Contains(contains) => {
            let lines = facts
                .lines
                .iter()
                .filter(|line| means(&contains.products, line));
            let (items, amount) = come_to(lines);
            let enough = match contains.items {
                None => items >= 1,
                Some(range) => in_counts(range, items),
            };
            enough && in_amounts(contains.amount, amount)
        }
        Condition::Basket(range) => {
            let (items, amount) = come_to(facts.lines.iter());
            in_counts(range.items, items) && in_amounts(range.amount, amount)
        }
        Condition::Tender(kinds) => kinds.iter().any(|kind| facts.tenders.contains(kind)),
        Condition::PromoCode(codes) => codes.iter().any(|code| facts.promo_codes.contains(code)),
        Condition::Store(list) => list.contains(&facts.store),
        Condition::Lane(list) => list.contains(&facts.lane),
        Condition::Cel(source) => interpreted(source, facts) == Some(true),
        Condition::Channel(list) => list.contains(&facts.channel),
        Condition::Date(window) => in_window(*window, today),
        Condition::Weekday(days) => {
            // 2024-01-01 was a Monday.
            let monday = Date::new(2024, 1, 1).unwrap();
            let days_since = monday.until(today).unwrap().get_days();
            days.iter().any(|day| *day as i32 == days_since % 7)
        }
        Condition::Time(window) => minutes(*window).contains(&facts.moment.minute),
        Condition::Member(wanted) => *wanted == facts.member.is_some(),
        Condition::Tier(list) => {
            member.is_some_and(|m| list.iter().any(|t| m.tier.as_ref() == Some(t)))
        }
        Condition::Group(list) => member.is_some_and(|m| list.iter().any(|g| m.groups.contains(g))),
        Condition::Segment(list) => {
            member.is_some_and(|m| list.iter().any(|s| m.segments.contains(s)))
        }
        Condition::HomeStore(home) => member.is_some_and(|m| match (home, &m.home_store) {
            (_, None) => false,
            (HomeStore::Here, Some(store)) => *store == facts.store,
            (HomeStore::OneOf(list), Some(store)) => list.contains(store),
        }),
        Condition::Birthday(near) => member
            .and_then(|m| m.birthday)
            .is_some_and(|day| is_near(*near, day, today)),
        Condition::Joined(joined) => member.and_then(|m| m.joined).is_some_and(|day| {
            let mut ago = 0;
            let mut walk = day;
            while walk < today {
                walk = walk.tomorrow().unwrap();
                ago += 1;
            }
            let open = joined.days_ago.is_open();
            let ago_fits = open || (day <= today && in_counts(joined.days_ago, ago));
            in_window(joined.on, day) && ago_fits
        }),
        Condition::FirstPurchase(first) => {
            let before = member.and_then(|m| m.purchases);
            before == Some(0) && *first || before.is_some_and(|n| n > 0) && !*first
        }
        Condition::Visit(visit) => {
            let this = member.and_then(|m| m.purchases).map(|before| before + 1);
            match (visit, this) {
                (_, None) => false,
                (Visit::Nth(nth), Some(this)) => this == *nth,
                (Visit::Every(every), Some(this)) => (1..=this).any(|k| k * every == this),
            }
        }
        other => panic!("a new condition {other:?}"),
    }
}

fn come_to<'a>(lines: impl Iterator<Item = &'a OwnedLine>) -> (i64, i64) {
    let (mut items, mut amount) = (0, 0);
    for line in lines {
        for _ in 0..line.line.quantity {
            items += 1;
            amount += line.line.unit_price.minor();
        }
    }
    (items, amount)
}

fn in_counts(range: CountRange, number: i64) -> bool {
    let least = range.least.map_or(0, i64::from);
    let most = range.most.map_or(i64::MAX, i64::from);
    least <= number && number <= most
}

fn in_amounts(range: AmountRange, minor: i64) -> bool {
    let least = range.least.map_or(0, |amount| amount.minor());
    let most = range.most.map_or(i64::MAX, |amount| amount.minor());
    least <= minor && minor <= most
}

pub fn in_window(window: DateWindow, day: Date) -> bool {
    let early = window.from.is_some_and(|from| day < from);
    let late = window.until.is_some_and(|until| until < day);
    !early && !late
}

fn minutes(window: TimeWindow) -> Vec<u16> {
    let mut minutes = Vec::new();
    let mut minute = window.from.minute();
    while minute != window.until.minute() {
        minutes.push(minute);
        minute = (minute + 1) % 1_440;
    }
    minutes
}

/// Whether the birthday is kept on a day.
fn kept_on(birthday: MonthDay, day: Date) -> bool {
    if birthday == MonthDay::new(2, 29).unwrap() && !day.in_leap_year() {
        return (day.month(), day.day()) == (2, 28);
    }
    MonthDay::new(day.month(), day.day()) == Some(birthday)
}

fn is_near(near: Birthday, birthday: MonthDay, today: Date) -> bool {
    match near {
        Birthday::Month => {
            let first = today.first_of_month();
            let days =
                (0..i64::from(today.days_in_month())).map(|n| first.saturating_add(n.days()));
            let twenty_ninth = birthday == MonthDay::new(2, 29).unwrap() && today.month() == 2;
            twenty_ninth || days.into_iter().any(|day| kept_on(birthday, day))
        }
        Birthday::Window { before, after } => {
            // The birthday is at most `before` days to come and at most `after` days past.
            let (before, after) = (i64::from(before), i64::from(after));
            (-after..=before).any(|n| kept_on(birthday, today.saturating_add(n.days())))
        }
    }
}
