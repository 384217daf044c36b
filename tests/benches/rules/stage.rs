//! Baskets, and documents with any number of rules.

use anyhow::Result;
use serde_json::{Value, json};
use tillside_core::engine::{
    Channel, Context, ContextLine, Counters, Document, LineKind, LocalMoment, MemberFacts, Outcome,
    Rules, evaluate,
};
use tillside_core::{Brand, Currency, Item, LaneId, Line, Money, PromoCode, Refusal, StoreId};
use tillside_tests::Chance;

/// Days by name, from 2026-11-23, a Monday.
pub const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
/// Tiers by name.
pub const TIERS: [&str; 3] = ["basic", "silver", "gold"];
/// Channels by name.
pub const CHANNELS: [(Channel, &str); 4] = [
    (Channel::Till, "till"),
    (Channel::SelfCheckout, "self_checkout"),
    (Channel::App, "app"),
    (Channel::Web, "web"),
];

/// A basket and who buys it.
pub struct Basket {
    lines: Vec<(Line, Brand)>,
    member: MemberFacts,
    channel: (Channel, &'static str),
    /// Days after 2026-11-23.
    day: usize,
    store: StoreId,
    lane: LaneId,
    codes: Vec<PromoCode>,
    counters: Counters,
}

impl Basket {
    /// Ten lines for a member in two groups and three segments: what [`many`] is asked about.
    pub fn large() -> Result<Self> {
        Ok(Self {
            lines: (0..10)
                .map(|n| line(n, 2, 150 + n as i64 * 10, n % 5))
                .collect::<Result<_>>()?,
            member: MemberFacts {
                tier: Some("gold".parse()?),
                groups: ["g0".parse()?, "g1".parse()?].to_vec(),
                segments: ["s0".parse()?, "s1".parse()?, "s2".parse()?].to_vec(),
                home_store: Some("S1".parse()?),
                purchases: Some(41),
                ..MemberFacts::default()
            },
            channel: CHANNELS[0],
            day: 0,
            store: "S1".parse()?,
            lane: "1".parse()?,
            codes: vec!["HELLO".parse()?],
            counters: Counters::new(),
        })
    }

    /// One to six lines for a member of some tier, on some day and channel.
    pub fn small(chance: &mut Chance) -> Result<Self> {
        let mut below = |limit: usize| chance.below(limit as u64) as usize;
        let count = 1 + below(6);
        let lines = (0..count)
            .map(|n| line(n, 1 + below(3) as u32, 50 + below(800) as i64, below(20)))
            .collect::<Result<_>>()?;
        Ok(Self {
            lines,
            member: MemberFacts {
                tier: Some(TIERS[below(3)].parse()?),
                ..MemberFacts::default()
            },
            channel: CHANNELS[below(4)],
            day: below(7),
            store: "S1".parse()?,
            lane: "1".parse()?,
            codes: Vec::new(),
            counters: Counters::new(),
        })
    }

    /// Does something with what rules are asked about.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Context<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let lines = self.lines.iter().map(|(line, brand)| ContextLine {
            line,
            brand: Some(brand),
            kind: LineKind::Goods,
            taken: 0,
            free: 0,
        });
        let lines: Vec<ContextLine<'_>> = lines.collect();
        work(&Context {
            currency: Currency::EUR,
            lines: &lines,
            customer: true,
            member: Some(&self.member),
            tenders: &[],
            redeemed: Money::zero(Currency::EUR),
            promo_codes: &self.codes,
            store: &self.store,
            lane: &self.lane,
            channel: self.channel.0,
            moment: LocalMoment {
                date: jiff::civil::date(2026, 11, 23 + self.day as i8),
                minute: 630,
            },
            counters: &self.counters,
        })
    }

    /// Asks the engine.
    pub fn ask(&self, rules: &Rules) -> Result<Outcome, Refusal> {
        self.with(|context| evaluate(rules, context))
    }

    /// The names of the rules that give something, sorted.
    pub fn gifts(&self, rules: &Rules) -> Result<Vec<String>> {
        let outcome = self.ask(rules)?;
        let awards = outcome.awards.iter().map(|award| award.rule.to_string());
        let discounts = outcome.discounts.iter().map(|off| off.rule.to_string());
        let mut gifts: Vec<String> = awards.chain(discounts).collect();
        gifts.sort();
        Ok(gifts)
    }

    /// What the table's rows ask about, as facts.
    pub fn worked_out(&self) -> Value {
        let lines = || self.lines.iter().map(|(line, _)| line);
        let mut categories: Vec<String> = lines()
            .filter_map(|line| line.category.as_ref())
            .map(ToString::to_string)
            .collect();
        categories.sort();
        categories.dedup();
        let items: u32 = lines().map(|line| line.quantity).sum();
        let amount: i64 = lines()
            .map(|line| line.unit_price.minor() * i64::from(line.quantity))
            .sum();
        json!({
            "categories": categories,
            "tier": self.member.tier.as_ref().map(ToString::to_string),
            "weekday": DAYS[self.day],
            "channel": self.channel.1,
            "amount": amount,
            "items": items,
        })
    }
}

