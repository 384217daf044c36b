//! Rule documents by chance, all of them valid.

use crate::cel_world::an_expression;
use crate::world::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tillside_core::engine::Rule;
use tillside_core::engine::*;
use tillside_core::*;

pub fn rule_code(n: usize) -> RuleId {
    RuleId::new(&format!("r{n}")).unwrap()
}

pub fn campaign(n: usize) -> CampaignId {
    CampaignId::new(&format!("k{n}")).unwrap()
}

pub fn part(name: &str) -> PartName {
    PartName::new(name).unwrap()
}

/// A document that compiles, with amounts from `amount` and numbers from `number`.
pub fn a_document(
    amount: impl Strategy<Value = i64> + Clone + 'static,
    number: impl Strategy<Value = u32> + Clone + 'static,
) -> impl Strategy<Value = Document> {
    let rules = vec(a_rule(amount.clone(), number).boxed(), 0..=6).boxed();
    let campaigns = vec((a_window(), caps(amount.clone())), 2).boxed();
    let conditions = (
        a_condition(amount.clone(), 0).boxed(),
        a_condition(amount, 1).boxed(),
    )
        .boxed();
    let stacking = vec(subsequence(vec!["t0", "t1", "t2"], 0..=2), 3);
    let exclusions = (
        option::weighted(0.3, a_selection()),
        option::weighted(0.3, a_selection()),
        any::<bool>(),
    );
    // Which group each rule is in: of two, or none.
    let groups = vec(0..4usize, 6);
    (rules, campaigns, conditions, stacking, exclusions, groups).prop_map(
        |(mut rules, campaigns, conditions, stacking, exclusions, groups)| {
            for (n, rule) in rules.iter_mut().enumerate() {
                rule.rule = rule_code(n);
            }
            let campaigns = campaigns.into_iter().enumerate();
            let campaigns = campaigns.map(|(n, (valid, caps))| Campaign {
                campaign: campaign(n),
                name: "programme".to_owned(),
                valid,
                caps,
            });
            let conditions = [("n0", conditions.0), ("n1", conditions.1)];
            let conditions = conditions.map(|(name, when)| NamedCondition {
                name: part(name),
                when,
            });
            let stacking = stacking.into_iter().enumerate();
            let stacking = stacking.map(|(n, with)| StackingCategory {
                category: part(&format!("t{n}")),
                with: with.into_iter().map(part).collect(),
            });
            let group = |n: usize| ExclusiveGroup {
                group: part(&format!("e{n}")),
                rules: (0..rules.len())
                    .filter(|r| groups[*r] == n)
                    .map(rule_code)
                    .collect(),
            };
            let exclusive = [group(0), group(1)].into_iter();
            Document {
                v: DOCUMENT_VERSION,
                campaigns: campaigns.collect(),
                conditions: conditions.to_vec(),
                exclusive: exclusive.filter(|group| group.rules.len() > 1).collect(),
                stacking: stacking.collect(),
                exclusions: Exclusions {
                    no_earning_on: exclusions.0,
                    no_discount_on: exclusions.1,
                    no_earning_on_redeemed: exclusions.2,
                },
                points: PointsLife::default(),
                plans: vec![a_plan()],
                rules,
            }
        },
    )
}

fn a_plan() -> CouponPlan {
    serde_json::from_value(serde_json::json!({
        "plan": "NEXT", "name": "next time", "effect": {"kind": "item_free"},
        "one_per_basket": false, "valid_from": "2026-01-01", "valid_until": "2026-12-31",
        "proof": "store_bound", "funder": "chain",
    }))
    .unwrap()
}

fn a_rule(
    amount: impl Strategy<Value = i64> + Clone + 'static,
    number: impl Strategy<Value = u32> + Clone + 'static,
) -> impl Strategy<Value = Rule> {
    let effect = (an_effect(amount.clone(), number).boxed(), funders().boxed());
    let effect = effect.prop_map(|(effect, funders)| FundedEffect { effect, funders });
    (
        option::weighted(0.3, 0..2usize),
        a_window(),
        -1..=1i32,
        option::weighted(0.5, select(&["t0", "t1", "t2"][..])),
        option::weighted(0.7, a_condition(amount.clone(), 2).boxed()),
        vec(effect, 1..=3),
        caps(amount),
    )
        .prop_map(|(k, valid, priority, stacking, when, effects, caps)| Rule {
            rule: rule_code(0),
            name: "offer".to_owned(),
            campaign: k.map(campaign),
            valid,
            priority,
            stacking: stacking.map(part),
            when,
            effects,
            caps,
        })
}

