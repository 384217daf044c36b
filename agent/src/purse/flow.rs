//! What happens while a card lies on a reader: first whatever this till has open with it is settled
//! (card layout, "Recovery"), then the job that waits is done on it, in the same session.
//!
//! The order is the invariant: the intent is on the disk before the card is written to; from the
//! moment the commit is handed to the reader the outcome is unknown until there is evidence; and what
//! is known is on the disk before anybody is told. [`Durable`] names the moments in between.

use super::card::{Cards, Movement, NoProof, Purse, Reading, Trouble, failed};
use super::outcome::{Attended, Durable, Ended, FlowError, JobEnd};
use super::words;
use super::work::{Job, Work};
use crate::till::{Begun, Desk, Holder, Met, Settled, TapPlan, TillError};
use std::ops::ControlFlow;
use tillside_core::{CardIdentity, EndEvidence, Money, PurseEvidence, PurseKind, PurseTx, Refusal};
use tillside_drivers::CardSession;

/// How steps of the till are taken: on the spot, or by the till's own thread.
pub trait Steps {
    /// Takes one.
    ///
    /// # Errors
    /// What the step says, or that the till cannot be asked.
    fn step<R: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, TillError>;
}

impl Steps for Desk {
    fn step<R: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, TillError> {
        job(self)
    }
}

/// One flow over one card. See the module.
pub(crate) struct Flow<'f, S, C> {
    pub(crate) steps: &'f mut S,
    pub(crate) cards: &'f C,
    /// New txids, for the second movement of a job.
    pub(crate) new_tx: &'f mut dyn FnMut() -> Result<PurseTx, TillError>,
    pub(crate) hook: &'f mut dyn FnMut(Durable) -> ControlFlow<()>,
    /// What HQ says, on the spot, that the account of a card holds; none if it does not say.
    pub(crate) account: &'f mut dyn FnMut(&CardIdentity) -> Option<i64>,
    /// Hears once that the card is being written to.
    pub(crate) working: &'f mut dyn FnMut(&Begun),
}

