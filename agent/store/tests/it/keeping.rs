//! What is kept beside the facts: open sales, answers, staff, the line. All of it survives a restart.

use crate::shop::*;
use tillside_core::*;
use tillside_store::*;

#[test]
fn open_sales_survive_and_go_with_their_checkout() {
    let (shop, mut store) = Shop::open();
    store.save_draft(sale_id(1), &lane(), "{\"a\":1}").unwrap();
    store.save_draft(sale_id(2), &lane(), "{}").unwrap();
    store.save_draft(sale_id(1), &lane(), "{\"a\":2}").unwrap();
    drop(store);
    let mut store = shop.store();
    let drafts = store.drafts().unwrap();
    assert_eq!(drafts.len(), 2);
    assert_eq!(
        (drafts[0].sale, drafts[0].json.as_str()),
        (sale_id(1), "{\"a\":2}")
    );
    let now = store.now(AFTERNOON);
    let events = decide_sale(&store, check_out(1, 1, None, &[]), now).unwrap();
    store.commit(&events, now, None, Some(sale_id(1))).unwrap();
    assert_eq!(store.draft(sale_id(1)).unwrap(), None);
    assert!(store.remove_draft(sale_id(2)).unwrap());
    assert!(!store.remove_draft(sale_id(2)).unwrap());
    assert!(store.drafts().unwrap().is_empty());
}

/// The agent's requests change an open sale and answer under a key: both or neither.
#[test]
fn an_open_sale_changes_with_its_answer_or_not_at_all() {
    let (_shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let draft = |json: &str| Draft {
        sale: sale_id(1),
        lane: lane(),
        json: json.to_owned(),
    };
    let (one, two) = (draft("1"), draft("2"));
    let key = answer("k");
    let save = |draft| Some(OpenSale::Save(draft));
    store.commit_with(&[], now, Some(&key), save(&one)).unwrap();
    let error = store.commit_with(&[], now, Some(&key), save(&two));
    assert!(matches!(error, Err(StoreError::KeyAnswered { .. })));
    assert_eq!(store.draft(sale_id(1)).unwrap(), Some(one));
    let gone = Some(OpenSale::Drop(sale_id(1)));
    store.commit_with(&[], now, None, gone).unwrap();
    assert_eq!(store.draft(sale_id(1)).unwrap(), None);
    assert_eq!(store.record_count().unwrap(), 1);
}

#[test]
fn open_sales_have_limits() {
    let (_shop, mut store) = Shop::open();
    let long = "x".repeat(DRAFT_BYTES + 1);
    let error = store.save_draft(sale_id(1), &lane(), &long).unwrap_err();
    assert!(matches!(error, StoreError::Limit { .. }));
    for n in 0..u128::from(DRAFT_LIMIT) {
        store.save_draft(sale_id(n), &lane(), "{}").unwrap();
    }
    store
        .save_draft(sale_id(0), &lane(), "{\"changed\":1}")
        .unwrap();
    let error = store.save_draft(sale_id(9999), &lane(), "{}").unwrap_err();
    assert!(matches!(
        error,
        StoreError::Limit {
            limit: DRAFT_LIMIT,
            ..
        }
    ));
    assert_eq!(store.drafts().unwrap().len() as u64, DRAFT_LIMIT);
}

#[test]
fn an_answer_is_given_once_and_kept() {
    let (shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    let first = decide_sale(&store, check_out(1, 1, None, &[]), now).unwrap();
    store
        .commit(&first, now, Some(&answer("k1")), None)
        .unwrap();
    // A refusal is an answer too, without a fact.
    store.commit(&[], now, Some(&answer("k2")), None).unwrap();
    let second = decide_sale(&store, check_out(2, 1, None, &[]), now).unwrap();
    let error = store
        .commit(&second, now, Some(&answer("k1")), None)
        .unwrap_err();
    assert!(matches!(&error, StoreError::KeyAnswered { key } if key == "k1"));
    assert_eq!(store.sale(sale_id(2)).unwrap(), None);
    drop(store);
    let store = shop.store();
    assert_eq!(store.answered("k1").unwrap(), Some(answer("k1")));
    assert_eq!(store.answered("k2").unwrap(), Some(answer("k2")));
    assert_eq!(store.answered("k3").unwrap(), None);
    assert_eq!(store.record_count().unwrap(), 2);
}

#[test]
fn old_answers_go() {
    let (shop, mut store) = Shop::open();
    let old = store.now(AFTERNOON);
    store.commit(&[], old, Some(&answer("old")), None).unwrap();
    drop(store);
    // The next one is the one that prunes.
    shop.sql("UPDATE answers SET number = 255");
    let mut store = shop.store();
    let young = store.now(Timestamp(AFTERNOON.0 + ANSWER_AGE_MS));
    store
        .commit(&[], young, Some(&answer("256")), None)
        .unwrap();
    assert!(store.answered("old").unwrap().is_some());
    drop(store);
    shop.sql("UPDATE answers SET number = 511 WHERE number = 256");
    let mut store = shop.store();
    let later = store.now(Timestamp(AFTERNOON.0 + ANSWER_AGE_MS + 1));
    store
        .commit(&[], later, Some(&answer("512")), None)
        .unwrap();
    assert_eq!(store.answered("old").unwrap(), None);
    assert!(store.answered("256").unwrap().is_some());
}

#[test]
fn answers_have_limits() {
    let (shop, mut store) = Shop::open();
    let now = store.now(AFTERNOON);
    store
        .commit(&[], now, Some(&answer("first")), None)
        .unwrap();
    for wrong in [
        answer(&"k".repeat(KEY_LIMIT + 1)),
        Answered {
            response_body: "x".repeat(ANSWER_LIMIT + 1),
            ..answer("big")
        },
    ] {
        let error = store.commit(&[], now, Some(&wrong), None).unwrap_err();
        assert!(matches!(error, StoreError::Limit { .. }));
    }
    drop(store);
    let newest = ANSWERS_KEPT.next_multiple_of(256) - 1;
    shop.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {newest})
         INSERT INTO answers SELECT i, 'k' || i, zeroblob(32), 200, '', {} FROM n",
        AFTERNOON.0
    ));
    let mut store = shop.store();
    assert!(store.answered("first").unwrap().is_some());
    store
        .commit(&[], now, Some(&answer("newest")), None)
        .unwrap();
    assert_eq!(store.answered("first").unwrap(), None);
    drop(store);
    let conn = rusqlite::Connection::open(&shop.file).unwrap();
    let count = "SELECT count(*) FROM answers";
    let kept: u64 = conn
        .query_row(count, [], |row| row.get::<_, i64>(0))
        .unwrap() as u64;
    assert_eq!(kept, ANSWERS_KEPT);
}

