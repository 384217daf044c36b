//! Shares of a quota: kept over a restart, spent with each sale, given back by a void, made again from the
//! journal, and not carried over to the next epoch.

use crate::shop::*;
use tillside_core::authority::*;
use tillside_core::*;
use tillside_store::{Need, Store};
use uuid::Uuid;

const SECRET: [u8; 32] = [7; 32];

fn offer() -> Bundle {
    let mut rules = rules();
    let (code, quota) = (number("FIRST500"), 500);
    rules.plans.push(CouponPlan {
        plan: PlanId::new("FIRST").unwrap(),
        proof: ProofKind::Lease { code, quota },
        ..rules.plans[0].clone()
    });
    Bundle {
        rules: rules.into(),
        ..bundle(2)
    }
}

fn shop(amount: u64) -> (Shop, Store) {
    let (shop, mut store) = Shop::open();
    store.adopt(&offer(), store.now(AFTERNOON)).unwrap();
    take(&mut store, 1, amount);
    (shop, store)
}

fn take(store: &mut Store, serial: u64, amount: u64) {
    take_terms(store, &terms(serial, amount));
}

fn terms(serial: u64, amount: u64) -> Terms {
    Terms {
        id: AllowanceId::new(Uuid::from_u128(serial.into())),
        holder: terminal(1),
        epoch: 1,
        serial,
        subject: quota_of(&PlanId::new("FIRST").unwrap()).unwrap(),
        amount,
        not_before: AFTERNOON,
        expires_at: Timestamp(AFTERNOON.0 + 86_400_000),
        clock_bound_s: 60,
        policy: AllowancePolicy {
            renew_below_bp: 5_000,
            renew_before_s: 600,
            uncovered: Uncovered::AskHq,
        },
    }
}

fn take_terms(store: &mut Store, terms: &Terms) {
    let bytes = terms.seal(&SECRET).unwrap();
    let allowance = Allowance::open(&bytes, &[CodeKey::of_secret(&SECRET)]).unwrap();
    let change = AllowanceChange::Take(Box::new(allowance));
    let all = Need {
        shares: true,
        ..Need::default()
    };
    let (now, state) = (store.now(AFTERNOON), store.load(&all).unwrap());
    let events = decide(&state, Command::ChangeAllowances(change), now).unwrap();
    store.commit(&events, now, None, None).unwrap();
}

fn left(store: &Store) -> u64 {
    let subject = quota_of(&PlanId::new("FIRST").unwrap()).unwrap();
    let state = store.load(&Need::default()).unwrap();
    state.holder.left(&subject, AFTERNOON)
}

#[test]
fn shares_are_spent_over_a_restart_and_a_void_gives_back() {
    let (shop, mut store) = shop(2);
    sell(&mut store, 1, None, &["FIRST500"]);
    sell(&mut store, 2, None, &["FIRST500", "AAAA1"]);
    drop(store);
    let mut store = shop.store();
    assert_eq!(left(&store), 0);
    let third = check_out(3, 1, None, &["FIRST500"]);
    let refused = decide_sale(&store, third, store.now(AFTERNOON)).unwrap_err();
    assert_eq!(refused.code(), "coupon");
    void(&mut store, 2);
    assert_eq!(left(&store), 1);
    sell(&mut store, 3, None, &["FIRST500", "AAAA1"]);
    assert_eq!(left(&store), 0);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}

#[test]
fn shares_that_were_lost_or_changed_come_back_from_the_journal() {
    for fault in [
        "DELETE FROM shares",
        "DELETE FROM held_shares",
        r#"UPDATE held_shares SET held = replace(held, '"used":1', '"used":0')"#,
    ] {
        let (shop, mut store) = shop(2);
        sell(&mut store, 1, None, &["FIRST500"]);
        drop(store);
        shop.sql(fault);
        let mut store = shop.store();
        assert_ne!(left(&store), 1, "{fault}");
        assert!(!store.rebuild().unwrap().differences.is_empty(), "{fault}");
        assert_eq!(left(&store), 1, "{fault}");
    }
}

#[test]
fn two_sales_that_were_decided_on_one_share_are_told_apart() {
    let (_shop, mut store) = shop(1);
    let now = store.now(AFTERNOON);
    let decided = |n| decide_sale(&store, check_out(n, 1, None, &["FIRST500"]), now).unwrap();
    let (first, second) = (decided(1), decided(2));
    store.commit(&first, now, None, None).unwrap();
    let stale = store.commit(&second, now, None, None).unwrap_err();
    assert!(stale.to_string().contains("FIRST500"), "{stale}");
    assert_eq!(left(&store), 0);
}

#[test]
fn what_another_epoch_held_is_not_this_ones_to_give() {
    let (shop, store) = shop(2);
    assert_eq!(left(&store), 2);
    drop(store);
    shop.sql(r#"UPDATE shares SET holder = replace(holder, '"epoch":1', '"epoch":9')"#);
    assert_eq!(left(&shop.store()), 0);
}

/// What a member may spend here is looked at where the member is, and all of it where it is asked for.
#[test]
fn a_decision_looks_at_the_allowances_that_it_is_about() {
    let (_shop, mut store) = shop(2);
    for (serial, n) in [(2, 1), (3, 2)] {
        let terms = Terms {
            subject: points_of(member_id(n)),
            ..terms(serial, 40)
        };
        take_terms(&mut store, &terms);
    }
    let left = |need: &Need, n| {
        let state = store.load(need).unwrap();
        state.holder.left(&points_of(member_id(n)), AFTERNOON)
    };
    let of_first = Need {
        members: vec![member_id(1)],
        ..Need::default()
    };
    let all = Need {
        shares: true,
        ..Need::default()
    };
    assert_eq!((left(&of_first, 1), left(&of_first, 2)), (40, 0));
    assert_eq!((left(&all, 1), left(&all, 2)), (40, 40));
    assert_eq!(store.shares().unwrap().0.all().count(), 3);
    let campaigns = super::shares::left(&store);
    assert_eq!(campaigns, 2, "campaigns are always there");
}

/// A database of before each allowance had a row of its own.
#[test]
fn shares_of_an_older_database_are_taken_over() {
    let (shop, mut store) = shop(2);
    sell(&mut store, 1, None, &["FIRST500"]);
    let before = store.shares().unwrap().0;
    drop(store);
    shop.sql(
        "UPDATE shares SET holder = json_set(holder, '$.held',
             json((SELECT json_group_object(allowance, json(held)) FROM held_shares)));
         DROP TABLE held_shares; PRAGMA user_version = 13;",
    );
    let mut store = shop.store();
    assert_eq!(store.shares().unwrap().0, before);
    assert_eq!(store.rebuild().unwrap().differences, Vec::<String>::new());
}
