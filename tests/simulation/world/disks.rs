//! Disks of tills that are put back from a backup, or copied to another PC that runs under the same name.

use super::World;
use crate::till::Till;
use anyhow::{Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was copied when.
pub struct Disks {
    folder: PathBuf,
    /// The step at which each till's backup was made.
    backups: BTreeMap<usize, u64>,
    copied: bool,
    pub epochs: u32,
}

impl Disks {
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            backups: BTreeMap::new(),
            copied: false,
            epochs: 0,
        }
    }

    fn backup(&self, at: usize) -> PathBuf {
        self.folder.join(format!("till{at}.backup"))
    }
}

impl World {
    /// A backup is made, or put back; or the disk is copied, once.
    pub(super) fn disk(&mut self, at: usize) -> Result<()> {
        let (drawn, elapsed, steps) = (self.chance.below(8), self.elapsed, self.steps);
        let Some(disks) = &mut self.disks else {
            return Ok(());
        };
        let (backup, made) = (disks.backup(at), disks.backups.get(&at).copied());
        match (drawn, made) {
            (0, _) if !disks.copied => {
                disks.copied = true;
                self.copy(at)
            }
            (1..4, Some(made)) => {
                self.tills[at].restore(&backup, elapsed)?;
                let lost = |told: &&mut crate::oracle::Told| told.till == at && told.touched > made;
                for told in self.oracle.sales.iter_mut().filter(lost) {
                    told.doubted = true;
                }
                self.note(format!("{at} gets its disk of step {made} back"));
                Ok(())
            }
            _ => {
                disks.backups.insert(at, steps);
                self.tills[at].copy(&backup, elapsed)?;
                self.note(format!("the disk of {at} is backed up"));
                Ok(())
            }
        }
    }

    /// Another PC begins with a copy of the disk.
    fn copy(&mut self, at: usize) -> Result<()> {
        let Some(disks) = &self.disks else {
            return Ok(());
        };
        let file = disks.folder.join("copy.db");
        let (elapsed, now) = (self.elapsed, self.now());
        self.tills[at].copy(&file, elapsed)?;
        let mut copy = Till::start(&file, elapsed, now.0)?;
        copy.home = self.tills[at].home;
        // Another POS, with keys of its own.
        copy.keys = 1 << 32;
        copy.certificates = 1 << 16;
        copy.at_hq = self.tills[at].at_hq.clone();
        self.tills.push(copy);
        for told in self.oracle.sales.iter_mut().filter(|told| told.till == at) {
            told.copied = true;
        }
        self.note(format!("the disk of {at} is copied"));
        Ok(())
    }

    /// What must hold at every moment in such a world.
    pub(super) fn disks_hold(&mut self) -> Result<()> {
        let counts = self.hq.counts()?;
        let told = self.oracle.sales.len() as u64;
        ensure!(
            counts.sales <= told,
            "HQ has {} sales, and {told} were told",
            counts.sales
        );
        ensure!(counts.quarantined == 0, "set aside: {counts:?}");
        ensure!(self.hq.ledger_holds()?, "HQ's ledger does not hold");
        self.confirmed()
    }

    /// When all has healed: every sale that any disk has is at HQ, and the rest is as HQ has it.
    pub(super) fn learn_of_lost(&mut self) -> Result<()> {
        let at_hq = self.hq.sales()?;
        self.oracle.learn(&at_hq);
        for (number, told) in self.oracle.sales.iter().enumerate() {
            ensure!(
                at_hq.get(&told.sale) == Some(&told.voided),
                "sale {number} of till {} stands otherwise at HQ",
                told.till
            );
        }
        let forked = self.tills.iter_mut().map(Till::view);
        let forked = forked.collect::<Result<Vec<_>>>()?;
        let forked = forked.iter().any(|view| view.head.epoch > 1);
        let asked = self.hq.cases("two_histories")? > 0;
        ensure!(asked || !forked, "nobody is asked about a fork");
        Ok(())
    }
}
