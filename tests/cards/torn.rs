//! The card is pulled at every command, and power is lost around every write: what the terminal takes
//! for granted must be what the card's memory says.

use crate::stage::{Stage, Stopped};
use tillside_cards::purse::{IntentView, Movement, Recovery, verdict};
use tillside_sim::{Fault, ReaderModel};

const CARD: &str = "desfire-ev2:04213A8A1B2C80";

fn faults(apdu: u32) -> [Fault; 4] {
    [
        Fault::RemoveAt { apdu },
        Fault::LoseAnswer { apdu },
        Fault::TearWrite { apdu, after: false },
        Fault::TearWrite { apdu, after: true },
    ]
}

#[test]
fn a_card_torn_at_any_command_of_its_issue_is_finished_by_the_next_run() {
    let stage = Stage::new(ReaderModel::Plain, CARD);
    stage.issue(false).unwrap();
    let commands = u32::try_from(stage.commands()).unwrap();
    assert!(commands > 30, "{commands}");
    for apdu in 1..=commands {
        for fault in faults(apdu) {
            let stage = Stage::new(ReaderModel::Plain, CARD);
            stage.fault(fault);
            let torn = stage.issue(false);
            stage.again();
            let issued = stage.issue(false);
            let issued = issued.unwrap_or_else(|error| panic!("{fault:?} {torn:?}: {error}"));
            stage.again();
            assert_eq!(stage.issue(false).unwrap().changes, 0, "{fault:?}");
            stage.again();
            let up = stage.moves(&issued.card, Movement::TopUp, 1, 100);
            assert!(up.is_ok(), "{fault:?}: {up:?}");
        }
    }
}

#[test]
fn a_movement_torn_at_any_command_is_told_from_the_card() {
    let kinds = [
        (Movement::TopUp, 2),
        (Movement::Pay, 2),
        (Movement::Void, 3),
    ];
    for (kind, txid) in kinds {
        let fresh = || {
            let stage = Stage::new(ReaderModel::Plain, CARD);
            let owner = stage.issue(false).unwrap().card;
            stage.again();
            stage.moves(&owner, Movement::TopUp, 1, 5_000).unwrap();
            if kind == Movement::Void {
                stage.again();
                stage.moves(&owner, Movement::Pay, 2, 700).unwrap();
            }
            stage.again();
            (stage, owner)
        };
        let (stage, owner) = fresh();
        let before = stage.commands();
        stage.moves(&owner, kind, txid, 700).unwrap();
        let commands = u32::try_from(stage.commands() - before).unwrap();
        let (mut unknown, mut done) = (0, 0);
        for apdu in 1..=commands {
            for fault in faults(apdu) {
                let (stage, owner) = fresh();
                let standing = stage.standing(&owner);
                stage.again();
                stage.fault(fault);
                let stopped = stage.moves(&owner, kind, txid, 700);
                stage.again();
                let seen = stage.standing(&owner);
                stage.again();
                let log = stage.log(&owner);
                let moved = seen.balance != standing.balance;
                let intent = IntentView {
                    txid: txid.to_be_bytes(),
                    tmc0: standing.tmc,
                    balance0: standing.balance,
                    amount: 700,
                    kind,
                };
                let due = if moved {
                    Recovery::Committed
                } else {
                    Recovery::NotCommitted
                };
                assert_eq!(verdict(&intent, &seen, &log), due, "{kind:?} {fault:?}");
                match stopped {
                    Ok(_) => assert!(moved, "{kind:?} {fault:?}: made up"),
                    Err(Stopped::Before) => assert!(!moved, "{kind:?} {fault:?}: lost"),
                    Err(Stopped::Unknown) => unknown += 1,
                }
                done += u32::from(moved);
            }
        }
        assert!(
            unknown >= 3,
            "{kind:?}: the commit itself was torn {unknown} times"
        );
        assert!(done >= 2, "{kind:?}: {done} were done all the same");
    }
}
