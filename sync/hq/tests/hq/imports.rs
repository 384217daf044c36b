//! Imports: every bad row by line, column and reason; all or nothing.

use crate::fixture::{COUPONS, Folder, MEMBERS, STORES, balance, fill, import_members, member};
use crate::journal::{NOON, uuid};
use tillside_hq::catalogue::{CatalogueStore, products, rules, stores};
use tillside_hq::clock::now;
use tillside_hq::coupons::CouponStore;
use tillside_hq::coupons::import::coupons;
use tillside_hq::import::{BadRow, Change, FileError, Imported, Policy};
use tillside_hq::members::MemberStore;
use tillside_hq::members::import::members;
use tillside_hq::reports::ReportStore;

fn lines(bad: &[BadRow]) -> String {
    let lines: Vec<String> = bad.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn bad_products() {
    let file = "gtin,sku,name,price,category,tax_class,currency
4006381333930,,Pen,1.99,office,standard,EUR
,,Nothing,1.99,,standard,EUR
4006381333931,PEN-1,Both,1.99,,standard,EUR
12345,,Short,1.99,,standard,EUR
,A,Negative,-1.99,,standard,EUR
,B,Comma,\"1,99\",,standard,EUR
,C,Too fine,1.999,,standard,EUR
,D,Yen,100.5,,standard,JPY
,E,Huge,99999999999999999.99,,standard,EUR
,F,,1.00,,standard,EUR
,G,No currency,1.00,,standard,
,H,Bad currency,1.00,,standard,Euro
,I,Good,1,,standard,EUR
,I,Again,1,,standard,EUR
,J,Too few,1
,K K,Blank,1,,standard,EUR
,L,No tax,1,,,EUR
,M,Dot,1.,,standard,EUR
";
    let parsed = products(file.as_bytes()).unwrap();
    assert_eq!(parsed.rows.len(), 1);
    insta::assert_snapshot!(lines(&parsed.bad));
}

#[test]
fn bad_members() {
    let file = "number,display_name,tier,points,store,cards
900000001,Ada L.,gold,-5,S1,
900000002,Ben K.,gold,1.5,S1,
900000003,Cem O.,gold,9007199254740992,S1,
900000004,Dea P.,gold,5,S1,uid:XYZ
900000005,Eva Q.,gold,5,S1,uid:04A1B2C3D4E5F6 uid:04A1B2C3D4E5F6
900000006,Fox R.,gold,5,S1,uid:04a1b2c3d4e5f6
900000005,Eva again,gold,5,S1,
9,Short,gold,5,S1,
900000007,,gold,5,S1,
900000008,Gus S.,,5,S1,
900000009,Hal T.,gold,5,,
900000010,Ida U.,gold,5,S1,code:900000005
";
    let parsed = members(file.as_bytes(), || uuid(1)).unwrap();
    assert_eq!(parsed.rows.len(), 1);
    insta::assert_snapshot!(lines(&parsed.bad));
}

#[test]
fn bad_stores_and_coupons() {
    let file = "store,name,time_zone,currency
S 1,Shop,Europe/Berlin,EUR
S2,Shop,Europe/Atlantis,EUR
S3,Shop,Europe/Berlin,eur
S4,Shop,Europe/Berlin,EUR
S4,Shop,Europe/Berlin,EUR
";
    let bad = stores(file.as_bytes()).unwrap().bad;
    let file = "number,plan,store
ABC,SPRING-5,S1
SPRING0001,SPRING-5,S1
spring-0001,SPRING-5,S2
SPRING0002,SPRING 5,S1
";
    let more = coupons(file.as_bytes()).unwrap().bad;
    insta::assert_snapshot!(format!("{}\n{}", lines(&bad), lines(&more)));
}

#[test]
fn bad_files() {
    let read = |bytes: &[u8]| coupons(bytes).unwrap_err().to_string();
    let words = [
        read(b""),
        read(b"number,plan,store\n"),
        read(b"number;plan;store\nSPRING0001;SPRING-5;S1\n"),
        read(b"number,shop\nSPRING0001,S1\n"),
        read(b"number,plan,store,plan\nA,B,C,D\n"),
        read(b"number,pl\xe4n,store\nA,B,C\n"),
    ];
    insta::assert_snapshot!(words.join("\n"));
    assert_eq!(
        coupons(b"number;plan;store\n").unwrap_err(),
        FileError::Semicolons
    );
}

#[test]
fn text_that_is_not_utf_8_is_a_bad_row_and_a_byte_order_mark_is_none() {
    let file = b"\xef\xbb\xbfNumber , plan,store,remark\nSPRING0001,SPRING-5,S1,x\nSPRING0002,M\xe4rz,S1,x\n";
    let parsed = coupons(file).unwrap();
    assert_eq!(parsed.rows.len(), 1);
    insta::assert_snapshot!(lines(&parsed.bad));
}

#[test]
fn bad_rules() {
    let read = |text: &str| {
        let error = rules(text.as_bytes()).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error} {}", cause.unwrap_or_default())
    };
    let words = [
        read("{"),
        read(r#"{"v":1,"rules":[],"plans":[],"extra":1}"#),
        read(r#"{"v":2,"rules":[],"plans":[],"extra":1}"#),
        read(r#"{"v":2,"rules":[{"rule":"a","name":"A","effects":[],"price":1}]}"#),
        read(r#"{"v":2,"rules":[{"rule":"a","name":"A","effects":[]}]}"#),
        read(
            r#"{"v":2,"rules":[{"rule":"a","name":"A","when":{"visit":{"nth":2}},"effects":[{"effect":{"points_fixed":{"points":1}},"funders":[{"funder":"chain","basis_points":10000}]}]}]}"#,
        ),
        read(r#"{"v":3,"rules":[],"plans":[]}"#),
    ];
    insta::assert_snapshot!(words.join("\n"));
}

#[tokio::test]
async fn what_the_database_knows_better() {
    let (folder, _, _) = Folder::chain().await;
    let store = &folder.store;
    let file = "number,plan,store
SPRING0001,SPRING-5,S2
SPRING0002,SPRING-5,S1
SPRING0009,AUTUMN-5,S1
SPRING0010,SPRING-5,S9
";
    let parsed = coupons(file.as_bytes()).unwrap();
    let imported = store.import_coupons(parsed, Policy::AllOrNothing).await;
    let bad_coupons = imported.unwrap().bad;
    let file = "number,display_name,tier,points,store,cards
900000003,Cem O.,gold,5,S9,
900000004,Dea P.,gold,5,S1,uid:04A1B2C3D4E5F6
900000005,Eva Q.,gold,5,S1,code:900000002
";
    let bad_members = import_members(store, file, 301).await.bad;
    insta::assert_snapshot!(format!("{}\n{}", lines(&bad_coupons), lines(&bad_members)));
}

#[tokio::test]
async fn one_bad_row_stops_the_whole_file_unless_it_may_be_skipped() {
    let (folder, _, _) = Folder::chain().await;
    let store = &folder.store;
    let file = "number,plan,store\nSPRING0020,SPRING-5,S1\nSPRING0021,NONE,S1\nX,SPRING-5,S1\n";
    let parsed = coupons(file.as_bytes()).unwrap();
    let strict = store
        .import_coupons(parsed.clone(), Policy::AllOrNothing)
        .await
        .unwrap();
    assert!(!strict.applied);
    assert_eq!(strict.bad.len(), 2);
    let count = || {
        let sql = "SELECT count(*) FROM coupon WHERE number LIKE 'SPRING002%'";
        folder
            .database()
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(count(), 0);
    let lenient = store.import_coupons(parsed, Policy::SkipBad).await.unwrap();
    assert!(lenient.applied);
    assert_eq!((lenient.added, lenient.bad.len()), (1, 2));
    assert_eq!(count(), 1);
}

#[tokio::test]
async fn a_second_import_changes_what_differs_and_nothing_else() {
    let (folder, _, _) = Folder::chain().await;
    let store = &folder.store;
    let again = import_members(store, MEMBERS, 501).await;
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 2));
    let renamed = MEMBERS
        .replace("Ada L.", "Ada Lovelace")
        .replace(",100,", ",999,");
    let changed = import_members(store, &renamed, 501).await;
    assert_eq!((changed.changed, changed.unchanged), (1, 1));
    assert_eq!(balance(store, "900000001").await, 100, "points count once");
    let rows = store.balances(now()).await.unwrap();
    assert_eq!(rows[0].member, member(101), "the id stays");

    let stores = stores(STORES.replace("Mitte", "West").as_bytes()).unwrap();
    let imported = store.import_stores(stores, Policy::AllOrNothing).await;
    let imported: Imported = imported.unwrap();
    assert_eq!((imported.changed, imported.unchanged), (1, 1));
    let parsed = coupons(COUPONS.as_bytes()).unwrap();
    let imported = store.import_coupons(parsed, Policy::AllOrNothing).await;
    assert_eq!(imported.unwrap().unchanged, 3);
}

#[tokio::test]
async fn a_card_that_is_taken_off_one_member_can_be_given_to_another() {
    let (folder, _, _) = Folder::chain().await;
    let store = &folder.store;
    let without = "number,display_name,tier,points,store,cards\n900000001,Ada L.,gold,100,S1,\n";
    assert_eq!(import_members(store, without, 501).await.changed, 1);
    let with = "number,display_name,tier,points,store,cards
900000002,Ben K.,silver,0,S2,uid:04A1B2C3D4E5F6\n";
    assert!(import_members(store, with, 501).await.applied);
}

#[tokio::test]
async fn an_opening_balance_past_the_limit_is_a_bad_row() {
    let folder = Folder::empty();
    fill(&folder.store).await;
    let most = (1_i64 << 53) - 1;
    let file =
        format!("number,display_name,tier,points,store,cards\n900000003,Cem O.,gold,{most},S1,\n");
    let parsed = members(file.as_bytes(), || uuid(900)).unwrap();
    let imported = folder
        .store
        .import_members(parsed, Policy::AllOrNothing, NOON)
        .await
        .unwrap();
    assert!(!imported.applied);
    insta::assert_snapshot!(lines(&imported.bad));
    assert!(folder.store.check_ledger().await.unwrap().holds());
    let mut counted = Imported::default();
    counted.count(Change::Added);
    assert_eq!(counted.added, 1);
}
