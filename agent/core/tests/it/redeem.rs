//! Points that pay: only what HQ let this till spend, each once, and back with a void or with goods.

use crate::fixtures::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use tillside_core::authority::*;
use tillside_core::engine::Document;
use tillside_core::*;
use uuid::Uuid;

const SECRET: [u8; 32] = [7; 32];

/// A point for each euro; 10 points are worth a euro; what they pay earns nothing.
fn rules(redeem: Value) -> Result<RuleBook, String> {
    let funders = json!([{"funder": "chain", "basis_points": 10_000}]);
    let document = json!({"v": 2, "points": {"redeem": redeem},
        "exclusions": {"no_earning_on_redeemed": true}, "rules": [
        {"rule": "base", "name": "Points on every purchase", "effects": [{"funders": funders,
            "effect": {"points_per_amount": {"points": 1, "per": {"minor": 100, "currency": "EUR"}}}}]}]});
    let read =
        Document::read(document.to_string().as_bytes()).map_err(|fault| fault.to_string())?;
    RuleBook::of(17, &read).map_err(|fault| fault.to_string())
}

fn ten_for_a_euro() -> Value {
    json!({"points": 10, "worth": {"minor": 100, "currency": "EUR"}, "minimum": 15})
}

fn take(state: &mut State, serial: u64, amount: u64) {
    let terms = Terms {
        id: AllowanceId::new(Uuid::from_u128(serial.into())),
        holder: terminal(1),
        epoch: 1,
        serial,
        subject: points_of(member_id(1)),
        amount,
        not_before: now().at,
        expires_at: Timestamp(now().at.0 + 3_600_000),
        clock_bound_s: 0,
        policy: AllowancePolicy {
            renew_below_bp: 0,
            renew_before_s: 0,
            uncovered: Uncovered::AskHq,
        },
    };
    let keys = [CodeKey::of_secret(&SECRET)];
    let allowance = Allowance::open(&terms.seal(&SECRET).unwrap(), &keys).unwrap();
    let change = AllowanceChange::Take(Box::new(allowance));
    carry_out(state, Command::ChangeAllowances(change), now()).unwrap();
}

/// The member has 100 points, and the till may spend some of them.
fn with(leased: u64) -> State {
    let mut state = state(&[], &[]);
    state.rules = rules(ten_for_a_euro()).unwrap().into();
    if leased > 0 {
        take(&mut state, 1, leased);
    }
    state
}

fn paying(sale: u128, price: i64, points: i64, cash: i64) -> Command {
    let lines = [line("wine", 1, price)];
    Command::CheckOut(CheckOut {
        points: Some(Points(points)),
        ..check_out(sale, &lines, &[], cash)
    })
}

fn left(state: &State) -> u64 {
    state.holder.left(&points_of(member_id(1)), now().at)
}

fn balance(state: &State) -> i64 {
    state.members[&member_id(1)].points.0
}

fn sale_of(event: Event) -> SaleCompleted {
    let text = serde_json::to_string(&event).unwrap();
    let read: Event = serde_json::from_str(&text).unwrap();
    assert_eq!(read, event);
    match event {
        Event::SaleCompleted(sale) => *sale,
        other => panic!("{other:?}"),
    }
}

#[test]
fn points_pay_what_they_are_worth_and_what_they_pay_earns_nothing() {
    let mut state = with(50);
    let sale = sale_of(carry_out(&mut state, paying(1, 1_250, 40, 850), now()).unwrap());
    let (tender, spent) = paid_with_points(&sale).unwrap();
    assert_eq!((tender.kind, tender.amount), (TenderKind::Points, eur(400)));
    assert_eq!((spent.points, spent.parts[0].amount), (Points(40), 40));
    assert_eq!(sale.total, eur(1_250), "the price stays");
    assert_eq!(sale.lots[0].amount, Points(8), "8.50 were paid with money");
    assert_eq!((balance(&state), left(&state)), (100 - 40 + 8, 10));
    // Applied again it changes nothing.
    let before = state.clone();
    apply(&mut state, &Event::SaleCompleted(Box::new(sale)));
    assert_eq!((balance(&state), left(&state)), (balance(&before), 10));
}

