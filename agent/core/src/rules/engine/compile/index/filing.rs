//! What a rule is filed under: of all that it demands, what the fewest baskets meet.
//!
//! Every function here answers with demands of which a basket must meet one, or with none if it knows
//! of no such. A condition that is negated is taken apart by its parts.

use super::super::super::{
    AmountRange, BasketRange, Condition, CountRange, DateWindow, HomeStore, Visit, Weekday,
};
use super::{Axis, Campaign, CompiledRule, Key, Leaf, Picked, ReadyEffect, Test, day_number};

/// One thing that a basket must meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Filed {
    /// It has this.
    Has(Key),
    /// It is within these, both included.
    Within(Axis, i64, i64),
}

/// Demands of which one must be met.
type Demands = Option<Vec<Filed>>;

impl Filed {
    /// Of a thousand baskets, how many meet it, roughly. Days weigh more than they are: the rules of a
    /// document are mostly those of now.
    fn share(&self) -> u64 {
        match self {
            Filed::Has(key) => match key {
                Key::Item(_) | Key::Promo(_) => 2,
                Key::Brand(_) => 20,
                Key::Category(_) | Key::Segment(_) | Key::Group(_) => 60,
                Key::Lane(_) => 100,
                Key::Weekday(_) => 143,
                Key::Tier(_) | Key::HomeStore(_) | Key::Store(_) => 200,
                Key::Tender(_) | Key::Channel(_) => 400,
                Key::Member(_) => 600,
                Key::Customer => 900,
                Key::Kind(_) => 950,
            },
            Filed::Within(Axis::Minute, from, until) => {
                u64::try_from((until - from + 1) * 1_000 / 1_440).unwrap_or(1_000)
            }
            Filed::Within(Axis::Day, least, most) => match (*least, *most) {
                (i64::MIN, _) | (_, i64::MAX) => 700,
                _ => 300,
            },
            Filed::Within(_, least, most) => match (*least, *most) {
                (i64::MIN, _) | (_, i64::MAX) => 400,
                (least, most) if least == most => 30,
                _ => 150,
            },
        }
    }
}

/// What a rule of a campaign is filed under.
pub(super) fn of_rule(rule: &CompiledRule, campaign: Option<&Campaign>) -> Demands {
    let condition = rule.when.as_ref().and_then(|test| of_test(test, true));
    // A rule applies where any of its effects reaches something.
    let effects = rule.gifts.iter().map(of_gift).collect::<Option<Vec<_>>>();
    let reach = effects.map(|demands| demands.concat());
    let customer = rule.gifts.iter().all(|gift| gift.effect.needs_customer());
    let customer = customer.then(|| vec![Filed::Has(Key::Customer)]);
    let days = of_days(Axis::Day, rule.valid);
    let campaign = campaign.and_then(|campaign| of_days(Axis::Day, campaign.valid));
    let all = [condition, reach, customer, days, campaign];
    rarest(all.into_iter().flatten())
}

fn of_gift(gift: &ReadyEffect) -> Demands {
    if gift.picked.is_empty() {
        return None;
    }
    let each = gift.picked.iter().map(of_picked);
    each.collect::<Option<Vec<_>>>().map(|all| all.concat())
}

fn of_picked(picked: &Picked) -> Demands {
    if picked.is_any() {
        return None;
    }
    let items = picked.items.iter().copied().map(Key::Item);
    let brands = picked.brands.iter().copied().map(Key::Brand);
    let categories = picked.categories.iter().copied().map(Key::Category);
    let kinds = picked.kinds.iter().copied().map(Key::Kind);
    let all = items.chain(brands).chain(categories).chain(kinds);
    Some(all.map(Filed::Has).collect())
}

/// Demands of a condition; if not `wanted`, of its opposite.
fn of_test(test: &Test, wanted: bool) -> Demands {
    match (test, wanted) {
        (Test::All(parts), true) | (Test::Any(parts), false) => {
            rarest(parts.iter().filter_map(|part| of_test(part, wanted)))
        }
        (Test::Any(parts), true) | (Test::All(parts), false) => {
            let each = parts.iter().map(|part| of_test(part, wanted));
            each.collect::<Option<Vec<_>>>().map(|all| all.concat())
        }
        (Test::Not(_, part), wanted) => of_test(part, !wanted),
        (Test::Leaf(_, _, leaf), true) => of_leaf(leaf),
        (Test::Leaf(_, _, leaf), false) => of_opposite(leaf),
    }
}

