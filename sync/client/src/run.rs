//! Does what the engine decides: the one loop that joins it with HQ and with the terminal's store.

use crate::clock::wall_clock;
use crate::engine::{
    Action, Engine, Failure, LineState, Moment, ProblemKind, Report, Wake, acknowledgement, batch,
    head_of, in_step, settle,
};
use crate::{BundleError, CallError, HqClient, Local, LocalError, LocalView, Place, RenewError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tillside_protocol::tillside_core::{SignedHead, Timestamp};
use tillside_protocol::{BATCH_RECORD_LIMIT, ErrorCode, TerminalStatus};
use tokio::sync::{Notify, watch};

/// How long after a fact its flock is waited for.
const GATHERING: Duration = Duration::from_millis(250);

/// By which others wake the loop. Rings are kept while it works, and many count as one.
#[derive(Debug, Default)]
pub struct Bell {
    notify: Notify,
    try_now: AtomicBool,
}

impl Bell {
    /// A fact was recorded: it may be sent.
    pub fn new_fact(&self) {
        self.notify.notify_one();
    }

    /// A person asked to try now.
    pub fn try_now(&self) {
        self.try_now.store(true, Ordering::Release);
        self.notify.notify_one();
    }

    async fn rung(&self) -> Wake {
        self.notify.notified().await;
        if self.try_now.swap(false, Ordering::AcqRel) {
            Wake::TryNow
        } else {
            Wake::NewFact
        }
    }
}

/// Keeps HQ up to date until `stop` is done, and says in `lines` how the line is.
///
/// Stopping in the middle of a call is safe: what HQ did not answer for is sent again next time.
pub async fn run<L: Local>(
    engine: Engine,
    client: HqClient,
    local: &L,
    bell: &Bell,
    lines: &watch::Sender<LineState>,
    stop: impl Future<Output = ()>,
) {
    let mut session = Session {
        began: Instant::now(),
        engine,
        client,
        local,
        view: None,
    };
    session
        .engine
        .renew_after(session.client.identity().renew_after());
    tokio::select! {
        () = stop => {}
        () = session.go(bell, lines) => {}
    }
}

struct Session<'a, L> {
    began: Instant,
    engine: Engine,
    client: HqClient,
    local: &'a L,
    view: Option<LocalView>,
}

