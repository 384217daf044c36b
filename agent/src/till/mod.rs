//! The till: one thread that owns the store, so that everything happens one after the other, exactly.
//!
//! The local API, the card readers and sync send it jobs over a bounded queue. What may happen is
//! decided by `tillside-core`, kept by `tillside-store`; here both are put together.

mod basket;
mod cards;
mod checkout;
mod coupons;
mod customer;
mod deed;
mod desk;
mod draft;
mod error;
mod find;
mod jobs;
mod leases;
mod members;
mod pay;
mod people;
mod points;
mod purses;
mod report_rows;
mod reports;
mod returns;
mod sales;
mod scan;
mod settle;
mod status;
mod sync;
mod view;
mod void;

pub use basket::LineRequest;
pub(crate) use checkout::RecordedAnswer;
pub use checkout::TenderRequest;
pub(crate) use coupons::CouponAnswerView;
pub use customer::card_words;
pub use deed::{Answer, WriteKey};
pub use desk::{Desk, Flags};
#[cfg(test)]
pub(crate) use draft::CodeShown;
pub use draft::{Draft, PendingVoid};
pub use error::{OPEN_SALE_LIMIT, REFUSED_COUPON_LIMIT, TillError};
pub(crate) use jobs::Ready;
pub(crate) use members::{MemberFoundView, ReplacementView};
pub use pay::{Begun, Holder};
pub use people::Known;
pub use points::PointsToPay;
pub use purses::{Met, TapPlan};
pub(crate) use report_rows::{
    DayReport, RedemptionReportRow, ReturnReportRow, SaleReportRow, UnconfirmedRow, VoidReportRow,
};
pub use returns::{GoodsRequest, ReturnRequest};
pub(crate) use scan::ScanAnswer;
pub use settle::Settled;
pub use status::Standing;
pub use void::VoidRequest;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};

/// After a sale is over, its answer and the screens come first.
const QUIET: Duration = Duration::from_millis(100);
/// Jobs that wait for the till, at most.
pub const JOB_LIMIT: usize = 128;

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The way to the till's thread. The thread ends when the last of these is dropped.
#[derive(Clone, Debug)]
pub struct Till(mpsc::Sender<Job>);

impl Till {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(mut desk: Desk) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (jobs, mut queue) = mpsc::channel::<Job>(JOB_LIMIT);
        let thread = std::thread::Builder::new().name("till".to_owned());
        let thread = thread.spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                // A transaction that a panic leaves is rolled back; the one who asked hears `Failed`.
                if catch_unwind(AssertUnwindSafe(|| job(&mut desk))).is_err() {
                    tracing::error!("a job of the till failed");
                }
            }
        })?;
        Ok((Self(jobs), thread))
    }

    /// Has a job done.
    ///
    /// # Errors
    /// What the job says; `Busy` if the queue is full, `Failed` if the till is stopping.
    pub async fn run<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, TillError> {
        let (done, answer) = oneshot::channel();
        self.send(job, done)?;
        answer.await.map_err(|_| TillError::Failed)?
    }

    /// [`Till::run`] for a thread that may wait.
    ///
    /// # Errors
    /// As [`Till::run`].
    pub fn run_blocking<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, TillError> {
        let (done, answer) = oneshot::channel();
        self.send(job, done)?;
        answer.blocking_recv().map_err(|_| TillError::Failed)?
    }

    /// Lets the store rest in the quiet moment after each sale, until the till ends.
    pub(crate) async fn rest(self, sale_over: Arc<Notify>) {
        loop {
            sale_over.notified().await;
            tokio::time::sleep(QUIET).await;
            let rested = self.run(|desk| Ok(desk.store.rest()?)).await;
            if let Err(error) = rested {
                tracing::debug!(code = error.code(), "the store did not rest");
            }
        }
    }

    /// Whether the queue has no room now.
    pub(crate) fn is_full(&self) -> bool {
        self.0.capacity() == 0
    }

    fn send<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
        done: oneshot::Sender<Result<R, TillError>>,
    ) -> Result<(), TillError> {
        let job: Job = Box::new(move |desk| {
            let _ = done.send(job(desk));
        });
        self.0.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => TillError::Busy,
            mpsc::error::TrySendError::Closed(_) => TillError::Failed,
        })
    }
}