fn of_leaf(leaf: &Leaf) -> Demands {
    fn each<T: Clone>(list: &[T], key: fn(T) -> Key) -> Demands {
        Some(list.iter().cloned().map(key).map(Filed::Has).collect())
    }
    let condition = match leaf {
        Leaf::Contains {
            picked,
            items,
            amount,
        } => return of_contained(picked, *items, *amount),
        // Asked of every basket.
        Leaf::Cel(_) => return None,
        Leaf::Plain(condition) => condition,
    };
    match condition {
        Condition::Tier(list) => each(list, Key::Tier),
        Condition::Group(list) => each(list, Key::Group),
        Condition::Segment(list) => each(list, Key::Segment),
        Condition::HomeStore(HomeStore::OneOf(list)) => each(list, Key::HomeStore),
        Condition::Store(list) => each(list, Key::Store),
        Condition::PromoCode(list) => each(list, Key::Promo),
        Condition::Channel(list) => each(list, Key::Channel),
        Condition::Lane(list) => each(list, Key::Lane),
        Condition::Tender(list) => each(list, Key::Tender),
        Condition::Weekday(list) => each(list, Key::Weekday),
        Condition::Member(known) => Some(vec![Filed::Has(Key::Member(*known))]),
        Condition::Date(window) => of_days(Axis::Day, *window),
        Condition::Time(window) => Some(minutes(window.from.minute(), window.until.minute())),
        Condition::Basket(range) => rarest(basket(*range).into_iter().map(|one| vec![one])),
        Condition::FirstPurchase(first) => {
            let most = if *first { 0 } else { i64::MAX };
            Some(vec![Filed::Within(
                Axis::Purchases,
                i64::from(!first),
                most,
            )])
        }
        Condition::Visit(Visit::Nth(nth)) => {
            let before = i64::from(*nth) - 1;
            Some(vec![Filed::Within(Axis::Purchases, before, before)])
        }
        Condition::Visit(Visit::Every(every)) => {
            let first = i64::from(*every) - 1;
            Some(vec![Filed::Within(Axis::Purchases, first, i64::MAX)])
        }
        Condition::Joined(joined) => of_days(Axis::Joined, joined.on).or_else(member),
        Condition::HomeStore(HomeStore::Here) | Condition::Birthday(_) => member(),
        // Any other is asked of every basket.
        _ => None,
    }
}

fn member() -> Demands {
    Some(vec![Filed::Has(Key::Member(true))])
}

/// What some products come to, the whole basket comes to as well.
fn of_contained(picked: &Picked, items: CountRange, amount: AmountRange) -> Demands {
    // Nearly every basket has one item.
    let several = items.least.filter(|least| *least > 1);
    let range = BasketRange {
        items: CountRange {
            least: several,
            most: None,
        },
        amount: AmountRange {
            most: None,
            ..amount
        },
    };
    let some_items = items.least.is_some_and(|least| least > 0);
    let some_amount = amount.least.is_some_and(|least| least.minor() > 0);
    let products = of_picked(picked).filter(|_| some_items || some_amount);
    let sizes = basket(range).into_iter().map(|one| vec![one]);
    rarest(sizes.chain(products))
}

/// Demands of a condition's opposite, for those that are known of every basket.
fn of_opposite(leaf: &Leaf) -> Demands {
    const WEEK: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    let Leaf::Plain(condition) = leaf else {
        return None;
    };
    match condition {
        Condition::Weekday(list) => {
            let others = WEEK.into_iter().filter(|day| !list.contains(day));
            Some(others.map(Key::Weekday).map(Filed::Has).collect())
        }
        Condition::Member(known) => Some(vec![Filed::Has(Key::Member(!known))]),
        Condition::Date(window) => of_days(Axis::Day, *window).map(outside),
        Condition::Time(window) => Some(minutes(window.until.minute(), window.from.minute())),
        Condition::Basket(range) => Some(outside(basket(*range))),
        _ => None,
    }
}

/// What is outside of each range.
fn outside(demands: Vec<Filed>) -> Vec<Filed> {
    let mut outside = Vec::new();
    for demand in demands {
        if let Filed::Within(axis, least, most) = demand {
            if least > i64::MIN {
                outside.push(Filed::Within(axis, i64::MIN, least - 1));
            }
            if most < i64::MAX {
                outside.push(Filed::Within(axis, most + 1, i64::MAX));
            }
        }
    }
    outside
}

fn of_days(axis: Axis, window: DateWindow) -> Demands {
    let least = window.from.map_or(i64::MIN, day_number);
    let most = window.until.map_or(i64::MAX, day_number);
    let some = !window.is_open();
    some.then(|| vec![Filed::Within(axis, least, most)])
}

/// From one minute to before another; past midnight if it ends earlier than it begins.
fn minutes(from: u16, until: u16) -> Vec<Filed> {
    let (from, until) = (i64::from(from), i64::from(until));
    let within = |least, most| Filed::Within(Axis::Minute, least, most);
    if from < until {
        vec![within(from, until - 1)]
    } else {
        vec![within(from, 1_439), within(0, until - 1)]
    }
}

/// All that a basket of a size must meet.
fn basket(range: BasketRange) -> Vec<Filed> {
    let mut all = Vec::new();
    let BasketRange { items, amount } = range;
    if !items.is_open() {
        let (least, most) = (items.least.map(i64::from), items.most.map(i64::from));
        all.push(within(Axis::Items, least, most));
    }
    if !amount.is_open() {
        let (least, most) = (amount.least, amount.most);
        let (least, most) = (least.map(|it| it.minor()), most.map(|it| it.minor()));
        all.push(within(Axis::Amount, least, most));
    }
    all
}

fn within(axis: Axis, least: Option<i64>, most: Option<i64>) -> Filed {
    Filed::Within(axis, least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX))
}

/// The demands that the fewest baskets meet.
fn rarest(choices: impl Iterator<Item = Vec<Filed>>) -> Demands {
    choices.min_by_key(|demands| {
        let share: u64 = demands.iter().map(Filed::share).sum();
        // What is met by one of many is still not met by everybody.
        let share = if demands.len() > 1 {
            share.min(890)
        } else {
            share
        };
        (share, demands.len())
    })
}
