//! A till's store in memory: a real chained journal, and what HQ confirmed of it.

use std::sync::Mutex;
use std::time::Duration;
use tillside_core::{
    Bundle, Clock, Event, Head, RECORD_VERSION, Record, Sealed, SignedHead, TerminalProfile,
    Timestamp,
};
use tillside_protocol::{PurseSettlement, PushRequest};
use tillside_sync::{
    Bell, Engine, EpochRequest, HqClient, LineState, Local, LocalError, LocalView, Place, run,
};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

/// The store.
pub struct Till {
    profile: TerminalProfile,
    /// Where its facts' times begin: two tills with one identity write different histories.
    begins: i64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    journal: Vec<Sealed>,
    confirmed: std::collections::BTreeSet<u64>,
    bundles: Vec<Bundle>,
    acknowledged: Vec<SignedHead>,
    settled: Vec<PurseSettlement>,
    /// The call that fails, as on a broken disk.
    broken: Option<&'static str>,
}

impl Till {
    pub fn new(client: &HqClient) -> Self {
        Self {
            profile: client.identity().terminal().clone(),
            begins: 1_790_000_000_000,
            state: Mutex::default(),
        }
    }

    /// From now on this call fails; none: all work.
    pub fn break_call(&self, broken: Option<&'static str>) {
        self.state.lock().unwrap().broken = broken;
    }

    fn works(&self, call: &str) -> Result<std::sync::MutexGuard<'_, State>, LocalError> {
        let state = self.state.lock().unwrap();
        if state.broken == Some(call) {
            return Err(LocalError {
                words: format!("The disk is full ({call})."),
                source: None,
            });
        }
        Ok(state)
    }

    /// Records so many facts.
    pub fn record(&self, count: u64) {
        for _ in 0..count {
            let version = self.newest().seq + 1;
            self.note(Event::BundleAdopted { version });
        }
    }

    /// Records a fact.
    pub fn note(&self, event: Event) {
        let mut state = self.state.lock().unwrap();
        let head = self.head(&state);
        let record = Record {
            v: RECORD_VERSION,
            terminal: self.profile.terminal,
            epoch: head.epoch,
            seq: head.seq + 1,
            prev: head.hash,
            at: Timestamp(self.begins + i64::try_from(head.seq).unwrap()),
            clock: Clock::Trusted,
            event,
        };
        state.journal.push(record.seal().unwrap());
    }

    fn head(&self, state: &State) -> Head {
        let epoch = self.profile.epoch;
        state.journal.last().map_or_else(
            || Head::genesis(self.profile.terminal, epoch),
            |newest| Head {
                epoch,
                seq: newest.seq,
                hash: newest.hash,
            },
        )
    }

    pub fn newest(&self) -> Head {
        self.head(&self.state.lock().unwrap())
    }

    /// A request with the records from `first` to `last`.
    pub fn request(&self, first: u64, last: u64) -> PushRequest {
        let range = usize::try_from(first - 1).unwrap()..usize::try_from(last).unwrap();
        PushRequest {
            terminal: self.profile.terminal,
            epoch: self.profile.epoch,
            records: self.state.lock().unwrap().journal[range].to_vec(),
            signed: None,
        }
    }

    pub fn unconfirmed(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.journal.len() - state.confirmed.len()
    }

    pub fn confirmed(&self) -> usize {
        self.state.lock().unwrap().confirmed.len()
    }

    /// The version in force; 0 before the first.
    pub fn bundle(&self) -> u64 {
        self.state
            .lock()
            .unwrap()
            .bundles
            .last()
            .map_or(0, |bundle| bundle.version)
    }

    /// What HQ settled of this till's purses, as often as it was told.
    pub fn settled(&self) -> Vec<PurseSettlement> {
        self.state.lock().unwrap().settled.clone()
    }

    /// HQ's signatures, in the order they came.
    pub fn acknowledged(&self) -> Vec<SignedHead> {
        self.state.lock().unwrap().acknowledged.clone()
    }

    /// How often a bundle was put in force.
    pub fn adoptions(&self) -> usize {
        self.state.lock().unwrap().bundles.len()
    }
}

