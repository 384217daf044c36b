//! What became of an action.

use super::{ProblemKind, Settled};
use tillside_protocol::TerminalStatus;

/// What became of the engine's newest action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// HQ answered a batch, and the store marked what was settled.
    Pushed(Settled),
    /// HQ answered with the terminal's status.
    Status(TerminalStatus),
    /// The newest bundle is in force, be it new or not.
    Pulled,
    /// HQ was reached, and the bundle it offered was refused; the one before stays in force.
    PullRefused(Failure),
    /// The new certificate is in use.
    Renewed,
    /// HQ was reached, and there is no new certificate; the present one stays in use.
    RenewRefused(Failure),
    /// The journal goes on in the epoch that HQ gave.
    EpochBegun,
    /// HQ lacks the record that the epoch is to go on from: it was restored from a backup too.
    EpochTooEarly,
    /// HQ was reached, and gives no epoch.
    EpochRefused(Failure),
    /// HQ was not reached, or its answer was no answer.
    Failed(Failure),
    /// The terminal's own store failed, with words for a person.
    LocalFailed(String),
}

/// Why something did not work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The kind.
    pub kind: ProblemKind,
    /// What happened and what to do, for a person.
    pub words: String,
    /// Whether trying again soon can help.
    pub retryable: bool,
}

/// An answer that does not fit what was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The acks are not those of the records sent.
    #[error(
        "HQ's answer does not match what was sent; nothing is lost, it is sent again. If this stays, update Tillside here and at HQ."
    )]
    Acks,
    /// The answer is of another epoch.
    #[error(
        "HQ answered for part {answered} of this terminal's journal, and part {sent} was sent. Call HQ."
    )]
    Epoch {
        /// The epoch that was sent.
        sent: u32,
        /// The epoch that HQ answered for.
        answered: u32,
    },
    /// HQ keeps asking for records that it was sent, or settles nothing.
    #[error(
        "HQ does not keep the records that it is sent; nothing is lost here, they are sent again. Call HQ."
    )]
    NoProgress,
}

impl From<AnswerError> for Failure {
    fn from(error: AnswerError) -> Self {
        Self {
            kind: ProblemKind::Malformed,
            words: error.to_string(),
            retryable: true,
        }
    }
}
