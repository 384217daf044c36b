//! Past sales decided again at HQ.

use crate::fixture::{Folder, RULES, import_members, member};
use crate::journal::{Journal, NOON, Sale};
use jiff::civil::date;
use tillside_core::engine::{CapSpan, CapSubject, CounterKey, Used};
use tillside_core::*;
use tillside_hq::catalogue::{CatalogueStore, rules};
use tillside_hq::publish::PublishStore;
use tillside_hq::replay::{Asked, ReplayError, ReplayReport, StoreSums, Sums, replay};
use tillside_hq::store::sqlite::SqliteStore;

/// As publishing does, without the files.
async fn published(store: &SqliteStore, version: u64) {
    let edition = store.edition(NOON).await.unwrap();
    let note = edition.note(version, NOON);
    store.note_bundle(note, edition.told()).await.unwrap();
}

/// A sale of 10.00 EUR to a member, with so many points by a rule of that bundle.
fn sale(number: u128, rule: &str, points: i64, bundle: u64) -> Sale {
    let sale = Sale::new(number).member(member(101)).points(points);
    sale.change(|sale| {
        sale.rules = bundle;
        sale.awards = vec![Award {
            rule: RuleId::new(rule).unwrap(),
            version: bundle,
            points: Points(points),
            funder: FunderId::new("chain").unwrap(),
            funders: Vec::new(),
            on: Vec::new(),
            why: String::new(),
        }];
    })
}

async fn told(store: &SqliteStore, journal: &mut Journal, event: Event) {
    let sealed = journal.append(event);
    journal.push(store, &[sealed]).await;
}

async fn proved(store: &SqliteStore) -> ReplayReport {
    replay(store, Asked::default(), |_| {}).await.unwrap()
}

#[tokio::test]
async fn what_stores_decided_is_proved_and_what_they_did_not_is_found() {
    let (folder, mut first, mut second) = Folder::chain().await;
    let store = &folder.store;
    published(store, 1).await;
    told(store, &mut first, sale(1, "base", 10, 1).event()).await;
    told(store, &mut second, sale(2, "base", 10, 1).event()).await;
    let report = proved(store).await;
    assert_eq!((report.compared, report.differing), (2, 0));

    told(store, &mut first, sale(3, "base", 11, 1).event()).await;
    told(store, &mut second, sale(4, "base", 10, 7).event()).await;
    let report = proved(store).await;
    assert_eq!((report.compared, report.not_comparable), (3, 1));
    assert!(!report.agrees());
    let [difference] = &report.differences[..] else {
        panic!("{report:?}")
    };
    assert_eq!(difference.sale, SaleId::new(crate::journal::uuid(3)));
    assert_eq!(
        (difference.recorded.points, difference.again.points),
        (11, 10)
    );
    let only = Asked {
        store: Some(second.store.clone()),
        ..Asked::default()
    };
    let report = replay(store, only, |_| {}).await.unwrap();
    assert_eq!((report.compared, report.not_comparable), (1, 1));
}

/// The tier counts by which the till knew the member, not today's.
#[tokio::test]
async fn each_sale_is_judged_by_the_rules_and_tiers_of_its_bundle() {
    let (folder, mut first, _) = Folder::chain().await;
    let store = &folder.store;
    published(store, 1).await;
    let gold = r#"{"v":2,"rules":[{"rule":"gold","name":"Gold","when":{"tier":["gold"]},"effects":[
        {"effect":{"points_fixed":{"points":7}},"funders":[{"funder":"chain","basis_points":10000}]}]}]}"#;
    let document = rules(gold.as_bytes()).unwrap();
    store.import_rules(document, NOON).await.unwrap();
    published(store, 2).await;
    let silver = "number,display_name,tier,points,store,cards\n900000001,Ada L.,silver,100,S1,\n";
    import_members(store, silver, 101).await;
    published(store, 3).await;
    published(store, 4).await;
    told(store, &mut first, sale(1, "base", 10, 1).event()).await;
    told(store, &mut first, sale(2, "gold", 7, 2).event()).await;
    let nothing = |sale: &mut SaleCompleted| {
        sale.awards.clear();
        sale.lots.clear();
    };
    for bundle in [3, 4] {
        let sale = sale(u128::from(bundle), "gold", 7, bundle).change(nothing);
        told(store, &mut first, sale.event()).await;
    }
    let report = proved(store).await;
    assert_eq!((report.compared, report.differing), (4, 0), "{report:?}");
}

