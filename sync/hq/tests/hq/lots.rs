//! A member's account as lots: folded from what was booked, and the same to the last point.

use crate::fixture::{Folder, balance, import_members, member};
use crate::journal::Sale;
use jiff::civil::Date;
use tillside_core::{Points, Timestamp};
use tillside_hq::clock::now;
use tillside_hq::members::{MemberAccount, MemberStore};
use tillside_protocol::Outcome;

const ADA: &str = "900000001";
const DAY: i64 = 86_400_000;

async fn account(folder: &Folder, at: Timestamp) -> MemberAccount {
    let account = folder.store.member_account(ADA, at).await.unwrap().unwrap();
    assert_eq!(account.in_book.0, balance(&folder.store, ADA).await);
    assert!(account.agrees(at), "{account:?}");
    assert!(account.lots.balance(at).adds_up());
    account
}

fn days(from: Timestamp, days: i64) -> Timestamp {
    Timestamp(from.0 + days * DAY)
}

/// So many days from today, in UTC.
fn day(ahead: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(days(now(), ahead).0).unwrap();
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn dated(sale: Sale, pending_days: i64, last: Option<Date>) -> Sale {
    sale.change(|sale| {
        for lot in &mut sale.lots {
            lot.pending_until = days(now(), pending_days);
            lot.expires_on = last;
        }
    })
}

#[tokio::test]
async fn what_was_booked_is_pending_then_active_then_expired() {
    let (folder, mut till, _) = Folder::chain().await;
    let begun = account(&folder, now()).await;
    assert_eq!(begun.lots.balance(now()).granted, Points(100));
    let sale = dated(Sale::new(1).member(member(101)).points(7), 3, Some(day(9)));
    till.tell(&folder.store, sale.event()).await;
    for (ahead, active, pending, expired) in [
        (0, 100, 7, 0),
        (4, 107, 0, 0),
        (9, 107, 0, 0),
        (11, 100, 0, 7),
    ] {
        let at = days(now(), ahead);
        let has = account(&folder, at).await.lots.balance(at);
        let found = [has.active.0, has.pending.0, has.expired.0, has.negative.0];
        assert_eq!(found, [active, pending, expired, 0], "after {ahead} days");
    }
}

#[tokio::test]
async fn a_void_takes_back_its_own_lots_and_a_record_told_twice_counts_once() {
    let (folder, mut till, _) = Folder::chain().await;
    let kept = Sale::new(1).member(member(101)).points(7);
    let gone = Sale::new(2).member(member(101)).points(5).points(3);
    let first = till.append(kept.event());
    till.push(&folder.store, std::slice::from_ref(&first)).await;
    till.push(&folder.store, &[first]).await;
    till.tell(&folder.store, gone.event()).await;
    assert_eq!(
        till.tell(&folder.store, gone.void()).await,
        Outcome::Accepted
    );
    let has = account(&folder, now()).await.lots.balance(now());
    let found = [has.active.0, has.earned.0, has.returned.0, has.negative.0];
    assert_eq!(found, [107, 15, 8, 0]);
}

#[tokio::test]
async fn what_a_card_earned_is_its_owners_and_a_void_finds_it_there() {
    let (folder, mut till, _) = Folder::chain().await;
    let early = dated(
        Sale::new(1).card("uid:04AABBCCDDEEFF").points(7),
        0,
        Some(day(9)),
    );
    till.tell(&folder.store, early.event()).await;
    let other = Sale::new(2).card("uid:04AABBCCDDEEFF").points(4);
    till.tell(&folder.store, other.event()).await;
    let csv = "number,display_name,tier,points,store,cards\n\
               900000001,Ada L.,gold,100,S1,uid:04AABBCCDDEEFF\n";
    import_members(&folder.store, csv, 500).await;
    let has = account(&folder, now()).await.lots.balance(now());
    assert_eq!((has.active, has.earned), (Points(111), Points(11)));
    let at = days(now(), 11);
    let later = account(&folder, at).await.lots.balance(at);
    assert_eq!((later.active, later.expired), (Points(104), Points(7)));
    till.tell(&folder.store, other.void()).await;
    let has = account(&folder, now()).await.lots.balance(now());
    assert_eq!((has.active, has.returned), (Points(107), Points(4)));
    assert_eq!(has.used.total(), Points(0));
    assert_eq!(folder.store.member_account("1", now()).await.unwrap(), None);
}
