//! What an agent is made of, put together and set going. Starting and stopping it is `agent`'s.

use crate::account::{Accounts, Asking, OnTheSpot};
use crate::api::{self, Listeners, Local, Token};
use crate::devices::Devices;
use crate::events::Hub;
use crate::folder::{DataFolder, Journal};
use crate::line::{Concerns, Wire};
use crate::line_board::{Known, LineBoard};
use crate::options::AgentOptions;
use crate::people::{PinCheck, Sessions};
use crate::purse::{Jobs, Keys, KeysWatch, TillAttendant};
use crate::readers::Readers;
use crate::server;
use crate::start_error::StartError;
use crate::till::{Desk, Flags, Till};
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tillside_core::{TerminalId, Timestamp};
use tillside_drivers::ServiceConfig;
use tillside_store::Store;
use tillside_sync::{Bell, Identity, LineState, Problem, ProblemKind};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// The threads of a running agent.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) readers: Option<Readers>,
    pub(crate) serving: JoinHandle<()>,
    pub(crate) till: JoinHandle<()>,
    /// Ends when this is dropped.
    pub(crate) _keys: KeysWatch,
}

/// What is put together before anything runs.
pub(crate) struct Parts {
    desk: Desk,
    hub: Hub,
    board: LineBoard,
    bell: Arc<Bell>,
    flags: Flags,
    jobs: Jobs,
    keys: Keys,
    began: LineState,
    enrolled: bool,
}

impl Parts {
    pub(crate) fn assemble(
        options: &AgentOptions,
        store: Store,
        data: &DataFolder,
    ) -> Result<Self, StartError> {
        let store = enrolled_store(store, data)?;
        let kept = store.line_state().map_err(StartError::Store)?;
        let unconfirmed = store.unconfirmed().map_err(StartError::Store)?;
        let enrolled = store.profile().is_some();
        let began = began(kept, options.clock.read());
        let zone = store
            .profile()
            .map(|profile| profile.profile.time_zone.clone());
        let known = Known {
            enrolled,
            up: began.up,
            since: began.since,
            last_contact: began.last_contact,
            problem: began.problem.as_ref().map(|problem| problem.words.clone()),
            unconfirmed,
            zone: zone.unwrap_or_else(|| "UTC".to_owned()),
        };
        let (hub, bell, flags) = (Hub::default(), Arc::<Bell>::default(), Flags::default());
        let board = LineBoard::new(known, hub.clone());
        let mut desk = Desk::new(
            store,
            options.clock.clone(),
            hub.clone(),
            board.clone(),
            bell.clone(),
            flags.clone(),
        );
        match desk.purses_after_start() {
            Ok(0) => {}
            Ok(open) => tracing::warn!(open, "card payments were cut short and are unknown now"),
            // They stay open, and the next tap settles them all the same.
            Err(error) => tracing::error!(code = error.code(), "cut-short card payments"),
        }
        Ok(Self {
            desk,
            jobs: Jobs::new(hub.clone()),
            keys: Keys::named(&options.vault, data),
            hub,
            board,
            bell,
            flags,
            began,
            enrolled,
        })
    }

