//! The agent: everything put together, started and stopped.

use crate::assembly::{Parts, Running};
use crate::folder::{AgentNote, DataFolder};
use crate::options::AgentOptions;
use crate::start_error::StartError;
use std::net::{SocketAddr, TcpListener};
use tillside_store::Store;
use tokio::sync::watch;

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
