//! The line to HQ: calls are lost, answers are lost, batches come twice, late and in another order; and some records HQ cannot read.

use super::World;
use crate::till::lost;
use anyhow::Result;
use std::time::Duration;
use tillside_core::{Event, Sealed};
use tillside_protocol::PushRequest;
use tillside_sync::{Action, Report, Wake};
use tillside_tests::Chance;

impl World {
    /// One thing that the engine decides, over a line that may fail.
    pub(super) fn syncs(&mut self, at: usize, bad_line: bool) -> Result<()> {
        let chance = u32::try_from(self.chance.below(1 << 32)).unwrap_or(0);
        let (elapsed, till) = (self.elapsed, &mut self.tills[at]);
        let (view, moment) = (till.view()?, till.moment(elapsed, chance));
        let action = till.engine.next(&view, &moment);
        if let Action::Wait { until } = action {
            match bad_line {
                true => till.engine.wake(Wake::NewFact, &moment),
                false => self.elapsed = self.elapsed.max(till.until(until)),
            }
            return Ok(());
        }
        let report = self.calls(at, action, bad_line)?;
        self.elapsed += Duration::from_millis(10);
        let till = &mut self.tills[at];
        let moment = till.moment(self.elapsed, chance);
        till.engine.report(report, &view, &moment);
        Ok(())
    }

    /// Some records HQ can never read, however often they come. They move no money, so that what shoppers
    /// were told is still what must come out.
    fn poison(&self, at: usize, request: &mut PushRequest) -> Result<()> {
        for sealed in &mut request.records {
            if self.is_poisoned(at, sealed)? {
                sealed.body = sealed.body.replace("bundle_adopted", "bundle_of_tomorrow");
            }
        }
        Ok(())
    }

    /// As the seed says, of one record for ever.
    pub(super) fn is_poisoned(&self, at: usize, sealed: &Sealed) -> Result<bool> {
        let drawn = Chance::new(self.seed ^ (sealed.seq << 8) ^ at as u64).below(4);
        let event = sealed.read()?.event;
        Ok(drawn == 0 && matches!(event, Event::BundleAdopted { .. }))
    }

    pub(super) fn calls(&mut self, at: usize, action: Action, bad_line: bool) -> Result<Report> {
        let luck = if bad_line { self.chance.below(10) } else { 9 };
        self.lost += u32::from(luck < 4);
        let now = self.now();
        let terminal = self.tills[at].terminal;
        if luck == 0 {
            return Ok(lost());
        }
        match action {
            Action::Push { after } => {
                let mut request = self.tills[at].batch(after)?;
                self.poison(at, &mut request)?;
                self.note(format!(
                    "{at} sends {} after {after}, luck {luck}",
                    request.records.len()
                ));
                if luck == 1 {
                    self.late.push((at, request));
                    return Ok(lost());
                }
                let mut answer = self.hq.push(terminal, request.clone(), now)?;
                if luck == 2 {
                    return Ok(lost());
                }
                if luck == 3 {
                    answer = self.hq.push(terminal, request.clone(), now)?;
                }
                self.tills[at].pushed(&request, &answer)
            }
            Action::Status if luck < 3 => Ok(lost()),
            Action::Status => Ok(Report::Status(self.hq.status(terminal, now)?)),
            Action::Pull { .. } if luck < 3 => Ok(lost()),
            Action::Pull { .. } => {
                let (till, hq) = (&mut self.tills[at], &self.hq);
                till.pull(hq)
            }
            Action::Renew | Action::Wait { .. } => anyhow::bail!("nobody wants {action:?} here"),
        }
    }

    /// What a line held back arrives, behind what was sent after it.
    pub(super) fn delivers_late(&mut self) -> Result<()> {
        let now = self.now();
        for (at, request) in std::mem::take(&mut self.late) {
            self.note(format!("late from {at}"));
            self.hq.push(self.tills[at].terminal, request, now)?;
        }
        Ok(())
    }
}
