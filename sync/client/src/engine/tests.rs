//! The engine's decisions, one by one.

#![allow(clippy::unwrap_used)]

mod fork;
mod line;

use super::*;
use tillside_protocol::TerminalStatus;
use tillside_protocol::tillside_core::{Hash, Head};

const POLL: Duration = Duration::from_secs(16);

fn at(millis: u64) -> Moment {
    Moment {
        elapsed: Duration::from_millis(millis),
        wall: Timestamp(1_000_000 + i64::try_from(millis).unwrap()),
        chance: u32::MAX / 2,
    }
}

fn head(seq: u64) -> Head {
    Head {
        epoch: 1,
        seq,
        hash: Hash::of(&seq.to_be_bytes()),
    }
}

fn view(newest: u64, oldest_unconfirmed: Option<u64>) -> LocalView {
    LocalView {
        head: head(newest),
        oldest_unconfirmed,
        bundle: 3,
    }
}

fn status(seq: u64) -> TerminalStatus {
    TerminalStatus {
        now: Timestamp(1_000_000),
        bundle: 3,
        head: Some(head(seq)),
        earlier: Vec::new(),
        certificate_until: Timestamp(9_000_000),
        settled: Vec::new(),
    }
}

fn settled(first: u64, last: u64) -> Settled {
    Settled {
        sent: (first, last),
        settled: (first..=last).collect(),
        head: head(last),
        missing: false,
        conflict: None,
        conflicts: Vec::new(),
        quarantined: Vec::new(),
    }
}

/// Sending what comes after a position of the first epoch.
fn push(after: u64) -> Action {
    let after = Place::new(1, after);
    Action::Push { after }
}

fn failure(kind: ProblemKind, retryable: bool) -> Failure {
    Failure {
        kind,
        words: format!("{kind:?}"),
        retryable,
    }
}

fn engine() -> Engine {
    Engine::new(POLL, LineState::untried(Timestamp(0)))
}

/// An engine that has been through its first round.
fn quiet(view: &LocalView) -> Engine {
    let mut engine = engine();
    assert_eq!(engine.next(view, &at(0)), Action::Status);
    engine.report(Report::Status(status(view.head.seq)), view, &at(0));
    let pull = engine.next(view, &at(0));
    assert!(matches!(pull, Action::Pull { .. }), "{pull:?}");
    engine.report(Report::Pulled, view, &at(0));
    assert!(matches!(engine.next(view, &at(0)), Action::Wait { .. }));
    engine
}

#[test]
fn facts_go_up_before_anything_comes_down() {
    let mut engine = engine();
    assert_eq!(engine.next(&view(9, Some(4)), &at(0)), push(3));
    engine.report(Report::Pushed(settled(4, 9)), &view(9, Some(4)), &at(5));
    assert!(engine.line().up);
    assert_eq!(engine.next(&view(9, None), &at(5)), Action::Status);
}

#[test]
fn a_lost_answer_sends_the_same_again_after_a_wait() {
    let mut engine = engine();
    let view = view(9, Some(4));
    assert_eq!(engine.next(&view, &at(0)), push(3));
    engine.report(
        Report::Failed(failure(ProblemKind::Unreachable, true)),
        &view,
        &at(0),
    );
    let until = Duration::from_nanos(749_999_999);
    assert_eq!(engine.next(&view, &at(0)), Action::Wait { until });
    assert_eq!(engine.next(&view, &at(750)), push(3));
}

#[test]
fn what_trying_cannot_mend_is_tried_seldom() {
    let mut engine = engine();
    engine.report(
        Report::Failed(failure(ProblemKind::Revoked, false)),
        &view(0, None),
        &at(0),
    );
    let Action::Wait { until } = engine.next(&view(0, None), &at(0)) else {
        panic!("no wait");
    };
    assert!(until >= Duration::from_secs(30), "{until:?}");
}

#[test]
fn missing_sends_again_from_where_hq_ends() {
    let mut engine = engine();
    let here = view(9, Some(7));
    assert_eq!(engine.next(&here, &at(0)), push(6));
    let missing = Settled {
        settled: vec![],
        head: head(2),
        missing: true,
        ..settled(7, 9)
    };
    engine.report(Report::Pushed(missing.clone()), &here, &at(0));
    assert_eq!(engine.next(&here, &at(0)), push(2));
    // HQ that asks again and again is not obeyed without end.
    engine.report(
        Report::Pushed(Settled {
            head: head(1),
            ..missing
        }),
        &here,
        &at(0),
    );
    assert_eq!(
        engine.line().problem.as_ref().unwrap().kind,
        ProblemKind::Malformed
    );
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
}

