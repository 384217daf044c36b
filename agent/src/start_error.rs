//! Why an agent did not start, in words for who started it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use tillside_drivers::ReaderError;
use tillside_store::StoreError;

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
    /// The card readers cannot be watched.
    #[error(
        "The card readers cannot be watched. If you named a port with --libnfc, check that this program was built for it."
    )]
    Readers(#[source] ReaderError),
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
