//! Shops, baskets and coupons by chance: a small world, so that things meet.

use crate::fixtures::*;
use jiff::ToSpan;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use std::sync::Arc;
use tillside_core::*;

const NUMBERS: [&str; 6] = ["AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF"];

/// So many cases, and an end to looking for a smaller one: the oracle is slow.
pub fn modest(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    }
}

/// All a quote is made from. The document is kept beside the state that was compiled from it.
#[derive(Clone, Debug)]
pub struct Case {
    pub document: RuleDocument,
    pub state: State,
    pub basket: Basket,
    pub shown: Vec<CouponNumber>,
    pub customer: Option<Customer>,
}

impl Case {
    pub fn quote(&self) -> Result<Quote, Refusal> {
        let request = QuoteRequest {
            basket: &self.basket,
            customer: self.customer.is_some(),
            member: self.customer.as_ref().and_then(|c| c.member),
            coupons: &self.shown,
            redeemed: None,
        };
        quote(&self.state, request, now())
    }
}

/// Ordinary cases: prices to 15.00, a few lines, plans and rules.
pub fn case() -> impl Strategy<Value = Case> {
    let document = document_of(1..=400i64, 0..=9u32);
    let price = prop_oneof![1 => Just(0), 3 => 0..=60i64, 6 => 0..=1_500i64];
    let lines = vec(a_line(price, 1..=4u32), 0..=6);
    (document, standings(), lines, shown(), a_customer()).prop_map(assemble)
}

/// Valid documents and baskets at the edges of every range.
pub fn extreme_case() -> impl Strategy<Value = Case> {
    let amount = || prop_oneof![Just(1), 1..=100i64, Just(MONEY_LIMIT), 1..=MONEY_LIMIT];
    let points = prop_oneof![Just(0), Just(1), Just(u32::MAX), any::<u32>()];
    let price = prop_oneof![
        Just(0),
        0..=100i64,
        Just(MONEY_LIMIT / 10_000),
        Just(MONEY_LIMIT),
        any::<i64>().prop_map(|minor| minor % (MONEY_LIMIT + 1)),
    ];
    let quantity = prop_oneof![Just(0), Just(1), 1..=LINE_QUANTITY_LIMIT, any::<u32>()];
    let lines = vec(a_line(price, quantity), 0..=4);
    (
        document_of(amount(), points),
        standings(),
        lines,
        shown(),
        a_customer(),
    )
        .prop_map(assemble)
}

/// A few lines for sale.
pub fn lines() -> impl Strategy<Value = Vec<Line>> {
    vec(a_line(1..=1_500i64, 1..=4u32), 1..=4)
}

/// Numbers as they are shown, one of which nobody knows, and some of them twice.
pub fn shown() -> impl Strategy<Value = Vec<CouponNumber>> {
    let any_number = prop_oneof![
        9 => proptest::sample::select(&NUMBERS[..]),
        1 => Just("ZZZZ"),
    ];
    vec(any_number.prop_map(number), 0..=4)
}

/// A rule document that compiles, with amounts from `amount` and points from `points`.
pub fn document_of(
    amount: impl Strategy<Value = i64> + Clone + 'static,
    points: impl Strategy<Value = u32> + Clone + 'static,
) -> impl Strategy<Value = RuleDocument> {
    let plans = vec(a_plan(amount.clone()), 1..=4);
    let rules = vec(a_rule(amount, points), 0..=5);
    (rules, plans).prop_map(|(mut rules, mut plans)| {
        for (n, rule) in rules.iter_mut().enumerate() {
            rule.rule = RuleId::new(&format!("r{n}")).unwrap();
        }
        for (n, plan) in plans.iter_mut().enumerate() {
            plan.plan = PlanId::new(&format!("P{n}")).unwrap();
        }
        document(&rules, &plans)
    })
}

type Parts = (
    RuleDocument,
    Vec<CouponStanding>,
    Vec<Line>,
    Vec<CouponNumber>,
    Option<Customer>,
);

fn assemble((document, standings, lines, shown, customer): Parts) -> Case {
    let mut state = state(&[], &[]);
    state.rules = Arc::new(RuleBook::compile(17, &document).unwrap());
    state.coupons = NUMBERS.into_iter().map(number).zip(standings).collect();
    Case {
        document,
        state,
        basket: basket(&lines),
        shown,
        customer,
    }
}

