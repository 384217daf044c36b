//! Numbers of no store: any till takes them at its own risk, each counts once, a second use is told.

use crate::fixture::Folder;
use crate::ingest::case_of;
use crate::journal::{Journal, NOON, Sale, eur, outcomes};
use tillside_core::authority::RiskTaken;
use tillside_core::engine::Document;
use tillside_core::*;
use tillside_hq::cases::CaseStore;
use tillside_hq::catalogue::CatalogueStore;
use tillside_hq::coupons::import::coupons;
use tillside_hq::coupons::{CouponStore, worst_cases};
use tillside_hq::import::{Imported, Policy};
use tillside_hq::publish::{Edition, PublishStore};
use tillside_hq::replay::{Asked, replay};
use tillside_hq::reports::ReportStore;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::Outcome;

const NUMBERS: &str = "number,plan,store\nRISK0001,RISK,\nRISK0002,RISK,\nRISK0003,RISK,\n";

fn plan() -> PlanId {
    PlanId::new("RISK").unwrap()
}

fn number(text: &str) -> CouponNumber {
    CouponNumber::new(text).unwrap()
}

async fn import(store: &SqliteStore, file: &str) -> Imported {
    let parsed = coupons(file.as_bytes()).unwrap();
    let imported = store.import_coupons(parsed, Policy::AllOrNothing).await;
    imported.unwrap()
}

async fn chain() -> (Folder, Journal, Journal) {
    let (folder, first, second) = Folder::chain().await;
    let rules = br#"{"v":1,"rules":[],"plans":[
        {"plan":"SPRING-5","name":"Spring","effect":{"kind":"percent_off","basis_points":1000},
         "valid_from":"2026-01-01","valid_until":"2027-12-31","funder":"chain","proof":"store_bound"},
        {"plan":"RISK","name":"Risk","effect":{"kind":"amount_off","amount":{"minor":100,"currency":"EUR"}},
         "valid_from":"2026-01-01","valid_until":"2027-12-31","funder":"chain",
         "proof":{"risk_cap":{"uses":2,"past":"refuse"}}}]}"#;
    let rules = Document::read(rules).unwrap();
    folder.store.import_rules(rules, NOON).await.unwrap();
    let imported = import(&folder.store, NUMBERS).await;
    assert_eq!((imported.added, imported.bad.len()), (3, 0));
    (folder, first, second)
}

/// A sale with one such coupon, of which its till says so much.
fn counted(sale: u128, text: &str, uses: u64, minor: i64) -> Sale {
    let here = StoreId::new("S1").unwrap();
    Sale::new(sale).coupon(text, &here).change(|sale| {
        sale.coupons[0].plan = plan();
        sale.discounts[0].plan = plan();
        sale.coupons[0].proof = Proof::Risk {
            bundle: 1,
            cap: 2,
            taken: RiskTaken {
                uses,
                amount: eur(minor),
            },
            coupon: None,
        };
    })
}

fn sale(sale: u128, text: &str) -> Sale {
    counted(sale, text, 1, 100)
}

async fn edition(folder: &Folder) -> Edition {
    folder.store.edition(NOON).await.unwrap()
}

fn lists(edition: &Edition, text: &str) -> bool {
    let digest = number_digest(&number(text));
    edition.open.iter().any(|of| of.digests.contains(&digest))
}

#[tokio::test]
async fn a_second_use_stands_in_its_sale_and_a_person_hears_of_it() {
    let (folder, mut first, mut second) = chain().await;
    first.append(sale(1, "RISK0001").event());
    first.push(&folder.store, &first.records).await;
    second.append(sale(2, "RISK0001").event());
    // The same in one batch.
    second.append(sale(3, "RISK0002").event());
    second.append(sale(4, "RISK0002").event());
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
    let rows = folder.store.redemptions().await.unwrap();
    assert!(rows.iter().all(|row| row.plan == plan()));
}

#[tokio::test]
async fn a_use_counts_again_after_a_void() {
    let (folder, mut first, mut second) = chain().await;
    let voided = sale(1, "RISK0001");
    first.append(voided.event());
    first.append(voided.void());
    first.append(sale(2, "RISK0001").event());
    let response = first.push(&folder.store, &first.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 3]);
    // A void in a later batch frees it too.
    let next = [sale(2, "RISK0001").void()];
    let next: Vec<Sealed> = next.into_iter().map(|event| first.append(event)).collect();
    first.push(&folder.store, &next).await;
    second.append(sale(3, "RISK0001").event());
    second.push(&folder.store, &second.records).await;
    let counts = folder.store.counts().await.unwrap();
    assert_eq!((counts.redemptions, counts.open_cases), (1, 0));
}

#[tokio::test]
async fn what_hq_did_not_issue_to_nobody_is_a_case() {
    let (folder, mut till, _) = chain().await;
    let mut case = async |sale: Sale| case_of(&folder.store, &mut till, sale.event()).await.0;
    assert_eq!(case(sale(1, "RISK0009")).await, "coupon_unknown");
    // A store's own number is nobody's risk, and a number of no store is no store's.
    let bound = sale(2, "SPRING0001");
    assert_eq!(case(bound).await, "coupon_unknown");
    let own = Sale::new(3).coupon("RISK0001", &StoreId::new("S1").unwrap());
    assert_eq!(case(own).await, "coupon_unknown");
    let other = sale(4, "RISK0001").change(|sale| {
        sale.coupons[0].plan = PlanId::new("SPRING-5").unwrap();
    });
    assert_eq!(case(other).await, "coupon_not_here");
    assert_eq!(folder.store.counts().await.unwrap().redemptions, 0);
}