impl<S: Steps, C: Cards> Flow<'_, S, C> {
    /// Attends the card.
    pub(crate) fn attend(
        &mut self,
        session: &mut dyn CardSession,
        job: Option<&Job>,
    ) -> Result<Attended, FlowError> {
        let reading = self.cards.read(session).map_err(failed)?;
        let mut attended = Attended {
            balance: None,
            reading,
            met: Met::default(),
            blocked: None,
            job: None,
        };
        let reading = attended.reading.clone();
        if !reading.purse || reading.refused.is_some() {
            attended.job = job.map(|job| self.without_purse(&reading, job));
            return Ok(attended);
        }
        let card = reading.card.clone();
        let plan = match self.steps.step(move |desk| desk.tap_plan(&card)) {
            Ok(plan) => plan,
            Err(error) => {
                attended.job = job.map(|_| refused(&error));
                return Ok(attended);
            }
        };
        attended.blocked.clone_from(&plan.blocked);
        let mut purse = match self.cards.open(session, &reading) {
            Ok(purse) => purse,
            Err(trouble) => return not_opened(attended, job, trouble),
        };
        attended.balance = Some(purse.seen().balance);
        match self.meet(purse.as_mut(), &reading, &plan)? {
            Ok(met) => attended.met = met,
            Err(error) => {
                attended.job = job.map(|_| refused(&error));
                return Ok(attended);
            }
        }
        let returns = job.is_some_and(|job| matches!(job.work, Work::Void { .. }));
        let unfit = purse.unfit(plan.time, returns);
        if let Some(unfit) = unfit {
            attended.reading.refused = Some(unfit.words);
        }
        if let Some(job) = job {
            let reading = attended.reading.clone();
            attended.job = Some(match (&reading.refused, &job.work) {
                (Some(words), work) if !matches!(work, Work::Read) => JobEnd::Refused {
                    words: words.clone(),
                    could_take: None,
                },
                _ => self.work(purse, &reading, job)?,
            });
            if let Some(JobEnd::Moved(settled)) = &attended.job {
                let after = settled.balance.map(Money::minor);
                attended.balance = after.or(attended.balance);
            }
        }
        Ok(attended)
    }

    /// Settles what is open with the card, and keeps what this till did not know of it.
    #[allow(
        clippy::type_complexity,
        reason = "the flow's end, around the till's answer"
    )]
    fn meet(
        &mut self,
        purse: &mut dyn Purse,
        reading: &Reading,
        plan: &TapPlan,
    ) -> Result<Result<Met, TillError>, FlowError> {
        let seen = purse.seen();
        if plan.unsettled.is_empty() && plan.known.as_ref() == Some(&seen) {
            return Ok(Ok(Met::default()));
        }
        // Somebody waits with the card in the hand: where nothing is open with it and its count went on, or
        // it is new here, what came since is all that can be new.
        let log = match &plan.known {
            _ if !plan.unsettled.is_empty() => purse.log(),
            None => purse.log_since(0),
            Some(known) if known.tmc < seen.tmc => purse.log_since(known.tmc),
            Some(_) => purse.log(),
        };
        let log = log.map_err(failed)?;
        let card = reading.card.clone();
        let met = self
            .steps
            .step(move |desk| desk.meet_card(&card, &seen, &log));
        self.at(Durable::AfterMeeting)?;
        Ok(met)
    }

    fn work(
        &mut self,
        mut purse: Box<dyn Purse + '_>,
        reading: &Reading,
        job: &Job,
    ) -> Result<JobEnd, FlowError> {
        if let Work::Read = job.work {
            return self.report(purse.as_mut(), reading);
        }
        let seen = purse.seen();
        let holder = Holder {
            card: reading.card.clone(),
            member: reading.member,
            seen: Some(seen),
            account: self.account_of(job, &reading.card),
        };
        match self.begin(job, holder)? {
            Ok(begun) if begun.kind == PurseKind::Account => Ok(JobEnd::AskHq(begun)),
            Ok(begun) => self.move_purse(purse, &begun),
            Err(end) => Ok(end),
        }
    }

    /// What the account holds, where the job takes less if that is less.
    fn account_of(&mut self, job: &Job, card: &CardIdentity) -> Option<i64> {
        job.work
            .takes_what_an_account_holds()
            .then(|| (self.account)(card))?
    }

    /// The intent, on the disk; or how the job ends without one.
    #[allow(clippy::type_complexity, reason = "the flow's end, around the job's")]
    fn begin(&mut self, job: &Job, holder: Holder) -> Result<Result<Begun, JobEnd>, FlowError> {
        let (work, person, card) = (job.work.clone(), job.person.clone(), holder.card.clone());
        let mut txid = job.txid;
        // A job's second movement (the next card of a void) is another one.
        let used = self.steps.step(move |desk| desk.knows_purse(txid));
        match used {
            Ok(true) => match (self.new_tx)() {
                Ok(other) => txid = other,
                Err(error) => return Ok(Err(refused(&error))),
            },
            Ok(false) => {}
            Err(error) => return Ok(Err(refused(&error))),
        }
        let holds = holder.seen.as_ref().map(|seen| seen.balance);
        let begun = self
            .steps
            .step(move |desk| desk.begin_purse(txid, &work, &person, &holder));
        match begun {
            Ok(begun) => {
                self.at(Durable::AfterIntent)?;
                (self.working)(&begun);
                Ok(Ok(begun))
            }
            Err(TillError::OtherCard) => Ok(Err(JobEnd::OtherCard)),
            Err(TillError::Refused(refusal)) => {
                tracing::info!(%card, code = refusal.code(), "a movement was not begun");
                Ok(Err(too_low(&refusal, holds)))
            }
            Err(error) => {
                self.not_begun(txid, &error);
                Ok(Err(refused(&error)))
            }
        }
    }

    /// The till failed while a movement was begun. Should its intent be on the disk all the same, the
    /// card has not heard of it.
    fn not_begun(&mut self, txid: PurseTx, error: &TillError) {
        tracing::warn!(%txid, code = error.code(), "a movement was not begun");
        let known = self.steps.step(move |desk| desk.knows_purse(txid));
        if matches!(known, Ok(true)) {
            let why = "the till failed while it was begun".to_owned();
            let evidence = EndEvidence::Plain(PurseEvidence::NeverSent { why });
            let ended = self.steps.step(move |desk| desk.end_purse(txid, evidence));
            drop(ended);
        }
    }

    /// The card: everything but the commit, the commit, and what is known then, on the disk.
    fn move_purse(
        &mut self,
        purse: Box<dyn Purse + '_>,
        begun: &Begun,
    ) -> Result<JobEnd, FlowError> {
        let movement = Movement {
            txid: *begun.txid.bytes(),
            kind: begun.action.number(),
            amount: begun.amount.minor(),
            terminal: *begun.mark.bytes(),
            time: begun.time,
        };
        let staged = match purse.stage(&movement) {
            Ok(staged) => staged,
            Err(trouble) => return self.never_sent(begun, &trouble),
        };
        self.at(Durable::AfterStage)?;
        match staged.commit() {
            Ok(proof) => {
                self.at(Durable::AfterCommitBeforeDone)?;
                let evidence = PurseEvidence::CommitAnswer {
                    tmc: proof.tmc,
                    tmv: proof.tmv,
                    tmi: proof.tmi,
                    after: proof.after,
                };
                self.settle(
                    begun,
                    evidence,
                    "the card's answer does not fit what was begun",
                )
            }
            Err(NoProof::NeverSent(trouble)) => self.never_sent(begun, &trouble),
            Err(NoProof::Unknown(why)) => {
                self.at(Durable::BeforeUnknown)?;
                self.unknown(begun, &why)
            }
        }
    }

    /// The card cannot have heard of it.
    fn never_sent(&mut self, begun: &Begun, trouble: &Trouble) -> Result<JobEnd, FlowError> {
        self.at(Durable::BeforeNotDone)?;
        let why = trouble.why.chars().take(200).collect();
        let evidence = PurseEvidence::NeverSent { why };
        let mut end = self.settle(begun, evidence, &trouble.why)?;
        if let JobEnd::Moved(settled) = &mut end
            && settled.end.is_some()
        {
            settled.words = match trouble.again {
                true => format!("{} {}", trouble.words, settled.words),
                false => trouble.words.clone(),
            };
        }
        Ok(end)
    }

    fn settle(
        &mut self,
        begun: &Begun,
        evidence: PurseEvidence,
        otherwise: &str,
    ) -> Result<JobEnd, FlowError> {
        let txid = begun.txid;
        let settled = self
            .steps
            .step(move |desk| desk.end_purse(txid, EndEvidence::Plain(evidence)));
        match settled {
            Ok(settled) => {
                self.at(Durable::AfterDone)?;
                Ok(JobEnd::Moved(settled))
            }
            Err(TillError::Refused(refusal)) => {
                tracing::error!(%txid, %refusal, "a card's proof was refused");
                self.unknown(begun, otherwise)
            }
            // It could not be written down: it stays open, and the next tap settles it.
            Err(error) => {
                tracing::error!(%txid, code = error.code(), "an outcome was not written down");
                Ok(JobEnd::Moved(nobody_knows(begun, words::NOT_KEPT)))
            }
        }
    }

    fn unknown(&mut self, begun: &Begun, why: &str) -> Result<JobEnd, FlowError> {
        tracing::warn!(txid = %begun.txid, why, "nobody knows what the card did");
        let (txid, why) = (begun.txid, why.to_owned());
        let left = self.steps.step(move |desk| desk.leave_unknown(txid, &why));
        if let Err(error) = left {
            tracing::error!(%txid, code = error.code(), "an unknown outcome was not written down");
        }
        self.at(Durable::AfterUnknown)?;
        Ok(JobEnd::Moved(nobody_knows(begun, words::HOLD_AGAIN)))
    }

    fn report(&mut self, purse: &mut dyn Purse, reading: &Reading) -> Result<JobEnd, FlowError> {
        let (seen, log) = (purse.seen(), purse.log().map_err(failed)?);
        let reading = reading.clone();
        let report = self
            .steps
            .step(move |desk| desk.card_report(&reading, Some(&seen), &log));
        Ok(match report {
            Ok(report) => JobEnd::Read(Box::new(report)),
            Err(error) => refused(&error),
        })
    }

    /// A job on a card whose purse is not, or cannot be, opened.
    fn without_purse(&mut self, reading: &Reading, job: &Job) -> JobEnd {
        let say = |words: &str| JobEnd::Refused {
            words: words.to_owned(),
            could_take: None,
        };
        if matches!(job.work, Work::Read) {
            let reading = reading.clone();
            let report = self
                .steps
                .step(move |desk| desk.card_report(&reading, None, &[]));
            return match report {
                Ok(report) => JobEnd::Read(Box::new(report)),
                Err(error) => refused(&error),
            };
        }
        if let Some(words) = &reading.refused {
            return say(words);
        }
        if job.work.moves_the_card() {
            return say(words::NO_PURSE_ON_IT);
        }
        if !reading.authenticated {
            return refused(&TillError::ProofNeeded);
        }
        let holder = Holder {
            card: reading.card.clone(),
            member: reading.member,
            seen: None,
            account: self.account_of(job, &reading.card),
        };
        match self.begin(job, holder) {
            Ok(Ok(begun)) => JobEnd::AskHq(begun),
            Ok(Err(end)) => end,
            Err(_) => refused(&TillError::Failed),
        }
    }

    fn at(&mut self, moment: Durable) -> Result<(), FlowError> {
        match (self.hook)(moment) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(FlowError::Ended(Ended(moment))),
        }
    }
}

