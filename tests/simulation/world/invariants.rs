//! What must hold after every step, and when everything has healed.

use super::{MEMBERS, World};
use crate::leases::QUOTA;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use tillside_core::Timestamp;

impl World {
    /// What must hold at every moment.
    pub(super) fn holds(&mut self) -> Result<()> {
        if self.disks.is_some() {
            return self.disks_hold();
        }
        let counts = self.hq.counts()?;
        // An HQ whose whole folder was put back asks about shares that it forgot.
        let forgotten = self.hq.cases("share_recovered")? as u64;
        ensure!(forgotten == 0 || self.hq.forgot_shares, "{counts:?}");
        let aside = (counts.open_cases - forgotten, counts.quarantined);
        ensure!(
            aside.0 == aside.1 && aside.1 <= self.poisoned()? && counts.forked == 0,
            "{counts:?}"
        );
        let mut heads = 0;
        for till in &mut self.tills {
            heads += till.view()?.head.seq;
        }
        ensure!(
            counts.records <= heads,
            "HQ has {} records of {heads}",
            counts.records
        );
        self.confirmed()?;
        let told = self.oracle.sales.len() as u64;
        ensure!(
            counts.sales <= told,
            "HQ has {} sales, and {told} were told",
            counts.sales
        );
        let uses = self.oracle.shared_uses();
        ensure!(
            uses as u64 <= QUOTA || self.hq.forgot_shares,
            "{uses} uses of {QUOTA} were given"
        );
        self.points_hold()?;
        if let Some(told) = self.oracle.sales.last() {
            let store = self.tills[told.till].desk()?.store();
            let kept = store
                .sale(told.sale)?
                .context("a sale that was told is gone")?;
            ensure!(
                kept.voided == told.voided,
                "a sale stands otherwise than it was told"
            );
        }
        self.shown()
    }

    /// What paid and what tills may yet spend is never more than there was.
    fn points_hold(&mut self) -> Result<()> {
        if !self.points_pay || self.hq.forgot_shares {
            return Ok(());
        }
        for (number, ..) in MEMBERS {
            let member = self.hq_member(number)?;
            let mut may = 0;
            for till in &mut self.tills {
                may += i64::try_from(till.points_left(member)?)?;
            }
            let (had, spent) = self.oracle.had_and_spent(number);
            ensure!(
                spent + may <= had,
                "{number} had {had} points, spent {spent}, and tills may spend {may}"
            );
        }
        Ok(())
    }

    /// How many records of all tills HQ cannot read.
    pub(super) fn poisoned(&mut self) -> Result<u64> {
        let mut poisoned = 0;
        if self.disks.is_some() {
            return Ok(0);
        }
        for at in 0..self.tills.len() {
            let records = self.tills[at].desk()?.store().journal(0, usize::MAX)?;
            for sealed in &records {
                poisoned += u64::from(self.is_poisoned(at, sealed)?);
            }
        }
        Ok(poisoned)
    }

    /// A till takes for settled only what HQ had, even if a backup took it from HQ again.
    pub(super) fn confirmed(&mut self) -> Result<()> {
        for till in &mut self.tills {
            let view = till.view()?;
            let (oldest, head) = (view.oldest_unconfirmed, view.head.seq);
            let settled = oldest.map_or(head, |oldest| oldest - 1);
            let status = self.hq.status(till.terminal, Timestamp(0))?;
            let at_hq = till.at_hq.entry(view.head.epoch).or_default();
            let there = status.head_of(view.head.epoch).map_or(0, |head| head.seq);
            *at_hq = there.max(*at_hq);
            ensure!(
                settled <= *at_hq,
                "settled up to {settled}, and HQ never had more than {at_hq}"
            );
        }
        Ok(())
    }

