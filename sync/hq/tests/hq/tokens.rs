//! Coupons that HQ signed: proved again, counted once each, a second use told to a person.

use crate::fixture::Folder;
use crate::ingest::case_of;
use crate::journal::{Journal, NOON, Sale, outcomes};
use crate::program::Program;
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

#[tokio::test]
async fn what_an_older_key_signed_is_booked_after_a_new_one() {
    let (folder, mut till, _) = chain().await;
    let newer = [7; 32];
    let key = CodeKey::of_secret(&newer);
    folder.store.keep_plan_key(plan(), key).await.unwrap();
    let kept = folder.reopened().plan_keys(plan()).await.unwrap();
    assert_eq!(kept, [CodeKey::of_secret(&SECRET), key]);
    till.append(sale(1, &terms(1), &SECRET).event());
    till.append(sale(2, &terms(2), &newer).event());
    let response = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 2]);
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.redemptions, counts.open_cases), (2, 0));
}

/// The keys that a call prints, newest first.
fn keys(program: &Program, more: &[&str]) -> Vec<CodeKey> {
    let said = program.ok(&[&["coupon", "key", "SIGNED"], more].concat());
    match serde_json::from_str(&said).unwrap() {
        ProofKind::Token { keys } => keys,
        other => panic!("{other:?}"),
    }
}

fn import(program: &Program, keys: &[CodeKey]) {
    let mut rules: serde_json::Value = serde_json::from_str(crate::fixture::RULES).unwrap();
    let mut plan = rules["plans"][0].clone();
    plan["plan"] = "SIGNED".into();
    plan["proof"] = serde_json::json!({"token": {"keys": keys}});
    rules["plans"].as_array_mut().unwrap().push(plan);
    let file = program.file("signed.json", &rules.to_string());
    assert!(program.import("rules", &file).status.success());
}

fn issue(program: &Program) -> String {
    let issued = program.ok(&["coupon", "issue", "SIGNED", "--until", "2099-12-31"]);
    issued.trim().to_owned()
}

fn refused(program: &Program, words: &[&str], why: &str) {
    let output = program.run(words);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(why), "{said}");
}

#[test]
fn a_plan_gets_a_new_key_and_coupons_of_the_old_one_stay_good() {
    let program = Program::filled();
    let rotate = ["coupon", "key", "SIGNED", "--rotate"];
    refused(&program, &rotate, "no key yet");
    let first = keys(&program, &[]);
    import(&program, &first);
    let old = issue(&program);
    let both = keys(&program, &["--rotate"]);
    assert_eq!((both.len(), both[1]), (2, first[0]));
    assert_ne!(both[0], both[1]);
    assert_eq!(keys(&program, &[]), both, "asking again makes none");
    // Nobody is given a coupon that no till takes yet.
    let issuing = ["coupon", "issue", "SIGNED", "--until", "2099-12-31"];
    refused(&program, &issuing, "another key");
    import(&program, &both);
    let new = issue(&program);
    assert!(CouponToken::open(&new, &both[..1]).is_ok());
    assert!(CouponToken::open(&old, &both[..1]).is_err());
    assert!(CouponToken::open(&old, &both).is_ok());
    let other = program.ok(&["coupon", "key", "ANOTHER"]);
    assert!(!both.iter().any(|key| other.contains(&key.to_string())));
}

#[test]
fn no_key_is_left_out_unless_one_says_so() {
    let program = Program::filled();
    let first = keys(&program, &[])[0];
    let mut full = vec![first];
    while full.len() < PLAN_KEY_LIMIT {
        full = keys(&program, &["--rotate"]);
    }
    assert_eq!(full.last(), Some(&first));
    let rotate = ["coupon", "key", "SIGNED", "--rotate"];
    refused(&program, &rotate, "--forget-oldest");
    assert_eq!(keys(&program, &[]), full);
    let next = keys(&program, &["--rotate", "--forget-oldest"]);
    assert_eq!(next[1..], full[..PLAN_KEY_LIMIT - 1]);
    assert!(!full.contains(&next[0]) && !next.contains(&first));
    import(&program, &next);
    assert!(CouponToken::open(&issue(&program), &next[..1]).is_ok());
}
