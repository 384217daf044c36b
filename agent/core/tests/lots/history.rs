//! Random histories of three members and a master account: every account agrees with the oracle, point
//! by point, after every step.

use crate::naive::{Cover, Fate, Naive};
use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tillside_core::Points;
use tillside_core::lots::*;

/// Members 1 to 3 have accounts 0 to 2; the master account is the last.
const POOL: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Earn(usize, u128, &'static str, i64, i64, Option<i64>, i64),
    Grant(usize, i64, Option<i64>),
    Spend(usize, i64, bool),
    Withdraw(usize, i64, bool),
    Release(usize, usize, i64),
    Return(usize, usize, i64),
    Send(usize, u128, i64),
    Receive(usize),
    Join(usize),
    Leave(usize),
    Compact(usize, i64),
    Run(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use Step::*;
    let account = || 0..=POOL;
    let funder = prop_oneof![Just("chain"), Just("brand")];
    let life = || prop_oneof![Just(None), (0..40_i64).prop_map(Some)];
    let points = || 1..12_i64;
    // The n-th newest: mostly a fresh one.
    let nth = || prop_oneof![4 => 0..4_usize, 1 => 0..40_usize];
    let step = prop_oneof![
        4 => (0..12_i64).prop_map(Wait),
        6 => (account(), 1..4_u128, funder, points(), 0..15_i64, life(), 0..20_i64)
            .prop_map(|(a, m, f, n, p, l, b)| Earn(a, m, f, n, p, l, b)),
        1 => (account(), points(), life()).prop_map(|(a, n, l)| Grant(a, n, l)),
        5 => (account(), points(), any::<bool>()).prop_map(|(a, n, b)| Spend(a, n, b)),
        1 => (account(), points(), any::<bool>()).prop_map(|(a, n, b)| Withdraw(a, n, b)),
        3 => (account(), nth(), points()).prop_map(|(a, u, n)| Release(a, u, n)),
        4 => (account(), nth(), 1..20_i64).prop_map(|(a, l, w)| Return(a, l, w)),
        2 => (account(), 1..4_u128, points()).prop_map(|(a, m, n)| Send(a, m, n)),
        2 => nth().prop_map(Receive),
        1 => (0..POOL).prop_map(Join),
        1 => (0..POOL).prop_map(Leave),
        1 => (account(), 0..30_i64).prop_map(|(a, ago)| Compact(a, ago)),
        1 => account().prop_map(Run),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Default)]
struct World {
    now: i64,
    records: u64,
    real: [Account; POOL + 1],
    naive: [Naive; POOL + 1],
    lots: Vec<LotId>,
    uses: Vec<RecordRef>,
    sent: Vec<Vec<Lot>>,
    /// Which members are in the pool now.
    in_pool: [bool; POOL],
    /// Whether each account is also run at every tick.
    restless: bool,
}

fn code(refused: Result<Vec<Movement>, LotsRefusal>) -> Result<(), &'static str> {
    refused.map(|_| ()).map_err(|refusal| refusal.code())
}

fn nth<T: Clone>(all: &[T], n: usize) -> Option<T> {
    all.iter().rev().nth(n).cloned()
}

impl World {
    fn record(&mut self) -> RecordRef {
        self.records += 1;
        record(self.records)
    }

