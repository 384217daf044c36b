//! What the engine says of the line, and what it is concerned about.

use super::*;

#[test]
fn the_line_says_since_when_it_is_down_and_why() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    assert_eq!(
        (engine.line().since, engine.line().words()),
        (at(0).wall, "HQ is connected.")
    );
    for millis in [20_000, 30_000] {
        engine.report(
            Report::Failed(failure(ProblemKind::Unreachable, true)),
            &here,
            &at(millis),
        );
    }
    let line = engine.line();
    assert_eq!(
        (line.up, line.since, line.last_contact),
        (false, at(20_000).wall, Some(at(0).wall))
    );
    assert_eq!(
        (line.problem.as_ref().unwrap().since, line.words()),
        (at(20_000).wall, "Unreachable")
    );
    engine.report(Report::Status(status(0)), &here, &at(40_000));
    let line = engine.line();
    assert_eq!(
        (line.up, line.since, &line.problem),
        (true, at(40_000).wall, &None)
    );
}

#[test]
fn a_clock_far_from_hqs_is_named_with_both_times() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    let day = TerminalStatus {
        now: Timestamp(87_400_000),
        ..status(0)
    };
    engine.report(Report::Status(day), &here, &at(0));
    assert_eq!(
        engine.line().concerns[0].words,
        "This PC's clock says 1970-01-01 00:16 UTC, and HQ's says 1970-01-02 00:16 UTC: set this PC's date and time."
    );
    engine.report(Report::Status(status(0)), &here, &at(0));
    assert_eq!(engine.line().concerns, []);
}

#[test]
fn a_refused_bundle_is_a_concern_and_delays_no_fact() {
    let here = view(0, None);
    let mut engine = quiet(&here);
    let newer = TerminalStatus {
        bundle: 4,
        ..status(0)
    };
    engine.report(Report::Status(newer), &here, &at(0));
    assert!(matches!(engine.next(&here, &at(0)), Action::Pull { .. }));
    engine.report(
        Report::PullRefused(failure(ProblemKind::TamperedBundle, false)),
        &here,
        &at(0),
    );
    assert!(engine.line().up);
    assert_eq!(engine.line().concerns[0].kind, ProblemKind::TamperedBundle);
    assert!(matches!(engine.next(&here, &at(0)), Action::Wait { .. }));
    assert_eq!(engine.next(&view(1, Some(1)), &at(0)), push(0));
    assert!(matches!(engine.next(&here, &at(800)), Action::Pull { .. }));
    engine.report(Report::Pulled, &here, &at(800));
    assert_eq!(engine.line().concerns, []);
}

#[test]
fn a_store_that_fails_is_a_concern_and_a_wait() {
    let mut engine = engine();
    let action = engine.local_failed("the disk is full".to_owned(), &at(0));
    assert!(matches!(action, Action::Wait { until } if until > Duration::ZERO));
    assert_eq!(engine.line().concerns[0].words, "the disk is full");
    engine.report(Report::Status(status(0)), &view(0, None), &at(2000));
    assert_eq!(engine.line().concerns, []);
}
