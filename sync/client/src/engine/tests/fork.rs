//! Another history at HQ: where both part is found, and an epoch is asked for from exactly there.

use super::*;
use tillside_protocol::BATCH_RECORD_LIMIT;

fn differs(engine: &Engine) -> bool {
    let mut concerns = engine.line().concerns.iter();
    concerns.any(|concern| concern.kind == ProblemKind::HistoryDiffers)
}

/// HQ's answer to `first..=last`: it has another record from `at` on, and its own copy ends at `end`.
fn conflict(first: u64, last: u64, at: u64, end: u64) -> Report {
    Report::Pushed(Settled {
        settled: (first..at).collect(),
        head: head(end),
        conflict: Some(at),
        conflicts: vec![17],
        ..settled(first, last)
    })
}

fn known(first: u64, last: u64, end: u64) -> Report {
    Report::Pushed(Settled {
        head: head(end),
        ..settled(first, last)
    })
}

fn asks(engine: &mut Engine, here: &LocalView, from: u64) {
    assert_eq!(engine.next(here, &at(20_000)), Action::BeginEpoch { from });
}

#[test]
fn a_restored_disk_asks_before_anything_is_sold() {
    let here = view(5, None);
    let mut engine = quiet(&here);
    engine.report(Report::Status(status(8)), &here, &at(20_000));
    assert!(differs(&engine));
    // HQ has its newest record: there the two part.
    assert_eq!(engine.next(&here, &at(20_000)), push(4));
    engine.report(known(5, 5, 8), &here, &at(20_000));
    asks(&mut engine, &here, 5);

    engine.report(Report::EpochBegun, &here, &at(20_000));
    let next = LocalView {
        head: Head::genesis(here_terminal(), 2),
        ..here
    };
    assert_eq!(engine.next(&next, &at(20_000)), Action::Status);
    let told = TerminalStatus {
        head: Some(next.head),
        earlier: vec![head(8)],
        ..status(8)
    };
    engine.report(Report::Status(told), &next, &at(20_000));
    assert!(!differs(&engine));
}

fn here_terminal() -> tillside_protocol::tillside_core::TerminalId {
    tillside_protocol::tillside_core::TerminalId::new(uuid::Uuid::from_u128(7))
}

#[test]
fn an_empty_disk_goes_on_from_the_very_beginning() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    engine.report(Report::Status(status(8)), &here, &at(20_000));
    asks(&mut engine, &here, 0);
}

#[test]
fn a_batch_that_hq_knows_in_part_shows_where_they_part() {
    let here = view(9, Some(4));
    let mut engine = engine();
    assert_eq!(engine.next(&here, &at(0)), push(3));
    engine.report(conflict(4, 9, 7, 12), &here, &at(0));
    assert!(engine.line().concerns[0].words.contains("case 17"));
    assert!(engine.line().up);
    asks(&mut engine, &here, 6);
}

#[test]
fn what_was_settled_once_is_asked_about_again() {
    let batch = BATCH_RECORD_LIMIT as u64;
    let (newest, first) = (batch * 3 + 9, batch * 3 + 1);
    let here = view(newest, Some(first));
    let mut engine = engine();
    engine.report(conflict(first, newest, first, first), &here, &at(0));
    // HQ was restored too, and has another record long before: batch by batch back.
    assert_eq!(engine.next(&here, &at(0)), push(batch * 2));
    let (start, end) = (batch * 2 + 1, batch * 3);
    engine.report(conflict(start, end, start, first), &here, &at(0));
    assert_eq!(engine.next(&here, &at(0)), push(batch));
    engine.report(known(batch + 1, batch * 2, first), &here, &at(0));
    assert_eq!(engine.next(&here, &at(0)), push(batch * 2));
    engine.report(conflict(start, end, start, first), &here, &at(0));
    asks(&mut engine, &here, batch * 2);
}

#[test]
fn another_record_at_the_end_is_a_fork_too() {
    let here = view(5, None);
    let mut engine = quiet(&here);
    let other = TerminalStatus {
        head: Some(Head {
            hash: Hash::of(b"other"),
            ..head(5)
        }),
        ..status(5)
    };
    engine.report(Report::Status(other), &here, &at(20_000));
    assert_eq!(engine.next(&here, &at(20_000)), push(4));
    engine.report(conflict(5, 5, 5, 5), &here, &at(20_000));
    assert_eq!(engine.next(&here, &at(20_000)), push(0));
    engine.report(conflict(1, 5, 5, 5), &here, &at(20_000));
    asks(&mut engine, &here, 4);
}

#[test]
fn what_came_from_elsewhere_in_a_later_epoch_begins_no_other() {
    let here = view(5, None);
    let mut engine = quiet(&here);
    let later = Head {
        epoch: 2,
        ..head(90)
    };
    let told = TerminalStatus {
        head: Some(later),
        earlier: vec![head(5)],
        ..status(5)
    };
    engine.report(Report::Status(told), &here, &at(20_000));
    assert!(differs(&engine));
    let next = engine.next(&here, &at(20_000));
    assert!(matches!(next, Action::Wait { .. }), "{next:?}");
}

#[test]
fn a_question_without_an_answer_is_asked_again_and_a_no_is_looked_at_anew() {
    let here = view(9, Some(4));
    let mut engine = engine();
    engine.report(conflict(4, 9, 7, 12), &here, &at(0));
    asks(&mut engine, &here, 6);
    let lost = failure(ProblemKind::Unreachable, true);
    engine.report(Report::Failed(lost), &here, &at(0));
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
    asks(&mut engine, &here, 6);
    let no = failure(ProblemKind::Refused, false);
    engine.report(Report::EpochRefused(no), &here, &at(20_000));
    assert!(differs(&engine) && engine.line().up);
    let next = engine.next(&here, &at(20_000));
    assert!(matches!(next, Action::Wait { .. }), "{next:?}");
    assert_eq!(engine.next(&here, &at(120_000)), push(3));
}

#[test]
fn an_hq_that_lost_a_whole_epoch_gets_what_that_goes_on_from_first() {
    let second = |seq| Head {
        epoch: 2,
        ..head(seq)
    };
    let here = LocalView {
        head: second(5),
        ..view(5, None)
    };
    let told = |head| TerminalStatus { head, ..status(0) };
    let after = |epoch, seq| Action::Push {
        after: Place::new(epoch, seq),
    };
    // Told by the status, with or without anything of the first epoch.
    for (at_hq, place) in [(Some(head(3)), (1, 3)), (None, (1, 0))] {
        let mut engine = engine();
        engine.report(Report::Status(told(at_hq)), &here, &at(0));
        assert_eq!(engine.next(&here, &at(0)), after(place.0, place.1));
        engine.report(known(4, 6, 6), &here, &at(0));
        assert_eq!(engine.next(&here, &at(0)), after(1, 6));
    }
    // Told by the answer to a batch.
    let mut engine = engine();
    let missing = Report::Pushed(Settled {
        settled: vec![],
        head: second(0),
        missing: true,
        ..settled(6, 6)
    });
    let newer = LocalView {
        head: second(6),
        ..view(6, Some(6))
    };
    engine.report(missing.clone(), &newer, &at(0));
    assert_eq!(engine.next(&newer, &at(0)), after(1, 0));
    engine.report(missing, &newer, &at(0));
    assert_eq!(
        engine.line().problem.as_ref().unwrap().kind,
        ProblemKind::Malformed
    );
}
