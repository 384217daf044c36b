//! The one job there may be, waiting for a card, on it, or over.
//!
//! The till's thread starts jobs, a reader's thread takes them, and whoever asks sees how they stand.

use super::view::{JobStage, JobView};
use super::words;
use super::work::{Job, Work};
use crate::events::{Happening, Hub};
use crate::till::{Settled, TillError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tillside_core::{PurseKind, PurseTx, SaleId};

/// How long a job waits for its card. Who walks away must not have the next shopper pay.
pub const JOB_PATIENCE: Duration = Duration::from_secs(180);

/// The one job there may be.
#[derive(Clone, Debug)]
pub struct Jobs {
    slot: Arc<Mutex<Slot>>,
    hub: Hub,
}

#[derive(Debug, Default)]
struct Slot {
    number: u64,
    state: State,
    view: Option<JobView>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Free,
    Waiting(Job, Instant),
    OnCard,
}

impl Jobs {
    /// None yet.
    pub fn new(hub: Hub) -> Self {
        let slot = Arc::default();
        Self { slot, hub }
    }

    /// Whether another job may begin.
    ///
    /// # Errors
    /// `JobRunning`.
    pub fn free(&self) -> Result<(), TillError> {
        self.end_old();
        match self.slot().state {
            State::Free => Ok(()),
            _ => Err(TillError::JobRunning),
        }
    }

    /// A job waits for its card from now on. It replaces what was there: ask [`Jobs::free`] first.
    pub fn start(&self, job: Job, view: JobView) {
        let mut slot = self.slot();
        slot.number += 1;
        slot.state = State::Waiting(job, Instant::now());
        slot.view = Some(view.clone());
        drop(slot);
        self.tell(view);
    }

    /// A job that needs no card is being done from now on.
    pub fn start_working(&self, view: JobView) {
        let mut slot = self.slot();
        slot.number += 1;
        slot.state = State::OnCard;
        slot.view = Some(view.clone());
        drop(slot);
        self.tell(view);
    }

    /// The job, for the card that lies on a reader now. It is that thread's until it ends it or puts
    /// it back.
    pub fn take(&self) -> Option<Job> {
        self.end_old();
        let mut slot = self.slot();
        match std::mem::replace(&mut slot.state, State::OnCard) {
            State::Waiting(job, _) => Some(job),
            other => {
                slot.state = other;
                None
            }
        }
    }

    /// Nothing was done with the card: the job waits for one again.
    pub fn put_back(&self, job: Job) {
        self.slot().state = State::Waiting(job, Instant::now());
    }

    /// The job waits for another card, and says so.
    pub fn wait_on(&self, job: Job, view: JobView) {
        let mut slot = self.slot();
        slot.number += 1;
        slot.state = State::Waiting(job, Instant::now());
        slot.view = Some(view.clone());
        drop(slot);
        self.tell(view);
    }

    /// How the job that was taken goes on.
    pub fn show(&self, change: impl FnOnce(&mut JobView)) {
        let mut slot = self.slot();
        let Some(view) = &mut slot.view else { return };
        change(view);
        let view = view.clone();
        drop(slot);
        self.tell(view);
    }

    /// The job is over; how it ended stays to be seen until the next one.
    pub fn end(&self, change: impl FnOnce(&mut JobView)) {
        self.slot().state = State::Free;
        self.show(change);
    }

    /// An earlier movement came out, or still did not: the job that left it says so, or an event of
    /// its own. With the receipt, if it has one.
    pub fn tell_settled(&self, settled: &Settled, receipt: Option<String>) {
        let change = |view: &mut JobView| {
            view.show_settled(settled);
            view.receipt.clone_from(&receipt);
        };
        let known = settled.end.is_some() || settled.kind == PurseKind::Account;
        if known && self.settled(settled.txid, change) {
            return;
        }
        let mut view = JobView::of_settled(settled);
        view.receipt = receipt;
        self.tell(view);
    }

    /// What the newest job did not know yet came out: it asked HQ, or nobody knew.
    fn settled(&self, txid: PurseTx, change: impl FnOnce(&mut JobView)) -> bool {
        let mut slot = self.slot();
        let known = slot.view.as_mut();
        let open = |view: &&mut JobView| {
            let open = matches!(view.stage, JobStage::Unknown | JobStage::Working);
            view.txid == Some(txid) && open
        };
        let Some(view) = known.filter(open) else {
            return false;
        };
        change(view);
        slot.state = State::Free;
        let Some(view) = &slot.view else {
            return false;
        };
        let view = view.clone();
        drop(slot);
        self.tell(view);
        true
    }

    /// Takes the job back, if it still waits for its card.
    ///
    /// # Errors
    /// `NoJob`, or `JobUnderWay` if a card is being attended for it.
    pub fn cancel(&self, nothing: &str) -> Result<JobView, TillError> {
        self.end_old();
        let mut slot = self.slot();
        let words = match &slot.state {
            State::Free => return Err(TillError::NoJob),
            State::OnCard => return Err(TillError::JobUnderWay),
            State::Waiting(job, _) => words::left_undone(&job.work, slot.view.as_ref(), nothing),
        };
        slot.state = State::Free;
        let view = slot.view.as_mut().ok_or(TillError::NoJob)?;
        view.stage = JobStage::Cancelled;
        view.words = words;
        let view = view.clone();
        drop(slot);
        self.tell(view.clone());
        Ok(view)
    }

    /// The sale was paid or thrown away: a job that still waits to take money for it is over.
    pub fn sale_is_over(&self, sale: SaleId) {
        let mut slot = self.slot();
        let its = matches!(&slot.state,
            State::Waiting(Job { work: Work::Pay { sale: of, .. }, .. }, _) if *of == sale);
        if !its {
            return;
        }
        slot.state = State::Free;
        drop(slot);
        self.show(|view| {
            view.stage = JobStage::Cancelled;
            words::SALE_IS_OVER.clone_into(&mut view.words);
        });
    }

    /// The newest job, under way or over.
    pub fn view(&self) -> Option<JobView> {
        self.end_old();
        self.slot().view.clone()
    }

    /// The number of the job that waits for a card.
    pub fn waiting(&self) -> Option<u64> {
        let slot = self.slot();
        matches!(slot.state, State::Waiting(..)).then_some(slot.number)
    }

    /// Ends a job that waited longer than [`JOB_PATIENCE`], and says so.
    pub fn end_old(&self) {
        self.end_older_than(JOB_PATIENCE);
    }

    fn end_older_than(&self, patience: Duration) {
        let mut slot = self.slot();
        let words = match &slot.state {
            State::Waiting(job, since) if since.elapsed() >= patience => {
                words::left_undone(&job.work, slot.view.as_ref(), words::WAITED_TOO_LONG)
            }
            _ => return,
        };
        slot.state = State::Free;
        drop(slot);
        self.show(|view| {
            view.stage = JobStage::Cancelled;
            view.words = words;
        });
    }

    /// Tells the screens of something that happened to a purse outside a job.
    fn tell(&self, view: JobView) {
        self.hub.tell(Happening::Purse(Box::new(view)));
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::super::view::JobProgress;
    use super::super::work::Source;
    use super::*;
    use tillside_core::{CardIdentity, PersonId};

    fn job() -> (Job, JobView) {
        let job = Job {
            txid: PurseTx::new([1; 8]),
            person: PersonId::new("mara").unwrap(),
            work: Work::Read,
        };
        let view = JobView::waiting(&job, "Hold the card on the reader.");
        (job, view)
    }

    #[test]
    fn one_at_a_time_and_cancelled_only_while_it_waits() {
        let jobs = Jobs::new(Hub::default());
        assert!(matches!(jobs.cancel("x"), Err(TillError::NoJob)));
        let (one, view) = job();
        jobs.start(one, view);
        assert!(matches!(jobs.free(), Err(TillError::JobRunning)));
        let number = jobs.waiting();
        let taken = jobs.take().unwrap();
        assert!(jobs.take().is_none() && jobs.waiting().is_none());
        assert!(matches!(jobs.cancel("x"), Err(TillError::JobUnderWay)));
        assert!(matches!(jobs.free(), Err(TillError::JobRunning)));
        jobs.put_back(taken);
        assert_eq!(
            jobs.waiting(),
            number,
            "the same card is not attended again for it"
        );
        assert_eq!(
            jobs.cancel("Nothing was done.").unwrap().stage,
            JobStage::Cancelled
        );
        assert!(jobs.free().is_ok() && jobs.take().is_none());
    }

    #[test]
    fn a_job_that_nobody_comes_for_ends() {
        let hub = Hub::default();
        let (jobs, mut heard) = (Jobs::new(hub.clone()), hub.listen());
        let (one, view) = job();
        jobs.start(one, view);
        jobs.end_older_than(JOB_PATIENCE);
        assert!(jobs.waiting().is_some());
        jobs.end_older_than(Duration::ZERO);
        assert!(jobs.waiting().is_none() && jobs.take().is_none());
        assert_eq!(jobs.view().unwrap().stage, JobStage::Cancelled);
        let mut last = None;
        while let Ok(happening) = heard.try_recv() {
            last = Some(happening);
        }
        let told = matches!(&last, Some(Happening::Purse(job)) if job.stage == JobStage::Cancelled);
        assert!(told, "{last:?}");
        // A card that lies there is not taken away from its job.
        let (two, view) = job();
        jobs.start(two, view);
        jobs.take().unwrap();
        jobs.end_older_than(Duration::ZERO);
        assert!(matches!(jobs.free(), Err(TillError::JobRunning)));
    }

    #[test]
    fn who_takes_an_issue_back_hears_what_stays_done() {
        let jobs = Jobs::new(Hub::default());
        let issue = |replaces: Option<&str>| {
            let (mut job, view) = job();
            job.work = Work::Issue {
                member: "01940000-0000-7000-8000-0000000000aa".parse().unwrap(),
                replaces: replaces.map(|card| CardIdentity::new(card).unwrap()),
            };
            (job, view)
        };
        let cancelled = |jobs: &Jobs| jobs.cancel(words::CANCELLED).unwrap().words;
        let (one, view) = issue(None);
        jobs.start(one, view);
        assert_eq!(cancelled(&jobs), "Cancelled. Nothing was done.");
        let (one, view) = issue(None);
        jobs.start(one, view);
        jobs.show(|view| view.progress = Some(JobProgress { step: 2, of: 6 }));
        assert!(cancelled(&jobs).starts_with("The card is not finished"));
        let (one, view) = issue(Some("uid:04AABBCCDDEEFF"));
        jobs.start(one, view);
        let words = cancelled(&jobs);
        assert_eq!(
            words,
            "Cancelled. The lost card stays blocked at this till."
        );
        let (one, view) = issue(Some("uid:04AABBCCDDEEFF"));
        jobs.start(one, view);
        jobs.end_older_than(Duration::ZERO);
        let words = jobs.view().unwrap().words;
        assert!(
            !words.contains("Nothing was done") && words.contains("stays blocked"),
            "{words}"
        );
    }

    #[test]
    fn a_job_for_a_sale_that_is_over_takes_no_money() {
        let jobs = Jobs::new(Hub::default());
        let sale: SaleId = "01940000-0000-7000-8000-0000000000cc".parse().unwrap();
        let (mut one, view) = job();
        one.work = Work::Pay {
            sale,
            amount: None,
            partly: false,
            from: Source::Card,
        };
        jobs.start(one, view);
        jobs.sale_is_over("01940000-0000-7000-8000-0000000000dd".parse().unwrap());
        assert!(jobs.waiting().is_some());
        jobs.sale_is_over(sale);
        assert!(jobs.take().is_none());
        assert_eq!(jobs.view().unwrap().stage, JobStage::Cancelled);
    }

    #[test]
    fn an_unknown_outcome_is_settled_once_and_only_for_its_movement() {
        let jobs = Jobs::new(Hub::default());
        let (one, view) = job();
        jobs.start(one, view);
        jobs.take().unwrap();
        jobs.end(|view| {
            view.stage = JobStage::Unknown;
            view.txid = Some(PurseTx::new([1; 8]));
        });
        let done = |view: &mut JobView| view.stage = JobStage::Done;
        assert!(!jobs.settled(PurseTx::new([2; 8]), done));
        assert!(jobs.settled(PurseTx::new([1; 8]), done));
        assert!(!jobs.settled(PurseTx::new([1; 8]), done));
    }
}
