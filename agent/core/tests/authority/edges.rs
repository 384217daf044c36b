//! What the quota rests on: the holder's word, the clock bound, and a disk that knows it was restored.

use crate::world::*;
use tillside_core::Timestamp;
use tillside_core::authority::*;

const QUOTA: u64 = 10;

/// HQ with one lease of the whole quota, and its holder.
fn leased() -> (Lessor, Holder) {
    let mut lessor = Lessor::new(campaign(), QUOTA);
    let fact = lessor.grant(terms(1, QUOTA), START).unwrap();
    note(&mut lessor, &[fact]);
    (lessor, holding(&[terms(1, QUOTA)]))
}

fn spend(holder: &mut Holder, amount: u64, now: Timestamp) -> Result<Vec<Part>, SpendError> {
    let fact = holder.spend(&campaign(), amount, now)?;
    keep(holder, &fact);
    Ok(fact.spent().to_vec())
}

fn hear(lessor: &mut Lessor, report: &Report, now: Timestamp) -> Vec<LessorFact> {
    let facts = lessor.hear(report, now);
    note(lessor, &facts);
    facts
}

/// Thirty days dark: it used all of it in time and says so late. HQ kept it aside, however long.
#[test]
fn time_alone_frees_nothing_and_late_word_is_accepted() {
    let (mut lessor, mut till) = leased();
    spend(&mut till, 7, after(60)).unwrap();
    let late = after(30 * 86_400);
    assert_eq!(lessor.free(), 0);
    let figures = lessor.figures(late);
    assert_eq!((figures.in_doubt, figures.in_the_field), (QUOTA, 0));
    let mut more = terms(2, 1);
    more.expires_at = after(31 * 86_400);
    assert_eq!(
        lessor.grant(more, late),
        Err(LeaseError::NotFree { asked: 1, free: 0 })
    );
    let facts = hear(&mut lessor, &till.report(START), late);
    assert!(facts.contains(&LessorFact::Used {
        id: id(1),
        used: 7,
        at: late
    }));
    // It does not say yet that it stopped: three stay aside.
    assert_eq!(lessor.free(), 0);
    for fact in till.close_ended(late) {
        keep(&mut till, &fact);
    }
    hear(&mut lessor, &till.report(late), late);
    assert_eq!((lessor.free(), lessor.figures(late).used), (3, 7));
    assert_eq!(lessor.figures(late).beyond, 0);
}

/// The till's clock runs `slow` behind the true time and HQ's `fast` before it. HQ calls when the lease
/// is surely over by its own clock, the till answers, HQ leases anew, both tills spend all they may.
fn uses_with_clocks_off(slow: i64, fast: i64) -> u64 {
    let (mut lessor, mut one) = leased();
    let over_at_hq = terms(1, QUOTA).surely_over();
    let truth = over_at_hq.0 - fast;
    hear(&mut lessor, &one.report(over_at_hq), over_at_hq);
    let mut used = 0;
    let mut other = terms(2, lessor.free().max(1));
    (other.holder, other.expires_at) = (till(2), after(9_000));
    if let Ok(fact) = lessor.grant(other.clone(), over_at_hq) {
        note(&mut lessor, &[fact]);
        let mut two = Holder::new(till(2), 1);
        let fact = two.accept(&arrived(&other), Timestamp(truth)).unwrap();
        keep(&mut two, &fact);
        spend(&mut two, QUOTA, Timestamp(truth)).unwrap();
        used += QUOTA;
    }
    let by_its_clock = Timestamp(truth - slow);
    if spend(&mut one, QUOTA, by_its_clock).is_ok() {
        used += QUOTA;
        let facts = hear(&mut lessor, &one.report(over_at_hq), over_at_hq);
        let at = over_at_hq;
        let beyond = LessorFact::Beyond {
            id: id(1),
            beyond: QUOTA,
            at,
        };
        assert!(facts.contains(&beyond), "HQ sees it: {facts:?}");
        assert_eq!(lessor.free(), 0);
    }
    used
}

#[test]
fn the_clock_bound_is_what_protects() {
    for (slow, fast) in [
        (0, 0),
        (BOUND, BOUND),
        (BOUND, 0),
        (0, BOUND),
        (-BOUND, -BOUND),
    ] {
        assert_eq!(uses_with_clocks_off(slow, fast), QUOTA, "{slow} {fast}");
    }
    for (slow, fast) in [(BOUND + 1, BOUND), (BOUND, BOUND + 1), (2 * BOUND + 1, 0)] {
        assert_eq!(uses_with_clocks_off(slow, fast), 2 * QUOTA, "{slow} {fast}");
    }
}

