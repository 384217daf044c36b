//! The line to HQ: sync's loop over the till's store.

use crate::account::{Accounts, fetch_keys};
use crate::line_board::LineBoard;
use crate::purse::{Jobs, Keys};
use crate::till::{Desk, Flags, Till, TillError};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tillside_core::{Bundle, EndEvidence, Head, Refusal, Sealed, SignedHead};
use tillside_sync::{
    Bell, Engine, EpochRequest, HqClient, Identity, LeaseRequest, LeaseResponse, LineState, Local,
    LocalError, LocalView, Place, Problem, ProblemKind, PurseSettlement,
};
use tokio::sync::watch;

/// What sync needs of the agent.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The way to the store.
    pub till: Till,
    /// Where the line's state is shown.
    pub board: LineBoard,
    /// Where a wrong clock is noted.
    pub flags: Flags,
    /// Wakes the loop.
    pub bell: Arc<Bell>,
    /// What is wrong although HQ may be reached: a refused bundle, an ending certificate.
    pub concerns: Concerns,
    /// Hears of what HQ settled.
    pub(crate) jobs: Jobs,
    /// Is told when the line is up.
    pub(crate) accounts: Accounts,
    /// Takes HQ's grant of keys.
    pub(crate) keys: Keys,
}

/// What is wrong with the line beside whether it is up.
#[derive(Clone, Debug, Default)]
pub struct Concerns(Arc<Mutex<Vec<Problem>>>);

impl Concerns {
    /// All of them now.
    pub fn all(&self) -> Vec<Problem> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn replace(&self, concerns: Vec<Problem>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = concerns;
    }
}

impl Wire {
    /// Keeps HQ up to date until `stop` turns true.
    pub async fn run(
        self,
        identity: &Path,
        poll: Duration,
        began: LineState,
        mut stop: watch::Receiver<bool>,
    ) {
        let client = Identity::load(identity).map_err(|error| error.to_string());
        let client = client.and_then(|id| HqClient::new(id).map_err(|error| error.to_string()));
        let client = match client {
            Ok(client) => client,
            Err(words) => {
                tracing::error!(words, "there is no line to HQ");
                return self.note(&with_problem(began, &words)).await;
            }
        };
        let (lines, changes) = watch::channel(began.clone());
        let engine = Engine::new(poll, began);
        let stopping = async move {
            let _ = stop.wait_for(|stop| *stop).await;
        };
        tokio::select! {
            () = tillside_sync::run(engine, client, &self, &self.bell, &lines, stopping) => {}
            () = self.watch(changes, identity) => {}
        }
    }

    async fn watch(&self, mut changes: watch::Receiver<LineState>, identity: &Path) {
        let mut keys_of = None;
        while changes.changed().await.is_ok() {
            let state = changes.borrow_and_update().clone();
            self.note(&state).await;
            if state.up {
                self.accounts.ask();
                self.fetch_keys(identity, &mut keys_of).await;
            }
        }
    }

    /// Keys come at the start and with each bundle, where the chain has e-money and the vault is the
    /// development file.
    async fn fetch_keys(&self, identity: &Path, keys_of: &mut Option<u64>) {
        if !self.keys.takes_grants() {
            return;
        }
        let bundle = self.till.run(|desk| Ok(desk.emoney_bundle())).await;
        let Ok(Some(bundle)) = bundle else { return };
        if *keys_of != Some(bundle) && fetch_keys(identity, &self.keys).await {
            *keys_of = Some(bundle);
        }
    }

    /// Shows the line's state, and keeps it for the next start.
    async fn note(&self, state: &LineState) {
        let mut problems = state.concerns.iter().chain(&state.problem);
        let wrong = problems.any(|problem| problem.kind == ProblemKind::Clock);
        self.flags.clock_wrong.store(wrong, Ordering::Relaxed);
        self.concerns.replace(state.concerns.clone());
        let kept = tillside_store::LineState {
            up: state.up,
            since: state.since,
            last_contact: state.last_contact,
            problem: state.problem.as_ref().map(|problem| problem.words.clone()),
        };
        self.board.change(|known| {
            known.up = kept.up;
            known.since = kept.since;
            known.last_contact = kept.last_contact;
            known.problem.clone_from(&kept.problem);
        });
        let noted = self.till.run(move |desk| desk.note_line(&kept)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the line's state was not kept");
        }
    }

    async fn job<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<R, TillError> + Send + 'static,
    ) -> Result<R, LocalError> {
        self.till.run(job).await.map_err(LocalError::new)
    }
}

impl Local for Wire {
    async fn view(&self) -> Result<LocalView, LocalError> {
        self.job(|desk| desk.local_view()).await
    }

    async fn journal(&self, after: Place, limit: usize) -> Result<(u32, Vec<Sealed>), LocalError> {
        self.job(move |desk| desk.history(after, limit)).await
    }

    async fn epoch_request(&self, from: u64) -> Result<EpochRequest, LocalError> {
        self.job(move |desk| desk.epoch_request(from)).await
    }

    async fn begin_epoch(&self, from: Head, epoch: u32) -> Result<(), LocalError> {
        self.job(move |desk| desk.begin_epoch(&from, epoch)).await
    }

    async fn confirm(
        &self,
        epoch: u32,
        settled: Vec<u64>,
        head: Head,
        acknowledged: Option<SignedHead>,
    ) -> Result<(), LocalError> {
        self.job(move |desk| desk.confirm(epoch, &settled, &head, acknowledged.as_ref()))
            .await
    }

    async fn adopt(&self, bundle: Bundle) -> Result<(), LocalError> {
        self.job(move |desk| desk.adopt(&bundle)).await
    }

    async fn lease_request(&self) -> Result<Option<LeaseRequest>, LocalError> {
        self.job(|desk| desk.lease_request()).await
    }

    async fn lease_answer(&self, answer: LeaseResponse) -> Result<(), LocalError> {
        self.job(move |desk| desk.lease_answer(answer)).await
    }

    /// Each by itself, so that one that cannot be recorded holds no other back.
    async fn settle(&self, settled: Vec<PurseSettlement>) -> Result<(), LocalError> {
        for PurseSettlement { txid, end } in settled {
            let done = self.till.run(move |desk| {
                let evidence = EndEvidence::Hq(end);
                desk.end_purse(txid, evidence)
            });
            match done.await {
                Ok(settled) => {
                    let receipt = self.till.run(move |desk| desk.purse(txid)).await;
                    let receipt = receipt.ok().and_then(|view| view.receipt);
                    self.jobs.tell_settled(&settled, receipt);
                }
                // Known already, or of a history that this disk does not have: HQ stops telling it
                // when it has the journal.
                Err(TillError::Refused(
                    Refusal::PurseSettled { .. } | Refusal::PursePaymentUnknown { .. },
                )) => {}
                Err(error @ TillError::Refused(_)) => {
                    tracing::error!(%txid, %error, "HQ's settlement of a purse does not fit");
                }
                Err(error) => return Err(LocalError::new(error)),
            }
        }
        Ok(())
    }
}

/// A line that cannot be tried at all.
fn with_problem(state: LineState, words: &str) -> LineState {
    LineState {
        up: false,
        problem: Some(Problem {
            kind: ProblemKind::Storage,
            words: words.to_owned(),
            since: state.since,
        }),
        ..state
    }
}