    fn ask(&mut self, account: usize, command: LotsCommand) -> Result<(), &'static str> {
        self.naive[account].pass(self.now);
        code(self.real[account].try_to(self.now, command))
    }

    fn agree(&mut self, account: usize, real: Result<(), &str>, naive: Result<(), &str>) {
        assert_eq!(real, naive);
        same(&self.real[account], &self.naive[account], self.now);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Wait(ticks) => self.wait(ticks),
            Step::Earn(a, owner, by, n, pending, life, basis) => {
                let record = self.record();
                let id = LotId {
                    source: record,
                    index: 1,
                };
                let lot = Lot {
                    id,
                    basis,
                    expires_at: life.map(|ticks| at(self.now - 3 + ticks)),
                    ..of_member(
                        of_funder(from(lot(0, n), self.now - 3 + pending), by),
                        owner,
                    )
                };
                self.lots.push(id);
                self.come_in(a, vec![lot], |lots| LotsCommand::Earn { lots });
            }
            Step::Grant(a, n, life) => {
                let record = self.record();
                let mut lot = lot(0, n);
                lot.id.source = record;
                (lot.basis, lot.kind) = (0, LotKind::Granted);
                lot.expires_at = life.map(|ticks| at(self.now + ticks));
                self.lots.push(lot.id);
                self.come_in(a, vec![lot], |mut lots| LotsCommand::Grant {
                    lot: lots.remove(0),
                    adjusted: adjusted(),
                });
            }
            Step::Receive(n) => {
                if let Some(lots) = nth(&self.sent, n) {
                    let to = (1..=POOL).find(|m| member(*m as u128) == lots[0].member);
                    // A member who is in the pool receives there: the member's own account forgot the
                    // lots with the hand-over, and would take them again.
                    let to = match to.unwrap() - 1 {
                        pooled if self.in_pool[pooled] => POOL,
                        alone => alone,
                    };
                    self.come_in(to, lots, |lots| LotsCommand::Receive { lots });
                }
            }
            Step::Spend(a, n, beyond) => self.use_up(a, n, beyond, UsedFor::Spent),
            Step::Withdraw(a, n, beyond) => self.use_up(a, n, beyond, UsedFor::Withdrawn),
            Step::Send(a, to, n) => self.send(a, to, n),
            Step::Release(a, used, n) => {
                if let Some(id) = nth(&self.uses, used) {
                    let amount = Points(n);
                    let real = self.ask(a, LotsCommand::Release { id, amount });
                    let naive = self.naive[a].release(id, n);
                    self.agree(a, real, naive);
                }
            }
            Step::Return(a, lot, worth) => {
                if let Some(lot) = nth(&self.lots, lot) {
                    let goods = vec![ReturnedGoods { lot, worth }];
                    let real = self.ask(a, LotsCommand::Return { goods });
                    let naive = self.naive[a].bring_back(lot, worth);
                    self.agree(a, real, naive);
                }
            }
            Step::Join(a) => {
                self.in_pool[a] = true;
                self.moves(a, POOL, a);
            }
            Step::Leave(a) => {
                self.in_pool[a] = false;
                self.moves(POOL, a, a);
            }
            Step::Compact(a, ago) => {
                let before = self.now - ago;
                let real = self.ask(a, LotsCommand::Compact { before: at(before) });
                self.naive[a].compact(before);
                self.agree(a, real, Ok(()));
            }
            Step::Run(a) => {
                let real = self.ask(a, LotsCommand::Run);
                self.agree(a, real, Ok(()));
            }
        }
    }

    fn wait(&mut self, ticks: i64) {
        for _ in 0..ticks {
            self.now += 1;
            let accounts = if self.restless { 0..POOL + 1 } else { 0..0 };
            for account in accounts {
                self.ask(account, LotsCommand::Run).unwrap();
            }
        }
    }

    fn come_in(&mut self, a: usize, lots: Vec<Lot>, command: impl Fn(Vec<Lot>) -> LotsCommand) {
        let real = self.ask(a, command(lots.clone()));
        let naive = self.naive[a].take_in(&lots);
        self.agree(a, real, naive);
    }

    fn use_up(&mut self, a: usize, n: i64, beyond: bool, used_for: UsedFor) {
        let id = self.record();
        self.uses.push(id);
        let amount = Points(n);
        let beyond = beyond.then(|| Charge {
            member: member(1 + n as u128 % 3),
            funder: funder("chain"),
        });
        let naive_beyond = beyond.clone();
        let command = match used_for {
            UsedFor::Spent => LotsCommand::Spend { id, amount, beyond },
            _ => LotsCommand::Withdraw {
                id,
                amount,
                beyond,
                adjusted: adjusted(),
            },
        };
        let real = self.ask(a, command);
        let naive = self.naive[a].use_up(id, used_for, n, naive_beyond.as_ref());
        self.agree(a, real, naive);
    }

    fn send(&mut self, a: usize, to: u128, n: i64) {
        let id = self.record();
        self.uses.push(id);
        let command = LotsCommand::Send {
            id,
            from: member(9),
            to: member(to),
            amount: Points(n),
        };
        let real = self.ask(a, command);
        match self.naive[a].send(id, member(to), n) {
            Err(naive) => self.agree(a, real, Err(naive)),
            Ok(lots) => {
                let newest = self.real[a].movements.iter().rev();
                let arriving = newest.clone().find_map(|movement| match movement {
                    Movement::Sent { lots, .. } => Some(lots.clone()),
                    _ => None,
                });
                assert_eq!(arriving.as_ref(), Some(&lots));
                self.lots.extend(lots.iter().map(|lot| lot.id));
                self.sent.push(lots);
                self.agree(a, real, Ok(()));
            }
        }
    }

    fn moves(&mut self, away: usize, here: usize, whose: usize) {
        let member = member(whose as u128 + 1);
        self.ask(away, LotsCommand::HandOver { member }).unwrap();
        let bundle = self.naive[away].hand_over(member);
        let Some(Movement::HandedOver { parcel, .. }) = self.real[away].movements.last() else {
            panic!("{:?}", self.real[away].movements.last());
        };
        let parcel = parcel.clone();
        let real = self.ask(here, LotsCommand::TakeOver { parcel });
        self.naive[here].take_over(bundle);
        self.agree(away, Ok(()), Ok(()));
        self.agree(here, real, Ok(()));
    }
}