fn line(n: usize, quantity: u32, price: i64, category: usize) -> Result<(Line, Brand)> {
    let line = Line {
        item: Item::try_from(format!("sku:x{n}"))?,
        name: "thing".to_owned(),
        quantity,
        unit_price: Money::new(price, Currency::EUR)?,
        category: Some(format!("c{category}").parse()?),
        tax_class: "standard".parse()?,
    };
    Ok((line, format!("b{}", n % 4).parse()?))
}

/// An amount as documents write it.
pub fn eur(minor: usize) -> Value {
    json!({"minor": minor, "currency": "EUR"})
}

/// A rule that gives points, paid by two funders.
pub fn rule(name: &str, points: usize, when: Value) -> Value {
    json!({
        "rule": name, "name": format!("Offer {name}"), "when": when,
        "effects": [{
            "effect": {"points_fixed": {"points": points}},
            "funders": [
                {"funder": "chain", "basis_points": 6_000},
                {"funder": "acme", "basis_points": 4_000},
            ],
        }],
    })
}

/// A document of rules.
pub fn document(rules: &[Value]) -> Result<Document> {
    let document = json!({"v": 2, "rules": rules});
    Ok(Document::read(document.to_string().as_bytes())?)
}

/// So many rules, of which [`Basket::large`] meets the first twenty.
pub fn many(count: usize) -> Result<Document> {
    let one = |n: usize| {
        let when = if n < 20 { met(n) } else { unmet(n) };
        rule(&format!("r{n}"), 1 + n % 7, when)
    };
    document(&(0..count).map(one).collect::<Vec<_>>())
}

/// What the large basket meets.
fn met(n: usize) -> Value {
    let also = [
        json!({"tier": ["gold"]}),
        json!({"weekday": ["monday", "friday"]}),
        json!({"basket": {"amount": {"least": eur(1_000)}}}),
        json!({"segment": ["s1"]}),
    ];
    let products = match n % 5 {
        0 => json!({"items": [format!("sku:x{}", n % 10)]}),
        1 => json!({"brands": [format!("b{}", n % 4)]}),
        _ => json!({"categories": [format!("c{}", n % 5)]}),
    };
    json!({"all": [{"contains": {"products": products}}, also[n % 4]]})
}

/// What it does not meet, of twelve kinds.
fn unmet(n: usize) -> Value {
    let hour = (11 + n / 12 % 22) % 24;
    match n % 12 {
        0 => json!({"contains": {"products": {"items": [format!("sku:o{n}")]}}}),
        1 => json!({"contains": {"products": {"brands": [format!("o{}", n % 200)]}}}),
        2 => json!({"contains": {"products": {"categories": [format!("o{}", n % 200)]}}}),
        3 => json!({"segment": [format!("o{n}")]}),
        4 => json!({"group": [format!("o{n}")]}),
        5 => json!({"promo_code": [format!("CODE{n}")]}),
        6 => json!({"all": [{"tier": ["silver"]}, {"weekday": [DAYS[n / 12 % 7]]}]}),
        7 => json!({"time": {
            "from": format!("{hour:02}:00"), "until": format!("{:02}:00", (hour + 1) % 24),
        }}),
        8 => json!({"date": {"from": "2027-02-01", "until": format!("2027-02-{:02}", 1 + n % 28)}}),
        9 => json!({"basket": {"amount": {"least": eur(10_000 + n), "most": eur(12_000 + n)}}}),
        10 => json!({"visit": {"nth": 43 + n}}),
        _ => json!({"home_store": {"one_of": [format!("O{}", n % 300)]}}),
    }
}