#[test]
fn what_hq_did_not_let_this_till_spend_is_refused() {
    let refused = |state: &State, command| decide(state, command, now()).unwrap_err();
    let none = with(0);
    let covered = |left| Refusal::PointsNotCovered { left };
    assert_eq!(refused(&none, paying(1, 1_000, 20, 800)), covered(0));
    let some = with(30);
    assert_eq!(refused(&some, paying(1, 1_000, 40, 600)), covered(30));
    // The same points twice.
    let mut twice = with(30);
    carry_out(&mut twice, paying(1, 1_000, 20, 800), now()).unwrap();
    assert_eq!(refused(&twice, paying(2, 1_000, 20, 800)), covered(10));
    // When the allowance has ended.
    let late = Now {
        at: Timestamp(now().at.0 + 3_600_000),
        ..now()
    };
    assert_eq!(
        decide(&some, paying(1, 1_000, 20, 800), late),
        Err(covered(0))
    );
    // Another member's.
    let Command::CheckOut(mut other) = paying(1, 1_000, 20, 800) else {
        unreachable!()
    };
    other.customer = Some(customer(2));
    assert_eq!(refused(&some, Command::CheckOut(other.clone())), covered(0));
    other.customer = None;
    assert_eq!(
        refused(&some, Command::CheckOut(other)),
        Refusal::PointsOfNobody
    );
}

#[test]
fn numbers_that_cannot_pay_are_refused_with_what_can() {
    let state = with(100);
    let refused =
        |price, points, cash| decide(&state, paying(1, price, points, cash), now()).unwrap_err();
    let step = Refusal::PointsStep {
        least: Points(20),
        step: 10,
    };
    for points in [-10, 0, 5, 10, 25] {
        assert_eq!(refused(1_000, points, 500), step, "{points}");
    }
    assert_eq!(
        refused(450, 50, 0),
        Refusal::PointsMoreThanDue { most: Points(40) }
    );
    assert_eq!(
        refused(1_000, 20, 700),
        Refusal::TenderMismatch {
            total: eur(1_000),
            tendered: eur(900)
        }
    );
    // Nobody names the tender itself.
    let Command::CheckOut(mut named) = paying(1, 1_000, 20, 800) else {
        unreachable!()
    };
    named.tenders[0].kind = TenderKind::Points;
    assert_eq!(
        decide(&state, Command::CheckOut(named), now()),
        Err(Refusal::PointsTender)
    );
    let mut without = with(100);
    without.rules = RuleBook::empty().into();
    assert_eq!(
        decide(&without, paying(1, 1_000, 20, 800), now()),
        Err(Refusal::PointsNotTaken)
    );
}

#[test]
fn a_void_gives_the_points_back() {
    let mut state = with(50);
    carry_out(&mut state, paying(1, 1_250, 40, 850), now()).unwrap();
    let event = carry_out(&mut state, Command::Void(void(1)), now()).unwrap();
    assert_eq!((balance(&state), left(&state)), (100, 50));
    apply(&mut state, &event);
    assert_eq!((balance(&state), left(&state)), (100, 50), "once");
}

#[test]
fn a_sale_that_waited_for_its_card_takes_the_points_when_it_is_completed() {
    let mut state = with(50);
    let Command::CheckOut(asked) = paying(1, 1_250, 40, 850) else {
        unreachable!()
    };
    let fixed = fix_sale(&state, asked, now()).unwrap();
    carry_out(&mut state, paying(2, 1_000, 20, 800), now()).unwrap();
    let complete = |fixed: &SaleCompleted| {
        Command::CompleteFixed(Box::new(CompleteFixed {
            fixed: fixed.clone(),
            tenders: cash(850),
        }))
    };
    assert_eq!(
        decide(&state, complete(&fixed), now()),
        Err(Refusal::PointsNotCovered { left: 30 })
    );
    take(&mut state, 2, 20);
    let sale = sale_of(carry_out(&mut state, complete(&fixed), now()).unwrap());
    assert_eq!(sale.tenders.len(), 2);
    assert_eq!(left(&state), 10);
}

