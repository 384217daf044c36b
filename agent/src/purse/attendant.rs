//! The reader's thread: attends each card with a flow, and tells the screens what came of it.

use super::card::{Cards, Reading, causes};
use super::chip::Chip;
use super::flow::{Flow, Steps};
use super::issue::issue;
use super::job::Jobs;
use super::keys::Keys;
use super::outcome::{Attended, Durable, FlowError, JobEnd};
use super::view::{JobKind, JobStage, JobView};
use super::words;
use super::work::{Job, Work};
use crate::account::{Accounts, OnTheSpot};
use crate::chance;
use crate::till::{Desk, Settled, Till, TillError};
use std::ops::ControlFlow;
use std::time::Duration;
use tillside_core::{Money, PurseEnd, PurseTx};
use tillside_drivers::{Attendant, CardSession, ReaderError};

/// How often a card that lies there is looked at for a job that came meanwhile.
const LOOK: Duration = Duration::from_millis(50);
/// How long a step waits for a till that has too much to do.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// What came of a tap, for the bridge to the screens.
#[derive(Clone, Debug)]
pub(crate) enum Tapped {
    /// A card.
    Card(Box<CardTapped>),
    /// A card that is not taken at all, with the words why.
    Refused(String),
}

/// A card that was attended.
#[derive(Clone, Debug)]
pub(crate) struct CardTapped {
    pub(crate) reading: Reading,
    pub(crate) balance: Option<i64>,
    pub(crate) blocked: Option<String>,
    pub(crate) frozen: bool,
}

/// The till's attendant of cards.
#[derive(Debug)]
pub(crate) struct TillAttendant {
    pub(crate) till: Till,
    pub(crate) jobs: Jobs,
    pub(crate) keys: Keys,
    pub(crate) accounts: Accounts,
    pub(crate) hq: OnTheSpot,
}

impl Attendant<Tapped> for TillAttendant {
    fn attend(&self, session: &mut dyn CardSession) -> Result<Tapped, ReaderError> {
        let job = self.jobs.take();
        let mut steps = self.till.clone();
        let scheme = steps.step(|desk| Ok(desk.purse_scheme())).ok().flatten();
        let chip = Chip::new(self.keys.vault(), scheme.as_ref(), random);
        if let Some(Job {
            work: Work::Issue { .. },
            ..
        }) = &job
        {
            return self.issue(session, &chip.asking(&self.hq), job);
        }
        let jobs = &self.jobs;
        let mut flow = Flow {
            steps: &mut steps,
            cards: &chip,
            new_tx: &mut || Ok(PurseTx::new(chance::eight()?)),
            hook: &mut |_: Durable| ControlFlow::Continue(()),
            account: &mut |card| self.hq.balance_now(card),
            working: &mut |begun| {
                jobs.show(|view| {
                    view.stage = JobStage::Working;
                    view.txid = Some(begun.txid);
                    view.amount = Some(begun.amount);
                    words::WORKING.clone_into(&mut view.words);
                });
            },
        };
        match flow.attend(session, job.as_ref()) {
            Ok(attended) => self.attended(attended, job),
            Err(FlowError::Reader(error)) => {
                self.wait_on(job);
                Err(error)
            }
            Err(FlowError::Refused(words)) => {
                self.refuse(job.is_some(), &words);
                Ok(Tapped::Refused(words))
            }
            // Nobody ends flows here.
            Err(FlowError::Ended(_)) => {
                self.wait_on(job);
                Err(ReaderError::Cancelled)
            }
        }
    }

    fn waiting(&self) -> Option<u64> {
        self.jobs.waiting()
    }

    fn look(&self) -> Duration {
        LOOK
    }
}

impl TillAttendant {
    fn attended(&self, attended: Attended, job: Option<Job>) -> Result<Tapped, ReaderError> {
        for settled in &attended.met.settled {
            self.tell_settled(settled);
        }
        let unknown =
            matches!(&attended.job, Some(JobEnd::Moved(settled)) if settled.end.is_none());
        let balance = attended.balance;
        let card_end = words::card_end(&attended.reading.card);
        match (job, attended.job) {
            (Some(job), Some(end)) => self.end(job, end, balance, &card_end),
            (job, _) => self.wait_on(job),
        }
        if unknown {
            // The card may lie there still: it is asked again at once.
            return Err(ReaderError::Garbled { step: "a payment" });
        }
        Ok(Tapped::Card(Box::new(CardTapped {
            reading: attended.reading,
            balance: attended.balance,
            blocked: attended.blocked,
            frozen: attended.met.frozen,
        })))
    }

    /// A movement that an earlier job left unknown came out, or did not.
    fn tell_settled(&self, settled: &Settled) {
        self.jobs.tell_settled(settled, self.receipt(settled));
    }