impl<L: Local> Session<'_, L> {
    async fn go(&mut self, bell: &Bell, lines: &watch::Sender<LineState>) {
        loop {
            let action = self.decide().await;
            if let Action::Wait { until } = action {
                let wait = tokio::time::sleep_until((self.began + until).into());
                tokio::select! {
                    () = wait => {}
                    wake = bell.rung() => self.woken(wake, bell).await,
                }
            } else if let Some(view) = self.view {
                let report = self.act(action, &view).await;
                tracing::debug!(?action, ?report, "sync step");
                self.engine.report(report, &view, &self.moment());
            }
            lines.send_if_modified(|known| {
                let changed = known != self.engine.line();
                if changed {
                    known.clone_from(self.engine.line());
                }
                changed
            });
        }
    }

    /// Facts come in flocks, while somebody waits with a card in the hand: they are left to gather before
    /// the till's one thread is asked for them. A person who asks to try now does not wait.
    async fn woken(&mut self, mut wake: Wake, bell: &Bell) {
        let gathered = tokio::time::sleep(GATHERING);
        tokio::pin!(gathered);
        while wake == Wake::NewFact {
            tokio::select! {
                () = &mut gathered => break,
                next = bell.rung() => wake = next,
            }
        }
        self.engine.wake(wake, &self.moment());
    }

    /// Looks at the store and asks the engine; a store that fails is a reason to wait.
    async fn decide(&mut self) -> Action {
        match self.local.view().await {
            Ok(view) => {
                self.view = Some(view);
                self.engine.next(&view, &self.moment())
            }
            Err(error) => {
                let moment = self.moment();
                self.engine.local_failed(error.words, &moment)
            }
        }
    }

    async fn act(&mut self, action: Action, view: &LocalView) -> Report {
        match action {
            Action::Push { after } => self.push(after).await,
            Action::BeginEpoch { from } => self.begin_epoch(from).await,
            Action::Status => match self.client.status().await {
                Ok(status) => self.status(status, view).await,
                Err(error) => Report::Failed(error.failure()),
            },
            Action::Pull { hq_now } => self.pull(hq_now, view).await,
            Action::Renew => self.renew().await,
            Action::Wait { .. } => Report::LocalFailed("there is nothing to do".to_owned()),
        }
    }

    /// What HQ settled is recorded before anything else is done with its answer.
    async fn status(&self, mut status: TerminalStatus, view: &LocalView) -> Report {
        let settled = std::mem::take(&mut status.settled);
        if !settled.is_empty()
            && let Err(error) = self.local.settle(settled).await
        {
            return stored(error);
        }
        if !in_step(view, &status) {
            return Report::Status(status);
        }
        match self.leases().await {
            Ok(()) => Report::Status(status),
            Err(error) => stored(error),
        }
    }

    /// Shares of quotas. That HQ does not answer this call, as one that is older does not, changes nothing
    /// about the line: the next status says how that is.
    async fn leases(&self) -> Result<(), LocalError> {
        let Some(request) = self.local.lease_request().await? else {
            return Ok(());
        };
        match self.client.leases(&request).await {
            Ok(answer) => self.local.lease_answer(answer).await,
            Err(error) => {
                tracing::debug!(%error, "HQ did not answer about shares of quotas");
                Ok(())
            }
        }
    }

    async fn begin_epoch(&self, from: u64) -> Report {
        let request = match self.local.epoch_request(from).await {
            Ok(request) => request,
            Err(error) => return stored(error),
        };
        let answer = match self.client.begin_epoch(&request).await {
            Ok(answer) => answer,
            Err(CallError::Refused { body }) if body.code == ErrorCode::RecordMissing => {
                return Report::EpochTooEarly;
            }
            Err(error @ CallError::Refused { .. }) if !error.is_retryable() => {
                return Report::EpochRefused(error.failure());
            }
            Err(error) => return Report::Failed(error.failure()),
        };
        tracing::warn!(case = answer.case, "HQ has another history of this till");
        match self.local.begin_epoch(request.from, answer.epoch).await {
            Ok(()) => Report::EpochBegun,
            Err(error) => stored(error),
        }
    }

    async fn push(&self, after: Place) -> Report {
        let terminal = self.client.identity().terminal().terminal;
        let (epoch, records) = match self.local.journal(after, BATCH_RECORD_LIMIT).await {
            Ok(records) => records,
            Err(error) => return stored(error),
        };
        let Some(mut request) = batch(terminal, epoch, records) else {
            return Report::LocalFailed(format!(
                "this PC cannot find the facts after number {} that HQ still lacks: run `tillside journal verify` and call HQ",
                after.seq
            ));
        };
        let signed = |head| self.client.identity().sign_head(&head, wall_clock());
        request.signed = head_of(&request).and_then(signed);
        let response = match self.client.push(&request).await {
            Ok(response) => response,
            Err(error) => return Report::Failed(error.failure()),
        };
        let acknowledged = acknowledgement(&request, &response);
        match settle(&request, &response) {
            Ok(settled) => match self.confirm(epoch, &settled, acknowledged).await {
                Ok(()) => Report::Pushed(settled),
                Err(error) => stored(error),
            },
            Err(error) => Report::Failed(error.into()),
        }
    }

    async fn confirm(
        &self,
        epoch: u32,
        settled: &crate::Settled,
        acknowledged: Option<SignedHead>,
    ) -> Result<(), LocalError> {
        for case in &settled.quarantined {
            tracing::warn!(case, "HQ could not book a record and opened a case");
        }
        let seqs = settled.settled.clone();
        let head = settled.head;
        self.local.confirm(epoch, seqs, head, acknowledged).await
    }

    async fn pull(&self, hq_now: Timestamp, view: &LocalView) -> Report {
        let bundle = match self.client.pull(view.bundle, hq_now).await {
            Ok(Some(bundle)) => bundle,
            Ok(None) => return Report::Pulled,
            Err(BundleError::Line { failure, .. }) => return Report::Failed(failure),
            Err(error) => return Report::PullRefused(error.failure()),
        };
        let version = bundle.version;
        match self.local.adopt(bundle).await {
            Ok(()) => Report::Pulled,
            Err(error) => Report::PullRefused(Failure {
                kind: ProblemKind::UnusableBundle,
                words: format!(
                    "Bundle {version} from HQ cannot be put in force; the one before stays. {error}"
                ),
                retryable: true,
            }),
        }
    }

    async fn renew(&mut self) -> Report {
        match self.client.renew().await {
            Ok(()) => {
                let after = self.client.identity().renew_after();
                self.engine.renew_after(after);
                Report::Renewed
            }
            Err(RenewError::Call(error)) if error.kind() == ProblemKind::Unreachable => {
                Report::Failed(error.failure())
            }
            Err(error) => Report::RenewRefused(Failure {
                kind: ProblemKind::CertificateExpired,
                words: self.ending(&error),
                retryable: true,
            }),
        }
    }

    fn ending(&self, error: &RenewError) -> String {
        let (_, until) = self.client.identity().validity();
        format!(
            "This terminal's certificate ends on {} and could not be renewed. {error}",
            crate::clock::spoken(until)
        )
    }

    fn moment(&self) -> Moment {
        Moment {
            elapsed: self.began.elapsed(),
            wall: wall_clock(),
            // Without chance there is only less jitter.
            chance: getrandom::u32().unwrap_or(u32::MAX / 2),
        }
    }
}

fn stored(error: LocalError) -> Report {
    tracing::error!(error = %error, "the store failed under sync");
    Report::LocalFailed(error.words)
}

/// How often HQ is asked while all is well, unless the agent is told otherwise.
pub const POLL_INTERVAL: Duration = Duration::from_secs(15);
