//! Taking in: exactly once, nothing dropped, nothing blocked.

use crate::fixture::{Folder, balance, member};
use crate::journal::{Journal, NOON, Sale, eur, outcomes};
use tillside_core::*;
use tillside_hq::cases::CaseStore;
use tillside_hq::ingest::{IngestError, take};
use tillside_hq::reports::ReportStore;
use tillside_hq::store::StoreError;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::{BATCH_RECORD_LIMIT, Outcome};

/// Sends an event that HQ cannot book, and one behind it. Gives the case's kind and words.
pub(crate) async fn case_of(
    store: &SqliteStore,
    till: &mut Journal,
    event: Event,
) -> (String, String) {
    let bad = till.append(event);
    quarantined(store, till, bad).await
}

async fn quarantined(store: &SqliteStore, till: &mut Journal, bad: Sealed) -> (String, String) {
    let behind = till.append(Event::BundleAdopted { version: 1 });
    let before = store.counts().await.unwrap();
    let response = till.push(store, &[bad.clone(), behind.clone()]).await;
    let Outcome::Quarantined { case } = response.acks[0].outcome else {
        panic!("not quarantined: {:?}", response.acks[0]);
    };
    assert_eq!(response.acks[1].outcome, Outcome::Accepted, "not blocked");
    assert_eq!(response.head, till.head);
    let after = store.counts().await.unwrap();
    assert_eq!(after.movements, before.movements, "nothing of it is booked");
    assert_eq!(after.sales, before.sales);
    // Sent again it is the same case, and no new one.
    let again = till.push(store, &[bad.clone(), behind]).await;
    assert_eq!(again.acks[0].outcome, Outcome::Quarantined { case });
    assert_eq!(store.counts().await.unwrap(), after);
    let file = store.case(case).await.unwrap().unwrap();
    assert_eq!(file.records, [bad.body], "its evidence is the record");
    (file.case.kind, file.case.words)
}

#[tokio::test]
async fn a_batch_sent_twice_or_after_a_restart_changes_nothing() {
    let (folder, mut till, _) = Folder::chain().await;
    for number in 1..=5 {
        till.append(Sale::new(number).member(member(101)).points(2).event());
    }
    let first = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&first), vec![Outcome::Accepted; 5]);
    let counts = folder.store.counts().await.unwrap();
    let again = till.push(&folder.reopened(), &till.records).await;
    assert_eq!(outcomes(&again), vec![Outcome::AlreadyAccepted; 5]);
    assert_eq!(again.head, first.head);
    assert_eq!(folder.store.counts().await.unwrap(), counts);
    assert_eq!(balance(&folder.store, "900000001").await, 110);
}

#[tokio::test]
async fn records_out_of_order_or_twice_in_a_batch_are_booked_once() {
    let (folder, mut till, _) = Folder::chain().await;
    for number in 1..=3 {
        till.append(Sale::new(number).member(member(101)).points(2).event());
    }
    let [first, second, third] = &till.records[..] else {
        panic!("three records");
    };
    let batch = [third, first, second, first, third, third].map(Clone::clone);
    let response = till.push(&folder.store, &batch).await;
    use Outcome::{Accepted, AlreadyAccepted, Missing};
    let expected = [
        Missing,
        Accepted,
        Accepted,
        AlreadyAccepted,
        Accepted,
        AlreadyAccepted,
    ];
    assert_eq!(outcomes(&response), expected);
    assert_eq!(balance(&folder.store, "900000001").await, 106);
}

#[tokio::test]
async fn a_gap_is_asked_for_again() {
    let (folder, mut till, _) = Folder::chain().await;
    for number in 1..=4 {
        till.append(Sale::new(number).event());
    }
    let late = till.push(&folder.store, &till.records[2..]).await;
    assert_eq!(outcomes(&late), vec![Outcome::Missing; 2]);
    assert_eq!(late.head, Head::genesis(till.terminal, 1));
    assert_eq!(folder.store.counts().await.unwrap().records, 0);
    let whole = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&whole), vec![Outcome::Accepted; 4]);
}

#[tokio::test]
async fn a_failure_in_the_middle_leaves_nothing_behind() {
    let (folder, mut till, _) = Folder::chain().await;
    till.append(Sale::new(1).member(member(101)).points(1).event());
    till.append(Sale::new(2).member(member(101)).points(2).event());
    let database = folder.database();
    let planted = "CREATE TRIGGER planted BEFORE INSERT ON movement WHEN NEW.points = 2
        BEGIN SELECT RAISE(ABORT, 'planted'); END";
    database.execute_batch(planted).unwrap();
    let request = till.request(&till.records);
    let failed = take(&folder.store, till.terminal, request, NOON).await;
    assert!(matches!(
        failed,
        Err(IngestError::Store(StoreError::Database { .. }))
    ));
    let counts = folder.store.counts().await.unwrap();
    assert_eq!(
        (counts.records, counts.movements),
        (0, 1),
        "only the opening"
    );
    database.execute_batch("DROP TRIGGER planted").unwrap();
    let response = till.push(&folder.store, &till.records).await;
    assert_eq!(outcomes(&response), vec![Outcome::Accepted; 2]);
    assert_eq!(balance(&folder.store, "900000001").await, 103);
}

