//! Why an offered bundle was refused. In every case the one before stays in force.

use crate::clock::spoken;
use crate::engine::{Failure, ProblemKind};
use crate::{CallError, FileError};
use tillside_protocol::TargetError;
use tillside_protocol::tillside_core::Timestamp;

/// Why no new bundle came. Its text is fit for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// HQ was not reached, or said no.
    #[error("{}", .failure.words)]
    Line {
        /// What the line's trouble is.
        failure: Failure,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Correctly signed, but older than what this terminal has seen.
    #[error(
        "HQ offered an older bundle than the one in force; it was refused, and the one in force stays. Call HQ."
    )]
    Older {
        /// Why.
        #[source]
        source: Option<Box<tough::error::Error>>,
    },
    /// A signature, a hash or a length does not fit.
    #[error(
        "The bundle that HQ offered is not what HQ signed; it was refused, and the one in force stays. Call HQ."
    )]
    Tampered {
        /// Why.
        #[source]
        source: Box<tough::error::Error>,
    },
    /// Correctly signed, but past its date.
    #[error(
        "The bundle that HQ offers is past its date; it was refused, and the one in force stays. HQ must publish again."
    )]
    Expired {
        /// Why.
        #[source]
        source: Box<tough::error::Error>,
    },
    /// The PC's clock cannot be right, so dates cannot be checked.
    #[error("This PC's clock says {}, and HQ's says {}: set this PC's date and time. Until then the bundle in force stays.", spoken(*.wall), spoken(*.hq))]
    Clock {
        /// What the PC's clock says.
        wall: Timestamp,
        /// What HQ's clock says.
        hq: Timestamp,
    },
    /// A part is not there.
    #[error(
        "The bundle that HQ offers is incomplete ({part} is missing); it was refused, and the one in force stays. HQ must publish again."
    )]
    Incomplete {
        /// Which.
        part: String,
    },
    /// A part is larger than this program takes.
    #[error(
        "The part {part} of HQ's bundle is larger than this program takes; the bundle in force stays. Call HQ."
    )]
    TooLarge {
        /// Which.
        part: String,
    },
    /// Verified, but in a layout this program does not know.
    #[error(
        "HQ's bundle is good but this program cannot read it; the bundle in force stays. Update Tillside."
    )]
    Unreadable(#[from] TargetError),
    /// The terminal's own files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something else between HQ and the checks.
    #[error("HQ's bundle could not be checked; the one in force stays.")]
    Other {
        /// Why.
        #[source]
        source: Box<tough::error::Error>,
    },
}

impl BundleError {
    /// The call was not even made.
    pub(crate) fn before(error: CallError) -> Self {
        BundleError::Line {
            failure: error.failure(),
            source: Box::new(error),
        }
    }

    /// Whether it may work later without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            BundleError::Line { failure, .. } => failure.retryable,
            BundleError::Incomplete { .. } | BundleError::Other { .. } => true,
            _ => false,
        }
    }

    /// The kind of problem it is.
    pub fn kind(&self) -> ProblemKind {
        match self {
            BundleError::Line { failure, .. } => failure.kind,
            BundleError::Older { .. } => ProblemKind::OlderBundle,
            BundleError::Tampered { .. } => ProblemKind::TamperedBundle,
            BundleError::Expired { .. } => ProblemKind::ExpiredBundle,
            BundleError::Clock { .. } => ProblemKind::Clock,
            BundleError::Incomplete { .. } | BundleError::Other { .. } => {
                ProblemKind::IncompleteBundle
            }
            BundleError::TooLarge { .. } | BundleError::Unreadable(_) | BundleError::File(_) => {
                ProblemKind::UnusableBundle
            }
        }
    }

    /// What the engine needs to know of it.
    pub fn failure(&self) -> Failure {
        Failure {
            kind: self.kind(),
            words: self.to_string(),
            retryable: self.is_retryable(),
        }
    }
}
