//! One seed played: what happens at each step, what must hold after it, and how everything heals.

mod disks;
mod invariants;
mod network;
mod people;

use crate::hq::Hq;
use crate::oracle::Oracle;
use crate::scene::{self, NOON, STORES};
use crate::till::Till;
use anyhow::{Context, Result};
use disks::Disks;
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tillside_core::{Hash, MemberId, Timestamp};
use tillside_protocol::PushRequest;
use tillside_tests::Chance;

/// Steps before everything heals.
const STEPS: u64 = 60;
/// Steps in which everything must have drained.
const HEALED: u64 = 600;
const DAY: i64 = 86_400_000;
/// Members of the sample, each at home in one of the stores: number, card, till.
const MEMBERS: [(&str, &str, usize); 4] = [
    ("900000001", "uid:04A1B2C3D4E5F6", 0),
    ("900000002", "uid:0451C2D3E4F5A6", 0),
    ("900000003", "uid:04916273849506", 0),
    ("900000004", "uid:DEADBEEF", 1),
];

/// What goes wrong behind the product's back, to see the invariants find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Planted {
    Nothing,
    /// A shopper is told more than was recorded.
    Boasts,
    /// A sale is told that the disk lost.
    Forgets,
}

/// How a seed came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Played {
    /// Everything that happened, without the ids that are drawn by the system.
    pub trace: Hash,
    pub sales: usize,
    pub crashes: u32,
    pub lost: u32,
    /// Calls that HQ refused for an ended certificate.
    pub refused: u32,
    /// Records that HQ could never read.
    pub poisoned: u64,
    /// Uses of the campaign's code that stand.
    pub shared_uses: usize,
    /// Epochs that HQ gave to tills whose disk was put back or copied.
    pub epochs: u32,
    /// Points that HQ booked as expired.
    pub expired: i64,
    /// How often goods came back.
    pub returns: usize,
    /// Points that paid.
    pub spent: i64,
}

pub struct World {
    hq: Hq,
    tills: Vec<Till>,
    late: Vec<(usize, PushRequest)>,
    chance: Chance,
    seed: u64,
    elapsed: Duration,
    oracle: Oracle,
    coupons: Vec<Vec<String>>,
    trace: Vec<String>,
    planted: Planted,
    crashes: u32,
    lost: u32,
    /// Calls that HQ refused for an ended certificate.
    refused: u32,
    expired: i64,
    /// Points pay, and do not expire.
    points_pay: bool,
    members: BTreeMap<String, MemberId>,
    /// Disks of tills are put back and copied; then nobody shows coupons, and HQ can read everything.
    disks: Option<Disks>,
    steps: u64,
    // Goes last.
    _folder: TempDir,
}

/// Plays a seed.
pub fn play(seed: u64, planted: Planted) -> Result<Played> {
    let mut world = World::new(seed, planted)?;
    for step in 0..STEPS {
        world.step().with_context(|| format!("step {step}"))?;
        world
            .holds()
            .with_context(|| format!("after step {step}"))?;
    }
    world.heal()?;
    world.drained()?;
    let trace = world.trace.join("\n");
    Ok(Played {
        trace: Hash::of(trace.as_bytes()),
        sales: world.oracle.sales.len(),
        crashes: world.crashes,
        lost: world.lost,
        refused: world.refused,
        poisoned: world.poisoned()?,
        shared_uses: world.oracle.shared_uses(),
        epochs: world.disks.map_or(0, |disks| disks.epochs),
        expired: world.expired,
        returns: world
            .oracle
            .sales
            .iter()
            .map(|told| told.returns.len())
            .sum(),
        spent: world.oracle.standing().map(|told| told.spent).sum(),
    })
}