#[tokio::test]
async fn what_cannot_be_read_becomes_a_case() {
    let (folder, mut till, other) = Folder::chain().await;
    let store = &folder.store;
    let poisoned = till.append_body("this is no JSON \u{1F4A3}".to_owned());
    let (kind, _) = quarantined(store, &mut till, poisoned).await;
    assert_eq!(kind, "record_unreadable");

    let record = till.record(Event::BundleAdopted { version: 1 });
    let body = record.seal().unwrap().body;
    let newer = body.replace("bundle_adopted", "holograms_sold");
    let newer = till.append_body(newer);
    let (kind, _) = quarantined(store, &mut till, newer).await;
    assert_eq!(kind, "record_unreadable");

    let mut record = till.record(Event::BundleAdopted { version: 1 });
    record.v = 99;
    let layout = till.append_body(record.seal().unwrap().body);
    let (kind, _) = quarantined(store, &mut till, layout).await;
    assert_eq!(kind, "record_version");

    let mut altered = till.record(Event::BundleAdopted { version: 1 });
    let hash = altered.seal().unwrap().hash;
    altered.event = Event::BundleAdopted { version: 2 };
    let mut altered = altered.seal().unwrap();
    altered.hash = hash;
    let altered = till.keep(altered);
    let (kind, _) = quarantined(store, &mut till, altered).await;
    assert_eq!(kind, "record_altered");

    let mut foreign = till.record(Event::BundleAdopted { version: 1 });
    foreign.terminal = other.terminal;
    let foreign = till.keep(foreign.seal().unwrap());
    let (kind, _) = quarantined(store, &mut till, foreign).await;
    assert_eq!(kind, "record_foreign");
}

#[tokio::test]
async fn what_cannot_be_booked_becomes_a_case() {
    let (folder, mut till, _) = Folder::chain().await;
    let (store, s1) = (&folder.store, till.store.clone());
    let s2 = StoreId::new("S2").unwrap();
    let booked = Sale::new(1)
        .member(member(101))
        .points(5)
        .coupon("SPRING0001", &s1);
    assert_eq!(till.tell(store, booked.event()).await, Outcome::Accepted);
    let voided = Sale::new(2).member(member(101)).points(5);
    assert_eq!(till.tell(store, voided.event()).await, Outcome::Accepted);
    assert_eq!(till.tell(store, voided.void()).await, Outcome::Accepted);
    let never = Sale::new(99);
    let richer = Sale::new(1)
        .member(member(101))
        .points(6)
        .coupon("SPRING0001", &s1);
    let fewer = Sale::new(1).member(member(101)).points(5);
    let full = Sale::new(20).member(member(101)).points(POINTS_LIMIT);
    let negative = Sale::new(21).member(member(101)).points(-5);
    let unpaid = Sale::new(22).change(|sale| sale.tenders.clear());
    let unsummed = Sale::new(23).change(|sale| sale.subtotal = eur(900));
    let twice = Sale::new(24)
        .coupon("SPRING0002", &s1)
        .coupon("SPRING0002", &s1);
    let mut seen = Vec::new();
    for event in [
        Sale::new(10).coupon("SPRING0001", &s1).event(),
        Sale::new(11).coupon("NEVER0001", &s1).event(),
        Sale::new(12).coupon("SPRING0003", &s1).event(),
        Sale::new(13).coupon("SPRING0002", &s2).event(),
        twice.event(),
        Sale::new(14).member(member(999)).points(1).event(),
        Sale::new(15).points(1).event(),
        booked.event(),
        never.void(),
        voided.void(),
        richer.void(),
        fewer.void(),
        full.event(),
        negative.event(),
        unpaid.event(),
        unsummed.event(),
    ] {
        let (kind, words) = case_of(store, &mut till, event).await;
        seen.push(format!("{kind}: {words}"));
    }
    insta::assert_snapshot!(seen.join("\n"));
    assert_eq!(balance(store, "900000001").await, 105);
    assert!(store.check_ledger().await.unwrap().holds());
    // None of them took the coupon that was left.
    let still = Sale::new(30).coupon("SPRING0002", &s1).event();
    assert_eq!(till.tell(store, still).await, Outcome::Accepted);
}

