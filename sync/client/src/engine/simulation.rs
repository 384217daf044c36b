//! A till, a bad line and a tiny HQ, driven step by step from one list of faults.
//!
//! Whatever the line loses, doubles or delivers late, everything settles exactly once, in a bounded
//! number of steps after the line heals. A failing case prints its faults, which replay it.

#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;
use tillside_protocol::tillside_core::{Hash, Head, Sealed, TerminalId};
use tillside_protocol::{Ack, Outcome, PushRequest, PushResponse, TerminalStatus};

const EPOCH: u32 = 1;
/// The till's batches are small here, so that many are needed.
const BATCH: usize = 3;
/// After the line heals: every batch there can be, one try-again, status, bundle and wait.
const HEALED_STEPS: usize = 80;

/// What happens at one step.
#[derive(Clone, Copy, Debug)]
enum Luck {
    Fine,
    /// HQ never sees the request.
    RequestLost,
    /// HQ does it, and the till never learns.
    AnswerLost,
    /// HQ gets it twice.
    Doubled,
    /// HQ gets it only after some later request; the till saw no answer.
    Late,
    /// The till records this many facts first, and rings.
    Facts(u8),
    /// A person rings.
    TryNow,
    /// HQ is set back to a backup with this many records.
    Restored(u8),
    /// HQ publishes.
    Publish,
}

fn luck() -> impl Strategy<Value = Luck> {
    prop_oneof![
        3 => Just(Luck::Fine),
        2 => Just(Luck::RequestLost),
        2 => Just(Luck::AnswerLost),
        1 => Just(Luck::Doubled),
        2 => Just(Luck::Late),
        3 => (1u8..6).prop_map(Luck::Facts),
        1 => Just(Luck::TryNow),
        1 => (0u8..20).prop_map(Luck::Restored),
        1 => Just(Luck::Publish),
    ]
}

fn terminal() -> TerminalId {
    TerminalId::new(uuid::Uuid::from_u128(7))
}

fn record(seq: u64) -> Sealed {
    let body = format!("fact {seq}");
    let hash = Hash::of(body.as_bytes());
    Sealed { seq, body, hash }
}

fn head(records: &[Sealed]) -> Head {
    records
        .last()
        .map_or(Head::genesis(terminal(), EPOCH), |r| Head {
            epoch: EPOCH,
            seq: r.seq,
            hash: r.hash,
        })
}

#[derive(Default)]
struct Hq {
    records: Vec<Sealed>,
    bundle: u64,
    now: i64,
}

impl Hq {
    fn push(&mut self, request: &PushRequest) -> PushResponse {
        assert!(request.records.len() <= BATCH, "a batch past its limit");
        let acks = request.records.iter().map(|r| Ack {
            seq: r.seq,
            outcome: self.take(r),
        });
        PushResponse {
            acks: acks.collect::<Vec<_>>(),
            head: head(&self.records),
            acknowledged: None,
        }
    }

    fn take(&mut self, record: &Sealed) -> Outcome {
        let index = usize::try_from(record.seq).unwrap() - 1;
        match self.records.get(index) {
            Some(kept) => {
                assert_eq!(kept, record, "HQ was sent two histories");
                Outcome::AlreadyAccepted
            }
            None if index == self.records.len() => {
                self.records.push(record.clone());
                Outcome::Accepted
            }
            None => Outcome::Missing,
        }
    }

    fn status(&self) -> TerminalStatus {
        TerminalStatus {
            now: Timestamp(self.now),
            bundle: self.bundle,
            head: (!self.records.is_empty()).then(|| head(&self.records)),
            certificate_until: Timestamp(i64::MAX),
            earlier: Vec::new(),
            settled: Vec::new(),
        }
    }
}

struct World {
    engine: Engine,
    elapsed: Duration,
    chance: u32,
    journal: Vec<Sealed>,
    unconfirmed: std::collections::BTreeSet<u64>,
    bundle: u64,
    hq: Hq,
    late: Vec<PushRequest>,
    calls: usize,
}

impl World {
    fn new() -> Self {
        Self {
            engine: Engine::new(Duration::from_secs(15), LineState::untried(Timestamp(0))),
            elapsed: Duration::ZERO,
            chance: 1,
            journal: Vec::new(),
            unconfirmed: Default::default(),
            bundle: 0,
            hq: Hq::default(),
            late: Vec::new(),
            calls: 0,
        }
    }

    fn moment(&mut self) -> Moment {
        self.chance = self
            .chance
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        self.hq.now = i64::try_from(self.elapsed.as_millis()).unwrap();
        Moment {
            elapsed: self.elapsed,
            wall: Timestamp(self.hq.now),
            chance: self.chance,
        }
    }

    fn view(&self) -> LocalView {
        LocalView {
            head: head(&self.journal),
            oldest_unconfirmed: self.unconfirmed.first().copied(),
            bundle: self.bundle,
        }
    }