    fn end(&self, job: Job, end: JobEnd, balance: Option<i64>, card_end: &str) {
        let card_end = Some(card_end.to_owned());
        match end {
            JobEnd::Moved(settled) => {
                let receipt = self.receipt(&settled);
                if self.goes_on(&job, &settled) {
                    return;
                }
                self.jobs.end(|view| {
                    view.show_settled(&settled);
                    view.card_end = card_end;
                    view.receipt = receipt;
                });
            }
            JobEnd::Refused { words, could_take } => self.jobs.end(|view| {
                view.stage = JobStage::Refused;
                view.words = words;
                view.could_take = could_take;
                view.card_end = card_end;
                view.balance = money(view.amount, balance);
            }),
            JobEnd::Read(report) => self.jobs.end(|view| {
                view.stage = JobStage::Done;
                view.words.clone_from(&report.words);
                view.balance = report.balance;
                view.card_end = card_end;
                view.card = Some(*report);
            }),
            JobEnd::Issued { words } => self.jobs.end(|view| {
                view.stage = JobStage::Done;
                view.words = words;
                view.card_end = card_end;
            }),
            JobEnd::OtherCard => {
                self.jobs
                    .show(|view| words::OTHER_CARD.clone_into(&mut view.words));
                self.jobs.put_back(job);
            }
            JobEnd::AskHq(begun) => {
                self.jobs.show(|view| {
                    view.stage = JobStage::Working;
                    view.txid = Some(begun.txid);
                    view.amount = Some(begun.amount);
                    view.card_end = card_end;
                    words::ACCOUNT_ASKING.clone_into(&mut view.words);
                });
                self.accounts.ask();
            }
        }
    }

    /// A void whose sale another card has paid for too waits for that one.
    fn goes_on(&self, job: &Job, settled: &Settled) -> bool {
        let Work::Void { sale, .. } = job.work else {
            return false;
        };
        if settled.end != Some(PurseEnd::Done) || settled.completed {
            return false;
        }
        let next = self
            .till
            .clone()
            .step(move |desk| desk.next_to_return(sale));
        let Ok(Some((card, amount))) = next else {
            return false;
        };
        let mut view = JobView::waiting(job, "");
        view.sale = Some(sale);
        view.amount = Some(amount);
        view.card_end = Some(words::card_end(&card));
        view.words = format!(
            "{} {}",
            settled.words,
            words::waiting(JobKind::Void, Some(amount))
        );
        self.jobs.wait_on(job.clone(), view);
        true
    }

    fn receipt(&self, settled: &Settled) -> Option<String> {
        if settled.end != Some(PurseEnd::Done) || settled.action.sale().is_some() {
            return None;
        }
        let txid = settled.txid;
        let view = self.till.clone().step(move |desk| desk.purse(txid));
        view.ok().and_then(|view| view.receipt)
    }

    fn wait_on(&self, job: Option<Job>) {
        if let Some(job) = job {
            self.jobs.put_back(job);
        }
    }

    fn refuse(&self, job: bool, words: &str) {
        if job {
            self.jobs.end(|view| {
                view.stage = JobStage::Refused;
                words.clone_into(&mut view.words);
            });
        }
    }

    fn issue(
        &self,
        session: &mut dyn CardSession,
        chip: &Chip,
        job: Option<Job>,
    ) -> Result<Tapped, ReaderError> {
        let Some(job) = job else {
            return Err(ReaderError::Cancelled);
        };
        self.jobs.show(|view| {
            view.stage = JobStage::Working;
            words::WORKING.clone_into(&mut view.words);
        });
        let mut steps = self.till.clone();
        let mut said = 0;
        let end = issue(
            &mut steps,
            chip,
            session,
            &job,
            &mut |_| ControlFlow::Continue(()),
            &mut |progress, words| {
                // A step back would be a later key of an earlier step: people count on.
                if progress.step > said {
                    said = progress.step;
                    self.jobs.show(|view| {
                        words.clone_into(&mut view.words);
                        view.progress = Some(progress);
                    });
                }
            },
        );
        match end {
            Ok((end, card)) => {
                let card_end = card.as_ref().map(words::card_end).unwrap_or_default();
                self.end(job, end, None, &card_end);
            }
            Err(FlowError::Refused(words)) => {
                self.refuse(true, &words);
                return Ok(Tapped::Refused(words));
            }
            Err(FlowError::Reader(error)) => {
                tracing::info!(why = causes(&error), "a card was not issued to its end");
                self.jobs.show(|view| {
                    view.stage = JobStage::Waiting;
                    words::ISSUE_AGAIN.clone_into(&mut view.words);
                });
                self.jobs.put_back(job);
                return Err(error);
            }
            Err(FlowError::Ended(_)) => {
                self.jobs.put_back(job);
                return Err(ReaderError::Cancelled);
            }
        }
        // What lies there now: the card as it was issued.
        let reading = chip.read(session);
        Ok(match reading {
            Ok(reading) => Tapped::Card(Box::new(CardTapped {
                reading,
                balance: None,
                blocked: None,
                frozen: false,
            })),
            Err(trouble) => Tapped::Refused(trouble.words),
        })
    }
}

pub(super) fn random() -> Option<[u8; 16]> {
    chance::sixteen().ok()
}

fn money(like: Option<Money>, minor: Option<i64>) -> Option<Money> {
    Money::new(minor?, like?.currency()).ok()
}

/// The till's own thread takes the steps. When it has too much to do they wait a while: what a card
/// proved must get to the disk.
impl Steps for Till {
    fn step<R: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, TillError> {
        let since = std::time::Instant::now();
        while self.is_full() {
            if since.elapsed() > PATIENCE {
                return Err(TillError::Busy);
            }
            std::thread::sleep(PAUSE);
        }
        self.run_blocking(job)
    }
}