fn person(code: &str, role: Role) -> Person {
    Person {
        person: PersonId::new(code).unwrap(),
        name: code.to_uppercase(),
        role,
        pin: "$argon2id$secret".to_owned(),
        failed_tries: 0,
        locked_until: None,
    }
}

#[test]
fn staff_and_their_wrong_pins_are_kept() {
    let (shop, mut store) = Shop::open();
    store.put_person(&person("zoe", Role::Manager)).unwrap();
    store.put_person(&person("anna", Role::Cashier)).unwrap();
    assert_eq!(store.note_failed_try(&anna(), None).unwrap(), 1);
    assert_eq!(store.note_failed_try(&anna(), Some(AFTERNOON)).unwrap(), 2);
    assert_eq!(store.note_failed_try(&anna(), None).unwrap(), 3);
    drop(store);
    let mut store = shop.store();
    let kept = store.person(&anna()).unwrap().unwrap();
    assert_eq!((kept.failed_tries, kept.locked_until), (3, Some(AFTERNOON)));
    assert!(!format!("{kept:?}").contains("secret"));
    store.reset_tries(&anna()).unwrap();
    assert_eq!(
        store.person(&anna()).unwrap(),
        Some(person("anna", Role::Cashier))
    );
    let names: Vec<String> = store
        .people()
        .unwrap()
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert_eq!(names, ["ANNA", "ZOE"]);
    assert!(store.remove_person(&anna()).unwrap());
    assert!(!store.remove_person(&anna()).unwrap());
    let error = store.note_failed_try(&anna(), None).unwrap_err();
    assert!(matches!(error, StoreError::NoSuchPerson { .. }));
}

#[test]
fn the_line_is_remembered() {
    let (shop, mut store) = Shop::open();
    assert_eq!(store.line_state().unwrap(), None);
    let line = LineState {
        up: false,
        since: AFTERNOON,
        last_contact: Some(Timestamp(AFTERNOON.0 - 5)),
        problem: Some("HQ does not answer".to_owned()),
    };
    store.set_line_state(&line).unwrap();
    drop(store);
    assert_eq!(shop.store().line_state().unwrap(), Some(line));
}