    fn facts(&mut self, count: u8) {
        for _ in 0..count {
            let seq = self.journal.len() as u64 + 1;
            self.journal.push(record(seq));
            self.unconfirmed.insert(seq);
        }
        let moment = self.moment();
        self.engine.wake(Wake::NewFact, &moment);
    }

    fn step(&mut self, luck: Luck) {
        match luck {
            Luck::Facts(count) => self.facts(count),
            Luck::TryNow => {
                let moment = self.moment();
                self.engine.wake(Wake::TryNow, &moment);
            }
            Luck::Restored(count) => self.hq.records.truncate(count.into()),
            Luck::Publish => self.hq.bundle += 1,
            _ => {}
        }
        let (view, moment) = (self.view(), self.moment());
        let report = match self.engine.next(&view, &moment) {
            Action::Wait { until } => {
                assert!(until > self.elapsed, "a wait that ended already");
                let wait = until - self.elapsed;
                assert!(wait <= crate::LONGEST_WAIT, "waits {wait:?}");
                self.elapsed = until;
                return;
            }
            action => self.act(action, luck),
        };
        self.calls += 1;
        self.elapsed += Duration::from_millis(10);
        let moment = self.moment();
        self.engine.report(report, &view, &moment);
    }

    fn act(&mut self, action: Action, luck: Luck) -> Report {
        if matches!(luck, Luck::RequestLost) {
            return lost();
        }
        match action {
            Action::Push { after } => self.push(after, luck),
            Action::Status if matches!(luck, Luck::AnswerLost | Luck::Late) => lost(),
            Action::Status => Report::Status(self.hq.status()),
            Action::Pull { .. } => {
                self.bundle = self.hq.bundle;
                Report::Pulled
            }
            Action::BeginEpoch { .. } | Action::Renew | Action::Wait { .. } => {
                unreachable!("nobody wants that here")
            }
        }
    }

    fn push(&mut self, after: Place, luck: Luck) -> Report {
        let after = if after.epoch < EPOCH { 0 } else { after.seq };
        let from = usize::try_from(after).unwrap();
        let records = self.journal[from..].iter().take(BATCH).cloned().collect();
        let request = batch(terminal(), EPOCH, records).unwrap();
        if matches!(luck, Luck::Late) {
            self.late.push(request);
            return lost();
        }
        let response = self.hq.push(&request);
        for late in std::mem::take(&mut self.late) {
            self.hq.push(&late);
        }
        if matches!(luck, Luck::AnswerLost) {
            return lost();
        }
        let response = match luck {
            Luck::Doubled => self.hq.push(&request),
            _ => response,
        };
        let settled = settle(&request, &response).unwrap();
        for seq in &settled.settled {
            self.unconfirmed.remove(seq);
        }
        Report::Pushed(settled)
    }

    fn is_settled(&self) -> bool {
        self.unconfirmed.is_empty()
            && self.hq.records == self.journal
            && self.bundle == self.hq.bundle
            && self.engine.line().up
    }
}

fn lost() -> Report {
    Report::Failed(Failure {
        kind: ProblemKind::Unreachable,
        words: "no line".to_owned(),
        retryable: true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn everything_settles_exactly_once_when_the_line_heals(lucks in prop::collection::vec(luck(), 0..60)) {
        let mut world = World::new();
        for luck in lucks {
            world.step(luck);
        }
        let mut steps = 0;
        while !world.is_settled() {
            steps += 1;
            prop_assert!(steps <= HEALED_STEPS, "not settled after {steps} steps: HQ has {} of {}, {} unconfirmed, bundle {} of {}, {:?}",
                world.hq.records.len(), world.journal.len(), world.unconfirmed.len(), world.bundle, world.hq.bundle, world.engine);
            world.step(Luck::Fine);
        }
        prop_assert!(world.engine.line().concerns.is_empty(), "{:?}", world.engine.line());
    }

    #[test]
    fn a_dark_hour_costs_few_calls(chance in any::<u32>(), facts in 0u8..9) {
        let mut world = World::new();
        world.chance = chance;
        world.facts(facts);
        while world.elapsed < Duration::from_secs(3600) {
            world.step(Luck::RequestLost);
        }
        prop_assert!((60..=130).contains(&world.calls), "{} calls", world.calls);
        prop_assert!(!world.engine.line().up);
    }

    #[test]
    fn a_quiet_hour_costs_a_poll_each_quarter_minute(chance in any::<u32>()) {
        let mut world = World::new();
        world.chance = chance;
        world.hq.bundle = 1;
        while world.elapsed < Duration::from_secs(3600) {
            world.step(Luck::Fine);
        }
        prop_assert!((212..=278).contains(&world.calls), "{} calls", world.calls);
    }
}
