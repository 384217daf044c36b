//! The agent: everything put together, started and stopped.

use crate::api::{self, Listeners, Local, Token};
use crate::devices::Devices;
use crate::events::Hub;
use crate::folder::{AgentNote, DataFolder, Journal};
use crate::line::{Concerns, Wire};
use crate::line_board::{Known, LineBoard};
use crate::options::AgentOptions;
use crate::people::Sessions;
use crate::readers::Readers;
use crate::server;
use crate::till::{Desk, Flags, Till};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use tillside_core::Timestamp;
use tillside_store::{Store, StoreError};
use tillside_sync::{Bell, Identity, LineState, Problem, ProblemKind};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};

/// Why an agent did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not on this computer alone.
    #[error("The till listens only on this computer: use an address such as 127.0.0.1:0, not {0}.")]
    NotLoopback(SocketAddr),
    /// Another program has the address.
    #[error(
        "The address {address} cannot be used: another program may have it. Choose another, or port 0 for any."
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("The folder {} cannot be used. Check that Tillside may write in it and that the disk is not full.", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("{}", .0.advice())]
    Store(#[source] StoreError),
    /// The identity's journal was begun here and is not here any more.
    #[error(
        "The database of this till is missing. Put it back if you have it. If not, tell HQ, ask for an invitation code and run `tillside enrol --replace`."
    )]
    JournalGone,
    /// The identity is another terminal's than the journal.
    #[error(
        "The setting up of this till as a new one was not finished. Run `tillside enrol --replace` again."
    )]
    OtherIdentity,
    /// The system gives no threads.
    #[error("This computer cannot start another program right now. Restart it.")]
    System(#[source] io::Error),
}

impl StartError {
    /// Whether starting again may work with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_retryable())
    }

    /// Whether the database is damaged: somebody must look at it.
    pub fn is_damage(&self) -> bool {
        use StoreError::{ChainBroken, Damaged, NotOurs, Shortened, Unreadable};
        matches!(
            self,
            Self::Store(
                Damaged { .. }
                    | NotOurs { .. }
                    | ChainBroken { .. }
                    | Shortened { .. }
                    | Unreadable { .. }
            )
        )
    }
}

/// A running agent. Dropping it stops it.
#[derive(Debug)]
pub struct Agent {
    address: SocketAddr,
    token: String,
    note: AgentNote,
    data: DataFolder,
    stop: watch::Sender<bool>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    readers: Option<Readers>,
    serving: JoinHandle<()>,
    till: JoinHandle<()>,
}

impl Agent {
    /// Starts an agent: when this returns it answers, and waits for taps.
    ///
    /// # Errors
    /// If another agent has the folder, the database cannot be used, or the address is taken.
    pub fn start(options: AgentOptions) -> Result<Self, StartError> {
        let AgentOptions { listen, .. } = options;
        if !listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(listen));
        }
        let folder = |source| StartError::Folder {
            folder: options.data.clone(),
            source,
        };
        let data = DataFolder::open(&options.data).map_err(folder)?;
        // First of all: the store's lock says whether another agent has the folder.
        let store = Store::open(&data.database()).map_err(StartError::Store)?;
        let token = data.token().map_err(folder)?;
        let taken = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let note = AgentNote {
            address: format!("http://{address}"),
            token_file: data.token_file(),
        };
        let (stop, stopping) = watch::channel(false);
        let parts = Parts::assemble(&options, store, &data)?;
        let running = parts.run(&options, &data, listener, &token, stopping)?;
        data.leave_note(&note).map_err(folder)?;
        tracing::info!(%address, "the till is ready");
        Ok(Self {
            address,
            token,
            note,
            data,
            stop,
            running: Some(running),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token of its API.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What `agent.json` says of it.
    pub fn note(&self) -> &AgentNote {
        &self.note
    }

    /// The address of its screen for a browser, with the token in the fragment, which no browser sends.
    pub fn screen_address(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    /// Lets calls under way end, lets cards go, closes the database.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let Some(running) = self.running.take() else {
            return;
        };
        self.data.take_note(&self.note);
        self.stop.send_replace(true);
        if let Some(readers) = running.readers {
            readers.stop();
        }
        for (name, thread) in [("server", running.serving), ("till", running.till)] {
            if thread.join().is_err() {
                tracing::error!(name, "a thread failed");
            }
        }
        tracing::info!("the till has stopped");
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is put together before anything runs.
struct Parts {
    desk: Desk,
    hub: Hub,
    board: LineBoard,
    bell: Arc<Bell>,
    flags: Flags,
    began: LineState,
    enrolled: bool,
}

impl Parts {
    fn assemble(
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
        let desk = Desk::new(
            store,
            options.clock.clone(),
            hub.clone(),
            board.clone(),
            bell.clone(),
            flags.clone(),
        );
        Ok(Self {
            desk,
            hub,
            board,
            bell,
            flags,
            began,
            enrolled,
        })
    }

    fn run(
        self,
        options: &AgentOptions,
        data: &DataFolder,
        listener: TcpListener,
        token: &str,
        stopping: watch::Receiver<bool>,
    ) -> Result<Running, StartError> {
        let runtime = runtime().map_err(StartError::System)?;
        let (till, till_thread) = Till::start(self.desk).map_err(StartError::System)?;
        let devices = Devices::default();
        let readers = options.readers.then(|| {
            let started = Readers::start(till.clone(), devices.clone(), self.hub.clone());
            started.map_err(|error| StartError::System(io::Error::other(error)))
        });
        let readers = readers.transpose()?;
        if !options.readers {
            devices.service(false, "Card readers are switched off for this till.");
        }
        let concerns = Concerns::default();
        let local = Local {
            till: till.clone(),
            sessions: Arc::new(Sessions::default()),
            pins: Arc::new(Semaphore::new(1)),
            hub: self.hub,
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
        let wire = self.enrolled.then_some(Wire {
            till,
            board: self.board,
            flags: self.flags,
            bell: self.bell,
            concerns,
        });
        let line = wire.map(|wire| (wire, data.hq(), options.poll, self.began));
        let serving = std::thread::Builder::new().name("server".to_owned());
        let serving = serving.spawn(move || serve(&runtime, listener, local, line, stopping));
        Ok(Running {
            readers,
            serving: serving.map_err(StartError::System)?,
            till: till_thread,
        })
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .thread_name("agent")
        .enable_all()
        .build()
}

fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    local: Local,
    line: Option<(Wire, PathBuf, std::time::Duration, LineState)>,
    stopping: watch::Receiver<bool>,
) {
    runtime.block_on(async {
        let syncing = line.map(|(wire, identity, poll, began)| {
            let stopping = stopping.clone();
            tokio::spawn(async move { wire.run(&identity, poll, began, stopping).await })
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

/// Finishes an enrolment that was cut short, and refuses to begin a journal anew under a name that has one.
fn enrolled_store(mut store: Store, data: &DataFolder) -> Result<Store, StartError> {
    let Ok(identity) = Identity::load(&data.hq()) else {
        return Ok(store);
    };
    let terminal = identity.terminal().terminal;
    let folder = |source| StartError::Folder {
        folder: data.path().to_owned(),
        source,
    };
    match store.profile().map(|profile| profile.terminal) {
        None if data.journal() == Journal::Begun(terminal) => Err(StartError::JournalGone),
        None => {
            store
                .enrol(identity.terminal())
                .map_err(StartError::Store)?;
            data.journal_begun(terminal).map_err(folder)?;
            Ok(store)
        }
        Some(known) if known == terminal => Ok(store),
        Some(_) => Err(StartError::OtherIdentity),
    }
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
