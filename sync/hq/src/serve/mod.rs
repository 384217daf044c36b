//! The server: TLS 1.3 with certificates on both sides, and the routes of the slices.
//!
//! Every call but enrolment needs a certificate that HQ signed and has not taken back. What has a
//! limit: connections ([`CONNECTION_LIMIT`]), a handshake and a request in time, the size of headers
//! and bodies (after decompression too).

mod accept;
mod answer;
mod body;
mod daily;
mod peer;
mod renew;
mod router;
mod tls;

pub use accept::CONNECTION_LIMIT;
pub use answer::Answer;
pub(crate) use body::{decompressed, json, limited};
pub(crate) use peer::Caller;

use crate::clock::now;
use crate::data::{DataDir, DataError};
use crate::emoney::Keyring;
use crate::fleet::authority::{Authority, AuthorityError};
use crate::ingest::signing::{JournalKey, JournalKeyError};
use crate::publish::PublishError;
use crate::store::{HqStore, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// Batches that are taken in at once; others wait.
const INGEST_LIMIT: usize = 8;

/// Why HQ does not serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: choose another address with --listen")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("HQ's certificates cannot be used")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The CA failed.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The signed bundle is damaged.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The key for acknowledged journals.
    #[error(transparent)]
    JournalKey(#[from] JournalKeyError),
    /// A file could not be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the routes work with.
pub struct Hq {
    /// The database.
    pub store: Arc<dyn HqStore>,
    /// The data folder.
    pub data: DataDir,
    /// The certificate authority.
    pub authority: Authority,
    /// The trusted root that a new terminal gets.
    pub bundle_root: String,
    /// The chain's card keys.
    pub keyring: Arc<Keyring>,
    /// What HQ signs acknowledged journals with.
    pub journal_key: JournalKey,
    pub(crate) ingests: Semaphore,
}

/// A server that runs.
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts serving on `listen`; port 0 takes any free one.
    pub async fn start(
        data: DataDir,
        store: Arc<dyn HqStore>,
        listen: SocketAddr,
    ) -> Result<Self, ServeError> {
        let failed = |source| ServeError::Listen {
            address: listen,
            source,
        };
        let bundle_root = data.read_text(&data.root_json())?;
        let recalled = store.recall_shares(now()).await?;
        if recalled > 0 {
            tracing::warn!(
                recalled,
                "this database is older than what HQ did: shares of quotas that it gave since count again"
            );
        }
        let hq = Arc::new(Hq {
            store,
            authority: Authority::load(&data)?,
            bundle_root,
            keyring: Arc::new(Keyring::beside(data.root())),
            journal_key: JournalKey::of(&data)?,
            data,
            ingests: Semaphore::new(INGEST_LIMIT),
        });
        let config = renew::renew(&hq).await?;
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let (renewed, newest) = watch::channel(config);
        let tasks = vec![
            tokio::spawn(accept::accept(
                listener,
                newest,
                router::router(hq.clone()),
                stopped.clone(),
            )),
            tokio::spawn(daily::keep_expiring(hq.clone(), stopped.clone())),
            tokio::spawn(renew::keep_renewing(hq, renewed, stopped)),
        ];
        Ok(Self {
            address,
            stop,
            tasks,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops: takes no more calls, and waits for those it has.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}