#[test]
fn missing_right_after_hqs_own_end_is_no_answer() {
    let mut engine = engine();
    let here = view(9, Some(7));
    let missing = Settled {
        settled: vec![],
        head: head(6),
        missing: true,
        ..settled(7, 9)
    };
    engine.report(Report::Pushed(missing), &here, &at(0));
    assert_eq!(
        engine.line().problem.as_ref().unwrap().kind,
        ProblemKind::Malformed
    );
}

#[test]
fn a_store_that_forgets_what_was_settled_does_not_spin() {
    let mut engine = engine();
    let here = view(9, Some(7));
    engine.report(Report::Pushed(settled(7, 9)), &here, &at(0));
    assert_eq!(engine.next(&here, &at(0)), push(6));
    engine.report(Report::Pushed(settled(7, 9)), &here, &at(0));
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
}

#[test]
fn an_hq_restored_from_a_backup_gets_what_it_lost() {
    let here = view(9, None);
    let mut engine = quiet(&here);
    engine.report(Report::Status(status(4)), &here, &at(20_000));
    assert_eq!(engine.next(&here, &at(20_000)), push(4));
    engine.report(Report::Pushed(settled(5, 7)), &here, &at(20_001));
    assert_eq!(engine.next(&here, &at(20_001)), push(7));
    engine.report(Report::Pushed(settled(8, 9)), &here, &at(20_002));
    assert!(matches!(
        engine.next(&here, &at(20_002)),
        Action::Wait { .. }
    ));
}

#[test]
fn nothing_is_pulled_before_hq_first_publishes() {
    let mut engine = engine();
    let here = LocalView {
        bundle: 0,
        ..view(0, None)
    };
    let none = TerminalStatus {
        bundle: 0,
        ..status(0)
    };
    engine.report(Report::Status(none), &here, &at(0));
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
}

#[test]
fn ringing_stops_the_wait() {
    let mut engine = engine();
    let here = view(1, Some(1));
    for _ in 0..9 {
        engine.report(
            Report::Failed(failure(ProblemKind::Unreachable, true)),
            &here,
            &at(0),
        );
    }
    engine.wake(Wake::NewFact, &at(100));
    assert!(matches!(engine.next(&here, &at(999)), Action::Wait { .. }));
    assert_eq!(engine.next(&here, &at(1000)), push(0));
    engine.report(
        Report::Failed(failure(ProblemKind::Unreachable, true)),
        &here,
        &at(1000),
    );
    engine.wake(Wake::TryNow, &at(1001));
    assert_eq!(engine.next(&here, &at(1001)), push(0));
}

#[test]
fn try_now_looks_at_the_bundle_too() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    engine.wake(Wake::TryNow, &at(100));
    assert_eq!(engine.next(&here, &at(100)), Action::Status);
    engine.report(Report::Status(status(0)), &here, &at(100));
    assert!(matches!(engine.next(&here, &at(100)), Action::Pull { .. }));
}

#[test]
fn a_certificate_in_its_last_third_is_renewed() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    engine.renew_after(Timestamp(1_000_001));
    engine.report(Report::Status(status(0)), &here, &at(0));
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
    let later = TerminalStatus {
        now: Timestamp(1_000_001),
        ..status(0)
    };
    engine.report(Report::Status(later), &here, &at(0));
    assert_eq!(engine.next(&here, &at(0)), Action::Renew);
    engine.report(
        Report::RenewRefused(failure(ProblemKind::Refused, true)),
        &here,
        &at(0),
    );
    assert_eq!(
        engine.line().concerns[0].kind,
        ProblemKind::CertificateExpired
    );
    assert_eq!(engine.next(&here, &at(800)), Action::Renew);
    engine.report(Report::Renewed, &here, &at(800));
    assert_eq!(engine.line().concerns, []);
    assert!(matches!(engine.next(&here, &at(800)), Action::Wait { .. }));
}

#[test]
fn shares_are_spoken_of_only_with_an_hq_that_has_the_facts() {
    let told = |head| TerminalStatus { head, ..status(0) };
    let (behind, ahead) = (view(9, None), view(9, Some(5)));
    for (here, at_hq, agrees) in [
        (&behind, Some(head(9)), true),
        (&behind, Some(head(8)), false),
        (&behind, Some(head(10)), false),
        (&behind, None, false),
        (&ahead, Some(head(4)), true),
        (&ahead, Some(head(3)), false),
        (&view(0, None), None, true),
    ] {
        assert_eq!(in_step(here, &told(at_hq)), agrees, "{here:?} {at_hq:?}");
    }
    // HQ knows nothing of the epoch that the till is in.
    let later = LocalView {
        head: Head {
            epoch: 2,
            ..head(1)
        },
        ..view(1, Some(1))
    };
    assert!(!in_step(&later, &told(Some(head(9)))));
}
