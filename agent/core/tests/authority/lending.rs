//! What HQ leases, refuses to lease, and makes of reports that come twice, late, or make no sense.

use crate::world::*;
use tillside_core::authority::*;

fn lessor(total: u64, leases: &[Terms]) -> Lessor {
    let mut lessor = Lessor::new(campaign(), total);
    for terms in leases {
        let fact = lessor.grant(terms.clone(), START).unwrap();
        note(&mut lessor, &[fact]);
    }
    lessor
}

#[test]
fn a_quota_is_leased_down_to_nothing_and_no_further() {
    let full = lessor(10, &[terms(1, 6), terms(2, 4)]);
    assert_eq!(full.free(), 0);
    let over = full.grant(terms(3, 1), START).unwrap_err();
    assert_eq!(over, LeaseError::NotFree { asked: 1, free: 0 });
    assert!(over.is_retryable());
    let roomy = lessor(10, &[terms(1, 6)]);
    assert_eq!(
        roomy.grant(terms(1, 1), START),
        Err(LeaseError::SameId { id: id(1) })
    );
    let mut other = terms(2, 1);
    other.subject = Subject::MemberPoints { member: member(1) };
    assert_eq!(roomy.grant(other, START), Err(LeaseError::OtherSubject));
    assert_eq!(
        roomy.grant(terms(2, 1), terms(2, 1).ends()),
        Err(LeaseError::Over)
    );
    let none = roomy.grant(terms(2, 0), START);
    assert_eq!(
        none,
        Err(LeaseError::Malformed {
            fault: TermsFault::Amount
        })
    );
}

#[test]
fn a_lowered_quota_takes_no_lease_back() {
    let mut lessor = lessor(10, &[terms(1, 8)]);
    let resized = lessor.resize(5, START);
    note(&mut lessor, &[resized]);
    assert_eq!((lessor.free(), lessor.figures(START).in_the_field), (0, 8));
    let resized = lessor.resize(12, START);
    note(&mut lessor, &[resized]);
    assert_eq!(lessor.free(), 4);
}

#[test]
fn what_is_given_back_can_be_leased_again_once() {
    let mut lessor = lessor(10, &[terms(1, 10)]);
    let mut till = holding(&[terms(1, 10)]);
    let spent = till.spend(&campaign(), 3, after(1)).unwrap();
    keep(&mut till, &spent);
    let old = till.report(START);
    let back = till.give_back(id(1), after(2)).unwrap();
    keep(&mut till, &back);
    let report = till.report(START);
    let facts = lessor.hear(&report, after(3));
    note(&mut lessor, &facts);
    assert_eq!(lessor.free(), 7);
    assert_eq!(lessor.settled(&report), vec![id(1)]);
    // Again, and an older one after it: nothing is new.
    assert_eq!(lessor.hear(&report, after(4)), vec![]);
    assert_eq!(lessor.hear(&old, after(5)), vec![]);
    let fact = till.settle(&[id(1), id(77)], after(6)).unwrap();
    keep(&mut till, &fact);
    assert!(till.held(id(1)).is_none());
    assert_eq!(till.settle(&[id(1)], after(7)), None);
    // The forgotten one cannot be replayed.
    let replay = till.accept(&arrived(&terms(1, 10)), after(8));
    assert_eq!(
        replay,
        Err(AllowanceError::Older {
            serial: 1,
            newest: 1
        })
    );
}

#[test]
fn an_older_report_that_comes_late_changes_nothing() {
    let mut lessor = lessor(10, &[terms(1, 10)]);
    let mut till = holding(&[terms(1, 10)]);
    let before = till.report(START);
    let spent = till.spend(&campaign(), 3, after(1)).unwrap();
    keep(&mut till, &spent);
    let facts = lessor.hear(&till.report(START), after(2));
    note(&mut lessor, &facts);
    assert_eq!(lessor.hear(&before, after(3)), vec![]);
    assert_eq!(lessor.figures(after(3)).used, 3);
}

#[test]
fn more_than_the_amount_is_counted_once_and_seen() {
    let mut lessor = lessor(10, &[terms(1, 4)]);
    let mut report = holding(&[terms(1, 4)]).report(START);
    report.lines[0].used = 9;
    let facts = lessor.hear(&report, after(1));
    note(&mut lessor, &facts);
    let beyond = LessorFact::Beyond {
        id: id(1),
        beyond: 5,
        at: after(1),
    };
    assert!(facts.contains(&beyond), "{facts:?}");
    let figures = lessor.figures(after(1));
    assert_eq!((figures.used, figures.beyond, figures.free), (4, 5, 1));
    report.number += 1;
    let again = lessor.hear(&report, after(2));
    assert!(matches!(again[..], [LessorFact::Heard { .. }]), "{again:?}");
}

#[test]
fn a_till_speaks_of_its_own_leases_only() {
    let mut theirs = terms(1, 4);
    theirs.holder = till(2);
    let mut lessor = lessor(10, &[theirs]);
    let mut report = holding(&[terms(1, 4)]).report(START);
    report.lines[0].used = 4;
    report.lines[0].closed = true;
    report.newest_serial = 99;
    let facts = lessor.hear(&report, after(9_000));
    note(&mut lessor, &facts);
    assert_eq!((lessor.free(), lessor.figures(START).used), (6, 0));
    assert_eq!(lessor.settled(&report), vec![]);
}

#[test]
fn facts_of_another_version_are_not_read() {
    let fact = Written::from(lessor(1, &[]).resize(3, START));
    let text = serde_json::to_string(&fact).unwrap();
    assert_eq!(
        text,
        r#"{"v":1,"fact":{"kind":"resized","total":3,"at":1795352520000}}"#
    );
    let newer = text.replace("\"v\":1", "\"v\":2");
    let error = serde_json::from_str::<Written<LessorFact>>(&newer).unwrap_err();
    assert!(error.to_string().contains("version 2"), "{error}");
    let unknown = text.replace("\"total\"", "\"x\":1,\"total\"");
    assert!(serde_json::from_str::<Written<LessorFact>>(&unknown).is_err());
}
