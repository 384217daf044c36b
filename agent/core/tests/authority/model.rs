//! HQ and three tills, dark at times, whose letters are lost, doubled and late, whose clocks are off
//! within the bound, and whose disks are put back: whatever happens, the uses that really took place are
//! never more than the quota, and once all is heard nothing of the quota lies idle.

use crate::world::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use tillside_core::authority::*;
use tillside_core::*;

const QUOTA: u64 = 20;
const TILLS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// HQ leases an amount to a till for some seconds.
    Grant(usize, u64, i64),
    /// HQ calls a till: the till may answer the newest call it got.
    Call(usize),
    /// A letter under way arrives; it may arrive again.
    Deliver(usize),
    /// A letter is lost.
    Lose(usize),
    Spend(usize, u64),
    /// The newest use at a till is taken back.
    Release(usize),
    GiveBack(usize),
    CloseEnded(usize),
    Report(usize),
    /// Somebody copies a till's disk.
    BackUp(usize),
    /// It is put back, and the till knows: HQ gives it a new epoch.
    Restore(usize),
    Wait(i64),
    /// A till's clock (or HQ's, past the tills) is so many milliseconds off from now on.
    Drift(usize, i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let till = || 0..TILLS;
    // The n-th newest letter: mostly a fresh one.
    let letter = || prop_oneof![4 => 0..4_usize, 1 => 0..64_usize];
    let step = prop_oneof![
        5 => (till(), 1..10_u64, 130..2_000_i64).prop_map(|(t, n, s)| Step::Grant(t, n, s)),
        5 => till().prop_map(Step::Call),
        24 => letter().prop_map(Step::Deliver),
        2 => letter().prop_map(Step::Lose),
        16 => (till(), 1..5_u64).prop_map(|(t, n)| Step::Spend(t, n)),
        1 => till().prop_map(Step::Release),
        1 => till().prop_map(Step::GiveBack),
        2 => till().prop_map(Step::CloseEnded),
        8 => till().prop_map(Step::Report),
        1 => till().prop_map(Step::BackUp),
        1 => till().prop_map(Step::Restore),
        4 => prop_oneof![3 => 1..100_i64, 1 => 100..2_000_i64].prop_map(Step::Wait),
        2 => (0..=TILLS, -BOUND..=BOUND).prop_map(|(t, ms)| Step::Drift(t, ms)),
    ];
    proptest::collection::vec(step, 1..200)
}

#[derive(Clone)]
enum Letter {
    Lease(usize, Vec<u8>),
    Call(usize, Timestamp),
    Report(Report),
    Settled(usize, Vec<AllowanceId>),
}

struct Till {
    holder: Holder,
    backup: Holder,
    /// The newest call of HQ that arrived.
    call: Timestamp,
    uses: Vec<Vec<Part>>,
    epoch: u32,
}

pub struct World {
    lessor: Lessor,
    tills: Vec<Till>,
    letters: Vec<Letter>,
    /// The true time, and how far each clock is off; HQ's is the last.
    time: i64,
    off: [i64; TILLS + 1],
    next: u64,
    /// What really was used, taken-back uses left out.
    used: u64,
    restored: bool,
}

impl World {
    fn new() -> Self {
        let till = |n: usize| {
            let holder = Holder::new(till(n as u128), 1);
            Till {
                backup: holder.clone(),
                holder,
                call: Timestamp(0),
                uses: Vec::new(),
                epoch: 1,
            }
        };
        Self {
            lessor: Lessor::new(campaign(), QUOTA),
            tills: (0..TILLS).map(till).collect(),
            letters: Vec::new(),
            time: START.0,
            off: [0; TILLS + 1],
            next: 1,
            used: 0,
            restored: false,
        }
    }