#[test]
fn an_answer_counts_from_the_end_plus_the_bound_on() {
    let over = terms(1, QUOTA).surely_over();
    for (answers, now, free) in [
        (over.0 - 1, over.0 - 1, 0),
        (over.0 - 1, over.0 + BOUND, 0),
        (over.0, over.0, QUOTA),
        // An answer to a call that HQ has not made yet proves nothing.
        (over.0, over.0 - 1, 0),
    ] {
        let (mut lessor, till) = leased();
        hear(
            &mut lessor,
            &till.report(Timestamp(answers)),
            Timestamp(now),
        );
        assert_eq!(lessor.free(), free, "{answers} {now}");
    }
}

/// HQ may have counted the use by the lease's end, from a report that did not close it.
#[test]
fn a_use_is_not_taken_back_once_its_lease_has_ended() {
    let (mut lessor, mut till) = leased();
    let parts = spend(&mut till, 4, after(1)).unwrap();
    let ends = terms(1, QUOTA).ends();
    assert!(till.release(&parts, Timestamp(ends.0 - 1)).is_some());
    let over = terms(1, QUOTA).surely_over();
    hear(&mut lessor, &till.report(over), over);
    assert_eq!(till.release(&parts, ends), None);
    assert_eq!(lessor.figures(over).used, 4);
}

#[test]
fn a_lease_that_never_arrived_comes_back() {
    // A newer one was taken: this one never will be.
    let (mut lessor, _) = leased();
    let resized = lessor.resize(QUOTA + 5, START);
    note(&mut lessor, &[resized]);
    let fact = lessor.grant(terms(2, 5), START).unwrap();
    note(&mut lessor, &[fact]);
    let till = holding(&[terms(2, 5)]);
    let facts = hear(&mut lessor, &till.report(START), START);
    let why = Ending::NeverTaken;
    let ended = LessorFact::Ended {
        id: id(1),
        used: 0,
        why,
        at: START,
    };
    assert!(facts.contains(&ended), "{facts:?}");
    assert_eq!(lessor.free(), QUOTA);
    let late = arrived(&terms(1, QUOTA));
    let (serial, newest) = (1, 2);
    assert_eq!(
        till.accept(&late, START),
        Err(AllowanceError::Older { serial, newest })
    );

    // Nothing newer was: it may be under way until it is surely over.
    let (mut lessor, _) = leased();
    let empty = Holder::new(till_one(), 1);
    hear(&mut lessor, &empty.report(START), START);
    assert_eq!(lessor.free(), 0);
    let over = terms(1, QUOTA).surely_over();
    hear(&mut lessor, &empty.report(over), over);
    assert_eq!(lessor.free(), QUOTA);
}

fn till_one() -> tillside_core::TerminalId {
    till(1)
}

#[test]
fn a_restored_till_that_knows_holds_nothing_and_its_leases_count_forever() {
    let (mut lessor, mut before) = leased();
    spend(&mut before, 4, after(1)).unwrap();
    let unsent = before.report(START);
    let begun = lessor.begin_epoch(till(1), 2, after(2)).unwrap();
    note(&mut lessor, &[begun]);
    let mut restored = holding(&[terms(1, QUOTA)]);
    let fact = restored.begin_epoch(2, after(2)).unwrap();
    keep(&mut restored, &fact);
    assert_eq!(restored.left(&campaign(), after(3)), 0);
    let again = restored.accept(&arrived(&terms(1, QUOTA)), after(3));
    assert_eq!(
        again,
        Err(AllowanceError::WrongEpoch { theirs: 1, ours: 2 })
    );
    let late = after(90 * 86_400);
    hear(&mut lessor, &restored.report(late), late);
    assert_eq!((lessor.free(), lessor.figures(late).lost), (0, QUOTA));
    // A letter of the lost history turns up: its uses were authorised.
    hear(&mut lessor, &unsent, late);
    let figures = lessor.figures(late);
    assert_eq!((figures.used, figures.lost, figures.free), (4, 6, 0));
    // Even one that closes the lease: the disk that was put back may have gone on from before that.
    let closed = before.give_back(id(1), after(2)).unwrap();
    keep(&mut before, &closed);
    hear(&mut lessor, &before.report(late), late);
    let figures = lessor.figures(late);
    assert_eq!((figures.used, figures.lost, figures.free), (4, 6, 0));
    let old = lessor.grant(terms(9, 1), START);
    assert_eq!(
        old,
        Err(LeaseError::OldEpoch {
            asked: 1,
            newest: 2
        })
    );
    assert_eq!(lessor.begin_epoch(till(1), 2, late), None);
    assert_eq!(restored.begin_epoch(2, late), None);
}

/// Stated, not prevented: nobody told the till that its disk was put back.
#[test]
fn a_disk_put_back_unnoticed_repeats_at_most_what_it_held() {
    let (_, mut till) = leased();
    let backup = till.clone();
    spend(&mut till, QUOTA, after(1)).unwrap();
    let mut again = backup;
    spend(&mut again, QUOTA, after(2)).unwrap();
    assert!(spend(&mut again, 1, after(3)).is_err());
    let end = terms(1, QUOTA).ends();
    let mut too_late = holding(&[terms(1, QUOTA)]);
    assert!(spend(&mut too_late, 1, end).is_err());
}
