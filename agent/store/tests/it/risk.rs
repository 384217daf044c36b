//! What a till took at its own risk: counted until HQ confirms it, given back by a void, made again from
//! the journal.

use crate::shop::*;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tillside_core::authority::{RiskCap, RiskUse, Uncovered};
use tillside_core::*;
use tillside_store::{Need, Store, StoreError};

const CAP: u64 = 3;

fn plan() -> PlanId {
    PlanId::new("RISK").unwrap()
}

fn open_number(n: usize) -> String {
    format!("RISK{n:04}")
}

/// A bundle with sixty numbers of no store.
fn capped(version: u64) -> Bundle {
    let mut bundle = bundle(version);
    let mut document = rules();
    let mut capped = document.plans[0].clone();
    capped.plan = plan();
    capped.proof = ProofKind::RiskCap(RiskCap {
        uses: CAP,
        amount: None,
        past: Uncovered::Refuse,
    });
    document.plans.push(capped);
    bundle.rules = document.into();
    let numbers = (0..60).map(|n| number_digest(&number(&open_number(n))));
    bundle.coupons.open = vec![OpenNumbers {
        plan: plan(),
        digests: numbers.collect(),
    }];
    bundle
}

fn till() -> (Shop, Store) {
    let (shop, mut store) = Shop::open();
    store.adopt(&capped(2), store.now(AFTERNOON)).unwrap();
    (shop, store)
}

/// What counts, as a decision about one of the numbers sees it.
fn counted(store: &Store) -> Vec<RiskUse> {
    let need = Need {
        coupons: vec![number(&open_number(0))],
        ..Need::default()
    };
    store.load(&need).unwrap().risk.remove(&plan()).unwrap()
}

fn verdict(store: &Store, text: &str) -> Verdict {
    let coupons = vec![number(text)];
    let need = Need {
        coupons: coupons.clone(),
        ..Need::default()
    };
    let state = store.load(&need).unwrap();
    let basket = check_out(0, 1, None, &[]).basket;
    let request = QuoteRequest {
        basket: &basket,
        customer: false,
        member: None,
        coupons: &coupons,
        redeemed: None,
    };
    let now = store.now(AFTERNOON);
    let answer = quote(&state, request, now).unwrap().coupons.remove(0);
    answer.verdict
}

/// HQ confirms what waits, but for the first few. Which sales that are.
fn confirm(store: &mut Store, skipped: usize, most: usize) -> Vec<SaleId> {
    let mut records = store.outbox(skipped + most).unwrap();
    records.drain(..skipped.min(records.len()));
    let seqs: Vec<u64> = records.iter().map(|record| record.seq).collect();
    let epoch = store.head().unwrap().epoch;
    store.confirm(epoch, &seqs, None).unwrap();
    let sales = records.iter().filter_map(|sealed| {
        let record: Record = serde_json::from_str(&sealed.body).unwrap();
        match record.event {
            Event::SaleCompleted(sale) => Some(sale.sale),
            _ => None,
        }
    });
    sales.collect()
}

#[test]
fn a_number_of_no_store_is_taken_by_its_digest_alone() {
    let (_shop, mut store) = till();
    assert!(verdict(&store, "RISK0007").is_valid());
    assert_eq!(verdict(&store, "RISK0060"), Verdict::Unknown);
    sell(&mut store, 1, None, &["RISK0007"]);
    assert!(matches!(verdict(&store, "RISK0007"), Verdict::Used(used) if used.sale == sale_id(1)));
    // With the next bundle come the uses of others, what was taken back, and a list without old uses.
    let mut next = capped(3);
    let used = CouponUsed {
        at: AFTERNOON,
        store: StoreId::new("S2").unwrap(),
        terminal: terminal(2),
        sale: sale_id(99),
    };
    next.coupons.numbers.push(CouponEntry {
        number: number("RISK0008"),
        plan: plan(),
        used: Some(used.clone()),
    });
    next.coupons.revoked.push(number("RISK0009"));
    let digests = &mut next.coupons.open[0].digests;
    digests.retain(|digest| *digest != number_digest(&number("RISK0010")));
    let now = store.now(AFTERNOON);
    store.adopt(&next, now).unwrap();
    assert_eq!(verdict(&store, "RISK0008"), Verdict::Used(used));
    assert_eq!(verdict(&store, "RISK0009"), Verdict::Revoked);
    assert_eq!(verdict(&store, "RISK0010"), Verdict::Unknown);
    assert!(matches!(verdict(&store, "RISK0007"), Verdict::Used(_)));
    assert!(verdict(&store, "RISK0011").is_valid());
    // The list is part of what a version may not change.
    let digests = &mut next.coupons.open[0].digests;
    digests.pop();
    let changed = store.adopt(&next, now).unwrap_err();
    assert!(
        matches!(changed, StoreError::ChangedBundle { version: 3 }),
        "{changed}"
    );
    next.version = 4;
    next.coupons.open[0].digests.push("RISK0011".to_owned());
    let wrong = store.adopt(&next, now).unwrap_err();
    assert!(matches!(wrong, StoreError::WrongBundle { .. }), "{wrong}");
}