    fn clock(&self, whose: usize) -> Timestamp {
        Timestamp(self.time + self.off[whose])
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Grant(t, amount, seconds) => self.grant(t, amount, seconds),
            Step::Call(t) => self.letters.push(Letter::Call(t, self.clock(TILLS))),
            Step::Deliver(n) => {
                if let Some(place) = self.nth_newest(n) {
                    self.deliver(place);
                }
            }
            Step::Lose(n) => {
                if let Some(place) = self.nth_newest(n) {
                    self.letters.remove(place);
                }
            }
            Step::Spend(t, amount) => self.spend(t, amount),
            Step::Release(t) => self.release(t),
            Step::GiveBack(t) => {
                let now = self.clock(t);
                let holder = &mut self.tills[t].holder;
                let report = holder.report(Timestamp(0));
                let open = report.lines.iter().find(|line| !line.closed);
                if let Some(fact) = open.and_then(|line| holder.give_back(line.allowance, now)) {
                    keep(holder, &fact);
                }
            }
            Step::CloseEnded(t) => {
                let now = self.clock(t);
                let holder = &mut self.tills[t].holder;
                for fact in holder.close_ended(now) {
                    keep(holder, &fact);
                }
            }
            Step::Report(t) => {
                let report = self.tills[t].holder.report(self.tills[t].call);
                self.letters.push(Letter::Report(report));
            }
            Step::BackUp(t) => self.tills[t].backup = self.tills[t].holder.clone(),
            Step::Restore(t) => self.restore(t),
            Step::Wait(seconds) => self.time += seconds * 1_000,
            Step::Drift(whose, ms) => self.off[whose] = ms,
        }
    }

    fn nth_newest(&self, n: usize) -> Option<usize> {
        let letters = self.letters.len();
        n.checked_rem(letters).map(|n| letters - 1 - n)
    }

    fn grant(&mut self, t: usize, amount: u64, seconds: i64) {
        let now = self.clock(TILLS);
        let terms = Terms {
            id: id(self.next),
            holder: till(t as u128),
            epoch: self.tills[t].epoch,
            serial: self.next,
            not_before: now,
            expires_at: Timestamp(now.0 + seconds * 1_000),
            ..terms(1, amount)
        };
        if let Ok(fact) = self.lessor.grant(terms.clone(), now) {
            self.next += 1;
            note(&mut self.lessor, &[fact]);
            let bytes = terms.seal(&SECRET).unwrap();
            self.letters.push(Letter::Lease(t, bytes));
        }
    }

    /// The letter stays under way: it may come again, at any time, in any order.
    fn deliver(&mut self, n: usize) {
        match self.letters.get(n).cloned() {
            Some(Letter::Lease(t, bytes)) => {
                let now = self.clock(t);
                let holder = &mut self.tills[t].holder;
                let allowance = Allowance::open(&bytes, &keys()).unwrap();
                if let Ok(fact) = holder.accept(&allowance, now) {
                    keep(holder, &fact);
                }
            }
            Some(Letter::Call(t, at)) => self.tills[t].call = self.tills[t].call.max(at),
            Some(Letter::Report(report)) => {
                let now = self.clock(TILLS);
                let facts = self.lessor.hear(&report, now);
                note(&mut self.lessor, &facts);
                let t = (0..TILLS).find(|t| till(*t as u128) == report.terminal);
                let settled = self.lessor.settled(&report);
                let letter = Letter::Settled(t.unwrap(), settled);
                self.letters.push(letter);
            }
            Some(Letter::Settled(t, ids)) => {
                let now = self.clock(t);
                let holder = &mut self.tills[t].holder;
                if let Some(fact) = holder.settle(&ids, now) {
                    keep(holder, &fact);
                }
            }
            None => {}
        }
    }

    fn spend(&mut self, t: usize, amount: u64) {
        let now = self.clock(t);
        let till = &mut self.tills[t];
        if let Ok(fact) = till.holder.spend(&campaign(), amount, now) {
            keep(&mut till.holder, &fact);
            let parts = fact.spent().to_vec();
            assert_eq!(parts.iter().map(|part| part.amount).sum::<u64>(), amount);
            self.used += amount;
            till.uses.push(parts);
        }
    }

    fn release(&mut self, t: usize) {
        let now = self.clock(t);
        let till = &mut self.tills[t];
        let Some(parts) = till.uses.pop() else { return };
        if let Some(fact) = till.holder.release(&parts, now) {
            keep(&mut till.holder, &fact);
            let HolderFact::Released { parts, .. } = fact else {
                unreachable!()
            };
            self.used -= parts.iter().map(|part| part.amount).sum::<u64>();
        }
    }

    fn restore(&mut self, t: usize) {
        self.restored = true;
        let now = (self.clock(t), self.clock(TILLS));
        let till = &mut self.tills[t];
        till.epoch += 1;
        let begun = self
            .lessor
            .begin_epoch(crate::world::till(t as u128), till.epoch, now.1);
        note(&mut self.lessor, &[begun.unwrap()]);
        till.holder = till.backup.clone();
        let fact = till.holder.begin_epoch(till.epoch, now.0).unwrap();
        keep(&mut till.holder, &fact);
        till.backup = till.holder.clone();
        till.uses.clear();
        till.call = Timestamp(0);
    }

    fn check(&self) {
        assert!(self.used <= QUOTA, "{} uses of {QUOTA}", self.used);
        let figures = self.lessor.figures(self.clock(TILLS));
        assert_eq!(figures.beyond, 0);
        // The figures, walked, agree with the sum that is kept.
        let parts = figures.used + figures.in_the_field + figures.in_doubt + figures.lost;
        assert_eq!(parts + figures.free, QUOTA, "{figures:?}");
        let counts: u64 = self.lessor.leases().map(Lease::counts).sum();
        assert_eq!(QUOTA - counts, self.lessor.free());
    }

    /// Everything under way arrives, all leases end, and every till answers a call.
    fn heal(&mut self) {
        self.time += 3_000_000;
        for t in 0..TILLS {
            self.step(&Step::CloseEnded(t));
            self.step(&Step::Call(t));
        }
        for n in 0..self.letters.len() {
            self.deliver(n);
        }
        let from = self.letters.len();
        (0..TILLS).for_each(|t| self.step(&Step::Report(t)));
        for n in from..self.letters.len() {
            self.deliver(n);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn uses_never_pass_the_quota(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
            world.check();
        }
        world.heal();
        world.check();
        let figures = world.lessor.figures(world.clock(TILLS));
        prop_assert_eq!((figures.in_the_field, figures.in_doubt), (0, 0));
        if !world.restored {
            // Nothing lies idle, and HQ counts what really was used.
            prop_assert_eq!(figures.used, world.used);
            prop_assert_eq!(figures.free, QUOTA - world.used);
        }
    }
}

/// The steps reach what they are meant to reach: else the property above would say little.
#[test]
fn the_model_gets_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..400 {
        let mut world = World::new();
        for step in &steps().new_tree(&mut runner).unwrap().current() {
            world.step(step);
        }
        for lease in world.lessor.leases() {
            *seen.entry(format!("{:?}", lease.standing)).or_default() += 1;
            *seen.entry(format!("used {}", lease.used > 0)).or_default() += 1;
        }
        let figures = world.lessor.figures(world.clock(TILLS));
        *seen
            .entry(format!("doubt {}", figures.in_doubt > 0))
            .or_default() += 1;
        *seen
            .entry(format!("full {}", world.used * 2 > QUOTA))
            .or_default() += 1;
    }
    for want in [
        "Open",
        "Closed",
        "Lost",
        "used true",
        "doubt true",
        "full true",
    ] {
        assert!(
            seen.get(want).is_some_and(|times| *times > 20),
            "{want}: {seen:?}"
        );
    }
}