#[test]
fn how_points_pay_is_checked_with_its_place() {
    let worth = json!({"minor": 100, "currency": "EUR"});
    for (redeem, place) in [
        (json!({"points": 0, "worth": worth}), "points.redeem.points"),
        (
            json!({"points": 1_000_001, "worth": worth}),
            "points.redeem.points",
        ),
        (
            json!({"points": 1, "worth": {"minor": 0, "currency": "EUR"}}),
            "points.redeem.worth",
        ),
        (
            json!({"points": 1, "worth": worth, "minimum": -1}),
            "points.redeem.minimum",
        ),
        (
            json!({"points": 1, "worth": worth, "dark": {"points": 0, "days": 1}}),
            "points.redeem.dark.points",
        ),
        (
            json!({"points": 1, "worth": worth, "dark": {"points": 1, "days": 61}}),
            "points.redeem.dark.days",
        ),
        (
            json!({"points": 1, "worth": worth, "darkness": 1}),
            "darkness",
        ),
    ] {
        let refused = rules(redeem).unwrap_err();
        assert!(refused.contains(place), "{refused}");
    }
}

proptest! {
    /// Whatever comes back in whatever parts: all money and all points that paid are back at the end, never more on the
    /// way, but for the rounding of each.
    #[test]
    fn what_points_paid_comes_back_as_points(
        quantities in prop::collection::vec((1u32..5, 1i64..2_000), 1..5),
        points in 2i64..40,
        order in prop::collection::vec((0u32..5, 1u32..3), 0..20),
    ) {
        let mut state = with(1_000);
        let lines: Vec<Line> = quantities.iter().map(|(n, price)| line("wine", *n, *price)).collect();
        let total: i64 = quantities.iter().map(|(n, price)| i64::from(*n) * price).sum();
        let (points, worth) = (points * 10, points * 100);
        prop_assume!(worth <= total);
        let check_out = CheckOut {
            points: Some(Points(points)),
            ..check_out(1, &lines, &[], total - worth)
        };
        carry_out(&mut state, Command::CheckOut(check_out), now()).unwrap();
        let earned: i64 = state.sales[&sale_id(1)].sale.lots.iter().map(|lot| lot.amount.0).sum();
        let rest = quantities.iter().enumerate().map(|(n, (quantity, _))| (n as u32, *quantity));
        let (mut money, mut back_points, mut n) = (0, 0, 0);
        for (line, quantity) in order.into_iter().chain(rest) {
            let known = &state.sales[&sale_id(1)];
            let gone = tillside_core::quantities(&known.returns);
            let Some(sold) = known.sale.lines.get(line as usize) else { continue };
            let left = sold.quantity - gone.get(&line).copied().unwrap_or(0);
            let goods = [(line, quantity.min(left))];
            let Ok(priced) = price_return(&known.sale, &gone, &goods) else { continue };
            let (points_now, worth_now) = priced.points.map_or((0, 0), |(p, w)| (p.0, w.minor()));
            n += 1;
            let cash = priced.total.minor() - worth_now;
            prop_assert!(points_now >= 0 && worth_now >= 0 && cash >= 0);
            carry_out(&mut state, Command::TakeGoodsBack(back(n, &goods, cash)), now()).unwrap();
            (money, back_points) = (money + cash, back_points + points_now);
            prop_assert!(money <= total - worth + n as i64, "{money} of {}", total - worth);
            prop_assert!(back_points <= points);
        }
        prop_assert_eq!((money, back_points), (total - worth, points));
        prop_assert_eq!(balance(&state), 100, "earned {} and gone again", earned);
        prop_assert_eq!(left(&state), 1_000 - points as u64, "back at HQ, not here");
    }
}