fn a_line(
    price: impl Strategy<Value = i64>,
    quantity: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Line> {
    (0..4usize, option::of(0..3usize), price, quantity).prop_map(|(n, group, price, quantity)| {
        let mut line = line("x", quantity, price);
        line.item = item(&format!("sku:x{n}"));
        line.category = group.map(|n| category(&format!("c{n}")));
        line
    })
}

fn a_set() -> impl Strategy<Value = ProductSet> {
    let items = vec((0..4usize).prop_map(|n| item(&format!("sku:x{n}"))), 0..=2);
    let groups = vec((0..3usize).prop_map(|n| category(&format!("c{n}"))), 0..=2);
    (items, groups).prop_map(|(items, categories)| ProductSet { items, categories })
}

fn a_plan(
    amount: impl Strategy<Value = i64> + Clone + 'static,
) -> impl Strategy<Value = CouponPlan> {
    let effect = prop_oneof![
        amount.clone().prop_map(off),
        (1..=10_000u32).prop_map(percent_off),
        Just(CouponEffect::ItemFree),
    ];
    let group = option::of(prop_oneof![Just("g"), Just("h")]);
    let day = || prop_oneof![8 => Just((-1, 1)), 1 => Just((-3, -1)), 1 => Just((1, 3))];
    let minimum = option::weighted(0.3, amount);
    (effect, a_set(), minimum, any::<bool>(), group, day()).prop_map(
        |(effect, products, minimum, one_per_basket, group, (from, until))| CouponPlan {
            products,
            minimum_spend: minimum.map(eur),
            one_per_basket,
            stacking_group: group.map(str::to_owned),
            valid_from: TODAY.saturating_add(i64::from(from).days()),
            valid_until: TODAY.saturating_add(i64::from(until).days()),
            ..plan("P", effect)
        },
    )
}

fn a_rule(
    amount: impl Strategy<Value = i64> + 'static,
    points: impl Strategy<Value = u32> + Clone + 'static,
) -> impl Strategy<Value = Rule> {
    let per_amount = (points.clone(), amount, a_set()).prop_map(|(points, per, products)| {
        let per = eur(per);
        RuleEffect::PointsPerAmount {
            points,
            per,
            products,
        }
    });
    let per_product = (points, a_set()).prop_map(|(points, mut products)| {
        products.items.push(item("sku:x0"));
        RuleEffect::PointsPerProduct { points, products }
    });
    let share = prop_oneof![1..=20_000u32, Just(EXTRA_BASIS_POINTS_LIMIT)];
    let multiplier = (prop_oneof![Just("gold"), Just("basic")], share).prop_map(|(code, share)| {
        RuleEffect::TierMultiplier {
            tier: tier(code),
            extra_basis_points: share,
        }
    });
    let effect = prop_oneof![per_amount, per_product, multiplier];
    let funder = prop_oneof![Just("chain"), Just("baker")];
    (effect, funder).prop_map(|(effect, funder)| rule("r", funder, effect))
}

/// What is known of each of [`NUMBERS`]: mostly held here and unused.
fn standings() -> impl Strategy<Value = Vec<CouponStanding>> {
    let here = (0..5usize).prop_map(|n| Assignment::Here {
        plan: PlanId::new(&format!("P{n}")).unwrap(),
    });
    let assignment = prop_oneof![
        20 => here,
        1 => Just(Assignment::OtherTill { terminal: terminal(2) }),
        1 => Just(Assignment::OtherStore { store: store("S2") }),
        1 => Just(Assignment::Revoked),
        1 => Just(Assignment::NotIssued),
    ];
    let used = option::weighted(
        0.1,
        Just(CouponUsed {
            at: Timestamp(0),
            store: store("S1"),
            terminal: terminal(1),
            sale: sale_id(99),
        }),
    );
    let standing =
        (assignment, used).prop_map(|(assignment, used)| CouponStanding { assignment, used });
    vec(standing, NUMBERS.len())
}

fn a_customer() -> impl Strategy<Value = Option<Customer>> {
    let unknown = Customer {
        member: None,
        ..customer(0)
    };
    let known = (1..=3u128).prop_map(customer);
    option::of(prop_oneof![known, Just(unknown)])
}
