//! The line to HQ: calls are lost, answers are lost, batches come twice, late and in another order; and some records HQ cannot read.

use super::{MEMBERS, World};
use crate::certificates::YEARS;
use crate::till::lost;
use anyhow::Result;
use std::time::Duration;
use tillside_core::{Event, Hash, Sealed, Timestamp, points_of};
use tillside_hq::fleet::NoEpoch;
use tillside_protocol::{LeaseWish, PushRequest};
use tillside_sync::{Action, Failure, ProblemKind, Report, Wake, in_step};
use tillside_tests::Chance;

impl World {
    /// One thing that the engine decides, over a line that may fail.
    pub(super) fn syncs(&mut self, at: usize, bad_line: bool) -> Result<()> {
        let chance = u32::try_from(self.chance.below(1 << 32)).unwrap_or(0);
        if !bad_line {
            self.readmits(at)?;
        }
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
        if self.disks.is_some() {
            return Ok(());
        }
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
        if let Some(refused) = self.hq.lets_in(&self.tills[at].certificate, now)? {
            self.note(format!("{at} is not let in"));
            self.refused += 1;
            return Ok(Report::Failed(refused));
        }
        match action {
            Action::Push { after } => {
                let mut request = self.tills[at].batch(after)?;
                self.poison(at, &mut request)?;
                self.note(format!(
                    "{at} sends {} after {}.{}, luck {luck}",
                    request.records.len(),
                    after.epoch,
                    after.seq
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
            Action::BeginEpoch { from } => self.begins_epoch(at, from, luck),
            Action::Status if luck < 3 => Ok(lost()),
            Action::Status => {
                let status = self.hq.status(terminal, now)?;
                let view = self.tills[at].view()?;
                if self.disks.is_none() && in_step(&view, &status) {
                    self.leases(at, bad_line)?;
                }
                Ok(Report::Status(status))
            }
            Action::Pull { .. } if luck < 3 => Ok(lost()),
            Action::Pull { .. } => {
                let (till, hq) = (&mut self.tills[at], &self.hq);
                till.pull(hq)
            }
            Action::Renew => {
                let issued = self.tills[at].next_certificate(Timestamp(now.0 + YEARS));
                self.hq.renew(issued.clone(), now)?;
                self.note(format!("{at} renews, luck {luck}"));
                match luck {
                    1..3 => Ok(lost()),
                    _ => Ok(self.tills[at].hold(issued)),
                }
            }
            Action::Wait { .. } => anyhow::bail!("nobody wants {action:?} here"),
        }
    }

    /// HQ gave this till a certificate that will soon end.
    pub(super) fn shortens(&mut self, at: usize) -> Result<()> {
        let seconds = self.chance.below(40);
        let (now, till) = (self.now(), &mut self.tills[at]);
        let until = Timestamp(now.0 + i64::try_from(seconds * 1_000)?);
        let issued = till.next_certificate(until);
        till.hold(issued.clone());
        self.hq.renew(issued, now)?;
        self.note(format!("the certificate of {at} ends in {seconds} s"));
        Ok(())
    }

    /// A person fetches a new certificate for a till whose own has ended, and starts it again.
    pub(super) fn readmits(&mut self, at: usize) -> Result<()> {
        let (now, elapsed) = (self.now(), self.elapsed);
        let till = &mut self.tills[at];
        if now <= till.certificate.not_after {
            return Ok(());
        }
        let issued = till.next_certificate(Timestamp(now.0 + YEARS));
        self.hq.readmit(till.store.clone(), issued.clone(), now)?;
        till.hold(issued);
        till.crash(elapsed)?;
        self.note(format!("{at} is let in again"));
        Ok(())
    }

    /// Somebody's points, for a sale or to keep aside; also of those who never shop there. Now and then what the till
    /// may spend goes back.
    fn wishes_for_points(&mut self, at: usize) -> Result<Option<LeaseWish>> {
        if !self.points_pay {
            return Ok(None);
        }
        let home = self.tills[at].home;
        let anybody = self.chance.below(3) == 0;
        let theirs: Vec<_> = (MEMBERS.iter())
            .filter(|member| anybody || member.2 == home)
            .collect();
        let (number, ..) = theirs[self.pick(theirs.len())];
        let member = self.hq_member(number)?;
        if self.chance.below(6) == 0 {
            self.tills[at].give_points_back(member)?;
        }
        let want = match self.chance.below(2) {
            0 => None,
            _ => Some(1 + self.chance.below(900)),
        };
        Ok(Some(LeaseWish {
            left: self.tills[at].points_left(member)?,
            subject: points_of(member),
            want,
        }))
    }

    /// The till's word on its shares, and HQ's answer: either may be lost, or come twice.
    fn leases(&mut self, at: usize, bad_line: bool) -> Result<()> {
        let luck = if bad_line { self.chance.below(8) } else { 7 };
        let points = self.wishes_for_points(at)?;
        let (now, request) = (self.now(), self.tills[at].lease_request(points)?);
        if luck == 0 {
            return Ok(());
        }
        let answer = self.hq.lease(request.clone(), now)?;
        if luck == 1 {
            return Ok(());
        }
        self.tills[at].lease_answer(&answer)?;
        if luck == 2 {
            let again = self.hq.lease(request, now)?;
            self.tills[at].lease_answer(&again)?;
        }
        let left = self.tills[at].uses_left()?;
        self.note(format!("{at} holds {left} uses, luck {luck}"));
        Ok(())
    }

    /// Asks HQ for an epoch; the question or the answer may be lost.
    fn begins_epoch(&mut self, at: usize, from: u64, luck: u64) -> Result<Report> {
        let fresh = Hash::of(&self.chance.below(u64::MAX).to_le_bytes());
        let (now, terminal) = (self.now(), self.tills[at].terminal);
        let request = self.tills[at].epoch_request(from, fresh)?;
        if luck == 1 {
            return Ok(lost());
        }
        let given = self.hq.begin_epoch(terminal, request, now)?;
        self.note(format!("{at} forks after {from}: {given:?}, luck {luck}"));
        match given {
            _ if luck == 2 => Ok(lost()),
            Ok(epoch) => {
                if let Some(disks) = &mut self.disks {
                    disks.epochs += 1;
                }
                self.tills[at].begin_epoch(&request.from, epoch)
            }
            Err(NoEpoch::NotInCommon(_)) => Ok(Report::EpochTooEarly),
            Err(refused) => Ok(Report::EpochRefused(Failure {
                kind: ProblemKind::Refused,
                words: refused.to_string(),
                retryable: false,
            })),
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
