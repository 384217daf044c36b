//! What a till spends: in the right order, by its name, never more, never after the end; and when it
//! asks for more. A till of single tickets, written another way, is the oracle.

use crate::world::*;
use proptest::prelude::*;
use tillside_core::Timestamp;
use tillside_core::authority::*;

const OUT: Uncovered = Uncovered::AskHq;

#[test]
fn the_one_that_ends_first_is_used_up_first_and_named() {
    let mut soon = terms(2, 3);
    soon.expires_at = after(1_800);
    let till = holding(&[terms(1, 5), soon]);
    let fact = till.spend(&campaign(), 6, after(1)).unwrap();
    let part = |n, amount| Part {
        allowance: id(n),
        amount,
    };
    assert_eq!(fact.spent(), [part(2, 3), part(1, 3)]);
    assert_eq!(till.left(&campaign(), after(1)), 8);
    assert_eq!(till.left(&campaign(), after(1_740)), 5);
    let other = Subject::RiskCap {
        plan: tillside_core::PlanId::new("P").unwrap(),
    };
    assert_eq!(till.left(&other, after(1)), 0);
    assert!(till.spend(&other, 1, after(1)).is_err());
}

#[test]
fn refusals_say_why_and_what_to_do() {
    let till = holding(&[terms(1, 5)]);
    let spend = |amount, now| till.spend(&campaign(), amount, now).unwrap_err();
    assert_eq!(
        spend(6, after(1)),
        SpendError::NotEnough {
            left: 5,
            uncovered: OUT
        }
    );
    assert_eq!(spend(0, after(1)), SpendError::Nothing);
    let ended = terms(1, 5).ends();
    assert!(till.spend(&campaign(), 1, Timestamp(ended.0 - 1)).is_ok());
    assert_eq!(
        spend(1, ended),
        SpendError::Expired {
            ended,
            uncovered: OUT
        }
    );
    let mut early = terms(1, 5);
    early.not_before = after(100);
    early.policy.uncovered = Uncovered::Manager;
    let till = holding(&[early]);
    let not_yet = till.spend(&campaign(), 1, after(99)).unwrap_err();
    let (from, uncovered) = (after(100), Uncovered::Manager);
    assert_eq!(not_yet, SpendError::NotYet { from, uncovered });
    assert!(till.spend(&campaign(), 5, after(100)).is_ok());
}

#[test]
fn a_clock_that_runs_backwards_reopens_nothing() {
    let mut later = terms(2, 1);
    later.expires_at = after(90_000);
    let mut till = holding(&[terms(1, 5), later]);
    let fact = till.spend(&campaign(), 1, after(3_550)).unwrap();
    keep(&mut till, &fact);
    assert_eq!(till.left(&campaign(), after(1)), 0);
    let part = till.spend(&campaign(), 1, after(1)).unwrap_err();
    assert_eq!(
        part,
        SpendError::NotEnough {
            left: 0,
            uncovered: OUT
        }
    );
}

#[test]
fn closing_is_for_good_and_a_release_comes_before_it() {
    let mut till = holding(&[terms(1, 5)]);
    let spent = till.spend(&campaign(), 4, after(1)).unwrap();
    keep(&mut till, &spent);
    let back = till.release(spent.spent(), after(2)).unwrap();
    keep(&mut till, &back);
    assert_eq!(till.left(&campaign(), after(2)), 5);
    // More than was used cannot come back.
    assert_eq!(till.release(spent.spent(), after(2)), None);
    keep(&mut till, &spent);
    let closed = till.give_back(id(1), after(3)).unwrap();
    assert!(matches!(
        closed,
        HolderFact::Closed {
            used: 4,
            why: Closing::GivenBack,
            ..
        }
    ));
    keep(&mut till, &closed);
    assert_eq!(till.release(spent.spent(), after(4)), None);
    assert_eq!(till.give_back(id(1), after(4)), None);
    assert_eq!(till.left(&campaign(), after(4)), 0);
    assert!(till.spend(&campaign(), 1, after(4)).is_err());
    // HQ cannot make it forget one that is held.
    assert_eq!(holding(&[terms(1, 5)]).settle(&[id(1)], after(4)), None);
}

#[test]
fn it_asks_for_more_in_time() {
    let mut till = holding(&[terms(1, 8)]);
    assert_eq!(Holder::new(till_one(), 1).wish(&campaign(), START), None);
    assert_eq!(till.wish(&campaign(), START), None);
    let fact = till.spend(&campaign(), 6, after(1)).unwrap();
    keep(&mut till, &fact);
    // A quarter left is not below a quarter.
    assert_eq!(till.wish(&campaign(), after(1)), None);
    let ending = Some(Wish {
        left: 2,
        why: WishReason::Ending,
    });
    // It ends at 3540; 600 seconds before that is 2940.
    assert_eq!(till.wish(&campaign(), Timestamp(after(2_940).0 - 1)), None);
    assert_eq!(till.wish(&campaign(), after(2_940)), ending);
    let fact = till.spend(&campaign(), 1, after(2)).unwrap();
    keep(&mut till, &fact);
    let low = Some(Wish {
        left: 1,
        why: WishReason::Low,
    });
    assert_eq!(till.wish(&campaign(), after(2)), low);
    let out = Some(Wish {
        left: 0,
        why: WishReason::Out,
    });
    assert_eq!(till.wish(&campaign(), after(3_540)), out);
}

fn till_one() -> tillside_core::TerminalId {
    till(1)
}

/// One use each: which allowance it belongs to, and when it may be used.
struct Ticket {
    order: (i64, u64),
    from: i64,
    until: i64,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_till_of_tickets_agrees(
        leases in proptest::collection::vec((1..9_u64, 0..200_i64, 200..600_i64), 0..5),
        uses in proptest::collection::vec((1..7_u64, 0..60_i64), 0..20),
    ) {
        let mut till = Holder::new(till_one(), 1);
        let mut tickets: Vec<Ticket> = Vec::new();
        for (serial, (amount, from, until)) in (1..).zip(&leases) {
            let mut terms = terms(serial, *amount);
            (terms.not_before, terms.expires_at) = (after(*from), after(*until));
            if terms.fault().is_some() {
                continue;
            }
            let fact = till.accept(&arrived(&terms), START).unwrap();
            keep(&mut till, &fact);
            let until = until - i64::from(BOUND_S);
            let ticket = |_| Ticket { order: (until, serial), from: *from, until };
            tickets.extend((0..*amount).map(ticket));
        }
        let mut now = 0;
        for (amount, wait) in uses {
            now += wait;
            tickets.sort_by_key(|ticket| ticket.order);
            let good: Vec<usize> = (0..tickets.len())
                .filter(|n| tickets[*n].from <= now && now < tickets[*n].until)
                .collect();
            prop_assert_eq!(till.left(&campaign(), after(now)), good.len() as u64);
            let spent = till.spend(&campaign(), amount, after(now));
            if (good.len() as u64) < amount {
                prop_assert!(spent.is_err());
                continue;
            }
            let fact = spent.unwrap();
            keep(&mut till, &fact);
            let mut torn = Vec::new();
            for n in good[..amount as usize].iter().rev() {
                torn.push(tickets.remove(*n).order.1);
            }
            for part in fact.spent() {
                let its = torn.iter().filter(|serial| id(**serial) == part.allowance).count();
                prop_assert_eq!(its as u64, part.amount);
            }
        }
    }
}
