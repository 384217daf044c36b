//! Points that expired are booked as such: each lot once, however often, however late, however cut off.

use crate::fixture::{Folder, balance, import_members, member};
use crate::journal::{Journal, NOON, Sale};
use jiff::civil::Date;
use tillside_core::{Points, Timestamp};
use tillside_hq::members::expiry::{Asked, BATCH_ACCOUNTS, Expired, end_of, expire};
use tillside_hq::members::{MemberAccount, MemberStore};
use tillside_hq::publish::PublishStore;
use tillside_hq::reports::ReportStore;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::Outcome;

const ADA: &str = "900000001";
const DAY: i64 = 86_400_000;

/// So many days after the chain began.
fn days(days: i64) -> Timestamp {
    Timestamp(NOON.0 + days * DAY)
}

fn date(ahead: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(days(ahead).0).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// A sale by Ada whose points have their last day so many days ahead.
fn sale(number: u128, points: i64, last: i64) -> Sale {
    dated(Sale::new(number).member(member(101)).points(points), last)
}

fn dated(sale: Sale, last: i64) -> Sale {
    sale.change(|sale| {
        for lot in &mut sale.lots {
            lot.expires_on = Some(date(last));
        }
    })
}

async fn run(store: &SqliteStore, now: Timestamp) -> Expired {
    let done = expire(store, Asked::all(now), |_| {}).await.unwrap();
    assert_eq!(done.failed, 0, "{:?}", done.failures);
    assert!(store.check_ledger().await.unwrap().holds());
    done
}

/// What the ledger says, once everything is booked: then it is what the lots say, without what expired.
async fn booked(store: &SqliteStore, now: Timestamp) -> (i64, MemberAccount) {
    let account = store.member_account(ADA, now).await.unwrap().unwrap();
    assert!(account.agrees(now), "{account:?}");
    let has = account.lots.balance(now);
    assert!(has.adds_up());
    assert_eq!(account.in_book, has.available() + has.pending);
    assert_eq!(account.in_book.0, balance(store, ADA).await);
    (account.in_book.0, account)
}

fn entries(folder: &Folder) -> i64 {
    let sql = "SELECT count(*) FROM movement WHERE kind = 'expire'";
    let database = folder.database();
    database.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_expired_leaves_the_ledger_once_however_often_it_is_asked_for() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    till.tell(store, sale(1, 7, 9).event()).await;
    till.tell(store, sale(2, 5, 20).event()).await;
    assert_eq!(run(store, days(8)).await.points, 0);
    assert_eq!(booked(store, days(8)).await.0, 112);
    let done = run(store, days(11)).await;
    assert_eq!((done.points, done.lots, done.taken_back), (7, 1, 0));
    assert_eq!(booked(store, days(11)).await.0, 105);
    for _ in 0..3 {
        let again = run(store, days(12)).await;
        assert_eq!((again.points, again.accounts), (0, 0), "nothing is due");
    }
    assert_eq!(run(store, days(30)).await.points, 5);
    assert_eq!(booked(store, days(30)).await.0, 100);
    assert_eq!(entries(&folder), 2);
    let sql = "SELECT points FROM account WHERE name = 'expired:chain'";
    let lost: i64 = folder
        .database()
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(lost, 12);
}

#[tokio::test]
async fn a_run_that_is_killed_is_finished_by_the_next() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let mut csv = "number,display_name,tier,points,store,cards\n".to_owned();
    let people = BATCH_ACCOUNTS as u128 * 2 + 20;
    for number in 0..people {
        csv += &format!("91{number:07},M.,silver,0,S1,\n");
    }
    import_members(store, &csv, 1000).await;
    for number in 0..people {
        let sale = Sale::new(number).member(member(1000 + number)).points(3);
        till.tell(store, dated(sale, 9).event()).await;
    }
    let now = days(11);
    let asked = |book| Asked {
        book,
        ..Asked::all(now)
    };
    let dry = expire(store, asked(false), |_| {}).await.unwrap();
    assert_eq!(dry.points, people as i64 * 3);
    assert_eq!(entries(&folder), 0, "a dry run books nothing");
    let (first, next) = store.expire_batch(0, asked(true)).await.unwrap();
    assert!(first.points > 0 && first.accounts == BATCH_ACCOUNTS as u64);
    assert!(next.is_some());
    let mut told = 0;
    let reopened = folder.reopened();
    let rest = expire(&reopened, asked(true), |_| told += 1).await.unwrap();
    assert_eq!(first.points + rest.points, people as i64 * 3);
    assert!(rest.accounts < people as u64 && told > 0);
    assert_eq!(entries(&folder), people as i64);
    assert_eq!(run(store, now).await.points, 0);
}

#[tokio::test]
async fn goods_that_go_back_after_the_expiry_take_their_points_once() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let gone = sale(1, 7, 9).points(4);
    till.tell(store, gone.event()).await;
    run(store, days(11)).await;
    assert_eq!(booked(store, days(11)).await.0, 104);
    let void = till.tell_at(store, gone.void(), (days(12), days(12)));
    assert_eq!(void.await, Outcome::Accepted);
    // At once, and not only when the next run comes.
    let (points, account) = booked(store, days(12)).await;
    assert_eq!(points, 100);
    let has = account.lots.balance(days(12));
    assert_eq!((has.expired, has.returned), (Points(0), Points(11)));
    assert_eq!(run(store, days(13)).await.taken_back, 0);
    assert_eq!(entries(&folder), 2);
}

