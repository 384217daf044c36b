//! What is kept for years, byte for byte: an accepted snapshot changes only with a new
//! [`RECORD_VERSION`] and a way to read the old.

use crate::fixtures::*;
use insta::{assert_json_snapshot, assert_snapshot};
use jiff::civil::date;
use tillside_core::*;

/// A sale with everything in it: two funders, a coupon, a tier, two tenders, a GTIN and a SKU.
fn sale() -> (State, SaleCompleted) {
    let gold = RuleEffect::TierMultiplier {
        tier: tier("gold"),
        extra_basis_points: 5_000,
    };
    let per_loaf = RuleEffect::PointsPerProduct {
        points: 5,
        products: products(&["bread"]),
    };
    let rules = [
        rule("base", "chain", per_amount(2, 100)),
        rule("loaf", "baker", per_loaf),
        rule("gold", "chain", gold),
    ];
    let mut state = state(&rules, &[plan("SPRING-5", off(500))]);
    hold(&mut state, "SPRING0001", "SPRING-5");
    let mut marker = line("pen", 1, 299);
    marker.item = item("gtin:4006381333931");
    marker.category = None;
    let lines = [line("bread", 2, 300), line("wine", 1, 899), marker];
    let mut command = check_out(1, &lines, &["SPRING0001"], 298);
    command
        .tenders
        .push(Tender::new(TenderKind::Card, eur(1_000)));
    let sale = sell(&mut state, command);
    (state, sale)
}

#[test]
fn a_completed_sale() {
    let (_, sale) = sale();
    assert_json_snapshot!(Event::SaleCompleted(Box::new(sale)));
}

#[test]
fn a_sale_to_nobody() {
    let mut command = check_out(2, &[line("bread", 1, 300)], &[], 300);
    command.customer = None;
    let sale = sell(&mut state(&[], &[]), command);
    assert_json_snapshot!(Event::SaleCompleted(Box::new(sale)));
}

#[test]
fn a_voided_sale() {
    let (mut state, _) = sale();
    let event = carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_json_snapshot!(event);
}

#[test]
fn returned_goods() {
    let (mut state, sale) = sale();
    let paid = paid_for(&sale, 0) / 2;
    let goods = back(1, &[(0, 1)], paid);
    let event = carry_out(&mut state, Command::TakeGoodsBack(goods), now()).unwrap();
    assert_json_snapshot!(event);
}

#[test]
fn a_later_epoch() {
    let from = Head {
        epoch: 1,
        seq: 41,
        hash: Hash::of(b"record 41"),
    };
    let closed = Head {
        seq: 45,
        hash: Hash::of(b"record 45"),
        ..from
    };
    assert_json_snapshot!(Event::EpochBegan { from, closed });
}

#[test]
fn an_adopted_bundle() {
    assert_json_snapshot!(Event::BundleAdopted { version: 17 });
}

/// A refusal with every verdict there is.
#[test]
fn refused_coupons() {
    let used = CouponUsed {
        at: now().at,
        store: store("S1"),
        terminal: terminal(1),
        sale: sale_id(1),
    };
    let currency = usd(0).currency();
    let (minimum, missing) = (eur(2_000), eur(760));
    let with = number("AAAA");
    let verdicts = [
        Verdict::Used(used),
        Verdict::Expired {
            on: date(2026, 10, 31),
        },
        Verdict::NotYet {
            from: date(2026, 12, 1),
        },
        Verdict::OtherStore { store: store("S2") },
        Verdict::OtherTill {
            terminal: terminal(2),
        },
        Verdict::Revoked,
        Verdict::Unknown,
        misfit(Misfit::MinimumSpend { minimum, missing }),
        misfit(Misfit::NoProduct),
        misfit(Misfit::OnePerBasket),
        misfit(Misfit::Stacking { with }),
        misfit(Misfit::NothingLeft),
        misfit(Misfit::OtherCurrency { currency }),
    ];
    let refused = |verdict| {
        Event::CouponRefused(CouponRefused {
            sale: sale_id(1),
            lane: LaneId::new("1").unwrap(),
            cashier: person("anna"),
            date: TODAY,
            number: number("SPRING0001"),
            verdict,
        })
    };
    let events: Vec<Event> = verdicts.into_iter().map(refused).collect();
    let text = serde_json::to_string(&events).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Event>>(&text).unwrap(), events);
    assert_json_snapshot!(events);
}

/// The whole text of a record and its hash: neither may ever change silently.
#[test]
fn a_sealed_record() {
    let (_, sale) = sale();
    let record = Record {
        v: RECORD_VERSION,
        terminal: terminal(1),
        epoch: 1,
        seq: 1,
        prev: Head::genesis(terminal(1), 1).hash,
        at: now().at,
        clock: Clock::Trusted,
        event: Event::SaleCompleted(Box::new(sale)),
    };
    let sealed = record.seal().unwrap();
    assert_snapshot!(format!("{}\n{}\n{}", sealed.seq, sealed.hash, sealed.body));
}

#[test]
fn a_rule_document() {
    let mut full = plan("SPRING-5", off(500));
    full.minimum_spend = Some(eur(1_000));
    full.products = products(&["bread"]);
    full.products.items.push(item("gtin:4006381333931"));
    full.stacking_group = Some("spring".to_owned());
    full.one_per_basket = true;
    let free = plan("FREE", CouponEffect::ItemFree);
    let share = plan("SHARE", percent_off(1_000));
    let gold = RuleEffect::TierMultiplier {
        tier: tier("gold"),
        extra_basis_points: 5_000,
    };
    let per_loaf = RuleEffect::PointsPerProduct {
        points: 5,
        products: products(&["bread"]),
    };
    let rules = [
        rule("base", "chain", per_amount(2, 100)),
        rule("loaf", "baker", per_loaf),
        rule("gold", "chain", gold),
    ];
    let document = document(&rules, &[full, free, share]);
    let text = serde_json::to_string(&document).unwrap();
    assert_eq!(
        serde_json::from_str::<RuleDocument>(&text).unwrap(),
        document
    );
    assert_json_snapshot!(document);
}
