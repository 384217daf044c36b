//! Goods that come back: each once, whoever takes them, with the points that they earned.

use crate::fixture::{Folder, balance, member};
use crate::ingest::case_of;
use crate::journal::{NOON, Sale};
use jiff::civil::date;
use tillside_core::{Event, Points, Timestamp};
use tillside_hq::members::MemberStore;
use tillside_hq::members::expiry::{Asked, expire};
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

const ADA: &str = "900000001";
const DAY: i64 = 86_400_000;

/// Four breads for 10.00, and 10 points.
fn sale() -> Sale {
    Sale::new(1).of(4).member(member(101)).points(10)
}

/// What Ada has, in the ledger and as lots.
async fn has(folder: &Folder, at: Timestamp) -> i64 {
    let account = folder.store.member_account(ADA, at).await.unwrap().unwrap();
    assert!(account.agrees(at), "{account:?}");
    assert!(account.lots.balance(at).adds_up());
    assert!(folder.store.check_ledger().await.unwrap().holds());
    balance(&folder.store, ADA).await
}

fn changed(event: Event, change: impl FnOnce(&mut tillside_core::GoodsReturned)) -> Event {
    let Event::GoodsReturned(mut goods) = event else {
        panic!("no return: {event:?}");
    };
    change(&mut goods);
    Event::GoodsReturned(goods)
}

#[tokio::test]
async fn points_go_back_with_the_goods_to_the_last() {
    let (folder, mut till, mut other) = Folder::chain().await;
    assert_eq!(
        till.tell(&folder.store, sale().event()).await,
        Outcome::Accepted
    );
    assert_eq!(has(&folder, NOON).await, 110);
    // A quarter of ten points, rounded down; another till may take goods back too.
    let first = sale().back(1, 1, 0);
    assert_eq!(
        till.tell(&folder.store, first.clone()).await,
        Outcome::Accepted
    );
    assert_eq!(has(&folder, NOON).await, 108);
    let second = sale().back(2, 2, 1);
    assert_eq!(other.tell(&folder.store, second).await, Outcome::Accepted);
    assert_eq!(has(&folder, NOON).await, 103);
    let rest = sale().back(3, 1, 3);
    assert_eq!(till.tell(&folder.store, rest).await, Outcome::Accepted);
    assert_eq!(has(&folder, NOON).await, 100);

    let (kind, words) = case_of(&folder.store, &mut other, sale().back(4, 1, 0)).await;
    assert_eq!(kind, "returned_before");
    assert!(words.contains("0 could still come back"), "{words}");
    let (kind, _) = case_of(&folder.store, &mut till, first).await;
    assert_eq!(kind, "return_twice");
    assert_eq!(has(&folder, NOON).await, 100);
}

/// Each till thought that it took the first bread back: HQ books the first and the second.
#[tokio::test]
async fn two_tills_in_the_dark_take_goods_of_one_sale() {
    let (folder, mut till, mut other) = Folder::chain().await;
    till.tell(&folder.store, sale().event()).await;
    for (number, journal) in [(1, &mut till), (2, &mut other)] {
        let goods = sale().back(number, 1, 0);
        assert_eq!(journal.tell(&folder.store, goods).await, Outcome::Accepted);
    }
    // ⌊10 · 2/4⌋, and not twice ⌊10 · 1/4⌋.
    assert_eq!(has(&folder, NOON).await, 105);
    assert_eq!(
        till.tell(&folder.store, sale().back(3, 2, 2)).await,
        Outcome::Accepted
    );
    assert_eq!(has(&folder, NOON).await, 100);
}

#[tokio::test]
async fn a_sale_and_its_return_may_come_in_one_batch_and_again() {
    let (folder, mut till, _) = Folder::chain().await;
    for event in [sale().event(), sale().back(1, 3, 0), sale().back(2, 1, 3)] {
        till.append(event);
    }
    for _ in 0..2 {
        till.push(&folder.store, &till.records).await;
        assert_eq!(has(&folder, NOON).await, 100);
    }
    assert_eq!(folder.store.counts().await.unwrap().open_cases, 0);
}

