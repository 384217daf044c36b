//! The story of a store of HQ's: one function over the trait, run on every database there is.

use crate::fixture::{Folder, admitted, balance, fill, import_members, member, terminal};
use crate::journal::{Journal, NOON, Sale};
use tillside_core::{CouponNumber, Event, StoreId};
use tillside_hq::store::HqStore;
use tillside_protocol::Outcome;

#[tokio::test]
async fn the_story_on_sqlite() {
    let folder = Folder::empty();
    story(&folder.store).await;
}

async fn story(store: &impl HqStore) {
    let name = "Corner Shops".to_owned();
    store.found_chain(name.clone(), NOON).await.unwrap();
    assert!(store.found_chain(name, NOON).await.is_err(), "once");
    fill(store).await;
    let first = admitted(store, "S1", 1).await;
    assert!(first.coupon_holder, "a store's first terminal");
    let mut till = Journal::new(first.terminal, "S1");
    let mut other = terminal(store, "S2", 2).await;
    let s1 = till.store.clone();
    let (ada, ben) = (member(101), member(102));
    assert_eq!(balance(store, "900000001").await, 100);

    // A sale with points and a coupon is booked, once.
    let sale = Sale::new(1).member(ada).points(9).coupon("SPRING0001", &s1);
    assert_eq!(till.tell(store, sale.event()).await, Outcome::Accepted);
    let again = till.push(store, &till.records).await;
    assert_eq!(again.acks[0].outcome, Outcome::AlreadyAccepted);
    assert_eq!(balance(store, "900000001").await, 109);

    // The number is used up: a second use is a case, and blocks nothing.
    let twice = Sale::new(2).coupon("SPRING0001", &s1);
    assert!(matches!(
        till.tell(store, twice.event()).await,
        Outcome::Quarantined { .. }
    ));
    assert_eq!(
        till.tell(store, Sale::new(3).event()).await,
        Outcome::Accepted
    );

    // A void gives back points and frees the number.
    assert_eq!(till.tell(store, sale.void()).await, Outcome::Accepted);
    assert_eq!(balance(store, "900000001").await, 100);
    let freed = Sale::new(4).coupon("SPRING0001", &s1);
    assert_eq!(till.tell(store, freed.event()).await, Outcome::Accepted);

    // Ben shops in the other store with a card that nobody knows yet, and then it is his.
    let unknown = Sale::new(5).card("uid:04FFFFFFFFFFFF").points(7);
    assert_eq!(other.tell(store, unknown.event()).await, Outcome::Accepted);
    let now_known = "number,display_name,tier,points,store,cards\n\
        900000002,Ben K.,silver,50,S2,uid:04FFFFFFFFFFFF\n";
    assert!(import_members(store, now_known, 201).await.applied);
    assert_eq!(balance(store, "900000002").await, 7, "no second opening");
    assert_eq!(other.tell(store, unknown.void()).await, Outcome::Accepted);
    assert_eq!(balance(store, "900000002").await, 0);
    let at_s1 = Sale::new(6).member(ben).points(3);
    assert_eq!(till.tell(store, at_s1.event()).await, Outcome::Accepted);

    // What is published agrees with the ledger, and says up to where it counts.
    let adopted = till.tell(store, Event::BundleAdopted { version: 1 }).await;
    assert_eq!(adopted, Outcome::Accepted);
    let edition = store.edition(NOON).await.unwrap();
    edition.check(1).unwrap();
    let first = &edition.stores[0];
    assert_eq!(first.profile.store, s1);
    assert_eq!(first.members.included[&till.terminal].seq, till.head.seq);
    let members: Vec<_> = first.members.members.iter().collect();
    let points: Vec<_> = members.iter().map(|m| (m.member, m.points.0)).collect();
    assert_eq!(points, [(ada, 100), (ben, 3)], "Ben shopped here too");
    assert_eq!(first.coupons.holder, Some(till.terminal));
    let spring = &first.coupons.numbers[0];
    assert_eq!(spring.number.as_str(), "SPRING0001");
    assert_eq!(spring.used.as_ref().unwrap().terminal, till.terminal);
    assert!(first.coupons.numbers[1].used.is_none());
    assert_eq!(first.coupons.elsewhere[0].store.as_str(), "S2");
    assert_eq!(edition.stores[1].members.members.len(), 1);

    reports_and_cases(store).await;

    // A lost till: its coupons pass to the next one of its store.
    let spare = admitted(store, "S1", 3).await;
    assert!(!spare.coupon_holder, "the first till has the numbers");
    assert!(store.revoke(till.terminal, NOON).await.unwrap());
    assert!(!store.revoke(till.terminal, NOON).await.unwrap());
    let edition = store.edition(NOON).await.unwrap();
    assert_eq!(edition.stores[0].coupons.holder, Some(spare.terminal));
    let numbers = vec![CouponNumber::new("SPRING0002").unwrap()];
    assert_eq!(store.revoke_coupons(numbers, NOON).await.unwrap(), 1);
    let edition = store.edition(NOON).await.unwrap();
    assert_eq!(edition.stores[0].coupons.revoked.len(), 1);
    assert!(store.check_ledger().await.unwrap().holds());
}

async fn reports_and_cases(store: &impl HqStore) {
    let redemptions = store.redemptions().await.unwrap();
    let voided: Vec<_> = redemptions.iter().map(|row| row.voided).collect();
    assert_eq!(voided, [true, false]);
    assert_eq!(redemptions[0].store, StoreId::new("S1").unwrap());

    let counts = store.counts().await.unwrap();
    assert_eq!((counts.records, counts.quarantined), (9, 1));
    assert_eq!((counts.sales, counts.voided), (5, 2));
    let cases = store.cases(false).await.unwrap();
    assert_eq!(cases[0].kind, "coupon_used_before");
    let file = store.case(cases[0].case).await.unwrap().unwrap();
    assert!(file.records[0].contains("SPRING0001"));
    assert_eq!(file.evidence["coupon"], "SPRING0001");
    let note = "the till was restored".to_owned();
    store.close_case(cases[0].case, note, NOON).await.unwrap();
    assert!(store.cases(false).await.unwrap().is_empty());
    assert_eq!(store.cases(true).await.unwrap().len(), 1);
    let again = store.close_case(cases[0].case, "x".to_owned(), NOON).await;
    assert!(again.is_err(), "a case is closed once");
}
