//! How much of a quota shoppers can use while a fifth of the stores has no line, and whether ever more is
//! given than there is.
//!
//! A campaign of thirty days with 20,000 uses, in a chain of 200 stores whose demand falls as 1/rank (Zipf),
//! in all one and a half times the quota. One store in five, drawn by chance, loses its line at a drawn hour
//! and stays dark to the end; it goes on selling. Tills and HQ are the product's own: [`Holder`], [`Lessor`],
//! HQ's round and split, allowances sealed and opened; only the line and the disk are left out. Beside it, as a
//! remark: the same shoppers, with the quota dealt out to the stores once in equal parts, and once in parts
//! that know the demand before.
//!
//! - `quota_usable_pct`: uses that shoppers got, of the quota, in the worst of several drawn chains.
//! - `quota_overshoot`: uses past the quota, in all of them together.

use crate::figure::{Better, Goal};
use anyhow::{Context, Result, ensure};
use tillside_core::authority::{Allowance, AllowanceId, Holder, Lessor, LessorFact, Subject};
use tillside_core::{CodeKey, PlanId, TerminalId, Timestamp, quota_of};
use tillside_hq::leases::{Round, Wanted, not_taken, round};
use tillside_tests::Chance;
use uuid::Uuid;

/// At least 95 of 100.
pub const USABLE_GOAL: Goal = Goal {
    id: "quota_usable_pct",
    unit: "%",
    goal: 95.0,
    better: Better::Higher,
    measure: |goal| {
        let played = play_all()?;
        let worst = |of: fn(&Played) -> u64| played.iter().map(of).min().unwrap_or(0);
        let (fixed, known) = (percent(worst(|p| p.equal)), percent(worst(|p| p.known)));
        let remark = format!(
            "worst of {CHAINS} chains; dealt out once {fixed:.1} in equal parts, {known:.1} by the demand"
        );
        Ok(goal.reached(percent(worst(|p| p.used)), remark))
    },
};

/// Nothing.
pub const OVERSHOOT_GOAL: Goal = Goal {
    id: "quota_overshoot",
    unit: "uses",
    goal: 0.0,
    better: Better::Lower,
    measure: |goal| {
        let played = play_all()?;
        let over = played
            .iter()
            .map(|p| p.used.saturating_sub(QUOTA))
            .sum::<u64>();
        let remark = format!(
            "{CHAINS} chains, {} uses",
            played.iter().map(|p| p.used).sum::<u64>()
        );
        Ok(goal.reached(over as f64, remark))
    },
};

const CHAINS: u64 = 5;
const STORES: usize = 200;
const QUOTA: u64 = 20_000;
/// Of all stores, so many in a hundred go dark.
const DARK: u64 = 20;
/// The hours that stores are open in thirty days.
const HOURS: u64 = 360;
const HOUR_MS: i64 = 3_600_000;
/// Demand, in hundredths of the quota.
const DEMAND: u64 = 150;
const NOON: i64 = 1_795_348_800_000;
const SECRET: [u8; 32] = [7; 32];

/// How one chain came out: uses with leases, and with either way to deal out once.
struct Played {
    used: u64,
    equal: u64,
    known: u64,
}

fn percent(used: u64) -> f64 {
    used as f64 * 100.0 / QUOTA as f64
}

fn play_all() -> Result<Vec<Played>> {
    (1..=CHAINS).map(play).collect()
}

/// One store's till.
struct Till {
    holder: Holder,
    terminal: TerminalId,
    serial: u64,
    call: Timestamp,
    /// The hour from which on it has no line.
    dark_from: u64,
    /// Its part of the demand, of [`WHOLE`].
    weight: u64,
    wanted: u64,
    used: u64,
}

struct Chain {
    lessor: Lessor,
    subject: Subject,
    keys: [CodeKey; 1],
    tills: Vec<TerminalId>,
    ids: u128,
}

