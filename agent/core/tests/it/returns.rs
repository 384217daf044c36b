//! Goods that come back: each cent and each point that was paid or earned for them, once.

use crate::fixtures::*;
use crate::strategies::{Case, case, modest};
use proptest::prelude::*;
use tillside_core::*;

fn returned(state: &mut State, command: TakeGoodsBack) -> GoodsReturned {
    let later = Now {
        at: Timestamp(now().at.0 + 30 * 86_400_000),
        ..on(jiff::civil::date(2026, 12, 22))
    };
    match carry_out(state, Command::TakeGoodsBack(command), later).unwrap() {
        Event::GoodsReturned(goods) => *goods,
        other => panic!("a return made {other:?}"),
    }
}

/// Three breads and a wine with a coupon of 1.00: 9.00 and 9.00 less 1.00. One point for each full euro of
/// anything; wine has three more.
fn sold() -> (State, SaleCompleted) {
    let wine = RuleEffect::PointsPerProduct {
        points: 3,
        products: products(&["wine"]),
    };
    let rules = [
        rule("base", "chain", per_amount(1, 100)),
        rule("wine", "chain", wine),
    ];
    let mut state = state(&rules, &[plan("P", off(100))]);
    hold(&mut state, "AAAA", "P");
    let lines = [line("bread", 3, 300), line("wine", 1, 900)];
    let sale = sell(&mut state, check_out(1, &lines, &["AAAA"], 1_700));
    (state, sale)
}

#[test]
fn what_was_paid_comes_back_and_the_points_that_it_earned() {
    let (mut state, sale) = sold();
    assert_eq!(paid_for(&sale, 0), 850);
    assert_eq!(paid_for(&sale, 1), 850);
    let [all, wine] = &sale.lots[..] else {
        panic!("two lots: {:?}", sale.lots);
    };
    assert_eq!((all.amount, &all.on[..]), (Points(17), &[][..]));
    assert_eq!((wine.amount, &wine.on[..]), (Points(3), &[1][..]));

    // A third of 8.50 and of half of 17 points, rounded down.
    let first = returned(&mut state, back(1, &[(0, 1)], 283));
    assert_eq!(first.total, eur(283));
    let points = |index, points| LotReturned {
        index,
        points: Points(points),
        pending_until: None,
    };
    assert_eq!(first.lots, [points(0, 2)]);
    assert_eq!(state.members[&member_id(1)].points, Points(118));
    // The wine takes its own points along.
    let second = returned(&mut state, back(2, &[(1, 1)], 850));
    assert_eq!(second.lots, [points(0, 9), points(1, 3)]);
    // The rest is exact: 8.50 − 2.83, and 17 − 2 − 9.
    let third = returned(&mut state, back(3, &[(0, 2)], 567));
    assert_eq!(third.lots, [points(0, 6)]);
    assert_eq!(state.members[&member_id(1)].points, Points(100));
    assert_eq!(
        state.coupons[&number("AAAA")].used.as_ref().map(|u| u.sale),
        Some(sale_id(1))
    );
}

#[test]
fn goods_come_back_once() {
    let (mut state, _) = sold();
    let first = returned(&mut state, back(1, &[(0, 2)], 566));
    let again = decide(
        &state,
        Command::TakeGoodsBack(back(2, &[(0, 2)], 566)),
        now(),
    );
    assert_eq!(again, Err(Refusal::MoreThanSold { line: 1, left: 1 }));
    let after = state.clone();
    apply(&mut state, &Event::GoodsReturned(Box::new(first)));
    assert_eq!(
        state.members, after.members,
        "applied twice, it takes back once"
    );
    assert_eq!(state.sales[&sale_id(1)].returns.len(), 1);
}

#[test]
fn what_cannot_come_back_is_refused() {
    let (mut state, _) = sold();
    let refusal =
        |state: &State, command| decide(state, Command::TakeGoodsBack(command), now()).unwrap_err();
    assert_eq!(refusal(&state, back(1, &[], 0)), Refusal::NothingReturned);
    assert_eq!(
        refusal(&state, back(1, &[(0, 0)], 0)),
        Refusal::NothingReturned
    );
    assert_eq!(
        refusal(&state, back(1, &[(2, 1)], 0)),
        Refusal::NoSuchLine { line: 3 }
    );
    assert_eq!(
        refusal(&state, back(1, &[(0, 1), (0, 1)], 0)),
        Refusal::NoSuchLine { line: 1 }
    );
    assert_eq!(
        refusal(&state, back(1, &[(1, 2)], 0)),
        Refusal::MoreThanSold { line: 2, left: 1 }
    );
    assert_eq!(
        refusal(&state, back(1, &[(1, 1)], 900)),
        Refusal::TenderMismatch {
            total: eur(850),
            tendered: eur(900)
        }
    );
    let mut purse = back(1, &[(1, 1)], 850);
    purse.tenders[0].kind = TenderKind::Purse;
    assert_eq!(refusal(&state, purse), Refusal::ReturnTender);
    let silent = TakeGoodsBack {
        reason: " ".to_owned(),
        ..back(1, &[(1, 1)], 850)
    };
    assert_eq!(refusal(&state, silent), Refusal::ReasonMissing);
    let (sale, unknown) = (
        sale_id(2),
        TakeGoodsBack {
            sale: sale_id(2),
            ..back(1, &[(1, 1)], 850)
        },
    );
    assert_eq!(refusal(&state, unknown), Refusal::SaleUnknown { sale });

    // A void and a return of the same sale do not go together.
    let sale = sale_id(1);
    let mut voided = state.clone();
    carry_out(&mut voided, Command::Void(void(1)), now()).unwrap();
    assert_eq!(
        refusal(&voided, back(1, &[(1, 1)], 850)),
        Refusal::AlreadyVoided { sale }
    );
    returned(&mut state, back(1, &[(1, 1)], 850));
    assert_eq!(
        decide(&state, Command::Void(void(1)), now()),
        Err(Refusal::GoodsWereReturned { sale })
    );
}

