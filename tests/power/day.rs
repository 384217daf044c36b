//! The reference day of a shop, and what was told to people in its course.

use crate::disk::Watch;
use crate::tape::Tape;
use crate::till::{Till, coupons, issue, pay, top_up};
use anyhow::{Context, Result, ensure};
use std::ops::ControlFlow;
use std::path::Path;
use tillside::purse::{Durable, JobEnd, PurseDesk};
use tillside_core::{Head, PurseTx, SaleId, Sealed};

/// What had been told when the tape was marked.
#[derive(Clone, Default, Debug)]
pub struct Told {
    /// Where the journal stood.
    pub head: Option<Head>,
    /// The newest record that HQ had confirmed.
    pub at_hq: u64,
    /// Movements whose card may have been written to.
    pub begun: Vec<PurseTx>,
}

/// A day that was played to its end.
pub struct Day {
    pub tape: Tape,
    /// By the numbers on the tape.
    pub told: Vec<Told>,
    /// The journal in the end.
    pub journal: Vec<Sealed>,
}

struct Player<'w> {
    till: Till,
    watch: &'w Watch,
    told: Vec<Told>,
    now: Told,
}

/// Plays a day with so many sales in a folder that is watched.
pub fn play(watch: &Watch, folder: &Path, sales: usize) -> Result<Day> {
    let mut player = Player {
        till: Till::over(&folder.join("tillside.db"))?,
        watch,
        told: Vec::new(),
        now: Told::default(),
    };
    player.begin()?;
    let mut before = None;
    for number in 0..sales {
        let sale = player
            .sale(number)
            .with_context(|| format!("sale {number}"))?;
        if let (Some(before), 0) = (before, number % 9) {
            let key = player.till.key();
            player.till.void(&key, before)?;
            player.tell()?;
        }
        // Only cash is given back without its card.
        before = (number % 4 != 3).then_some(sale);
        if number % 3 == 2 {
            player.till.confirmed()?;
            player.tell()?;
        }
        if number % 11 == 10 {
            player.till.rest()?;
            player.tell()?;
        }
        if number == sales / 3 {
            player.till.adopt(2)?;
            player.tell()?;
        }
        if number == sales / 2 {
            player.till.stop();
            player.till.start()?;
            player.tell()?;
        }
    }
    let journal = player.till.desk()?.store().journal(0, 10_000)?;
    player.till.stop();
    Ok(Day {
        tape: watch.tape(),
        told: player.told,
        journal,
    })
}

impl Player<'_> {
    /// Somebody was answered: from here on it has to be so.
    fn tell(&mut self) -> Result<()> {
        let store = self.till.desk()?.store();
        self.now.head = store.head();
        self.now.at_hq = store.hq_head()?.map_or(0, |head| head.seq);
        self.watch.mark(self.told.len());
        self.told.push(self.now.clone());
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.till.start()?;
        self.tell()?;
        self.till.enrol()?;
        self.tell()?;
        self.till.adopt(1)?;
        self.tell()?;
        let issued = self.hold(issue()?)?;
        ensure!(matches!(issued, Some(JobEnd::Issued { .. })), "{issued:?}");
        Ok(())
    }

    fn sale(&mut self, number: usize) -> Result<SaleId> {
        let keys: [_; 5] = std::array::from_fn(|_| self.till.key());
        let sale = self.till.open(&keys[0])?;
        self.tell()?;
        self.till.fill(&keys[1], sale)?;
        self.tell()?;
        if number % 4 == 3 {
            self.hold(top_up(500)?)?;
            let paid = self.hold(pay(sale))?;
            ensure!(matches!(paid, Some(JobEnd::Moved(_))), "{paid:?}");
        } else {
            self.till.customer(&keys[2], sale)?;
            self.tell()?;
            if number % 5 == 1 {
                let numbers = coupons()?;
                self.till.coupon(&keys[3], sale, &numbers[number])?;
                self.tell()?;
            }
            self.till.check_out(&keys[4], sale)?;
            self.tell()?;
        }
        let state = self.till.state(sale)?;
        ensure!(state == "completed", "sale {number} is {state}");
        Ok(sale)
    }

    /// The card is held. Once the intent is on the disk the card may be written to, so it is marked.
    fn hold(&mut self, work: tillside::purse::Work) -> Result<Option<JobEnd>> {
        let txid = PurseDesk::new_tx()?;
        let (watch, told, now) = (self.watch, &mut self.told, &mut self.now);
        let tap = self.till.hold(txid, Some(work), &mut |moment| {
            if moment == Durable::AfterIntent {
                now.begun.push(txid);
                watch.mark(told.len());
                told.push(now.clone());
            }
            ControlFlow::Continue(())
        })?;
        self.tell()?;
        Ok(tap.job)
    }
}