fn funders() -> impl Strategy<Value = Vec<FunderShare>> {
    let share = |funder: &str, basis_points| FunderShare {
        funder: FunderId::new(funder).unwrap(),
        basis_points,
    };
    prop_oneof![
        Just(vec![share("chain", 10_000)]),
        (1..10_000u32).prop_map(move |n| vec![share("chain", n), share("acme", 10_000 - n)]),
        Just(vec![
            share("a", 3_333),
            share("b", 3_333),
            share("c", 3_334)
        ]),
    ]
}

fn caps(amount: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = Vec<Cap>> {
    let spans = [
        CapSpan::Basket,
        CapSpan::Day,
        CapSpan::MemberDay,
        CapSpan::Member,
        CapSpan::Total,
    ];
    let limits = (
        option::of(1..=3u32),
        option::of(select(&[1i64, 5, 12, 30][..])),
        option::of(amount),
    );
    let spans = prop_oneof![
        2 => Just(Vec::new()),
        1 => subsequence(spans.to_vec(), 0..=3),
    ];
    (spans, vec(limits, 3)).prop_map(|(spans, limits)| {
        let caps = spans.into_iter().zip(limits);
        caps.map(|(over, (times, points, amount))| {
            let amount = amount.map(eur);
            let times = times.filter(|_| over != CapSpan::Basket);
            let none = times.is_none() && points.is_none() && amount.is_none();
            Cap {
                over,
                times,
                points: if none { Some(7) } else { points },
                amount,
            }
        })
        .collect()
    })
}

fn a_window() -> impl Strategy<Value = DateWindow> {
    let day = |day: &str| Some(day.parse().unwrap());
    prop_oneof![
        8 => Just(DateWindow::default()),
        1 => Just(DateWindow { from: day("2026-12-31"), until: None }),
        1 => Just(DateWindow { from: day("2026-11-23"), until: day("2027-01-01") }),
    ]
}

/// Products; named ones or any.
pub fn a_selection() -> impl Strategy<Value = Selection> {
    prop_oneof![
        1 => an_exception().prop_map(|except| Selection { except, ..Selection::default() }),
        3 => named(),
    ]
}

/// Products that are named.
fn named() -> impl Strategy<Value = Selection> {
    let items = vec((0..4usize).prop_map(item), 0..=2);
    let categories = vec((0..3usize).prop_map(category), 0..=2);
    let brands = vec((0..2usize).prop_map(brand), 0..=1);
    let kinds = prop_oneof![3 => Just(Vec::new()), 1 => subsequence(KINDS.to_vec(), 0..=2)];
    (items, categories, brands, kinds, an_exception()).prop_map(
        |(mut items, categories, brands, kinds, except)| {
            if items.is_empty() && categories.is_empty() && brands.is_empty() && kinds.is_empty() {
                items.push(item(0));
            }
            Selection {
                items,
                categories,
                brands,
                kinds,
                except,
            }
        },
    )
}

fn an_exception() -> impl Strategy<Value = Except> {
    let items = vec((0..4usize).prop_map(item), 0..=1);
    let some = (
        items,
        subsequence(KINDS.to_vec(), 0..=1),
        option::of(0..3usize),
        option::of(0..2usize),
    );
    let some = some.prop_map(|(items, kinds, c, b)| Except {
        items,
        kinds,
        categories: c.map(category).into_iter().collect(),
        brands: b.map(brand).into_iter().collect(),
    });
    prop_oneof![3 => Just(Except::default()), 1 => some]
}

fn an_effect(
    amount: impl Strategy<Value = i64> + Clone + 'static,
    number: impl Strategy<Value = u32> + Clone + 'static,
) -> impl Strategy<Value = Effect> {
    let at_most = || option::of(1..=3u32);
    let earning = prop_oneof![
        (number.clone(), amount.clone(), a_selection()).prop_map(|(points, per, products)| {
            Effect::PointsPerAmount {
                points,
                per: eur(per),
                products,
            }
        }),
        (number.clone(), named())
            .prop_map(|(points, products)| Effect::PointsPerItem { points, products }),
        number
            .clone()
            .prop_map(|points| Effect::PointsFixed { points }),
        (1..=20_000u32)
            .prop_map(|extra_basis_points| Effect::PointsMultiplier { extra_basis_points }),
        (1..=20_000u32, 1..=20_000u32).prop_map(|(gold, basic)| Effect::TierBonus {
            tiers: vec![
                TierShare {
                    tier: tier(0),
                    extra_basis_points: gold
                },
                TierShare {
                    tier: tier(1),
                    extra_basis_points: basic
                },
            ]
        }),
        (1..=5u32).prop_map(|count| Effect::Voucher {
            plan: PlanId::new("NEXT").unwrap(),
            count
        }),
        (1..=10_000u32, a_selection()).prop_map(|(basis_points, products)| Effect::Cashback {
            basis_points,
            products
        }),
        (1..=3u32, option::of(a_selection())).prop_map(|(stamps, per_item)| Effect::Stamps {
            card: StampCardId::new("coffee").unwrap(),
            stamps,
            per_item,
        }),
        (number, amount.clone(), a_selection()).prop_map(|(units, per, products)| {
            Effect::TierProgress {
                units,
                per: eur(per),
                products,
            }
        }),
    ];
    let part = (1..=3u32, a_selection())
        .prop_map(|(quantity, products)| BundlePart { quantity, products });
    let discount = prop_oneof![
        (amount.clone(), a_selection()).prop_map(|(amount, products)| Effect::AmountOff {
            amount: eur(amount),
            products
        }),
        (prop_oneof![1..=10_000u32, Just(10_000)], a_selection()).prop_map(
            |(basis_points, products)| Effect::PercentOff {
                basis_points,
                products
            }
        ),
        (1..=4u32, 0..=3u32, a_selection(), at_most()).prop_map(|(of, less, products, at_most)| {
            Effect::CheapestFree {
                free: of.saturating_sub(less).max(1),
                of,
                products,
                at_most,
            }
        }),
        (2..=4u32, 1..=3u32, a_selection(), at_most()).prop_map(
            |(buy, less, products, at_most)| {
                Effect::NForM {
                    buy,
                    pay: buy.saturating_sub(less).max(1),
                    products,
                    at_most,
                }
            }
        ),
        (amount.prop_map(|n| n - 1), vec(part, 1..=3), at_most()).prop_map(
            |(price, parts, at_most)| Effect::BundlePrice {
                price: eur(price),
                parts,
                at_most
            }
        ),
    ];
    prop_oneof![earning.boxed(), discount.boxed()].boxed()
}

/// A condition that may use the first so many named ones.
fn a_condition(
    amount: impl Strategy<Value = i64> + Clone + 'static,
    names: usize,
) -> impl Strategy<Value = Condition> {
    let leaf = match names {
        0 => a_leaf(amount).boxed(),
        1 => prop_oneof![9 => a_leaf(amount), 1 => Just(Condition::Named(part("n0")))].boxed(),
        _ => {
            let named = select(&["n0", "n1"][..]).prop_map(|name| Condition::Named(part(name)));
            prop_oneof![9 => a_leaf(amount), 1 => named].boxed()
        }
    };
    // Named ones in named ones come to the deepest that is allowed, and no deeper.
    let depth = if names < 2 { 1 } else { 2 };
    leaf.prop_recursive(depth, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..=3).prop_map(Condition::All),
            vec(inner.clone(), 1..=3).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

fn counts(most: u32) -> impl Strategy<Value = CountRange> {
    (option::of(0..=most), option::of(most..=most * 3))
        .prop_map(|(least, most)| CountRange { least, most })
}

fn amounts(amount: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = AmountRange> {
    let both = (amount, 0..=3_000i64, 0..4usize);
    both.prop_map(|(least, more, ends)| AmountRange {
        least: (ends % 2 == 1).then(|| eur(least)),
        most: (ends > 1).then(|| eur((least + more).min(MONEY_LIMIT))),
    })
}

fn a_leaf(
    amount: impl Strategy<Value = i64> + Clone + 'static,
) -> impl Strategy<Value = Condition> {
    fn some<T: Clone + std::fmt::Debug + 'static>(
        codes: &[&'static str],
        code: fn(&str) -> T,
        condition: fn(Vec<T>) -> Condition,
    ) -> impl Strategy<Value = Condition> + use<T> {
        subsequence(codes.to_vec(), 1..=codes.len())
            .prop_map(move |codes| condition(codes.into_iter().map(code).collect()))
    }
    let days = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Sunday,
    ];
    let time = |text: &str| TimeOfDay::try_from(text.to_owned()).unwrap();
    let times = [
        ("08:00", "12:00"),
        ("22:00", "08:00"),
        ("00:00", "23:59"),
        ("23:59", "00:00"),
    ];
    let contains = (
        a_selection(),
        option::of(counts(3)),
        amounts(amount.clone()),
    );
    let member = prop_oneof![
        some(
            &["gold", "basic"],
            |c| TierId::new(c).unwrap(),
            Condition::Tier
        ),
        some(
            &["g0", "g1"],
            |c| GroupId::new(c).unwrap(),
            Condition::Group
        ),
        some(
            &["s0", "s1"],
            |c| SegmentId::new(c).unwrap(),
            Condition::Segment
        ),
        any::<bool>().prop_map(Condition::Member),
        any::<bool>().prop_map(Condition::FirstPurchase),
        (0..=60u8, 0..=60u8)
            .prop_map(|(before, after)| Condition::Birthday(Birthday::Window { before, after })),
        Just(Condition::Birthday(Birthday::Month)),
        (a_window(), counts(20))
            .prop_map(|(on, days_ago)| Condition::Joined(Joined { on, days_ago })),
        Just(Condition::HomeStore(HomeStore::Here)),
        some(
            &["S1", "S3"],
            |c| StoreId::new(c).unwrap(),
            |list| { Condition::HomeStore(HomeStore::OneOf(list)) }
        ),
        (1..=12u32).prop_map(|nth| Condition::Visit(Visit::Nth(nth))),
        (1..=5u32).prop_map(|every| Condition::Visit(Visit::Every(every))),
    ];
    let place = prop_oneof![
        some(
            &["S1", "S2"],
            |c| StoreId::new(c).unwrap(),
            Condition::Store
        ),
        some(&["1", "2"], |c| LaneId::new(c).unwrap(), Condition::Lane),
        some(
            &["P0", "P1", "P2"],
            |c| PromoCode::new(c).unwrap(),
            Condition::PromoCode
        ),
        subsequence(CHANNELS.to_vec(), 1..=2).prop_map(Condition::Channel),
        subsequence(TENDERS.to_vec(), 1..=2).prop_map(Condition::Tender),
        a_window().prop_map(Condition::Date),
        subsequence(days.to_vec(), 1..=4).prop_map(Condition::Weekday),
        select(times.to_vec()).prop_map(move |(from, until)| {
            Condition::Time(TimeWindow {
                from: time(from),
                until: time(until),
            })
        }),
    ];
    let basket = prop_oneof![
        contains.prop_map(|(products, items, amount)| {
            Condition::Contains(Contains {
                products,
                items,
                amount,
            })
        }),
        (counts(5), amounts(amount))
            .prop_map(|(items, amount)| Condition::Basket(BasketRange { items, amount })),
    ];
    // Those that are too long for a rule are left out.
    let in_cel = an_expression().prop_filter_map("too long", |source| {
        (source.len() <= CEL_LENGTH_LIMIT / 2).then_some(Condition::Cel(source))
    });
    prop_oneof![
        4 => basket.boxed(),
        4 => member.boxed(),
        4 => place.boxed(),
        1 => in_cel.boxed(),
    ]
    .boxed()
}
