//! Reading what `tough` found: which of its many errors means what to a person.

use super::BundleError;
use crate::CallError;
use crate::clock::{agree, wall_clock};
use std::error::Error as _;
use tillside_protocol::tillside_core::Timestamp;
use tough::error::Error;
use tough::{TransportError, TransportErrorKind};

/// What an error of `tough` means.
pub(super) fn refusal(error: Error) -> BundleError {
    let source = Box::new(error);
    match &*source {
        Error::OlderMetadata { .. }
        | Error::OlderSnapshotInTimestamp { .. }
        | Error::SnapshotRoleMissing { .. }
        | Error::SnapshotRoleRollback { .. } => BundleError::Older {
            source: Some(source),
        },
        Error::ExpiredMetadata { .. } => BundleError::Expired { source },
        Error::SystemTimeSteppedBackward {
            latest_known_time, ..
        } => BundleError::Clock {
            wall: wall_clock(),
            hq: Timestamp(latest_known_time.as_millisecond()),
        },
        Error::Transport { .. } => transported(source),
        Error::MetaMissing { file, .. } => BundleError::Incomplete {
            part: (*file).to_owned(),
        },
        Error::VerifyMetadata { .. }
        | Error::VerifyRoleMetadata { .. }
        | Error::VerifyTrustedMetadata { .. }
        | Error::VersionMismatch { .. }
        | Error::HashMismatch { .. }
        | Error::MaxSizeExceeded { .. }
        | Error::MaxUpdatesExceeded { .. }
        | Error::ParseMetadata { .. }
        | Error::TimestampMetaLength { .. }
        | Error::MissingSnapshotMeta { .. }
        | Error::SnapshotTargetsMetaMissing { .. } => BundleError::Tampered { source },
        _ => BundleError::Other { source },
    }
}

/// An error while a file came in: the line's, the file's absence, or what the file holds.
fn transported(source: Box<Error>) -> BundleError {
    let mut next = source.source();
    while let Some(cause) = next {
        if let Some(call) = cause.downcast_ref::<CallError>() {
            let failure = call.failure();
            return BundleError::Line { failure, source };
        }
        if let Some(Error::HashMismatch { .. } | Error::MaxSizeExceeded { .. }) =
            cause.downcast_ref::<Error>()
        {
            return BundleError::Tampered { source };
        }
        match cause.downcast_ref::<TransportError>() {
            Some(absent) if absent.kind() == TransportErrorKind::FileNotFound => {
                let part = absent
                    .url()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                return BundleError::Incomplete { part };
            }
            _ => next = cause.source(),
        }
    }
    BundleError::Other { source }
}

impl BundleError {
    /// A bundle that seems past its date on a PC whose clock is wrong is the clock's fault.
    pub(super) fn with_clocks(self, wall: Timestamp, hq: Timestamp) -> Self {
        match self {
            BundleError::Expired { .. } if !agree(wall, hq) => BundleError::Clock { wall, hq },
            BundleError::Clock { .. } => BundleError::Clock { wall, hq },
            other => other,
        }
    }
}