/// A sale of which a rule took 1.00 EUR off, half paid by each of two funders.
fn promoted(number: u128) -> Sale {
    Sale::new(number).change(|sale| {
        let half = |name: &str| (FunderId::new(name).unwrap(), 50);
        sale.promotions.push(Promotion {
            rule: RuleId::new("monday").unwrap(),
            version: 1,
            amount: eur(100),
            spread: vec![(0, 100)],
            funders: vec![half("chain"), half("roastery")],
            why: "Monday (10 % off 10.00 EUR)".to_owned(),
        });
        sale.total = eur(900);
        sale.tenders[0].amount = eur(900);
    })
}

#[tokio::test]
async fn what_a_rule_took_off_must_be_borne_by_lines_and_funders() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let whole = promoted(1).event();
    assert_eq!(till.tell(store, whole).await, Outcome::Accepted);
    type Change = fn(&mut Promotion);
    let changes: [Change; 5] = [
        |off| off.amount = eur(99),
        |off| off.spread[0].1 = 99,
        |off| off.funders[0].1 = 49,
        |off| off.funders.clear(),
        |off| (off.funders[0].1, off.funders[1].1) = (150, -50),
    ];
    for (number, change) in (2..).zip(changes) {
        let sale = promoted(number).change(|sale| change(&mut sale.promotions[0]));
        let (kind, _) = case_of(store, &mut till, sale.event()).await;
        assert_eq!(kind, "does_not_add_up", "sale {number}");
    }
}

#[tokio::test]
async fn a_void_counts_only_from_the_terminal_that_sold() {
    let (folder, mut till, mut other) = Folder::chain().await;
    let sale = Sale::new(1).member(member(101)).points(5);
    assert_eq!(
        till.tell(&folder.store, sale.event()).await,
        Outcome::Accepted
    );
    let (kind, _) = case_of(&folder.store, &mut other, sale.void()).await;
    assert_eq!(kind, "void_unknown");
    assert_eq!(balance(&folder.store, "900000001").await, 105);
}

#[tokio::test]
async fn a_coupon_revoked_too_late_stands() {
    use tillside_hq::coupons::CouponStore;
    let (folder, mut till, _) = Folder::chain().await;
    let number = CouponNumber::new("SPRING0001").unwrap();
    let revoked = folder.store.revoke_coupons(vec![number], NOON).await;
    assert_eq!(revoked.unwrap(), 1);
    let sale = Sale::new(1).coupon("SPRING0001", &till.store).event();
    assert_eq!(till.tell(&folder.store, sale).await, Outcome::Accepted);
}

#[tokio::test]
async fn a_batch_of_another_terminal_or_past_a_limit_is_refused_whole() {
    let (folder, mut till, other) = Folder::chain().await;
    let sealed = till.append(Event::BundleAdopted { version: 1 });
    let refused = |request| take(&folder.store, till.terminal, request, NOON);

    let foreign = other.request(std::slice::from_ref(&sealed));
    let error = refused(foreign).await.unwrap_err();
    assert!(matches!(error, IngestError::OtherTerminal { .. }));

    let many = till.request(&vec![sealed.clone(); BATCH_RECORD_LIMIT + 1]);
    let error = refused(many).await.unwrap_err();
    assert!(matches!(error, IngestError::TooMany(_)));

    for seq in [0, u64::MAX] {
        let odd = Sealed {
            seq,
            ..sealed.clone()
        };
        let error = refused(till.request(&[odd])).await.unwrap_err();
        assert!(matches!(error, IngestError::Position));
    }
    assert_eq!(folder.store.counts().await.unwrap().records, 0);
}

#[tokio::test]
async fn a_record_sees_what_those_before_it_in_its_batch_changed() {
    let (folder, mut till, _) = Folder::chain().await;
    let s1 = till.store.clone();
    let coupon = |number| Sale::new(number).coupon("SPRING0001", &s1);
    let (first, second) = (coupon(1), coupon(2));
    for event in [
        first.event(),
        second.event(),
        first.event(),
        first.void(),
        first.void(),
        coupon(3).event(),
        second.void(),
    ] {
        till.append(event);
    }
    let response = till.push(&folder.store, &till.records).await;
    let booked: Vec<bool> = response
        .acks
        .iter()
        .map(|ack| ack.outcome == Outcome::Accepted)
        .collect();
    assert_eq!(booked, [true, false, false, true, false, true, false]);
    let cases = folder.store.cases(false).await.unwrap();
    let kinds: Vec<_> = cases.iter().map(|case| case.kind.as_str()).collect();
    let expected = [
        "coupon_used_before",
        "sale_twice",
        "void_twice",
        "void_unknown",
    ];
    assert_eq!(kinds, expected);
}
