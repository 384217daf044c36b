//! What the till looks up: members with their balance, coupons' standing, products.

use crate::shop::*;
use std::collections::BTreeMap;
use tillside_core::*;

/// The next bundle, with balances that include this terminal's records up to `seq`.
fn bundle_including(version: u64, seq: u64, points: i64) -> Bundle {
    let mut bundle = bundle(version);
    bundle.members.included = BTreeMap::from([
        (terminal(1), Included { epoch: 1, seq }),
        (
            terminal(9),
            Included {
                epoch: 1,
                seq: 9999,
            },
        ),
    ]);
    bundle.members.members[0].points = Points(points);
    bundle
}

#[test]
fn a_balance_is_hqs_figure_and_what_was_recorded_since() {
    let (shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &[]);
    sell(&mut store, 2, Some(1), &[]);
    void(&mut store, 1);
    assert_eq!(points(&store, 1), 100 + 20);
    assert_eq!(points(&store, 2), 0);
    // HQ has counted up to the first sale, record 2.
    let now = store.now(AFTERNOON);
    store.adopt(&bundle_including(2, 2, 120), now).unwrap();
    assert_eq!(points(&store, 1), 120 + 20 - 20);
    store.adopt(&bundle_including(3, 4, 120), now).unwrap();
    assert_eq!(points(&store, 1), 120);
    drop(store);
    let mut store = shop.store();
    assert_eq!(points(&store, 1), 120);
    sell(&mut store, 3, Some(1), &[]);
    assert_eq!(points(&store, 1), 140);
    let need = tillside_store::Need {
        members: vec![member_id(1), member_id(77)],
        ..Default::default()
    };
    let state = store.load(&need).unwrap();
    assert_eq!(state.members.len(), 1);
    assert_eq!(state.members[&member_id(1)].points.0, 140);
}

fn spend_and_later(store: &tillside_store::Store) -> (i64, i64) {
    let member = store.member(&member_id(1)).unwrap().unwrap();
    (member.points.0, member.pending.0)
}

#[test]
fn what_is_pending_is_not_counted_as_points_to_spend_until_hq_says_so() {
    let (shop, mut store) = Shop::open();
    let adopt = |store: &mut tillside_store::Store, version, seq, points, pending, later: i64| {
        let mut next = bundle_including(version, seq, points);
        next.rules.points.pending_days = 14;
        next.members.as_of = Timestamp(AFTERNOON.0 + later);
        next.members.members[0].pending = Points(pending);
        let now = store.now(AFTERNOON);
        store.adopt(&next, now).unwrap();
    };
    adopt(&mut store, 2, 0, 100, 3, 0);
    assert_eq!(spend_and_later(&store), (100, 3));
    sell(&mut store, 1, Some(1), &[]);
    sell(&mut store, 2, Some(1), &[]);
    assert_eq!(spend_and_later(&store), (100, 43));
    void(&mut store, 1);
    assert_eq!(spend_and_later(&store), (100, 23));
    // HQ counts everything up to the second sale, and the void takes back what it counts as pending.
    let seq = store.head().unwrap().seq - 1;
    adopt(&mut store, 3, seq, 100, 43, 0);
    assert_eq!(spend_and_later(&store), (100, 23));
    // The same, and by now the points may be spent.
    adopt(&mut store, 4, seq, 143, 0, 15 * 86_400_000);
    assert_eq!(spend_and_later(&store), (123, 0));
    adopt(&mut store, 5, seq + 2, 123, 0, 15 * 86_400_000);
    assert_eq!(spend_and_later(&store), (123, 0));
    assert!(store.rebuild().unwrap().differences.is_empty());
    drop(store);
    shop.sql("UPDATE pending_deltas SET points = points + 1");
    let mut store = shop.store();
    let told = store.rebuild().unwrap().differences;
    assert!(told[0].contains("pending_deltas"), "{told:?}");
}

#[test]
fn points_of_an_unknown_card_are_kept_by_the_card_until_somebody_owns_it() {
    let (_shop, mut store) = Shop::open();
    let stranger = card("uid:04FFFFFFFFFF01");
    let mut sale = check_out(1, 1, None, &[]);
    sale.customer = Some(Customer {
        card: Some(stranger.clone()),
        member: None,
    });
    let now = store.now(AFTERNOON);
    let events = decide_sale(&store, sale, now).unwrap();
    store.commit(&events, now, None, None).unwrap();
    assert_eq!(store.member_by_card(&stranger).unwrap(), None);
    assert_eq!(store.points_of_card(&stranger).unwrap(), Points(20));
    // HQ learns whose card it is, but has not had the sale yet.
    let mut next = bundle(2);
    next.members.members[1].cards.push(stranger.clone());
    store.adopt(&next, now).unwrap();
    let owner = store.member_by_card(&stranger).unwrap().unwrap();
    assert_eq!((owner.member, owner.points), (member_id(2), Points(20)));
}

#[test]
fn cards_name_members() {
    let (_shop, store) = Shop::open();
    for text in ["uid:04a1b2c3d4e5f6", "code:900000001"] {
        let found = store.member_by_card(&card(text)).unwrap().unwrap();
        assert_eq!(found.display_name, "Member 1");
    }
    assert_eq!(store.member_by_card(&card("code:1234")).unwrap(), None);
}

