//! The same hundred rules in three engines' words, and the baskets they are asked about.

use super::stage::{Basket, CHANNELS, DAYS, TIERS, document, eur, rule};
use anyhow::Result;
use serde_json::{Map, Value, json};
use tillside_core::engine::Document;
use tillside_tests::Chance;

const ROWS: usize = 100;
const BASKETS: usize = 64;
/// A hundred rows and the baskets.
pub struct Table {
    rows: Vec<Row>,
    /// What is asked.
    pub baskets: Vec<Basket>,
}

/// What a row asks for, each part only if it is there.
#[derive(Default)]
struct Row {
    name: String,
    category: Option<String>,
    tier: Option<&'static str>,
    day: Option<&'static str>,
    channel: Option<&'static str>,
    /// The least and the most of the basket's amount, both included.
    amount: Option<(usize, usize)>,
    /// The least number of items.
    items: Option<usize>,
    points: usize,
}

impl Table {
    /// By a chance that is always the same.
    pub fn new() -> Result<Self> {
        let mut chance = Chance::new(11);
        Ok(Self {
            rows: (0..ROWS).map(|n| Row::by(n, &mut chance)).collect(),
            baskets: (0..BASKETS)
                .map(|_| Basket::small(&mut chance))
                .collect::<Result<_>>()?,
        })
    }

    /// In Tillside's words.
    pub fn document(&self) -> Result<Document> {
        let rules: Vec<Value> = self.rows.iter().map(Row::rule).collect();
        document(&rules)
    }

    /// A decision table of zen-engine with all hits collected, and the baskets' facts.
    pub fn for_zen(&self) -> Value {
        let columns = [
            "categories",
            "tier",
            "weekday",
            "channel",
            "amount",
            "items",
        ];
        let column = |name: &str| json!({"id": name, "name": name, "field": name});
        let inputs: Vec<Value> = columns.map(column).to_vec();
        let outputs: Vec<Value> = ["rule", "points"].map(column).to_vec();
        let rows: Vec<Value> = self.rows.iter().map(Row::cells).collect();
        json!({
            "graph": {
                "nodes": [
                    {"id": "in", "name": "in", "type": "inputNode"},
                    {"id": "table", "name": "table", "type": "decisionTableNode", "content": {
                        "hitPolicy": "collect", "inputs": inputs, "outputs": outputs, "rules": rows,
                    }},
                    {"id": "out", "name": "out", "type": "outputNode"},
                ],
                "edges": [
                    {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
                    {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
                ],
            },
            "baskets": self.facts(),
        })
    }

    /// Rules of json-rules-engine, and the baskets' facts.
    pub fn for_json_rules(&self) -> Value {
        let rules: Vec<Value> = self.rows.iter().map(Row::conditions).collect();
        json!({"rules": rules, "baskets": self.facts()})
    }

    fn facts(&self) -> Vec<Value> {
        self.baskets.iter().map(Basket::worked_out).collect()
    }
}

impl Row {
    /// Three of the six parts, all twenty choices by turns.
    fn by(n: usize, chance: &mut Chance) -> Self {
        let choices: Vec<u8> = (0..64u8).filter(|bits| bits.count_ones() == 3).collect();
        let has = |part: u8| choices[n % choices.len()] >> part & 1 == 1;
        let mut below = |limit: usize| chance.below(limit as u64) as usize;
        let least = below(40) * 100;
        Self {
            name: format!("r{n:03}"),
            category: has(0).then(|| format!("c{}", below(20))),
            tier: has(1).then(|| TIERS[below(3)]),
            day: has(2).then(|| DAYS[below(7)]),
            channel: has(3).then(|| CHANNELS[below(4)].1),
            amount: has(4).then_some((least, least + 1_999)),
            items: has(5).then(|| 1 + below(10)),
            points: 1 + below(50),
        }
    }

    fn rule(&self) -> Value {
        let parts = [
            (self.category.as_ref())
                .map(|category| json!({"contains": {"products": {"categories": [category]}}})),
            self.tier.map(|tier| json!({"tier": [tier]})),
            self.day.map(|day| json!({"weekday": [day]})),
            self.channel.map(|channel| json!({"channel": [channel]})),
            (self.amount)
                .map(|(least, most)| json!({"basket": {"amount": {"least": eur(least), "most": eur(most)}}})),
            (self.items).map(|least| json!({"basket": {"items": {"least": least}}})),
        ];
        let parts: Vec<Value> = parts.into_iter().flatten().collect();
        rule(&self.name, self.points, json!({"all": parts}))
    }

    fn cells(&self) -> Value {
        let text = |text: &str| format!("'{text}'");
        let mut cells = Map::new();
        cells.insert("_id".to_owned(), json!(self.name));
        let mut cell = |column: &str, is: Option<String>| {
            cells.insert(column.to_owned(), json!(is.unwrap_or_default()));
        };
        let category = self.category.as_ref();
        cell(
            "categories",
            category.map(|one| format!("contains($, '{one}')")),
        );
        cell("tier", self.tier.map(text));
        cell("weekday", self.day.map(text));
        cell("channel", self.channel.map(text));
        cell(
            "amount",
            self.amount
                .map(|(least, most)| format!("[{least}..{most}]")),
        );
        cell("items", self.items.map(|least| format!(">= {least}")));
        cell("rule", Some(text(&self.name)));
        cell("points", Some(self.points.to_string()));
        Value::Object(cells)
    }

    fn conditions(&self) -> Value {
        let mut all = Vec::new();
        let mut must = |fact: &str, operator: &str, value: Value| {
            all.push(json!({"fact": fact, "operator": operator, "value": value}));
        };
        if let Some(category) = &self.category {
            must("categories", "contains", json!(category));
        }
        let equal = [
            ("tier", self.tier),
            ("weekday", self.day),
            ("channel", self.channel),
        ];
        for (fact, value) in equal {
            if let Some(value) = value {
                must(fact, "equal", json!(value));
            }
        }
        if let Some((least, most)) = self.amount {
            must("amount", "greaterThanInclusive", json!(least));
            must("amount", "lessThanInclusive", json!(most));
        }
        if let Some(least) = self.items {
            must("items", "greaterThanInclusive", json!(least));
        }
        json!({
            "conditions": {"all": all},
            "event": {"type": self.name, "params": {"points": self.points}},
        })
    }
}