#[test]
fn a_sale_has_a_most_of_returns() {
    let mut state = state(&[], &[]);
    let lines = [line("bread", 200, 0)];
    sell(&mut state, check_out(1, &lines, &[], 0));
    for n in 0..RETURN_LIMIT as u128 {
        returned(&mut state, back(n, &[(0, 1)], 0));
    }
    let more = decide(
        &state,
        Command::TakeGoodsBack(back(900, &[(0, 1)], 0)),
        now(),
    );
    assert_eq!(more, Err(Refusal::TooManyReturns));
}

/// The oracle: in all so much for so many, from what the quote said of each line, by the definition and
/// without what the program says of returns.
struct Oracle {
    /// What is paid for each line, and how many there are.
    lines: Vec<(i64, u32)>,
}

impl Oracle {
    fn paid(&self, back: &[u32]) -> i64 {
        let each = self.lines.iter().zip(back);
        each.map(|((paid, sold), back)| paid * i64::from(*back) / i64::from(*sold))
            .sum()
    }

    fn points(&self, lots: &[Lot], back: &[u32]) -> i64 {
        let mut points = 0;
        for lot in lots {
            let of = |n: &usize| lot.on.is_empty() || lot.on.contains(&(*n as u32));
            let lines: Vec<usize> = (0..self.lines.len()).filter(of).collect();
            let basis: i64 = lines.iter().map(|n| self.lines[*n].0).sum();
            let gone: i64 = lines
                .iter()
                .map(|n| self.lines[*n].0 * i64::from(back[*n]) / i64::from(self.lines[*n].1))
                .sum();
            let all = lines.iter().all(|n| back[*n] == self.lines[*n].1);
            points += match (all, basis) {
                (true, _) => lot.amount.0,
                (false, 0) => 0,
                _ => (i128::from(lot.amount.0) * i128::from(gone) / i128::from(basis)) as i64,
            };
        }
        points
    }
}

/// A sale of a case, with the goods that come back step by step; none if it cannot be sold.
fn sold_from(case: &Case) -> Option<(State, SaleCompleted, Quote)> {
    let quote = case.quote().ok()?;
    let valid = quote.coupons.iter().filter(|a| a.verdict.is_valid());
    let command = CheckOut {
        basket: case.basket.clone(),
        customer: case.customer.clone(),
        coupons: valid.map(|answer| answer.number.clone()).collect(),
        points: None,
        ..check_out(1, &[], &[], quote.total.minor())
    };
    let mut state = case.state.clone();
    let event = carry_out(&mut state, Command::CheckOut(command), now()).ok()?;
    match event {
        Event::SaleCompleted(sale) => Some((state, *sale, quote)),
        other => panic!("a checkout made {other:?}"),
    }
}

proptest! {
    #![proptest_config(modest(512))]

    /// However goods come back, in whatever order and pieces: in all exactly what was paid and earned for
    /// them; and nothing is left when everything is back.
    #[test]
    fn in_pieces_or_at_once_it_is_the_same(
        case in case(),
        steps in prop::collection::vec((0..6u32, 1..=3u32), 1..12),
    ) {
        let Some((mut state, sale, quote)) = sold_from(&case) else { return Ok(()) };
        let lines = quote.lines.iter().zip(&sale.lines);
        let oracle = Oracle {
            lines: lines.map(|(quoted, line)| (quoted.total.minor(), line.quantity)).collect(),
        };
        let member = sale.customer.as_ref().and_then(|customer| customer.member);
        let points = |state: &State| {
            let known = member.and_then(|member| state.members.get(&member));
            known.map(|known| known.points.0 + known.pending.0)
        };
        let had = points(&state);
        let mut back_so_far = vec![0; sale.lines.len()];
        let all = sale.lines.iter().enumerate().map(|(n, line)| (n as u32, line.quantity));
        let mut n = 0;
        for (line, quantity) in steps.into_iter().chain(all) {
            let Some(sold) = sale.lines.get(line as usize) else { continue };
            let left = sold.quantity - back_so_far[line as usize];
            let quantity = quantity.min(left);
            if quantity == 0 { continue }
            let before = (oracle.paid(&back_so_far), oracle.points(&sale.lots, &back_so_far));
            back_so_far[line as usize] += quantity;
            let after = (oracle.paid(&back_so_far), oracle.points(&sale.lots, &back_so_far));
            n += 1;
            let goods = returned(&mut state, back(n, &[(line, quantity)], after.0 - before.0));
            prop_assert_eq!(goods.total.minor(), after.0 - before.0);
            prop_assert_eq!(goods.points(), i128::from(after.1 - before.1));
            if let Some(had) = had {
                prop_assert_eq!(points(&state), Some(had - after.1));
            }
        }
        let paid: i64 = state.sales[&sale.sale].returns.iter().map(|r| r.total.minor()).sum();
        prop_assert_eq!(paid, sale.total.minor());
        let earned: i64 = sale.lots.iter().map(|lot| lot.amount.0).sum();
        prop_assert_eq!(had.zip(points(&state)).map(|(had, has)| had - has), had.map(|_| earned));
    }
}
