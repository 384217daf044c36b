//! Publishing: what HQ knows becomes a signed, versioned bundle of plain files.
//!
//! Signed in the manner of The Update Framework with `tough`, with consistent snapshots: every file
//! but `timestamp.json` has a name of its own for ever, so a terminal that is half through a bundle
//! when the next is published still finds all of it. Replacing `timestamp.json` is the switch.
//!
//! How long signatures hold: root, targets and snapshot for ten years; the timestamp, which says
//! "this is the newest", for 30 days, signed anew by [`refresh`] (`tillside-hq serve` does) when half
//! of that is over. A store in the dark is not affected: it keeps the bundle it verified for as long
//! as it likes, and checks dates only on what it pulls.

mod edition;
mod keys;
mod repository;
mod sign;
mod store;

pub use edition::{Edition, EditionError};
pub use keys::create_keys;
pub use repository::{newest, publish, refresh};
pub use store::{BundleNote, PublishStore};

use crate::data::DataError;
use crate::emoney::codes::CodeError;
use crate::leases::keys::LeaseKeyError;
use crate::store::StoreError;

/// Why no bundle was published. The one before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// What was imported contradicts itself.
    #[error(transparent)]
    Edition(#[from] EditionError),
    /// Signing failed.
    #[error("the bundle could not be signed")]
    Sign(#[source] Box<tough::error::Error>),
    /// A key could not be made.
    #[error("a signing key could not be made")]
    Key,
    /// The files that are served cannot be read.
    #[error("the signed files in the folder bundle cannot be read: restore it from a backup")]
    Damaged,
    /// A target could not be written as JSON.
    #[error("a part of the bundle could not be written")]
    Json(#[source] serde_json::Error),
    /// A part is larger than terminals take.
    #[error("the part {target} has {bytes} bytes, and {limit} is the most", limit = tillside_protocol::TARGET_BYTE_LIMIT)]
    TooLarge {
        /// Which target.
        target: String,
        /// How large it is.
        bytes: u64,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The key for phones' codes.
    #[error(transparent)]
    Codes(#[from] CodeError),
    /// The key for shares of quotas.
    #[error(transparent)]
    LeaseKey(#[from] LeaseKeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<tough::error::Error> for PublishError {
    fn from(error: tough::error::Error) -> Self {
        PublishError::Sign(Box::new(error))
    }
}
