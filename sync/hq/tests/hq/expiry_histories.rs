//! Histories by chance, against a count by heads: every point has its own day, and nothing is booked twice.
//!
//! The count knows nothing of lots, movements or runs. It takes all facts in the order in which they happened and
//! lets every single point live its life; what the ledger says after a run must be what is alive.

use crate::fixture::{Folder, member};
use crate::journal::{Journal, NOON, Sale};
use jiff::civil::Date;
use proptest::prelude::*;
use tillside_core::{FunderId, Points, Timestamp};
use tillside_hq::members::MemberStore;
use tillside_hq::members::adjust::Adjustment;
use tillside_hq::members::expiry::{Asked, expire};
use tillside_hq::reports::ReportStore;
use tillside_protocol::Outcome;

const ADA: &str = "900000001";
const HOUR: i64 = 3_600_000;

/// What happens, in the order in which HQ gets to know it.
#[derive(Clone, Debug)]
enum Step {
    /// So many hours pass.
    Wait(i64),
    /// A till sells, so many hours ago, for points that are pending for days and last for days.
    Sell {
        ago: i64,
        points: i64,
        pending: i64,
        last: Option<i64>,
    },
    /// A till takes back one of its sales, as long ago as it can be.
    Void {
        which: usize,
        ago: i64,
    },
    /// HQ takes, as many of what is there; or gives.
    Take(i64),
    Give {
        points: i64,
        last: Option<i64>,
    },
    /// The daily run, which may be killed after so many batches of one account.
    Run {
        killed: Option<usize>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..100i64).prop_map(Step::Wait),
        4 => (0..150i64, 1..9i64, 0..3i64, prop::option::weighted(0.8, 3..6i64)).prop_map(
            |(ago, points, pending, last)| Step::Sell { ago, points, pending, last }),
        2 => (0..9usize, 0..150i64).prop_map(|(which, ago)| Step::Void { which, ago }),
        2 => (1..6i64).prop_map(Step::Take),
        1 => (1..6i64, prop::option::of(0..4i64)).prop_map(|(points, last)| Step::Give { points, last }),
        3 => prop::option::of(0..3usize).prop_map(|killed| Step::Run { killed }),
    ]
}

/// One point.
#[derive(Clone, Copy, Debug)]
struct Head {
    /// The fact that gave it, by its place among the facts as HQ booked them.
    fact: usize,
    /// Whether a till gave it: of points with one end, what HQ gave goes first.
    till: bool,
    from: i64,
    until: i64,
    spent: bool,
    expired: bool,
}

#[derive(Clone, Debug)]
enum What {
    Gave {
        points: i64,
        till: bool,
        from: i64,
        until: i64,
    },
    /// A sale, by its place.
    TookBack(usize),
    Took(i64),
}

/// Lets every point live: active and pending at the end, less what is owed.
fn alive(facts: &[(i64, What)], now: i64) -> i64 {
    let mut order: Vec<usize> = (0..facts.len()).collect();
    order.sort_by_key(|fact| facts[*fact].0);
    let mut heads: Vec<Head> = Vec::new();
    // Points that were used and that no head covers.
    let mut owed = 0;
    let mut moments: Vec<i64> = facts.iter().map(|(at, _)| *at).collect();
    for (_, what) in facts {
        if let What::Gave { from, until, .. } = what {
            moments.extend([*from, *until]);
        }
    }
    moments.retain(|moment| *moment <= now);
    moments.push(now);
    moments.sort();
    moments.dedup();
    let mut next = order.into_iter().peekable();
    for moment in moments {
        lives(&mut heads, &mut owed, moment);
        while let Some(fact) = next.next_if(|fact| facts[*fact].0 <= moment) {
            match facts[fact].1 {
                What::Gave {
                    points,
                    till,
                    from,
                    until,
                } => heads.extend((0..points).map(|_| Head {
                    fact,
                    till,
                    from,
                    until,
                    spent: false,
                    expired: false,
                })),
                What::Took(points) => owed += points,
                What::TookBack(sale) => {
                    let gone = heads.iter().filter(|h| h.fact == sale && h.spent).count();
                    owed += gone as i64;
                    heads.retain(|head| head.fact != sale);
                }
            }
            lives(&mut heads, &mut owed, moment);
        }
    }
    let left = heads.iter().filter(|head| !head.spent && !head.expired);
    left.count() as i64 - owed
}

/// Expiry, and then what is owed takes what may be spent, the earliest end first.
fn lives(heads: &mut [Head], owed: &mut i64, now: i64) {
    for head in heads.iter_mut().filter(|head| !head.spent) {
        head.expired |= head.until <= now;
    }
    let mut may: Vec<&mut Head> = heads
        .iter_mut()
        .filter(|head| !head.spent && !head.expired && head.from <= now)
        .collect();
    may.sort_by_key(|head| (head.until, head.till, head.fact));
    for head in may.into_iter().take(usize::try_from(*owed).unwrap_or(0)) {
        head.spent = true;
        *owed -= 1;
    }
}

fn day(at: i64, ahead: i64) -> Date {
    let at = jiff::Timestamp::from_millisecond(at).unwrap();
    let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    day.checked_add(jiff::Span::new().days(ahead)).unwrap()
}

/// A day is over at noon of the next, in UTC.
fn over(day: Option<Date>) -> i64 {
    let noon = day.map(|day| day.tomorrow().unwrap().at(12, 0, 0, 0));
    let noon = noon.map(|noon| noon.to_zoned(jiff::tz::TimeZone::UTC).unwrap());
    noon.map_or(i64::MAX, |noon| noon.timestamp().as_millisecond())
}