#[tokio::test]
async fn what_a_dark_till_gave_before_the_expiry_expires_when_it_arrives() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    run(store, days(11)).await;
    till.tell_at(store, sale(1, 7, 9).event(), (days(2), days(20)))
        .await;
    assert_eq!(run(store, days(20)).await.points, 7);
    assert_eq!(booked(store, days(20)).await.0, 100);
}

#[tokio::test]
async fn a_clock_that_was_ahead_is_taken_back() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    till.tell(store, sale(1, 7, 9).event()).await;
    assert_eq!(run(store, days(400)).await.points, 7);
    assert_eq!(run(store, days(2)).await.taken_back, 7);
    assert_eq!(booked(store, days(2)).await.0, 107);
    assert_eq!(run(store, days(11)).await.points, 7);
    assert_eq!(booked(store, days(11)).await.0, 100);
}

#[tokio::test]
async fn a_run_for_an_earlier_day_leaves_later_lots_to_a_later_run() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    till.tell(store, sale(1, 7, 9).event()).await;
    till.tell(store, sale(2, 5, 11).event()).await;
    let mut asked = Asked::all(days(20));
    asked.ended = end_of(date(9)).unwrap();
    let done = expire(store, asked, |_| {}).await;
    assert_eq!(done.unwrap().points, 7);
    assert_eq!(balance(store, ADA).await, 105);
    // A day that is ahead can only be asked about.
    let mut asked = Asked::all(days(5));
    (asked.ended, asked.book) = (days(30), false);
    let ahead = expire(store, asked, |_| {}).await;
    assert_eq!(ahead.unwrap().points, 5);
    assert_eq!(run(store, days(20)).await.points, 5);
    assert_eq!(booked(store, days(20)).await.0, 100);
}

/// What the tills of store S1 are told of Ada: what may be spent, and what later.
async fn told(store: &SqliteStore, now: Timestamp) -> (i64, i64) {
    let edition = store.edition(now).await.unwrap();
    let mut members = edition.stores[0].members.members.iter();
    let ada = members.find(|entry| entry.member == member(101)).unwrap();
    (ada.points.0, ada.pending.0)
}

#[tokio::test]
async fn tills_are_told_what_may_be_spent_and_what_is_pending_apart() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let pending = sale(1, 7, 9).change(|sale| sale.lots[0].pending_until = days(3));
    till.tell(store, pending.event()).await;
    // The same whether a run came by, which remembers what it saw, or not.
    for (ahead, wanted) in [(0, (100, 7)), (4, (107, 0)), (11, (100, 0))] {
        assert_eq!(told(store, days(ahead)).await, wanted, "before the run");
        run(store, days(ahead)).await;
        assert_eq!(told(store, days(ahead)).await, wanted, "after {ahead} days");
    }
    till.tell(store, sale(2, 5, 20).event()).await;
    assert_eq!(told(store, days(11)).await, (105, 0));
    let rows = store.balances(days(11)).await.unwrap();
    let has = rows.iter().find(|row| row.number == ADA).unwrap().holding;
    let words = [
        has.active,
        has.pending,
        has.spent,
        has.expired,
        has.negative,
    ];
    assert_eq!(words.map(|points| points.0), [105, 0, 0, 7, 0]);
}

#[tokio::test]
async fn an_entry_about_an_expiry_cannot_be_changed() {
    let (folder, mut till, _) = Folder::chain().await;
    till.tell(&folder.store, sale(1, 7, 9).event()).await;
    run(&folder.store, days(11)).await;
    for wrong in ["DELETE FROM expiry", "UPDATE expiry SET lot = 9"] {
        assert!(folder.database().execute_batch(wrong).is_err(), "{wrong}");
    }
    // A booking that names a lot which nobody has is told, and nothing of that member is booked.
    let database = folder.database();
    let unknown =
        "INSERT INTO expiry SELECT m.id + 1, account, terminal, epoch, seq + 5, lot FROM expiry
         JOIN movement AS m ON m.id = movement";
    let moved = "INSERT INTO movement SELECT id + 1, kind, NULL, at, from_account, to_account, 1
         FROM movement WHERE kind = 'expire'";
    database.execute_batch(moved).unwrap();
    database.execute_batch(unknown).unwrap();
    till.tell(&folder.store, sale(2, 5, 12).event()).await;
    let done = expire(&folder.store, Asked::all(days(20)), |_| {}).await;
    let done = done.unwrap();
    assert_eq!((done.failed, done.points), (1, 0));
}

#[tokio::test]
async fn what_a_card_earned_before_it_had_an_owner_expires_with_its_owner() {
    let (folder, mut till, _): (Folder, Journal, Journal) = Folder::chain().await;
    let store = &folder.store;
    let early = Sale::new(1).card("uid:04AABBCCDDEEFF").points(7);
    till.tell(store, dated(early, 9).event()).await;
    assert_eq!(run(store, days(11)).await.points, 0);
    let csv = "number,display_name,tier,points,store,cards\n\
               900000001,Ada L.,gold,100,S1,uid:04AABBCCDDEEFF\n";
    import_members(store, csv, 500).await;
    assert_eq!(run(store, days(11)).await.points, 7);
    assert_eq!(booked(store, days(11)).await.0, 100);
}
