//! What members are told of their points, by example.

use crate::world::*;
use tillside_core::Points;
use tillside_core::lots::*;

fn left(account: &Account, lots: &[u64]) -> Vec<i64> {
    lots.iter().map(|n| account.left_of(*n)).collect()
}

/// Active, pending, spent, expired, negative.
fn words(account: &Account, ms: i64) -> [i64; 5] {
    let has = account.has(ms);
    let words = [
        has.active,
        has.pending,
        has.used.spent,
        has.expired,
        has.negative,
    ];
    words.map(|points| points.0)
}

#[test]
fn points_wait_are_active_and_expire_to_the_moment() {
    let account = account([until(from(lot(1, 10), 5), 9)]);
    for (ms, due) in [
        (4, [0, 10, 0, 0, 0]),
        (5, [10, 0, 0, 0, 0]),
        (8, [10, 0, 0, 0, 0]),
        (9, [0, 0, 0, 10, 0]),
    ] {
        assert_eq!(words(&account, ms), due, "at {ms}");
    }
    let mut early = account.clone();
    let refused = early.try_to(4, spend(2, 1)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "not enough points: 0 points may be spent now"
    );
    account.clone().does(8, spend(2, 10));
    let mut late = account;
    assert_eq!(
        late.try_to(9, spend(2, 1)).unwrap_err().code(),
        "lots_not_enough"
    );
}

#[test]
fn what_expires_first_is_spent_first() {
    // The third never expires; the second and the fourth end together, and 4 comes before 2 as an id: its
    // record is of a journal that sorts before the other's.
    let mut account = account([
        until(lot(1, 5), 30),
        until(lot(2, 5), 20),
        lot(3, 5),
        until(lot(4, 5), 20),
    ]);
    let turns: Vec<i64> = [3, 4, 5, 6]
        .into_iter()
        .enumerate()
        .map(|(n, amount)| {
            account.does(1, spend(10 + n as u64, amount));
            account.left_of(4) * 1_000
                + account.left_of(2) * 100
                + account.left_of(1) * 10
                + account.left_of(3)
        })
        .collect();
    assert_eq!(turns, [2_555, 355, 35, 2]);
}

#[test]
fn a_released_use_goes_back_to_the_very_lots_and_what_lasts_longest_first() {
    let mut account = account([until(lot(1, 5), 20), lot(2, 5)]);
    account.does(1, spend(10, 8));
    assert_eq!(left(&account, &[1, 2]), [0, 2]);
    account.does(2, release(10, 4));
    assert_eq!(left(&account, &[1, 2]), [1, 5]);
    account.does(3, release(10, 4));
    assert_eq!(left(&account, &[1, 2]), [5, 5]);
    assert_eq!(words(&account, 3), [10, 0, 0, 0, 0]);
}

#[test]
fn what_expired_meanwhile_comes_back_expired() {
    let mut account = account([until(lot(1, 5), 20), lot(2, 5)]);
    account.does(1, spend(10, 8));
    account.does(25, release(10, 8));
    assert_eq!(words(&account, 25), [5, 0, 0, 5, 0]);
    // Said so in the movements, not only in the sums.
    assert!(
        account.movements.iter().any(|movement| matches!(movement,
        Movement::Expired { parts, .. } if parts == &[Part { lot: lot_id(1), amount: Points(5) }]))
    );
}

#[test]
fn goods_that_go_back_in_parts_take_their_points_back_to_the_last_one() {
    // 10 points for goods worth 9.99.
    let bought = Lot {
        basis: 999,
        ..lot(1, 10)
    };
    let mut account = account([bought]);
    let taken: Vec<i64> = [333, 333, 333]
        .into_iter()
        .map(|worth| {
            account.does(1, goods_back(1, worth));
            account.has(1).returned.0
        })
        .collect();
    assert_eq!(taken, [3, 6, 10]);
    assert_eq!(words(&account, 1), [0, 0, 0, 0, 0]);
}

#[test]
fn a_return_after_expiry_costs_the_member_nothing() {
    let mut account = account([until(lot(1, 10), 20), lot(2, 10)]);
    account.does(30, goods_back(1, 1_000));
    assert_eq!(words(&account, 30), [10, 0, 0, 0, 0]);
    assert_eq!(account.has(30).returned, Points(10));
}

