//! Baskets by chance, in a small world, so that things meet.

use crate::world_rules::{a_document, campaign, rule_code};
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tillside_core::engine::*;
use tillside_core::*;

/// So many cases, and an end to looking for a smaller one: the naive evaluator is slow.
pub fn modest(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 3_000,
        ..ProptestConfig::default()
    }
}

/// All an outcome is made from.
#[derive(Clone, Debug)]
pub struct Case {
    pub document: Document,
    pub facts: OwnedFacts,
}

/// What a [`Context`] borrows from.
#[derive(Clone, Debug)]
pub struct OwnedFacts {
    pub lines: Vec<OwnedLine>,
    pub customer: bool,
    pub member: Option<MemberFacts>,
    pub tenders: Vec<TenderKind>,
    pub redeemed: i64,
    pub promo_codes: Vec<PromoCode>,
    pub store: StoreId,
    pub lane: LaneId,
    pub channel: Channel,
    pub moment: LocalMoment,
    pub counters: Counters,
}

#[derive(Clone, Debug)]
pub struct OwnedLine {
    pub line: Line,
    pub brand: Option<Brand>,
    pub kind: LineKind,
    pub taken: i64,
    pub free: u32,
}

impl OwnedFacts {
    /// Asks the engine.
    pub fn ask(&self, rules: &Rules) -> Result<Outcome, Refusal> {
        let lines: Vec<ContextLine<'_>> = self.lines.iter().map(OwnedLine::borrowed).collect();
        evaluate(rules, &self.context(&lines))
    }

    pub fn context<'a>(&'a self, lines: &'a [ContextLine<'a>]) -> Context<'a> {
        Context {
            currency: Currency::EUR,
            lines,
            customer: self.customer,
            member: self.member.as_ref(),
            tenders: &self.tenders,
            redeemed: eur(self.redeemed),
            promo_codes: &self.promo_codes,
            store: &self.store,
            lane: &self.lane,
            channel: self.channel,
            moment: self.moment,
            counters: &self.counters,
        }
    }
}

impl OwnedLine {
    pub fn borrowed(&self) -> ContextLine<'_> {
        ContextLine {
            line: &self.line,
            brand: self.brand.as_ref(),
            kind: self.kind,
            taken: self.taken,
            free: self.free,
        }
    }
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

pub fn item(n: usize) -> Item {
    Item::try_from(format!("sku:x{n}")).unwrap()
}

pub fn category(n: usize) -> Category {
    Category::new(&format!("c{n}")).unwrap()
}

pub fn brand(n: usize) -> Brand {
    Brand::new(&format!("b{n}")).unwrap()
}

pub fn tier(n: usize) -> TierId {
    TierId::new(["gold", "basic", "lead"][n]).unwrap()
}

pub const KINDS: [LineKind; 4] = [
    LineKind::Goods,
    LineKind::Service,
    LineKind::GiftCard,
    LineKind::Deposit,
];
pub const CHANNELS: [Channel; 3] = [Channel::Till, Channel::Web, Channel::App];
pub const TENDERS: [TenderKind; 3] = [TenderKind::Cash, TenderKind::Card, TenderKind::Purse];
/// Days where calendars are difficult.
pub const DAYS: [(i16, i8, i8); 6] = [
    (2026, 11, 23),
    (2026, 12, 31),
    (2027, 1, 1),
    (2027, 2, 28),
    (2028, 2, 29),
    (2027, 3, 1),
];

/// Ordinary cases: prices to 15.00, a few lines and rules.
pub fn case() -> impl Strategy<Value = Case> {
    let price = prop_oneof![1 => Just(0), 3 => 0..=60i64, 6 => 0..=1_500i64];
    let document = a_document(1..=400i64, 0..=9u32).boxed();
    (document, facts(price, 1..=4u32).boxed())
        .prop_map(|(document, facts)| Case { document, facts })
}

/// Valid documents and baskets at the edges of every range.
pub fn extreme_case() -> impl Strategy<Value = Case> {
    let amount = prop_oneof![Just(1), 1..=100i64, Just(MONEY_LIMIT), 1..=MONEY_LIMIT];
    let number = prop_oneof![Just(0), Just(1), Just(u32::MAX), any::<u32>()];
    let price = prop_oneof![
        Just(0),
        0..=100i64,
        Just(MONEY_LIMIT / 10_000),
        Just(MONEY_LIMIT),
        any::<i64>().prop_map(|minor| minor % (MONEY_LIMIT + 1)),
    ];
    let quantity = prop_oneof![Just(0), Just(1), 1..=LINE_QUANTITY_LIMIT, any::<u32>()];
    let document = a_document(amount, number).boxed();
    (document, facts(price, quantity).boxed())
        .prop_map(|(document, facts)| Case { document, facts })
}