impl World {
    fn new(seed: u64, planted: Planted) -> Result<Self> {
        let folder = scene::copy()?;
        // Every other of the seeds with coupons.
        let mut hq = Hq::open(folder.path(), seed % 2 == 1)?;
        // One seed in three.
        let disks = seed.is_multiple_of(3).then(|| Disks::of(folder.path()));
        // Half of the others.
        let points_pay = disks.is_none() && (seed / 2).is_multiple_of(2);
        if points_pay {
            hq.let_points_pay(Timestamp(NOON))?;
        }
        hq.publish(Timestamp(NOON))?;
        let start = |number: usize| {
            let file = folder.path().join(format!("till{number}.db"));
            Till::start(&file, Duration::ZERO, NOON)
        };
        let mut tills = (0..STORES.len()).map(start).collect::<Result<Vec<_>>>()?;
        for (home, till) in tills.iter_mut().enumerate() {
            till.home = home;
            till.pull(&hq)?;
        }
        let sample = tillside_tests::sample();
        let coupons = STORES.map(|store| sample.coupons("COFFEE-1", store));
        let oracle = Oracle {
            opening: hq.balances()?,
            ..Oracle::default()
        };
        let members = MEMBERS.map(|(number, ..)| Ok((number.to_owned(), hq.member(number)?)));
        let members = members.into_iter().collect::<Result<_>>()?;
        Ok(Self {
            hq,
            tills,
            late: Vec::new(),
            chance: Chance::new(seed),
            seed,
            elapsed: Duration::ZERO,
            oracle,
            coupons: coupons.to_vec(),
            trace: Vec::new(),
            planted,
            crashes: 0,
            lost: 0,
            refused: 0,
            expired: 0,
            points_pay,
            members,
            disks,
            steps: 0,
            _folder: folder,
        })
    }

    fn note(&mut self, what: impl Into<String>) {
        self.trace.push(what.into());
    }

    fn pick(&mut self, limit: usize) -> usize {
        usize::try_from(self.chance.below(limit as u64)).unwrap_or(0)
    }

    /// The world's own time, by which HQ's clock goes.
    fn now(&self) -> Timestamp {
        Timestamp(NOON + i64::try_from(self.elapsed.as_millis()).unwrap_or(0))
    }

    fn step(&mut self) -> Result<()> {
        self.steps += 1;
        let at = self.pick(self.tills.len());
        let passes = self.chance.below(4_000);
        self.elapsed += Duration::from_millis(passes);
        for till in &self.tills {
            till.jump(i64::try_from(passes)?);
        }
        if self.disks.is_some() && self.chance.below(12) == 0 {
            return self.disk(at);
        }
        match self.chance.below(100) {
            0..36 => self.sells(at),
            36..38 => self.leaps(),
            38..40 => {
                let dies = self.chance.below(2) == 0;
                self.expires(dies)
            }
            40..44 => self.voids(at),
            44..47 => self.returns(at),
            47..85 => self.syncs(at, true),
            85..89 => self.dies(at),
            89 => match self.chance.below(3) {
                0 => self.readmits(at),
                _ => self.shortens(at),
            },
            90..93 => {
                let by = i64::try_from(self.chance.below(2 * DAY.unsigned_abs()))? - DAY;
                self.tills[at].jump(by);
                self.note(format!("clock of {at} {by}"));
                Ok(())
            }
            93..95 => {
                let now = self.now();
                self.note("publish");
                self.hq.publish(now)
            }
            95..97 => {
                self.note("HQ dies");
                self.hq.crash()
            }
            97..98 => {
                self.note("backup");
                self.hq.back_up()
            }
            98..99 => {
                let restored = self.hq.restore()?;
                self.note(format!("restored {restored}"));
                Ok(())
            }
            _ => self.delivers_late(),
        }
    }

    /// Nothing happens for up to three days.
    fn leaps(&mut self) -> Result<()> {
        let hours = self.chance.below(72);
        self.elapsed += Duration::from_secs(hours * 3_600);
        for till in &self.tills {
            till.jump(i64::try_from(hours * 3_600_000)?);
        }
        self.note(format!("{hours} hours pass"));
        Ok(())
    }

    fn dies(&mut self, at: usize) -> Result<()> {
        self.crashes += 1;
        self.note(format!("{at} dies"));
        let elapsed = self.elapsed;
        self.tills[at].crash(elapsed)
    }

    /// The line heals, and nobody sells. Now and then there is not even a new bundle, which would be a fact.
    fn heal(&mut self) -> Result<()> {
        self.delivers_late()?;
        if self.chance.below(2) == 0 {
            let now = self.now();
            self.hq.publish(now)?;
        }
        self.drains()?;
        // All is well; then HQ is put back, and nobody has anything new to say.
        if self.chance.below(3) == 0 && self.hq.restore()? {
            self.note("restored at the end");
            self.drains()?;
        }
        Ok(())
    }

    fn drains(&mut self) -> Result<()> {
        for step in 0..HEALED {
            let at = usize::try_from(step)? % self.tills.len();
            self.syncs(at, false)?;
            if self.is_drained()? {
                return Ok(());
            }
        }
        anyhow::bail!("not drained after {HEALED} steps of a line that holds")
    }
}