    pub(crate) fn run(
        self,
        options: &AgentOptions,
        data: &DataFolder,
        listener: TcpListener,
        token: &str,
        stopping: watch::Receiver<bool>,
    ) -> Result<Running, StartError> {
        let runtime = runtime().map_err(StartError::System)?;
        let (till, till_thread) = Till::start(self.desk).map_err(StartError::System)?;
        let watch = self.keys.watch().map_err(StartError::System)?;
        let devices = Devices::default();
        let accounts = Accounts::default();
        let hq = OnTheSpot {
            identity: data.hq(),
            runtime: runtime.handle().clone(),
        };
        let readers = options.readers.then(|| {
            let attendant = TillAttendant {
                till: till.clone(),
                jobs: self.jobs.clone(),
                keys: self.keys.clone(),
                accounts: accounts.clone(),
                hq: hq.clone(),
            };
            let config = ServiceConfig {
                libnfc: options.libnfc.clone(),
                ..ServiceConfig::default()
            };
            let started = Readers::start(config, attendant, devices.clone(), self.hub.clone());
            started.map_err(StartError::Readers)
        });
        let readers = readers.transpose()?;
        if !options.readers {
            devices.service(false, "Card readers are switched off for this till.");
        }
        let concerns = Concerns::default();
        let local = Local {
            till: till.clone(),
            sessions: Arc::new(Sessions::default()),
            pins: PinCheck::start().map_err(StartError::System)?,
            hub: self.hub,
            jobs: self.jobs.clone(),
            keys: self.keys.clone(),
            accounts: accounts.clone(),
            hq,
            devices,
            board: self.board.clone(),
            bell: self.bell.clone(),
            concerns: concerns.clone(),
            flags: self.flags.clone(),
            listeners: Listeners::default(),
            clock: options.clock.clone(),
            token: Token::new(token),
            port: listener.local_addr().map_or(0, |address| address.port()),
            screen: options.screen.clone(),
            readers: options.readers,
            stop: stopping.clone(),
        };
        let resting = till.clone().rest(self.flags.sale_over.clone());
        let asking = self.enrolled.then(|| Asking {
            till: till.clone(),
            jobs: self.jobs.clone(),
            accounts: accounts.clone(),
            identity: data.hq(),
        });
        let wire = self.enrolled.then_some(Wire {
            till,
            jobs: self.jobs,
            accounts,
            keys: self.keys,
            board: self.board,
            flags: self.flags,
            bell: self.bell,
            concerns,
        });
        let line = wire.zip(asking).map(|(wire, asking)| Line {
            wire,
            asking,
            identity: data.hq(),
            poll: options.poll,
            began: self.began,
        });
        let serving = std::thread::Builder::new().name("server".to_owned());
        let serving = serving.spawn(move || {
            runtime.spawn(resting);
            serve(&runtime, listener, local, line, stopping);
        });
        Ok(Running {
            readers,
            serving: serving.map_err(StartError::System)?,
            till: till_thread,
            _keys: watch,
        })
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(4)
        .thread_name("agent")
        .enable_all()
        .build()
}

/// What keeps HQ up to date, and asks it.
struct Line {
    wire: Wire,
    asking: Asking,
    identity: PathBuf,
    poll: std::time::Duration,
    began: LineState,
}

fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    local: Local,
    line: Option<Line>,
    stopping: watch::Receiver<bool>,
) {
    runtime.block_on(async {
        let syncing = line.map(|line| {
            tokio::spawn(line.asking.run(stopping.clone()));
            let stopping = stopping.clone();
            let (wire, identity) = (line.wire, line.identity);
            tokio::spawn(async move { wire.run(&identity, line.poll, line.began, stopping).await })
        });
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => server::serve(listener, api::router(local), stopping).await,
            Err(error) => tracing::error!(%error, "the address was lost"),
        }
        if let Some(syncing) = syncing
            && syncing.await.is_err()
        {
            tracing::error!("sync failed");
        }
    });
}

/// What the identity on disk means for the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// The store is that terminal's.
    Enrolled,
    /// Enrolment was cut short before the store heard of it.
    ToEnrol,
    /// That terminal's journal was begun here and is gone: a new one under its name would be a
    /// second history.
    JournalGone,
    /// The store is another terminal's: a replacement was cut short.
    OtherIdentity,
}

fn standing(identity: TerminalId, store: Option<TerminalId>, journal: Journal) -> Standing {
    match store {
        Some(known) if known == identity => Standing::Enrolled,
        Some(_) => Standing::OtherIdentity,
        None if journal == Journal::Begun(identity) => Standing::JournalGone,
        None => Standing::ToEnrol,
    }
}

/// Finishes an enrolment that was cut short, and refuses to begin a journal anew under a name that has one.
fn enrolled_store(mut store: Store, data: &DataFolder) -> Result<Store, StartError> {
    let Ok(identity) = Identity::load(&data.hq()) else {
        return Ok(store);
    };
    let terminal = identity.terminal().terminal;
    let known = store.profile().map(|profile| profile.terminal);
    match standing(terminal, known, data.journal()) {
        Standing::Enrolled => {}
        Standing::ToEnrol => {
            let enrolled = store.enrol(identity.terminal());
            enrolled.map_err(StartError::Store)?;
            let noted = data.journal_begun(terminal);
            noted.map_err(|source| StartError::Folder {
                folder: data.path().to_owned(),
                source,
            })?;
        }
        Standing::JournalGone => return Err(StartError::JournalGone),
        Standing::OtherIdentity => return Err(StartError::OtherIdentity),
    }
    Ok(store)
}

/// The line as it was kept, or untried.
fn began(kept: Option<tillside_store::LineState>, now: Timestamp) -> LineState {
    let Some(kept) = kept else {
        return LineState::untried(now);
    };
    let problem = kept.problem.map(|words| Problem {
        kind: ProblemKind::Unreachable,
        words,
        since: kept.since,
    });
    LineState {
        up: kept.up,
        since: kept.since,
        last_contact: kept.last_contact,
        problem,
        concerns: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_journal_is_begun_once_under_a_name() {
        let id = |end: u8| -> TerminalId {
            let text = format!("01940000-0000-7000-8000-0000000000{end:02x}");
            text.parse().unwrap()
        };
        let begun = Journal::Begun(id(1));
        assert_eq!(standing(id(1), None, Journal::NotBegun), Standing::ToEnrol);
        assert_eq!(standing(id(1), Some(id(1)), begun), Standing::Enrolled);
        assert_eq!(standing(id(1), None, begun), Standing::JournalGone);
        assert_eq!(standing(id(2), None, begun), Standing::ToEnrol);
        assert_eq!(standing(id(2), Some(id(1)), begun), Standing::OtherIdentity);
    }
}