#[test]
fn each_number_stands_as_hq_assigned_it() {
    let (_shop, store) = Shop::open();
    let assignment = |text| standing(&store, text).map(|standing| standing.assignment);
    let plan = PlanId::new("SPRING").unwrap();
    assert_eq!(assignment("AAAA1"), Some(Assignment::Here { plan }));
    assert_eq!(assignment("GONE1"), Some(Assignment::Revoked));
    let store_2 = StoreId::new("S2").unwrap();
    assert_eq!(
        assignment("OTHER1"),
        Some(Assignment::OtherStore { store: store_2 })
    );
    assert_eq!(assignment("NEVER1"), None);
}

#[test]
fn only_the_holder_may_burn_the_stores_numbers() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let mut other = bundle(2);
    other.coupons.holder = Some(terminal(2));
    other.coupons.revoked.push(number("BBBB2"));
    store.adopt(&other, now).unwrap();
    let at = Assignment::OtherTill {
        terminal: terminal(2),
    };
    assert_eq!(standing(&store, "AAAA1").unwrap().assignment, at);
    assert_eq!(
        standing(&store, "BBBB2").unwrap().assignment,
        Assignment::Revoked
    );
    let mut nobody = bundle(3);
    nobody.coupons.holder = None;
    store.adopt(&nobody, now).unwrap();
    assert_eq!(standing(&store, "AAAA1"), None);
}

/// HQ often publishes before a store has its first terminal.
#[test]
fn who_enrolled_as_holder_burns_while_the_bundle_names_none() {
    let shop = Shop::empty();
    let mut store = shop.store();
    let holder = TerminalProfile {
        coupon_holder: true,
        ..terminal_profile()
    };
    store.enrol(&holder).unwrap();
    let now = store.now(AFTERNOON);
    let mut nobody = bundle(1);
    nobody.coupons.holder = None;
    store.adopt(&nobody, now).unwrap();
    let plan = PlanId::new("SPRING").unwrap();
    let here = Assignment::Here { plan };
    assert_eq!(standing(&store, "AAAA1").unwrap().assignment, here);
    let mut other = bundle(2);
    other.coupons.holder = Some(terminal(2));
    store.adopt(&other, now).unwrap();
    let at = Assignment::OtherTill {
        terminal: terminal(2),
    };
    assert_eq!(standing(&store, "AAAA1").unwrap().assignment, at);
}

#[test]
fn a_use_stands_until_it_is_voided_here_whatever_an_older_sheet_says() {
    let (_shop, mut store) = Shop::open();
    sell(&mut store, 1, Some(1), &["AAAA1"]);
    let used = standing(&store, "AAAA1").unwrap().used.unwrap();
    assert_eq!(
        (used.sale, used.terminal, used.at),
        (sale_id(1), terminal(1), AFTERNOON)
    );
    let now = store.now(AFTERNOON);
    let refused = decide_sale(&store, check_out(2, 1, None, &["AAAA1"]), now).unwrap_err();
    assert!(refused.to_string().contains("AAAA1"), "{refused}");
    // HQ's sheet has the use; the void has not reached HQ.
    let mut sheet = bundle(2);
    sheet.coupons.numbers[0].used = Some(used.clone());
    let elsewhere = CouponUsed {
        terminal: terminal(5),
        ..used.clone()
    };
    sheet.coupons.numbers[1].used = Some(elsewhere.clone());
    store.adopt(&sheet, now).unwrap();
    assert_eq!(standing(&store, "AAAA1").unwrap().used, Some(used));
    void(&mut store, 1);
    assert_eq!(standing(&store, "AAAA1").unwrap().used, None);
    assert_eq!(standing(&store, "BBBB2").unwrap().used, Some(elsewhere));
    sell(&mut store, 3, None, &["AAAA1"]);
    assert_eq!(
        standing(&store, "AAAA1").unwrap().used.unwrap().sale,
        sale_id(3)
    );
}

#[test]
fn products_are_found_by_number_and_by_words() {
    let (_shop, store) = Shop::open();
    let names = |text: &str, limit| -> Vec<String> {
        let found = store.products(text, limit).unwrap();
        found.into_iter().map(|product| product.name).collect()
    };
    let scanned = Item::Gtin(Gtin::new("4006381333931").unwrap());
    assert_eq!(
        store.product(&scanned).unwrap().unwrap().unit_price,
        eur(350)
    );
    let unknown = Item::Sku(Sku::new("NO").unwrap());
    assert_eq!(store.product(&unknown).unwrap(), None);
    assert_eq!(names("GRÜN filz", 10), ["Filzstift Grün"]);
    assert_eq!(names("4006381333931", 10), ["Filzstift Grün"]);
    assert_eq!(names("bread-1", 10), ["Rye bread"]);
    assert_eq!(names("", 10), ["Filzstift Grün", "Rye bread"]);
    assert_eq!(names("", 1), ["Filzstift Grün"]);
    assert!(names("grün bread", 10).is_empty());
    assert!(names("% _", 10).is_empty());
}
