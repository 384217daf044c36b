//! A till with a card in hand, without threads, HTTP or readers: the seam at which tests tear cards
//! and end the program, and the same flow that a reader's thread runs.

use super::card::Reading;
use super::chip::Chip;
use super::flow::{Flow, Steps};
use super::issue::issue;
use super::keys::Keys;
use super::outcome::{Attended, Durable, Ended, FlowError, JobEnd};
use super::work::{Job, Work};
use crate::chance;
use crate::clock::WallClock;
use crate::events::Hub;
use crate::line_board::{Known, LineBoard};
use crate::till::{Desk, Flags, Settled, TillError};
use std::ops::ControlFlow;
use std::sync::Arc;
use tillside_core::{CardIdentity, MemberId, PersonId, PurseTx, Timestamp};
use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::KeyVault;
use tillside_store::Store;

/// A till's desk over a store and a vault, for whoever holds a card session.
///
/// It exists for the tear matrix and the benches: a test runs a movement on a session that tears, and
/// "kills" the agent by ending the flow at a [`Durable`] moment, dropping this, and opening the
/// database anew. The agent's reader threads run the same flow over the till's own thread.
#[derive(Debug)]
pub struct PurseDesk {
    desk: Desk,
    vault: Arc<dyn KeyVault>,
}

/// What came of a card that was held on the reader.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Which card.
    pub card: CardIdentity,
    /// Whether it proved who it is.
    pub authenticated: bool,
    /// Whose it is, as it says under that proof.
    pub member: Option<MemberId>,
    /// What it holds, if its purse was opened; minor units.
    pub balance: Option<i64>,
    /// Movements that this till had open with it, settled or still not.
    pub settled: Vec<Settled>,
    /// Whether it contradicted the journal and was blocked here now.
    pub frozen: bool,
    /// Why it may not be used, if so.
    pub blocked: Option<String>,
    /// Why it is only an identifier here, if so.
    pub refused: Option<String>,
    /// How the job ended; none without one.
    pub job: Option<JobEnd>,
}

/// Why nothing came of a card.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoTap {
    /// The reader or the card failed before anything was begun; the job may be tried again.
    #[error("nothing was begun")]
    Reader(#[from] ReaderError),
    /// The card is not taken; the words say why.
    #[error("{0}")]
    Refused(String),
    /// The hook ended the flow here; nothing more was done.
    #[error("ended at {0:?}")]
    Ended(Durable),
}

impl NoTap {
    /// Whether holding the card again may help.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Reader(error) if error.is_retryable())
    }
}

impl PurseDesk {
    /// A desk over an enrolled store, as the agent has it after its start: what was being tried when it
    /// ended is unknown now.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn open(
        store: Store,
        vault: Arc<dyn KeyVault>,
        clock: WallClock,
    ) -> Result<Self, TillError> {
        let hub = Hub::default();
        let known = Known {
            enrolled: store.profile().is_some(),
            up: false,
            since: Timestamp(0),
            last_contact: None,
            problem: None,
            unconfirmed: 0,
            zone: "UTC".to_owned(),
        };
        let board = LineBoard::new(known, hub.clone());
        let mut desk = Desk::new(store, clock, hub, board, Arc::default(), Flags::default());
        desk.purses_after_start()?;
        Ok(Self { desk, vault })
    }

    /// The desk: to open sales, put lines in, look at movements.
    pub fn desk(&mut self) -> &mut Desk {
        &mut self.desk
    }

    /// The store under it.
    pub fn store(&mut self) -> &mut Store {
        &mut self.desk.store
    }

    /// A new movement's id.
    ///
    /// # Errors
    /// If the system gives no randomness.
    pub fn new_tx() -> Result<PurseTx, TillError> {
        Ok(PurseTx::new(chance::eight()?))
    }

    /// A card is held on the reader, and nothing waits for one: what is open with it is settled.
    ///
    /// # Errors
    /// [`NoTap`].
    pub fn tap(
        &mut self,
        session: &mut dyn CardSession,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Tap, NoTap> {
        self.attend(session, None, hook)
    }

    /// A card is held on the reader for a job: what is open with it is settled, then the job is done.
    /// `hook` is called at each durable step; where it breaks, nothing more is done.
    ///
    /// # Errors
    /// [`NoTap`].
    pub fn run(
        &mut self,
        session: &mut dyn CardSession,
        person: &PersonId,
        txid: PurseTx,
        work: Work,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Tap, NoTap> {
        let job = Job {
            txid,
            person: person.clone(),
            work,
        };
        match job.work {
            Work::Issue { .. } => self.issue(session, &job, hook),
            _ => self.attend(session, Some(&job), hook),
        }
    }

    fn attend(
        &mut self,
        session: &mut dyn CardSession,
        job: Option<&Job>,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Tap, NoTap> {
        let chip = self.chip();
        let mut flow = Flow {
            steps: &mut self.desk,
            cards: &chip,
            new_tx: &mut PurseDesk::new_tx,
            hook,
            account: &mut |_| None,
            working: &mut |_| {},
        };
        let attended = flow.attend(session, job).map_err(no_tap)?;
        Ok(tap(attended))
    }

    fn issue(
        &mut self,
        session: &mut dyn CardSession,
        job: &Job,
        hook: &mut dyn FnMut(Durable) -> ControlFlow<()>,
    ) -> Result<Tap, NoTap> {
        let chip = self.chip();
        let ended = issue(&mut self.desk, &chip, session, job, hook, &mut |_, _| {});
        let (end, card) = ended.map_err(no_tap)?;
        let Some(card) = card else {
            return Err(NoTap::Refused(match end {
                JobEnd::Refused { words, .. } => words,
                _ => String::new(),
            }));
        };
        Ok(Tap {
            card,
            authenticated: true,
            member: None,
            balance: None,
            settled: Vec::new(),
            frozen: false,
            blocked: None,
            refused: None,
            job: Some(end),
        })
    }

    fn chip(&mut self) -> Chip {
        let scheme = self
            .desk
            .step(|desk| Ok(desk.purse_scheme()))
            .ok()
            .flatten();
        let keys = Keys::of(self.vault.clone());
        Chip::new(keys.vault(), scheme.as_ref(), super::attendant::random)
    }
}

fn tap(attended: Attended) -> Tap {
    let Reading {
        card,
        authenticated,
        member,
        refused,
        ..
    } = attended.reading;
    Tap {
        card,
        authenticated,
        member,
        balance: attended.balance,
        settled: attended.met.settled,
        frozen: attended.met.frozen,
        blocked: attended.blocked,
        refused,
        job: attended.job,
    }
}

fn no_tap(error: FlowError) -> NoTap {
    match error {
        FlowError::Reader(error) => NoTap::Reader(error),
        FlowError::Refused(words) => NoTap::Refused(words),
        FlowError::Ended(Ended(moment)) => NoTap::Ended(moment),
    }
}