#[test]
fn the_cap_is_met_in_the_dark_and_starts_anew_when_hq_has_confirmed() {
    let (shop, mut store) = till();
    for n in 0..3 {
        sell(&mut store, n as u128, None, &[&open_number(n)]);
    }
    let met = Verdict::NoneLeft {
        why: NoShare::AtRisk,
    };
    assert_eq!(verdict(&store, "RISK0050"), met);
    drop(store);
    let mut store = shop.store();
    assert_eq!(verdict(&store, "RISK0050"), met, "over a restart");
    assert_eq!(counted(&store).len(), 3);
    confirm(&mut store, 0, 100);
    assert_eq!(counted(&store), []);
    assert!(verdict(&store, "RISK0050").is_valid());
    // What is told again in a later epoch HQ has not confirmed.
    let head = store.head().unwrap();
    let from = store.head_at(head.seq - 1).unwrap().unwrap();
    let now = store.now(AFTERNOON);
    store.begin_epoch(&from, head.epoch + 1, now).unwrap();
    let told: Vec<SaleId> = counted(&store).iter().map(|one| one.sale).collect();
    assert_eq!(told, [sale_id(2)]);
}

#[test]
fn a_tampered_count_is_found_and_put_right() {
    for sql in [
        "DELETE FROM risk_uses",
        "UPDATE risk_uses SET minor = minor - 1",
        "UPDATE risk_uses SET plan = 'SPRING'",
        "UPDATE risk_uses SET id = id + 1",
    ] {
        let (shop, mut store) = till();
        sell(&mut store, 1, None, &["RISK0001"]);
        let before = counted(&store);
        drop(store);
        shop.sql(sql);
        let mut store = shop.store();
        let found = store.rebuild().unwrap().differences;
        assert!(!found.is_empty(), "{sql}");
        assert!(
            found.iter().all(|words| words.starts_with("risk_uses")),
            "{found:?}"
        );
        assert_eq!(counted(&store), before);
        assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Sell(usize),
    Void(usize),
    Confirm(usize, usize),
    Restart,
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..=3_usize).prop_map(Step::Sell),
        2 => (0..20_usize).prop_map(Step::Void),
        2 => (0..=2_usize, 1..=4_usize).prop_map(|(skip, most)| Step::Confirm(skip, most)),
        1 => Just(Step::Restart),
        1 => Just(Step::Rebuild),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Against a clerk who keeps a list: how many numbers each sale took, and whether that still counts.
    #[test]
    fn any_history_counts_as_on_paper(steps in vec(step(), 1..40)) {
        let (shop, mut store) = till();
        let mut paper: BTreeMap<SaleId, u64> = BTreeMap::new();
        let (mut sales, mut shown) = (0_u128, 0);
        for step in steps {
            let taken: u64 = paper.values().sum();
            match step {
                Step::Sell(many) => {
                    let texts: Vec<String> = (shown..shown + many).map(|n| open_number(n % 60)).collect();
                    shown += many;
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    let now = store.now(AFTERNOON);
                    let decided = decide_sale(&store, check_out(sales, 1, None, &texts), now);
                    prop_assert_eq!(decided.is_ok(), taken + many as u64 <= CAP);
                    if let Ok(events) = decided {
                        store.commit(&events, now, None, None).unwrap();
                        paper.insert(sale_id(sales), many as u64);
                        sales += 1;
                    }
                }
                Step::Void(n) => {
                    let now = store.now(AFTERNOON);
                    if let Ok(events) = decide_void(&store, sale_id(n as u128), now) {
                        store.commit(&events, now, None, None).unwrap();
                        paper.remove(&sale_id(n as u128));
                    }
                }
                Step::Confirm(skipped, most) => {
                    for sale in confirm(&mut store, skipped, most) {
                        paper.remove(&sale);
                    }
                }
                Step::Restart => {
                    drop(store);
                    store = shop.store();
                }
                Step::Rebuild => {
                    prop_assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
                }
            }
            prop_assert_eq!(counted(&store).len() as u64, paper.values().sum::<u64>());
        }
    }
}