#[test]
fn a_return_of_what_was_spent_is_negative_until_the_next_earning() {
    let mut account = account([lot(1, 10)]);
    account.does(1, spend(10, 10));
    account.does(2, goods_back(1, 600));
    assert_eq!(words(&account, 2), [0, 0, 10, 0, 6]);
    assert_eq!(account.has(2).available(), Points(-6));
    // Four of the seven that come next are pending, and cover nothing yet.
    account.does(3, earn([lot(3, 3), from(lot(2, 4), 5)]));
    assert_eq!(words(&account, 3), [0, 4, 10, 0, 3]);
    assert_eq!(words(&account, 5), [1, 0, 10, 0, 0]);
}

#[test]
fn what_is_owed_moves_to_the_funder_whose_lot_covers_it() {
    let mut account = Account::default();
    account.does(1, spend_beyond(10, 5));
    let brand = funder("brand");
    account.does(2, earn([of_funder(lot(1, 8), "brand")]));
    let has = |funder| account.ledger.balance_of(funder, at(2));
    assert_eq!(has(&brand).used.spent, Points(5));
    assert_eq!(has(&brand).active, Points(3));
    assert_eq!(has(&funder("chain")).used.spent, Points(0));
}

#[test]
fn sent_points_keep_who_pays_and_when_they_end() {
    let mut account = account([until(of_funder(lot(1, 5), "brand"), 20), lot(2, 5)]);
    let movements = account.does(1, send(10, 2, 7));
    let Some(Movement::Sent { lots, .. }) = movements.last() else {
        panic!("{movements:?}");
    };
    let told: Vec<_> = lots
        .iter()
        .map(|lot| {
            (
                lot.member,
                lot.funder.as_str(),
                lot.amount.0,
                lot.expires_at,
                lot.kind,
            )
        })
        .collect();
    let part_of = |n| LotKind::Transferred { from: lot_id(n) };
    assert_eq!(
        told,
        [
            (member(2), "brand", 5, Some(at(20)), part_of(1)),
            (member(2), "chain", 2, None, part_of(2)),
        ]
    );
    let mut receiver = Account::default();
    let lots = lots.clone();
    receiver.does(2, LotsCommand::Receive { lots: lots.clone() });
    let again = receiver.try_to(3, LotsCommand::Receive { lots });
    assert_eq!(
        again.unwrap_err().to_string(),
        "this was booked before; it counts once"
    );
    assert_eq!(receiver.has(3).received, Points(7));
    assert_eq!(account.has(3).used.sent, Points(7));
}

#[test]
fn a_member_who_leaves_a_pool_takes_their_lots_and_their_past() {
    let mut pool = account([lot(1, 10), of_member(lot(2, 10), 2)]);
    pool.does(1, spend(10, 15));
    let movements = pool.does(2, LotsCommand::HandOver { member: member(1) });
    let Some(Movement::HandedOver { parcel, .. }) = movements.last().cloned() else {
        panic!("{movements:?}");
    };
    let mut own = Account::default();
    own.does(3, LotsCommand::TakeOver { parcel });
    let [pool_has, own_has] = [words(&pool, 3), words(&own, 3)];
    let both: Vec<i64> = (0..5).map(|n| pool_has[n] + own_has[n]).collect();
    assert_eq!(both, [5, 0, 15, 0, 0]);
    assert_eq!(own.has(3).came_in(), Points(10));
    // The use is released in each account for its part there.
    let mine = own_has[2];
    own.does(4, release(10, mine));
    pool.does(4, release(10, 15 - mine));
    assert_eq!((words(&own, 4)[0], words(&pool, 4)[0]), (10, 10));
}

#[test]
fn what_is_over_is_forgotten_and_the_sums_stay() {
    let mut account = account([lot(1, 10), lot(2, 10)]);
    account.does(1, spend(10, 13));
    account.does(5, LotsCommand::Compact { before: at(5) });
    assert_eq!(account.ledger.lots().count(), 1);
    assert_eq!(words(&account, 5), [7, 0, 13, 0, 0]);
    assert_eq!(
        account.try_to(6, release(10, 1)).unwrap_err().code(),
        "lots_unknown_use"
    );
    // The use that lot 2 is paired with is gone too, so a return of it finds a forgotten use.
    account.does(7, goods_back(2, 1_000));
    assert_eq!(words(&account, 7), [0, 0, 13, 0, 3]);
}

#[test]
fn time_never_runs_back() {
    let mut account = account([until(lot(1, 10), 20)]);
    account.does(25, LotsCommand::Run);
    let refused = account.try_to(10, spend(10, 1)).unwrap_err();
    assert_eq!(refused.code(), "lots_not_enough");
    let movements = account.does(3, earn([lot(2, 1)]));
    assert!(movements.iter().all(|movement| movement.at() == at(25)));
}
