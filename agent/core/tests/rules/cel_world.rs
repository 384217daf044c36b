//! Expressions in CEL by chance, and what the `cel` crate's own interpreter makes of them.

use crate::world::OwnedFacts;
use cel::{Context, Program, Value};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::HashMap;

/// What the crate's interpreter says. None: it fails.
pub fn interpreted(source: &str, facts: &OwnedFacts) -> Option<bool> {
    let program = Program::compile(source).unwrap();
    match program.execute(&context(facts)) {
        Ok(Value::Bool(truth)) => Some(truth),
        Ok(other) => panic!("{source} is {other:?}"),
        Err(_) => None,
    }
}

fn context(facts: &OwnedFacts) -> Context<'static, 'static> {
    let number = |number: i64| Value::Int(number);
    let text = |text: &str| Value::from(text);
    let list = |list: Vec<String>| {
        let list: Vec<Value> = list.iter().map(|one| text(one)).collect();
        Value::from(list)
    };
    let (mut amount, mut items) = (0, 0);
    let mut categories = Vec::new();
    for line in &facts.lines {
        amount += line.line.unit_price.minor() * i64::from(line.line.quantity);
        items += i64::from(line.line.quantity);
        categories.extend(line.line.category.iter().map(|name| name.to_string()));
    }
    let mut basket: HashMap<String, Value> = HashMap::new();
    basket.insert("amount".to_owned(), number(amount));
    basket.insert("items".to_owned(), number(items));
    basket.insert("lines".to_owned(), number(facts.lines.len() as i64));
    basket.insert("currency".to_owned(), text("EUR"));
    basket.insert("categories".to_owned(), list(categories));
    let mut member: HashMap<String, Value> = HashMap::new();
    member.insert("known".to_owned(), Value::Bool(facts.member.is_some()));
    if let Some(of) = &facts.member {
        let groups = of.groups.iter().map(|group| group.to_string()).collect();
        member.insert("groups".to_owned(), list(groups));
        let segments = of.segments.iter().map(|one| one.to_string()).collect();
        member.insert("segments".to_owned(), list(segments));
        if let Some(tier) = &of.tier {
            member.insert("tier".to_owned(), text(tier.as_str()));
        }
        if let Some(store) = &of.home_store {
            member.insert("home_store".to_owned(), text(store.as_str()));
        }
        if let Some(before) = of.purchases {
            member.insert("visit".to_owned(), number(i64::from(before) + 1));
        }
    }
    let word = |value: serde_json::Value| text(value.as_str().unwrap());
    let date = facts.moment.date;
    let day: tillside_core::engine::Weekday = date.weekday().into();
    let mut context = Context::default();
    let mut add = |name: &str, value: Value| context.add_variable_from_value(name, value);
    add("basket", Value::from(basket));
    add("member", Value::from(member));
    add("store", text(facts.store.as_str()));
    add("lane", text(facts.lane.as_str()));
    add(
        "channel",
        word(serde_json::to_value(facts.channel).unwrap()),
    );
    add("year", number(date.year().into()));
    add("month", number(date.month().into()));
    add("day", number(date.day().into()));
    add("weekday", word(serde_json::to_value(day).unwrap()));
    add("hour", number((facts.moment.minute / 60).into()));
    add("minute", number((facts.moment.minute % 60).into()));
    context
}

/// An expression that is right, and names something.
pub fn an_expression() -> impl Strategy<Value = String> {
    truth(2).prop_map(|truth| format!("{truth} || hour > 99"))
}

fn truth(depth: u32) -> BoxedStrategy<String> {
    let plain = || {
        prop_oneof![
            Just("true".to_owned()),
            Just("false".to_owned()),
            Just("member.known".to_owned()),
            in_list(),
            compared_texts(),
        ]
    };
    if depth == 0 {
        return plain().boxed();
    }
    let inner = || truth(depth - 1);
    let by = || select(&["==", "!=", "<", "<=", ">", ">="][..]);
    let numbers = (number(depth - 1), by(), number(depth - 1));
    let among = proptest::collection::vec(number(0), 1..4);
    prop_oneof![
        1 => plain(),
        4 => numbers.prop_map(|(a, by, b)| format!("{a} {by} {b}")),
        2 => (inner(), inner()).prop_map(|(a, b)| format!("({a} && {b})")),
        2 => (inner(), inner()).prop_map(|(a, b)| format!("({a} || {b})")),
        1 => (inner(), inner(), inner()).prop_map(|(a, b, c)| format!("({a}) && ({b}) && ({c})")),
        1 => inner().prop_map(|a| format!("!({a})")),
        1 => (inner(), inner(), inner()).prop_map(|(a, b, c)| format!("(({a}) ? {b} : {c})")),
        1 => (inner(), inner()).prop_map(|(a, b)| format!("({a}) == ({b})")),
        1 => (number(depth - 1), among)
            .prop_map(|(a, list)| format!("{a} in [{}]", list.join(", "))),
    ]
    .boxed()
}

fn number(depth: u32) -> BoxedStrategy<String> {
    let names = [
        "basket.amount",
        "basket.items",
        "basket.lines",
        "member.visit",
        "year",
        "month",
        "day",
        "hour",
        "minute",
    ];
    let plain = prop_oneof![
        4 => select(names.to_vec()).prop_map(str::to_owned),
        3 => (0..20i64).prop_map(|n| n.to_string()),
        1 => (-2_000..2_000i64).prop_map(|n| n.to_string()),
        1 => Just(i64::MAX.to_string()),
    ];
    if depth == 0 {
        return plain.boxed();
    }
    let inner = || number(depth - 1);
    let with = select(&["+", "-", "*", "/", "%"][..]);
    prop_oneof![
        2 => plain,
        3 => (inner(), with, inner()).prop_map(|(a, with, b)| format!("({a} {with} {b})")),
        1 => inner().prop_map(|a| format!("-({a})")),
        1 => (truth(0), inner(), inner()).prop_map(|(a, b, c)| format!("({a} ? {b} : {c})")),
    ]
    .boxed()
}

fn in_list() -> BoxedStrategy<String> {
    let of = select(vec![
        ("basket.categories", vec!["c0", "c1", "c2", "zzz"]),
        ("member.groups", vec!["g0", "g1", "zzz"]),
        ("member.segments", vec!["s0", "s1"]),
    ]);
    let in_variable = of.prop_flat_map(|(list, values)| {
        select(values).prop_map(move |value| format!("\"{value}\" in {list}"))
    });
    let among = texts().prop_flat_map(|(name, values)| {
        let some = subsequence(values.clone(), 1..=values.len());
        some.prop_map(move |some| format!("{name} in ['{}']", some.join("', '")))
    });
    prop_oneof![in_variable, among].boxed()
}

fn compared_texts() -> BoxedStrategy<String> {
    let by = select(&["==", "!="][..]);
    (texts(), by, any::<bool>())
        .prop_flat_map(|((name, values), by, turned)| {
            select(values).prop_map(move |value| match turned {
                true => format!("'{value}' {by} {name}"),
                false => format!("{name} {by} '{value}'"),
            })
        })
        .boxed()
}

fn texts() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    select(vec![
        ("basket.currency", vec!["EUR", "USD"]),
        ("member.tier", vec!["gold", "basic", "lead"]),
        ("member.home_store", vec!["S1", "S2", "S3"]),
        ("store", vec!["S1", "S2"]),
        ("lane", vec!["1", "2"]),
        ("channel", vec!["till", "web", "app"]),
        ("weekday", vec!["monday", "thursday", "friday", "sunday"]),
    ])
}
