//! Days of random commands: a coupon is used once, and a void undoes its sale and nothing else.

use crate::fixtures::*;
use crate::replay::{decided_again, replay};
use crate::strategies::{document_of, lines, modest, shown};
use jiff::ToSpan;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tillside_core::*;

/// Something that is tried at the till.
#[derive(Clone, Debug)]
enum Try {
    /// Sell these lines to a member with these coupons.
    Sell(Vec<Line>, Vec<CouponNumber>, u128),
    /// Void the nth sale tried so far.
    Void(usize),
    /// Send the nth sale tried so far again.
    Again(usize),
    /// The day ends.
    NextDay,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = prop_oneof![
        6 => (lines(), shown(), 1..=3u128).prop_map(|(l, c, m)| Try::Sell(l, c, m)),
        4 => (0..12usize).prop_map(Try::Void),
        2 => (0..12usize).prop_map(Try::Again),
        1 => Just(Try::NextDay),
    ];
    vec(one, 1..=24)
}

/// A till and, kept apart from it, what must be true.
struct Model {
    state: State,
    now: Now,
    tried: Vec<CheckOut>,
    /// By coupon, the sale that holds it now.
    burnt: BTreeMap<CouponNumber, SaleId>,
    /// Sales that stand, with their day, member and points.
    standing: BTreeMap<SaleId, (jiff::civil::Date, Option<MemberId>, i64)>,
    voided: BTreeSet<SaleId>,
    /// Decides every recorded sale once more.
    replay: Replay,
}

impl Model {
    fn new(document: &RuleDocument) -> Self {
        let mut state = state(&[], &[]);
        state.rules = Arc::new(RuleBook::compile(17, document).unwrap());
        for (n, text) in ["AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF"]
            .iter()
            .enumerate()
        {
            let plan = &document.plans[n % document.plans.len()].plan;
            hold(&mut state, text, plan.as_str());
        }
        Self {
            state,
            now: now(),
            tried: Vec::new(),
            burnt: BTreeMap::new(),
            standing: BTreeMap::new(),
            voided: BTreeSet::new(),
            replay: replay(),
        }
    }

    fn step(&mut self, step: Try) {
        match step {
            Try::Sell(lines, coupons, member) => {
                let sale = self.tried.len() as u128;
                let mut command = check_out(sale, &lines, &[], 0);
                command.customer = Some(customer(member));
                command.coupons = self.acceptable(&command, coupons);
                self.tried.push(command.clone());
                self.sell(command);
            }
            Try::Again(n) => {
                if let Some(command) = self.tried.get(n).cloned() {
                    let known = self.state.sales.contains_key(&command.sale);
                    let sale = command.sale;
                    let decided = decide(&self.state, Command::CheckOut(command), self.now);
                    if known {
                        assert_eq!(decided, Err(Refusal::AlreadyCompleted { sale }));
                    }
                }
            }
            Try::Void(n) => self.void(n as u128),
            Try::NextDay => {
                self.now.date = self.now.date.saturating_add(1.days());
                self.now.at.0 += 86_400_000;
            }
        }
        self.check();
    }

    /// Half of the sales keep coupons that will be refused, half drop them as a cashier would.
    fn acceptable(&self, command: &CheckOut, shown: Vec<CouponNumber>) -> Vec<CouponNumber> {
        if self.tried.len().is_multiple_of(2) {
            return shown;
        }
        let request = QuoteRequest {
            basket: &command.basket,
            customer: true,
            member: None,
            coupons: &shown,
            redeemed: None,
        };
        let answers = quote(&self.state, request, self.now).unwrap().coupons;
        let valid = answers.into_iter().filter(|a| a.verdict.is_valid());
        valid.map(|answer| answer.number).collect()
    }

    fn sell(&mut self, mut command: CheckOut) {
        let request = QuoteRequest {
            basket: &command.basket,
            customer: true,
            member: None,
            coupons: &command.coupons,
            redeemed: None,
        };
        let total = quote(&self.state, request, self.now).unwrap().total;
        command.tenders = if total.minor() == 0 {
            Vec::new()
        } else {
            cash(total.minor())
        };
        let before = self.state.clone();
        match carry_out(
            &mut self.state,
            Command::CheckOut(command.clone()),
            self.now,
        ) {
            Ok(Event::SaleCompleted(sale)) => {
                for coupon in &sale.coupons {
                    let earlier = self.burnt.insert(coupon.number.clone(), sale.sale);
                    assert_eq!(earlier, None, "{} was used twice", coupon.number);
                }
                let points = sale.lots.iter().map(|lot| lot.amount.0).sum();
                let member = sale.customer.as_ref().and_then(|c| c.member);
                self.standing.insert(sale.sale, (sale.date, member, points));
                decided_again(&mut self.replay, &before, &sale);
                self.undone_at_once(&before, sale.sale);
            }
            Ok(other) => panic!("a checkout made {other:?}"),
            Err(refusal) => {
                assert!(matches!(refusal, Refusal::Coupon { .. }), "{refusal:?}");
                assert_eq!(before.coupons, self.state.coupons);
            }
        }
    }

    /// A void right after the sale leaves coupons and balances as they were before it.
    fn undone_at_once(&self, before: &State, sale: SaleId) {
        let mut state = self.state.clone();
        let command = Void { sale, ..void(0) };
        carry_out(&mut state, Command::Void(command), self.now).unwrap();
        assert_eq!(state.coupons, before.coupons);
        assert_eq!(state.members, before.members);
    }

    fn void(&mut self, n: u128) {
        let sale = sale_id(n);
        let voided = carry_out(&mut self.state, Command::Void(void(n)), self.now);
        match self.standing.get(&sale) {
            Some((date, ..)) if *date == self.now.date => {
                assert!(matches!(voided, Ok(Event::SaleVoided(_))), "{voided:?}");
                self.standing.remove(&sale);
                self.voided.insert(sale);
                self.burnt.retain(|_, holder| *holder != sale);
            }
            Some((sold, ..)) => assert_eq!(voided, Err(Refusal::NotSameDay { sold: *sold })),
            None if self.voided.contains(&sale) => {
                assert_eq!(voided, Err(Refusal::AlreadyVoided { sale }));
            }
            None => assert_eq!(voided, Err(Refusal::SaleUnknown { sale })),
        }
    }

    /// Coupons and balances are those of the sales that stand.
    fn check(&self) {
        for (number, standing) in &self.state.coupons {
            let holder = standing.used.as_ref().map(|used| used.sale);
            assert_eq!(holder, self.burnt.get(number).copied(), "{number}");
        }
        for (id, member) in &self.state.members {
            let theirs = self.standing.values().filter(|sale| sale.1 == Some(*id));
            let earned: i64 = theirs.map(|sale| sale.2).sum();
            assert_eq!(member.points.0, 100 + earned);
        }
    }
}

proptest! {
    #![proptest_config(modest(300))]

    #[test]
    fn coupons_are_used_once_and_voids_undo_their_sale(
        document in document_of(1..=400i64, 0..=9u32),
        tries in tries(),
    ) {
        let mut model = Model::new(&document);
        for step in tries {
            model.step(step);
        }
    }
}