/// The purse did not open: nothing was begun, so the job waits on if another try may help.
fn not_opened(
    mut attended: Attended,
    job: Option<&Job>,
    trouble: Trouble,
) -> Result<Attended, FlowError> {
    tracing::info!(why = trouble.why, "a purse was not opened");
    match trouble.again {
        true => Err(failed(trouble)),
        false => {
            attended.job = job.map(|_| JobEnd::Refused {
                words: trouble.words.clone(),
                could_take: None,
            });
            attended.reading.refused = Some(trouble.words);
            Ok(attended)
        }
    }
}

fn refused(error: &TillError) -> JobEnd {
    JobEnd::Refused {
        words: error.to_string(),
        could_take: None,
    }
}

/// A refusal; where the card holds too little, with what it could give.
fn too_low(refusal: &Refusal, holds: Option<i64>) -> JobEnd {
    let could_take = match refusal {
        Refusal::PurseTooLow { balance } if holds.is_some_and(|h| h > 0) => Some(*balance),
        _ => None,
    };
    JobEnd::Refused {
        words: refusal.to_string(),
        could_take,
    }
}

pub(super) fn nobody_knows(begun: &Begun, words: &str) -> Settled {
    Settled {
        txid: begun.txid,
        action: begun.action.clone(),
        kind: begun.kind,
        card: begun.card.clone(),
        end: None,
        amount: begun.amount,
        balance: None,
        completed: false,
        due: None,
        words: words.to_owned(),
    }
}