    /// Members shop at one till: it shows at any time what they were told, whatever HQ has of it.
    fn shown(&mut self) -> Result<()> {
        for (number, card, home) in MEMBERS {
            for till in self.tills.iter_mut().filter(|till| till.home == home) {
                let shown = till.points(card)?;
                let (as_of, counted) = till.balances;
                // In a world of restored disks this is asked at the end, when HQ counts everything.
                let counted = if self.disks.is_some() {
                    u64::MAX
                } else {
                    counted
                };
                let due = self.oracle.shown(number, as_of, counted);
                ensure!(
                    shown == due,
                    "the till shows {shown:?} points, and {due:?} are due"
                );
            }
        }
        Ok(())
    }

    /// HQ books what has expired, and may die in the middle; what its ledger says then is what is due.
    pub(super) fn expires(&mut self, dies: bool) -> Result<()> {
        let now = self.now();
        if dies {
            self.hq.expire_some(now)?;
            self.hq.crash()?;
        }
        let done = self.hq.expire(now)?;
        self.expired += done.points;
        ensure!(
            self.hq.expire(now)?.accounts == 0,
            "a second run has something to do"
        );
        for (number, ..) in MEMBERS {
            ensure!(
                self.hq.is_booked(number, now)?,
                "what expired of {number} is not what is booked"
            );
        }
        self.note(format!("HQ expires {} points", done.points));
        Ok(())
    }

    pub(super) fn is_drained(&mut self) -> Result<bool> {
        let newest = self.hq.newest();
        for at in 0..self.tills.len() {
            let view = self.tills[at].view()?;
            let terminal = self.tills[at].terminal;
            let status = self.hq.status(terminal, Timestamp(0))?;
            let there = status.head_of(view.head.epoch);
            let all = there.map_or(view.head.seq == 0, |head| head == view.head);
            if view.oldest_unconfirmed.is_some() || !all || view.bundle != newest {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Everything is where it belongs, once.
    pub(super) fn drained(&mut self) -> Result<()> {
        self.holds()?;
        if self.disks.is_some() {
            self.learn_of_lost()?;
        }
        ensure!(self.hq.ledger_holds()?, "HQ's ledger does not hold");
        // Made of other facts by other code than the ledger's balance.
        for (number, ..) in MEMBERS {
            ensure!(
                self.hq.lots_agree(number, self.now())?,
                "the lots of {number} differ from the ledger"
            );
        }
        let (counts, poisoned) = (self.hq.counts()?, self.poisoned()?);
        ensure!(
            counts.quarantined == poisoned,
            "{poisoned} records cannot be read, and {} are set aside",
            counts.quarantined
        );
        ensure!(counts.sales == self.oracle.sales.len() as u64, "{counts:?}");
        ensure!(counts.voided == self.oracle.voided() as u64, "{counts:?}");
        self.expires(false)?;
        let (due, there) = (self.oracle.balances(self.now()), self.hq.balances()?);
        let wrong: BTreeMap<_, _> = due
            .iter()
            .filter(|(member, points)| there.get(*member) != Some(points))
            .collect();
        ensure!(
            wrong.is_empty(),
            "HQ holds other points than were told: due {wrong:?}"
        );
        let replayed = self.hq.replay()?;
        ensure!(
            replayed.agrees(),
            "decided otherwise: {:?}",
            replayed.differences
        );
        // What HQ lost with a backup it forgot to have published.
        let decided = replayed.compared + replayed.not_comparable;
        ensure!(
            decided == self.oracle.sales.len() as u64,
            "{decided} decided"
        );
        let used: Vec<String> = self.oracle.used().into_iter().collect();
        ensure!(
            self.hq.used()? == used,
            "coupons at HQ: {:?}, told {used:?}",
            self.hq.used()?
        );
        let (uses, there) = (self.oracle.shared_uses(), self.hq.shared_uses()?);
        ensure!(uses == there, "{uses} uses of the quota, {there} at HQ");
        let now = self.now();
        self.hq.publish(now)?;
        for at in 0..self.tills.len() {
            let (till, hq) = (&mut self.tills[at], &self.hq);
            till.pull(hq)?;
            till.rebuilds()?;
        }
        self.shown()?;
        self.note(format!("{due:?} {used:?}"));
        Ok(())
    }
}