fn facts(
    price: impl Strategy<Value = i64> + 'static,
    quantity: impl Strategy<Value = u32> + 'static,
) -> impl Strategy<Value = OwnedFacts> {
    let lines = vec(a_line(price, quantity).boxed(), 0..=6).boxed();
    let who = (any::<bool>(), option::of(a_member().boxed())).boxed();
    let how = (
        subsequence(TENDERS.to_vec(), 0..=2),
        prop_oneof![Just(0), -5..=2_000i64],
        subsequence(vec!["P0", "P1"], 0..=2),
    );
    let place = (0..2usize, 0..2usize, select(&CHANNELS[..]));
    let minute = prop_oneof![Just(0u16), Just(479), Just(480), Just(1_439), 0..1_440u16];
    (lines, who, how, place, a_day(), minute, counters()).prop_map(
        |(lines, (customer, member), (tenders, redeemed, codes), place, date, minute, counters)| {
            OwnedFacts {
                lines,
                customer: customer || member.is_some(),
                member,
                tenders,
                redeemed,
                promo_codes: codes
                    .into_iter()
                    .map(|c| PromoCode::new(c).unwrap())
                    .collect(),
                store: StoreId::new(["S1", "S2"][place.0]).unwrap(),
                lane: LaneId::new(["1", "2"][place.1]).unwrap(),
                channel: place.2,
                moment: LocalMoment { date, minute },
                counters,
            }
        },
    )
}

fn a_line(
    price: impl Strategy<Value = i64> + 'static,
    quantity: impl Strategy<Value = u32> + 'static,
) -> impl Strategy<Value = OwnedLine> {
    let what = (
        0..4usize,
        option::of(0..3usize),
        option::of(0..2usize),
        0..10usize,
    );
    let before = prop_oneof![4 => Just((0i64, 0u32)), 1 => (-5..=500i64, 0..=5u32)];
    (what, price, quantity, before).prop_map(
        |((n, group, by, kind), price, quantity, (taken, free))| OwnedLine {
            line: Line {
                item: item(n),
                name: "thing".to_owned(),
                quantity,
                unit_price: eur(price),
                category: group.map(category),
                tax_class: TaxClass::new("standard").unwrap(),
            },
            brand: by.map(brand),
            kind: KINDS.get(kind).copied().unwrap_or_default(),
            taken,
            free,
        },
    )
}

pub fn a_day() -> impl Strategy<Value = Date> {
    select(&DAYS[..]).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn a_member() -> impl Strategy<Value = MemberFacts> {
    let birthday = option::of(prop_oneof![
        select(&[(2i8, 29i8), (12, 31), (1, 1), (11, 20), (2, 28), (3, 2)][..]),
        (1..=12i8, 1..=28i8),
    ]);
    let joined = option::of((a_day(), -40..=40i32));
    (
        option::of(0..3usize),
        subsequence(vec!["g0", "g1"], 0..=2),
        subsequence(vec!["s0", "s1"], 0..=2),
        birthday,
        joined,
        option::of(select(&["S1", "S2", "S3"][..])),
        option::of(0..=12u32),
    )
        .prop_map(
            |(n, groups, segments, birthday, joined, home, purchases)| MemberFacts {
                tier: n.map(tier),
                groups: groups
                    .into_iter()
                    .map(|c| GroupId::new(c).unwrap())
                    .collect(),
                segments: segments
                    .into_iter()
                    .map(|c| SegmentId::new(c).unwrap())
                    .collect(),
                birthday: birthday.and_then(|(month, day)| MonthDay::new(month, day)),
                joined: joined.map(|(day, days)| day.saturating_add(jiff::Span::new().days(days))),
                home_store: home.map(|code| StoreId::new(code).unwrap()),
                purchases,
            },
        )
}

fn counters() -> impl Strategy<Value = Counters> {
    let subject = prop_oneof![
        (0..6usize).prop_map(|n| CapSubject::Rule(rule_code(n))),
        (0..2usize).prop_map(|n| CapSubject::Campaign(campaign(n))),
    ];
    let over = select(
        &[
            CapSpan::Day,
            CapSpan::MemberDay,
            CapSpan::Member,
            CapSpan::Total,
        ][..],
    );
    // As much as some caps allow, exactly, too.
    let used = (0..=2u32, select(&[0i64, 1, 5, 11, 12][..]), 0..=500i64);
    let one = (subject, over, used).prop_map(|(subject, over, (times, points, amount))| {
        let used = Used {
            times,
            points,
            amount,
        };
        (CounterKey { subject, over }, used)
    });
    vec(one, 0..=4).prop_map(|all| all.into_iter().collect())
}