struct Play {
    folder: Folder,
    till: Journal,
    now: i64,
    /// The till's newest record is of then.
    till_at: i64,
    facts: Vec<(i64, What)>,
    sales: Vec<(usize, Sale, bool)>,
    /// How much was booked the wrong way round and put right.
    taken_back: i64,
}

impl Play {
    async fn new() -> Self {
        let (folder, till, _) = Folder::chain().await;
        let opening = What::Gave {
            points: 100,
            till: false,
            from: NOON.0,
            until: i64::MAX,
        };
        // All but a few are taken, so that what is taken next takes what is earned.
        let mut play = Self {
            folder,
            till,
            now: NOON.0,
            till_at: NOON.0,
            facts: vec![(NOON.0, opening)],
            sales: Vec::new(),
            taken_back: 0,
        };
        play.adjust(-98, None).await;
        play
    }

    /// When a fact of the till's happened: never before the one before.
    fn at_till(&mut self, ago: i64) -> i64 {
        self.till_at = self.till_at.max(self.now - ago * HOUR);
        self.till_at
    }

    async fn adjust(&mut self, points: i64, last: Option<i64>) {
        let last_day = last.map(|days| day(self.now, days));
        let adjustment = Adjustment {
            points: Points(points),
            funder: FunderId::new("chain").unwrap(),
            reason: "by chance".to_owned(),
            last_day,
        };
        let done = self
            .folder
            .store
            .adjust(ADA, adjustment, Timestamp(self.now));
        let what = match points {
            0.. => What::Gave {
                points,
                till: false,
                from: self.now,
                until: over(last_day),
            },
            taken => What::Took(-taken),
        };
        // More than is there is refused.
        if done.await.unwrap().is_ok() {
            self.facts.push((self.now, what));
        }
    }

    async fn does(&mut self, step: Step) {
        match step {
            Step::Wait(hours) => self.now += hours * HOUR,
            Step::Take(points) => self.adjust(-points, None).await,
            Step::Give { points, last } => self.adjust(points, last).await,
            Step::Sell {
                ago,
                points,
                pending,
                last,
            } => {
                let at = self.at_till(ago);
                let (from, last) = (at + pending * 24 * HOUR, last.map(|days| day(at, days)));
                let number = self.sales.len() as u128 + 1;
                let sale = Sale::new(number).member(member(101)).points(points);
                let sale = sale.change(|sale| {
                    sale.lots[0].pending_until = Timestamp(from);
                    sale.lots[0].expires_on = last;
                });
                self.tells(at, sale.event()).await;
                let until = over(last);
                self.sales.push((self.facts.len(), sale, false));
                let gave = What::Gave {
                    points,
                    till: true,
                    from,
                    until,
                };
                self.facts.push((at, gave));
            }
            Step::Void { which, ago } => {
                let at = self.at_till(ago);
                let open = self.sales.iter_mut().filter(|sale| !sale.2);
                let Some((fact, sale, voided)) = open.into_iter().nth(which) else {
                    return;
                };
                *voided = true;
                let (fact, void) = (*fact, sale.void());
                self.tells(at, void).await;
                self.facts.push((at, What::TookBack(fact)));
            }
            Step::Run { killed } => self.run(killed).await,
        }
    }

    async fn tells(&mut self, at: i64, event: tillside_core::Event) {
        let when = (Timestamp(at), Timestamp(self.now));
        let done = self.till.tell_at(&self.folder.store, event, when).await;
        assert_eq!(done, Outcome::Accepted);
    }

    async fn run(&mut self, killed: Option<usize>) {
        let now = Timestamp(self.now);
        let asked = Asked {
            most: 1,
            ..Asked::all(now)
        };
        let mut after = 0;
        for _ in 0..killed.unwrap_or(0) {
            let (done, last) = self.folder.store.expire_batch(after, asked).await.unwrap();
            self.taken_back += done.taken_back;
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        if killed.is_some() {
            self.folder.store = self.folder.reopened();
            return;
        }
        let store = &self.folder.store;
        let done = expire(store, asked, |_| {}).await.unwrap();
        assert_eq!(done.failed, 0, "{:?}", done.failures);
        self.taken_back += done.taken_back;
        let again = expire(store, asked, |_| {}).await.unwrap();
        assert_eq!((again.points, again.taken_back, again.accounts), (0, 0, 0));
        let rows = store.balances(now).await.unwrap();
        let ada = rows.iter().find(|row| row.number == ADA).unwrap();
        let due = alive(&self.facts, self.now);
        assert_eq!(ada.points.0, due, "the ledger after a run");
        let has = ada.holding;
        assert_eq!((has.available() + has.pending).0, due, "in words");
        assert!(store.check_ledger().await.unwrap().holds());
    }

    async fn holds(&self) {
        let now = Timestamp(self.now);
        let account = self.folder.store.member_account(ADA, now).await.unwrap();
        let account = account.unwrap();
        assert!(account.agrees(now), "{account:?}");
        let has = account.lots.balance(now);
        let due = alive(&self.facts, self.now);
        assert_eq!((has.available() + has.pending).0, due, "{:?}", self.facts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_ledger_is_what_is_alive_whenever_a_run_came(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::new().await;
            for step in steps {
                play.does(step).await;
                play.holds().await;
            }
            play.run(None).await;
        });
    }
}