/// Every lot, every use, every sum is the same.
fn same(real: &Account, naive: &Naive, now: i64) {
    let counts = naive.counts();
    for (funder, count) in &counts {
        let has = real.ledger.balance_of(funder, at(now));
        assert!(has.adds_up(), "{has:?}");
        let sums = [
            has.active,
            has.pending,
            has.expired,
            has.returned,
            has.negative,
        ];
        let naive_sums = [
            count.active,
            count.pending,
            count.expired,
            count.returned,
            count.negative,
        ];
        assert_eq!(sums, naive_sums.map(Points), "of {funder}");
        let came_in = [has.earned, has.granted, has.received];
        assert_eq!(
            came_in,
            [count.earned, count.granted, count.received].map(Points)
        );
        let uses = [has.used.spent, has.used.sent, has.used.withdrawn];
        assert_eq!(uses, [count.spent, count.sent, count.withdrawn].map(Points));
    }
    assert_eq!(real.has(now).available().0, naive.available());
    // A refused command books nothing, not even what is due.
    let mut ledger = real.ledger.clone();
    let due = ledger.decide(LotsCommand::Run, at(now)).unwrap();
    due.iter().for_each(|movement| ledger.apply(movement));
    assert_eq!(ledger.balance(at(now)), real.has(now));
    assert!(
        ledger
            .funders()
            .iter()
            .all(|funder| counts.contains_key(*funder))
    );
    let lots: BTreeMap<LotId, [i64; 5]> = ledger.lots().map(counted).collect();
    assert_eq!(lots, counted_naively(naive));
    let mut needs: BTreeMap<(RecordRef, Option<LotId>), i64> = BTreeMap::new();
    for (id, need) in naive.needs.iter().filter_map(|need| Some((need.id?, need))) {
        let lot = match need.cover {
            Cover::By(lot) => Some(lot),
            Cover::Owed(..) => None,
        };
        *needs.entry((id, lot)).or_default() += 1;
    }
    let mut pairs: BTreeMap<(RecordRef, Option<LotId>), i64> = BTreeMap::new();
    for (id, usage) in ledger.usages() {
        let parts = usage.parts.iter();
        pairs.extend(parts.map(|(lot, n)| ((id, Some(*lot)), n.0)));
    }
    for owing in ledger.owed() {
        if let Some(id) = owing.debt.id {
            *pairs.entry((id, None)).or_default() += owing.amount.0;
        }
    }
    assert_eq!(pairs, needs);
    let active_and_owed = real.has(now).active.0 > 0 && real.has(now).negative.0 > 0;
    assert!(!active_and_owed);
}

fn counted(held: &Held) -> (LotId, [i64; 5]) {
    assert!(held.adds_up());
    let parts = [held.left, held.used.total(), held.expired, held.returned];
    let [left, used, expired, returned] = parts.map(|points| points.0);
    (
        held.lot.id,
        [left, used, expired, returned, held.returned_worth],
    )
}

fn counted_naively(naive: &Naive) -> BTreeMap<LotId, [i64; 5]> {
    let mut lots: BTreeMap<LotId, [i64; 5]> = BTreeMap::new();
    for (id, kept) in &naive.lots {
        lots.insert(*id, [0, 0, 0, 0, kept.worth_back]);
    }
    for unit in &naive.units {
        let place = match unit.fate {
            Fate::Left => 0,
            Fate::Used => 1,
            Fate::Expired => 2,
            Fate::Returned => 3,
        };
        lots.get_mut(&unit.lot).unwrap()[place] += 1;
    }
    lots
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// After every step, every account is what the oracle says; in the end, it is the fold of its
    /// movements as they were written down.
    #[test]
    fn accounts_agree_with_single_points(steps in steps()) {
        let mut world = World::default();
        for step in &steps {
            world.step(step);
        }
        for account in &world.real {
            let written: Vec<String> = account.movements.iter().cloned()
                .map(|movement| serde_json::to_string(&WrittenMovement::from(movement)).unwrap())
                .collect();
            let read: Vec<Movement> = written.iter()
                .map(|text| serde_json::from_str::<WrittenMovement>(text).unwrap().movement)
                .collect();
            prop_assert_eq!(&Ledger::of(&read), &account.ledger);
        }
    }

    /// Who looks, and how often, changes nothing: the same history with a run at every tick.
    #[test]
    fn runs_change_no_balance(steps in steps()) {
        let (mut calm, mut restless) = (World::default(), World::default());
        restless.restless = true;
        for step in &steps {
            calm.step(step);
            restless.step(step);
            for (calm_one, restless_one) in calm.real.iter().zip(&restless.real) {
                prop_assert_eq!(calm_one.has(calm.now), restless_one.has(restless.now));
            }
        }
    }
}
