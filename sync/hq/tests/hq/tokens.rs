//! Coupons that HQ signed: proved again, counted once each, a second use told to a person.

use crate::fixture::Folder;
use crate::ingest::case_of;
use crate::journal::{Journal, NOON, Sale, outcomes};
use tillside_core::authority::*;
use tillside_core::*;
use tillside_hq::cases::CaseStore;
use tillside_hq::coupons::CouponStore;
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

const SECRET: [u8; 32] = [5; 32];

fn plan() -> PlanId {
    PlanId::new("SIGNED").unwrap()
}

fn terms(serial: u64) -> TokenTerms {
    let plan = plan();
    TokenTerms {
        id: TokenId { plan, serial },
        valid_until: "2027-12-31".parse().unwrap(),
        stores: TokenStores::All,
        holder: TokenHolder::Bearer,
    }
}

/// A sale with one signed coupon.
fn sale(number: u128, terms: &TokenTerms, secret: &[u8; 32]) -> Sale {
    let (stands_for, plan) = (terms.id.number(), terms.id.plan.clone());
    let token = terms.seal(secret).unwrap();
    let store = StoreId::new("S1").unwrap();
    let sale = Sale::new(number).coupon(stands_for.as_str(), &store);
    sale.change(|sale| {
        sale.coupons[0].proof = Proof::Token { token };
        sale.coupons[0].plan = plan.clone();
        sale.discounts[0].plan = plan;
    })
}

async fn chain() -> (Folder, Journal, Journal) {
    let (folder, first, second) = Folder::chain().await;
    let key = CodeKey::of_secret(&SECRET);
    folder.store.keep_plan_key(plan(), key).await.unwrap();
    (folder, first, second)
}

#[tokio::test]
async fn a_use_counts_once_and_again_after_a_void() {
    let (folder, mut till, _) = chain().await;
    let first = sale(1, &terms(1), &SECRET);
    till.append(first.event());
    till.append(first.void());
    till.append(sale(2, &terms(1), &SECRET).event());
    let response = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);
    let again = till.push(&folder.reopened(), &till.records).await;
    assert_eq!(outcomes(&again), vec![Outcome::AlreadyAccepted; 3]);
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.redemptions, counts.open_cases), (1, 0));
    let rows = folder.store.redemptions().await.unwrap();
    let of_plan: Vec<bool> = rows.iter().map(|row| row.voided).collect();
    assert_eq!(of_plan, [true, false]);
    assert_eq!(rows[1].plan, plan());
}

#[tokio::test]
async fn a_second_use_stands_in_its_sale_and_a_person_hears_of_it() {
    let (folder, mut first, mut second) = chain().await;
    first.append(sale(1, &terms(1), &SECRET).event());
    first.push(&folder.store, &first.records).await;
    second.append(sale(2, &terms(1), &SECRET).event());
    // The same in one batch.
    second.append(sale(3, &terms(2), &SECRET).event());
    second.append(sale(4, &terms(2), &SECRET).event());
    let response = second.push(&folder.store, &second.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.sales, counts.redemptions), (4, 2));
    assert_eq!((counts.open_cases, counts.quarantined), (2, 0));
    let cases = folder.store.cases(true).await.unwrap();
    assert!(cases.iter().all(|case| case.kind == "coupon_used_twice"));
    let words = &cases[0].words;
    let before = first.terminal.to_string();
    assert!(words.contains(&before) && words.contains("1.00"), "{words}");
    let again = second.push(&folder.reopened(), &second.records).await;
    assert_eq!(outcomes(&again), vec![Outcome::AlreadyAccepted; 3]);
    assert_eq!(folder.store.counts().await.unwrap(), counts);
}

#[tokio::test]
async fn what_hq_did_not_sign_for_this_sale_is_a_case() {
    let (folder, mut till, _) = chain().await;
    let mut tried = 10;
    let mut case = async |sale: Sale| case_of(&folder.store, &mut till, sale.event()).await.0;
    let mut number = || {
        tried += 1;
        tried
    };
    let genuine = "coupon_not_genuine";
    let forged = sale(number(), &terms(1), &[6; 32]);
    assert_eq!(case(forged).await, genuine);
    let renumbered = sale(number(), &terms(1), &SECRET).change(|sale| {
        sale.coupons[0].number = terms(2).id.number();
    });
    assert_eq!(case(renumbered).await, genuine);
    let swapped = sale(number(), &terms(1), &SECRET).change(|sale| {
        sale.coupons[0].plan = PlanId::new("SPRING-5").unwrap();
    });
    assert_eq!(case(swapped).await, genuine);
    let changes: [fn(&mut TokenTerms); 3] = [
        |terms| terms.valid_until = "2020-01-01".parse().unwrap(),
        |terms| terms.stores = TokenStores::Only(vec![StoreId::new("S9").unwrap()]),
        |terms| terms.holder = TokenHolder::Member(crate::fixture::member(101)),
    ];
    for change in changes {
        let mut terms = terms(1);
        change(&mut terms);
        let wrong = sale(number(), &terms, &SECRET);
        assert_eq!(case(wrong).await, "coupon_not_here");
    }
    assert_eq!(folder.store.counts().await.unwrap().redemptions, 0);
}

#[tokio::test]
async fn no_serial_is_issued_twice() {
    let (folder, _, _) = chain().await;
    let issue = async |count, now| folder.store.issue_tokens(plan(), count, now).await.unwrap();
    let first = issue(3_000_000, NOON).await;
    let second = issue(1, NOON).await;
    assert_eq!(second.first, first.first + first.count);
    let earlier = Timestamp(NOON.0 - 1_000);
    assert!(issue(1, earlier).await.first > second.first);
    // As after a backup that knows nothing of them was put back.
    let (other, _, _) = chain().await;
    let later = Timestamp(NOON.0 + 10_000);
    let anew = other.store.issue_tokens(plan(), 1, later).await.unwrap();
    assert!(anew.first > second.first);
}