fn play(seed: u64) -> Result<Played> {
    let mut chance = Chance::new(seed);
    let subject = quota_of(&PlanId::new("FIRST")?).context("a subject")?;
    let mut tills = tills(&mut chance);
    let mut chain = Chain {
        lessor: Lessor::new(subject.clone(), 0),
        subject,
        keys: [CodeKey::of_secret(&SECRET)],
        tills: tills.iter().map(|till| till.terminal).collect(),
        ids: 0,
    };
    let whole: u64 = tills.iter().map(|till| till.weight).sum();
    for hour in 0..HOURS {
        let now = Timestamp(NOON + i64::try_from(hour)? * HOUR_MS);
        let shoppers = QUOTA * DEMAND / 100 / HOURS;
        for _ in 0..shoppers {
            let at = drawn(&tills, chance.below(whole));
            chain.shopper(&mut tills[at], hour, now)?;
        }
        for till in tills.iter_mut().filter(|till| hour < till.dark_from) {
            chain.sync(till, now)?;
        }
    }
    let used = tills.iter().map(|till| till.used).sum();
    let figures = chain.lessor.figures(Timestamp(NOON));
    ensure!(figures.beyond == 0, "used past a lease: {figures:?}");
    let dealt = |part: &dyn Fn(&Till) -> u64| {
        let got = tills.iter().map(|till| till.wanted.min(part(till)));
        got.sum()
    };
    Ok(Played {
        used,
        equal: dealt(&|_| QUOTA / STORES as u64),
        known: dealt(&|till| QUOTA * till.weight / whole),
    })
}

/// The tills of the chain, by rank.
fn tills(chance: &mut Chance) -> Vec<Till> {
    let till = |rank: usize| {
        let terminal = TerminalId::new(Uuid::from_u128(rank as u128));
        let dark = chance.below(100) < DARK;
        let from = chance.below(HOURS);
        Till {
            holder: Holder::new(terminal, 1),
            terminal,
            serial: 0,
            call: Timestamp(0),
            dark_from: if dark { from } else { HOURS },
            weight: 1_000_000 / rank as u64,
            wanted: 0,
            used: 0,
        }
    };
    (1..=STORES).map(till).collect()
}

/// Whose shopper it is.
fn drawn(tills: &[Till], mut at: u64) -> usize {
    for (number, till) in tills.iter().enumerate() {
        match at.checked_sub(till.weight) {
            Some(rest) => at = rest,
            None => return number,
        }
    }
    0
}

impl Chain {
    /// Somebody shows the code; a till with a line asks HQ for more before it says no.
    fn shopper(&mut self, till: &mut Till, hour: u64, now: Timestamp) -> Result<()> {
        till.wanted += 1;
        for asked in [false, true] {
            if asked && hour < till.dark_from {
                self.sync(till, now)?;
            }
            if let Ok(spent) = till.holder.spend(&self.subject, 1, now) {
                till.holder.apply(&spent);
                till.used += 1;
                return Ok(());
            }
        }
        Ok(())
    }

    /// What a till and HQ do when they talk.
    fn sync(&mut self, till: &mut Till, now: Timestamp) -> Result<()> {
        let ended = till.holder.close_ended(now);
        ended.iter().for_each(|fact| till.holder.apply(fact));
        let left = till.holder.left(&self.subject, now);
        let wishes = left == 0 || till.holder.wish(&self.subject, now).is_some();
        let report = till.holder.report(till.call);
        self.ids += 1;
        let id = AllowanceId::new(Uuid::from_u128(self.ids));
        let asked = Round {
            report: &report,
            quota: Some(QUOTA),
            wish: wishes.then_some(Wanted::Share),
            tills: &self.tills,
            now,
        };
        for fact in round(&mut self.lessor, &asked, id, till.serial + 1) {
            if let LessorFact::Granted { terms, .. } = &fact {
                till.serial = terms.serial;
            }
        }
        for terms in not_taken(&self.lessor, &report, now) {
            let allowance = Allowance::open(&terms.seal(&SECRET)?, &self.keys)?;
            let taken = till.holder.accept(&allowance, now)?;
            till.holder.apply(&taken);
        }
        if let Some(settled) = till.holder.settle(&self.lessor.settled(&report), now) {
            till.holder.apply(&settled);
        }
        till.call = now;
        Ok(())
    }
}