impl Local for Till {
    async fn view(&self) -> Result<LocalView, LocalError> {
        let state = self.works("view")?;
        let open = |record: &&Sealed| !state.confirmed.contains(&record.seq);
        Ok(LocalView {
            head: self.head(&state),
            oldest_unconfirmed: state.journal.iter().find(open).map(|record| record.seq),
            bundle: state.bundles.last().map_or(0, |bundle| bundle.version),
        })
    }

    async fn journal(&self, after: Place, limit: usize) -> Result<(u32, Vec<Sealed>), LocalError> {
        let state = self.works("journal")?;
        let after = usize::try_from(after.seq).unwrap();
        let records = state.journal.iter().skip(after).take(limit).cloned();
        Ok((self.profile.epoch, records.collect()))
    }

    async fn epoch_request(&self, _: u64) -> Result<EpochRequest, LocalError> {
        unreachable!("this till's disk is never restored")
    }

    async fn begin_epoch(&self, _: Head, _: u32) -> Result<(), LocalError> {
        unreachable!("this till's disk is never restored")
    }

    async fn confirm(
        &self,
        epoch: u32,
        settled: Vec<u64>,
        _: Head,
        signed: Option<SignedHead>,
    ) -> Result<(), LocalError> {
        assert_eq!(epoch, self.profile.epoch);
        let mut state = self.works("confirm")?;
        state.confirmed.extend(settled);
        state.acknowledged.extend(signed);
        Ok(())
    }

    async fn adopt(&self, bundle: Bundle) -> Result<(), LocalError> {
        self.works("adopt")?.bundles.push(bundle);
        Ok(())
    }

    async fn settle(&self, settled: Vec<PurseSettlement>) -> Result<(), LocalError> {
        self.works("settle")?.settled.extend(settled);
        Ok(())
    }
}

/// A till whose sync runs.
pub struct Syncing {
    pub till: std::sync::Arc<Till>,
    pub bell: std::sync::Arc<Bell>,
    pub lines: watch::Receiver<LineState>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Syncing {
    pub fn start(till: std::sync::Arc<Till>, client: HqClient) -> Self {
        Self::polling(Duration::from_millis(500), till, client)
    }

    /// Asks HQ so often.
    pub fn polling(poll: Duration, till: std::sync::Arc<Till>, client: HqClient) -> Self {
        let line = LineState::untried(tillside_sync::wall_clock());
        let engine = Engine::new(poll, line.clone());
        let bell = std::sync::Arc::new(Bell::default());
        let (sender, lines) = watch::channel(line);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn({
            let (till, bell) = (till.clone(), bell.clone());
            async move {
                let stopped = async { drop(stopped.await) };
                run(engine, client, &*till, &bell, &sender, stopped).await;
            }
        });
        Self {
            till,
            bell,
            lines,
            stop,
            task,
        }
    }

    /// Waits until the line is as asked.
    pub async fn line(&mut self, wanted: impl FnMut(&LineState) -> bool) -> LineState {
        let wait = self.lines.wait_for(wanted);
        let seen = tokio::time::timeout(tillside_tests::PATIENCE, wait).await;
        let seen = seen.ok().map(|line| line.unwrap().clone());
        seen.unwrap_or_else(|| panic!("the line stayed {:?}", self.lines.borrow()))
    }

    /// Waits until the store is as asked.
    pub async fn till(&self, what: &str, wanted: impl Fn(&Till) -> bool) {
        tillside_tests::until(what, async || Ok(wanted(&self.till).then_some(())))
            .await
            .unwrap();
    }

    pub async fn stop(self) {
        let _ = self.stop.send(());
        let ended = tokio::time::timeout(Duration::from_secs(10), self.task).await;
        ended.expect("sync did not stop when told to").unwrap();
    }
}
