//! Each refusal that histories by chance do not come by, and that nothing happens then.

use crate::world::*;
use tillside_core::lots::*;
use tillside_core::{POINTS_LIMIT, Points, REASON_LIMIT};

fn refused(account: &Account, ms: i64, command: LotsCommand) -> LotsRefusal {
    let mut account = account.clone();
    let before = account.ledger.clone();
    let refused = account.try_to(ms, command).unwrap_err();
    assert_eq!(account.ledger, before);
    refused
}

#[test]
fn nothing_is_not_booked() {
    let account = account([lot(1, 10)]);
    for command in [
        earn([]),
        earn([lot(2, 0)]),
        earn([lot(2, POINTS_LIMIT + 1)]),
        spend(10, 0),
        spend(10, -1),
        spend(10, POINTS_LIMIT + 1),
        release(10, 0),
        send(10, 2, 0),
        LotsCommand::Receive { lots: vec![] },
        LotsCommand::Return { goods: vec![] },
        goods_back(1, 0),
    ] {
        assert_eq!(
            refused(&account, 1, command.clone()),
            LotsRefusal::Nothing,
            "{command:?}"
        );
    }
}

#[test]
fn lots_that_cannot_be_are_not_booked() {
    let account = account([lot(1, 10)]);
    let received = LotKind::Transferred { from: lot_id(1) };
    for bad in [
        Lot {
            basis: -1,
            ..lot(2, 1)
        },
        Lot {
            kind: received,
            ..lot(2, 1)
        },
    ] {
        let lot = bad.id;
        let command = earn([bad.clone()]);
        assert_eq!(
            refused(&account, 1, command),
            LotsRefusal::BadLot { lot },
            "{bad:?}"
        );
    }
    let lots = vec![lot(2, 1)];
    let command = LotsCommand::Receive { lots };
    assert_eq!(refused(&account, 1, command).code(), "lots_bad_lot");
    let (lot, adjusted) = (lot(2, 1), adjusted());
    let command = LotsCommand::Grant { lot, adjusted };
    assert_eq!(refused(&account, 1, command).code(), "lots_bad_lot");
}

#[test]
fn nobody_sends_points_to_themselves() {
    let account = account([lot(1, 10)]);
    let refusal = refused(&account, 1, send(10, 1, 5));
    assert_eq!(
        refusal.to_string(),
        "the points already belong to this member"
    );
}

#[test]
fn an_adjustment_says_why() {
    let account = account([lot(1, 10)]);
    for reason in [String::new(), "  ".into(), "x".repeat(REASON_LIMIT + 1)] {
        let by = adjusted().by;
        let command = LotsCommand::Withdraw {
            id: record(10),
            amount: Points(1),
            beyond: None,
            adjusted: Adjusted { by, reason },
        };
        assert_eq!(refused(&account, 1, command), LotsRefusal::BadReason);
    }
}

#[test]
fn what_was_handed_over_must_add_up() {
    let mut pool = account([lot(1, 10)]);
    pool.does(1, spend(10, 4));
    let movements = pool.does(2, LotsCommand::HandOver { member: member(1) });
    let Some(Movement::HandedOver { parcel, .. }) = movements.last() else {
        panic!("{movements:?}");
    };
    let own = Account::default();
    let text = serde_json::to_string(parcel).unwrap();
    for (from, to) in [("\"left\":6", "\"left\":7"), ("\"left\":6", "\"left\":-6")] {
        assert!(text.contains(from), "{text}");
        let parcel = serde_json::from_str(&text.replace(from, to)).unwrap();
        let command = LotsCommand::TakeOver { parcel };
        assert_eq!(refused(&own, 3, command), LotsRefusal::Damaged);
    }
    // What is here already is not taken over again.
    let mut own = own;
    let parcel = parcel.clone();
    own.does(
        3,
        LotsCommand::TakeOver {
            parcel: parcel.clone(),
        },
    );
    let again = refused(&own, 4, LotsCommand::TakeOver { parcel });
    assert!(
        matches!(
            again,
            LotsRefusal::Damaged | LotsRefusal::AlreadyBooked { .. }
        ),
        "{again:?}"
    );
}

#[test]
fn an_account_has_limits() {
    let one = |n: usize| lot(n as u64, 1);
    let full = account((0..LOT_LIMIT).map(one).collect::<Vec<_>>());
    assert_eq!(refused(&full, 1, earn([one(LOT_LIMIT)])), LotsRefusal::Full);
    let rich = account([lot(1, POINTS_LIMIT - 1)]);
    rich.clone().does(1, earn([lot(2, 1)]));
    assert_eq!(refused(&rich, 1, earn([lot(2, 2)])), LotsRefusal::TooMany);
    assert_eq!(
        refused(&Account::default(), 1, spend_beyond(1, POINTS_LIMIT + 1)),
        LotsRefusal::Nothing
    );
    let mut owing = Account::default();
    owing.does(1, spend_beyond(1, POINTS_LIMIT));
    assert_eq!(refused(&owing, 1, spend_beyond(2, 1)), LotsRefusal::TooMany);
}

#[test]
fn an_account_remembers_so_many_uses() {
    let count = i64::try_from(USE_LIMIT).unwrap();
    let mut busy = account([lot(0, count + 1)]);
    for n in 0..count.unsigned_abs() {
        busy.does(1, spend(n, 1));
    }
    assert_eq!(
        refused(&busy, 1, spend(count.unsigned_abs(), 1)),
        LotsRefusal::Full
    );
    busy.does(2, LotsCommand::Compact { before: at(2) });
    busy.does(2, spend(count.unsigned_abs(), 1));
}

#[test]
fn what_is_ahead_is_not_forgotten() {
    let account = account([lot(1, 10)]);
    let command = LotsCommand::Compact { before: at(6) };
    assert_eq!(refused(&account, 5, command), LotsRefusal::NotOver);
}

#[test]
fn only_what_time_mends_may_be_tried_again() {
    let retryable: Vec<bool> = [
        LotsRefusal::NotEnough {
            available: Points(0),
        },
        LotsRefusal::Full,
        LotsRefusal::NotOver,
        LotsRefusal::Nothing,
        LotsRefusal::AlreadyBooked { id: record(1) },
        LotsRefusal::Damaged,
    ]
    .iter()
    .map(LotsRefusal::is_retryable)
    .collect();
    assert_eq!(retryable, [true, true, true, false, false, false]);
}
