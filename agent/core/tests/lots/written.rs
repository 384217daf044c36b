//! How movements are written down: this form is in journals, and may not change.

use crate::world::*;
use tillside_core::Points;
use tillside_core::lots::*;

#[test]
fn movements_keep_their_form() {
    let mut account = account([
        until(lot(1, 5), 20),
        of_member(from(lot(2, 6), 3), 2),
        until(from(lot(4, 3), 15), 20),
    ]);
    let (lot, adjusted) = (
        Lot {
            basis: 0,
            kind: LotKind::Granted,
            ..lot(3, 2)
        },
        adjusted(),
    );
    account.does(
        1,
        LotsCommand::Grant {
            lot,
            adjusted: adjusted.clone(),
        },
    );
    account.does(2, spend_beyond(10, 8));
    account.does(3, LotsCommand::Run);
    let withdraw = LotsCommand::Withdraw {
        id: record(11),
        amount: Points(1),
        beyond: None,
        adjusted,
    };
    account.does(4, withdraw);
    let sent = account.does(5, send(12, 3, 2));
    account.does(6, release(10, 3));
    account.does(7, goods_back(2, 300));
    account.does(21, LotsCommand::Run);
    account.does(22, LotsCommand::HandOver { member: member(2) });
    account.does(23, LotsCommand::Compact { before: at(10) });
    let mut receiver = Account::default();
    let Some(Movement::Sent { lots, .. }) = sent.last().cloned() else {
        panic!("{sent:?}");
    };
    receiver.does(6, LotsCommand::Receive { lots });
    let handed = account
        .movements
        .iter()
        .find_map(|movement| match movement {
            Movement::HandedOver { parcel, .. } => Some(parcel.clone()),
            _ => None,
        });
    let mut own = Account::default();
    own.does(
        24,
        LotsCommand::TakeOver {
            parcel: handed.unwrap(),
        },
    );
    let all = [account.movements, receiver.movements, own.movements].concat();
    let lines: Vec<String> = all
        .into_iter()
        .map(|movement| serde_json::to_string(&WrittenMovement::from(movement)).unwrap())
        .collect();
    for kind in [
        "earned",
        "granted",
        "received",
        "spent",
        "withdrawn",
        "sent",
        "covered",
        "expired",
        "released",
        "returned",
        "handed_over",
        "taken_over",
        "compacted",
    ] {
        let written = format!("\"kind\":\"{kind}\"");
        assert!(
            lines.iter().any(|line| line.contains(&written)),
            "no {kind}"
        );
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn another_version_is_refused_by_its_number() {
    let error = serde_json::from_str::<WrittenMovement>(
        r#"{"v":2,"movement":{"kind":"expired","parts":[],"at":1}}"#,
    );
    let words = error.unwrap_err().to_string();
    assert!(
        words.starts_with("version 2 of movements of points is not known here, only 1"),
        "{words}"
    );
}