#[tokio::test]
async fn what_cannot_have_come_back_is_a_case_and_moves_nothing() {
    let (folder, mut till, _) = Folder::chain().await;
    let store = &folder.store;
    let (kind, _) = case_of(store, &mut till, sale().back(1, 1, 0)).await;
    assert_eq!(kind, "return_unknown");
    till.tell(store, sale().event()).await;
    type Change = fn(&mut tillside_core::GoodsReturned);
    let changes: [Change; 4] = [
        |goods| goods.lines[0].line = 1,
        |goods| goods.lines.clear(),
        |goods| goods.tenders.clear(),
        |goods| {
            goods.lines[0].paid = crate::journal::eur(1001);
            goods.total = crate::journal::eur(1001);
            goods.tenders[0].amount = goods.total;
        },
    ];
    for change in changes {
        let event = changed(sale().back(1, 1, 0), change);
        let (kind, _) = case_of(store, &mut till, event).await;
        assert_eq!(kind, "does_not_add_up");
    }
    assert_eq!(has(&folder, NOON).await, 110);

    let other = Sale::new(2).of(2).member(member(101)).points(5);
    till.tell(store, other.event()).await;
    till.tell(store, other.void()).await;
    let (kind, _) = case_of(store, &mut till, other.back(5, 1, 0)).await;
    assert_eq!(kind, "return_of_voided");
    till.tell(store, sale().back(1, 1, 0)).await;
    let (kind, _) = case_of(store, &mut till, sale().void()).await;
    assert_eq!(kind, "void_returned");
    assert_eq!(has(&folder, NOON).await, 108);
}

/// Points that expired cost the member nothing when the goods go back, in however many parts.
#[tokio::test]
async fn goods_that_come_back_after_their_points_expired_take_nothing_else() {
    let (folder, mut till, _) = Folder::chain().await;
    let sold = sale().change(|sale| sale.lots[0].expires_on = Some(date(2026, 6, 10)));
    till.tell(&folder.store, sold.event()).await;
    let later = Timestamp(NOON.0 + 60 * DAY);
    let run = async || {
        let done = expire(&folder.store, Asked::all(later), |_| {});
        assert_eq!(done.await.unwrap().failed, 0);
        has(&folder, later).await
    };
    assert_eq!(run().await, 100);
    for (number, quantity, before) in [(1, 1, 0), (2, 3, 1)] {
        let goods = sold.back(number, quantity, before);
        let told = till.tell_at(&folder.store, goods, (later, later)).await;
        assert_eq!(told, Outcome::Accepted);
        assert_eq!(has(&folder, later).await, 100);
        assert_eq!(run().await, 100);
    }
    let account = folder
        .store
        .member_account(ADA, later)
        .await
        .unwrap()
        .unwrap();
    let balance = account.lots.balance(later);
    assert_eq!((balance.returned, balance.expired), (Points(10), Points(0)));
}

/// A card that found another owner since: what it earned is the new owner's to give back.
#[tokio::test]
async fn goods_that_nobody_known_bought_come_back_too() {
    let (folder, mut till, _) = Folder::chain().await;
    let sold = Sale::new(1).of(2);
    till.tell(&folder.store, sold.event()).await;
    assert_eq!(
        till.tell(&folder.store, sold.back(1, 1, 0)).await,
        Outcome::Accepted
    );
    let stranger = Sale::new(2).of(2).card("uid:04AABBCCDDEEFF").points(6);
    till.tell(&folder.store, stranger.event()).await;
    let csv = "number,display_name,tier,points,store,cards\n\
               900000001,Ada L.,gold,100,S1,uid:04AABBCCDDEEFF\n";
    crate::fixture::import_members(&folder.store, csv, 500).await;
    assert_eq!(has(&folder, NOON).await, 106);
    till.tell(&folder.store, stranger.back(2, 1, 0)).await;
    assert_eq!(has(&folder, NOON).await, 103);
}