#[tokio::test]
async fn every_store_is_told_what_is_open_what_was_used_and_what_was_taken_back() {
    let (folder, mut till, _) = chain().await;
    let before = edition(&folder).await;
    assert!(["RISK0001", "RISK0002", "RISK0003"].map(|text| lists(&before, text)) == [true; 3]);
    assert!(
        before
            .stores
            .iter()
            .all(|store| store.coupons.open.is_empty())
    );
    assert_eq!(before.note(1, NOON).coupons, 6);
    till.append(sale(1, "RISK0001").event());
    till.push(&folder.store, &till.records).await;
    let taken = vec![number("RISK0001"), number("RISK0002")];
    assert_eq!(folder.store.revoke_coupons(taken, NOON).await.unwrap(), 2);
    let after = edition(&folder).await;
    assert!(!lists(&after, "RISK0002") && lists(&after, "RISK0003"));
    for store in &after.stores {
        let used = store.coupons.numbers.iter();
        let used = used.filter(|entry| entry.plan == plan());
        let used: Vec<_> = used
            .map(|entry| (&entry.number, entry.used.is_some()))
            .collect();
        assert_eq!(used, [(&number("RISK0001"), true)]);
        assert_eq!(store.coupons.revoked, [number("RISK0002")]);
    }
    let worst = worst_cases(&after).unwrap();
    let worst = &worst.iter().find(|one| one.plan == plan()).unwrap().worst;
    // Three numbers at two tills, two of them each before HQ hears.
    assert_eq!((worst.decided, worst.beyond), (3, 3));
    assert_eq!(worst.before_hq_hears(), Some(4));
    assert_eq!(worst.cost_beyond, Some(eur(300)));
}

/// Twenty thousand newer uses are told instead; no till may take the old one.
#[tokio::test]
async fn a_use_that_is_too_old_to_be_told_leaves_the_list() {
    let (folder, mut till, _) = chain().await;
    till.append(sale(1, "RISK0001").event());
    till.push(&folder.store, &till.records).await;
    folder
        .database()
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
             INSERT INTO shared_use (number, plan, record, terminal, sale, at, amount, currency, open)
             SELECT 'NEWER' || n, 'RISK', 1000 + n, 1, randomblob(16), 0, 1, 'EUR', 1 FROM n",
        )
        .unwrap();
    let told = edition(&folder).await;
    assert!(!lists(&told, "RISK0001") && lists(&told, "RISK0003"));
    let numbers = &told.stores[0].coupons.numbers;
    assert!(
        numbers
            .iter()
            .all(|entry| entry.number != number("RISK0001"))
    );
    assert!(numbers.len() >= 20_000);
}

#[tokio::test]
async fn a_number_belongs_to_one_plan_and_to_a_store_or_to_none() {
    let (folder, _, _) = chain().await;
    let bad = async |row: &str| {
        let file = format!("number,plan,store\n{row}\n");
        let imported = import(&folder.store, &file).await;
        let [bad] = &imported.bad[..] else {
            panic!("{row}: {imported:?}")
        };
        bad.to_string()
    };
    assert_eq!(
        bad("RISK0010,RISK,S1").await,
        "line 2, column store: the numbers of RISK are good at any till: leave the store empty"
    );
    assert_eq!(
        bad("SPRING0010,SPRING-5,").await,
        "line 2, column store: each number of SPRING-5 is good in one store: name it"
    );
    assert_eq!(
        bad("RISK0001,SPRING-5,S1").await,
        "line 2, column number: coupon RISK0001 was issued under plan RISK: use another number"
    );
    assert_eq!(
        bad("SPRING0001,RISK,").await,
        "line 2, column number: coupon SPRING0001 was issued to store S1: use another number"
    );
    let again = import(&folder.store, NUMBERS).await;
    assert_eq!((again.added, again.unchanged), (0, 3));
}

#[tokio::test]
async fn replay_holds_a_tills_count_against_the_cap_of_its_bundle() {
    let (folder, mut till, _) = chain().await;
    let store = &folder.store;
    let published = edition(&folder).await;
    let note = published.note(1, NOON);
    store.note_bundle(note, published.told()).await.unwrap();
    till.append(counted(1, "RISK0001", 1, 100).event());
    till.append(counted(2, "RISK0002", 2, 200).event());
    till.push(store, &till.records).await;
    let report = replay(store, Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.compared, report.differing), (2, 0), "{report:?}");
    let past = till.append(counted(3, "RISK0003", 3, 300).event());
    let response = till.push(store, &[past]).await;
    assert_eq!(outcomes(&response), [Outcome::Accepted], "it happened");
    let report = replay(store, Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.compared, report.differing), (3, 1));
    let why = report.differences[0].why.as_deref();
    assert_eq!(
        why,
        Some("coupon RISK0003 was taken past the risk cap of plan RISK")
    );
}