#[tokio::test]
async fn other_rules_are_tried_on_the_sales_that_stand() {
    let (folder, mut first, mut second) = Folder::chain().await;
    let store = &folder.store;
    published(store, 1).await;
    told(store, &mut first, sale(1, "base", 10, 1).event()).await;
    let voided = sale(2, "base", 10, 1);
    told(store, &mut first, voided.event()).await;
    told(store, &mut first, voided.void()).await;
    told(store, &mut second, Sale::new(3).event()).await;
    let asked = Asked {
        rules: Some(rules(RULES.replace("\"points\":1", "\"points\":3").as_bytes()).unwrap()),
        from: Some(date(2026, 5, 28)),
        to: Some(date(2026, 5, 28)),
        ..Asked::default()
    };
    let report = replay(store, asked.clone(), |_| {}).await.unwrap();
    let sums = |points| Sums {
        points,
        ..Sums::default()
    };
    let StoreSums {
        sales,
        before,
        after,
    } = &report.stores[&first.store];
    assert_eq!((*sales, before, after), (1, &sums(10), &sums(30)));
    assert_eq!(report.stores[&second.store].after, sums(0), "nobody earns");
    let change = &report.members[&member(101)];
    assert_eq!((change.sales, &change.change), (1, &sums(20)));
    assert_eq!(report.members.len(), 1);

    let later = Asked {
        from: Some(date(2026, 5, 29)),
        to: None,
        ..asked.clone()
    };
    let report = replay(store, later.clone(), |_| {}).await.unwrap();
    assert_eq!((report.compared, report.stores.len()), (0, 0));
    let backwards = Asked {
        to: Some(date(2026, 5, 28)),
        ..later
    };
    let error = replay(store, backwards, |_| {}).await.unwrap_err();
    assert!(matches!(error, ReplayError::Days { .. }), "{error}");
}

/// Two histories of one epoch: neither till knew what the other had counted.
#[tokio::test]
async fn an_epoch_is_judged_by_what_was_counted_where_it_goes_on_from() {
    let (folder, mut first, _) = Folder::chain().await;
    let store = &folder.store;
    let once = r#"{"v":2,"rules":[{"rule":"once","name":"Once a day","caps":[{"over":"day","times":2}],"effects":[
        {"effect":{"points_fixed":{"points":7}},"funders":[{"funder":"chain","basis_points":10000}]}]}]}"#;
    let document = rules(once.as_bytes()).unwrap();
    store.import_rules(document, NOON).await.unwrap();
    published(store, 1).await;
    let counted = |number| {
        let sale = sale(number, "once", 7, 1).change(|sale| {
            let subject = CapSubject::Rule(RuleId::new("once").unwrap());
            let (key, used) = (
                CounterKey {
                    subject,
                    over: CapSpan::Day,
                },
                Used {
                    times: 1,
                    ..Used::default()
                },
            );
            sale.counted = vec![Counted { key, used }];
        });
        sale.event()
    };
    told(store, &mut first, counted(1)).await;
    let from = first.head;
    let mut copy = first.clone();
    for (epoch, number) in [(2, 3), (3, 4)] {
        copy = Journal {
            head: Head::genesis(first.terminal, epoch),
            ..first.clone()
        };
        let closed = from;
        told(store, &mut copy, Event::EpochBegan { from, closed }).await;
        told(store, &mut copy, counted(number)).await;
    }
    told(store, &mut first, counted(2)).await;
    let report = proved(store).await;
    assert_eq!((report.compared, report.differing), (4, 0), "{report:?}");
    // A third of one history is over the cap, in whichever epoch.
    told(store, &mut first, counted(5)).await;
    assert_eq!(proved(store).await.differing, 1);
    told(store, &mut copy, counted(6)).await;
    assert_eq!(proved(store).await.differing, 2);
}
