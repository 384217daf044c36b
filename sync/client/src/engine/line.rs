//! Whether HQ is reached, since when, and what is wrong in words.

use serde::{Deserialize, Serialize};
use tillside_protocol::tillside_core::Timestamp;

/// What a screen says of the line to HQ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineState {
    /// Whether the newest call reached HQ and was answered.
    pub up: bool,
    /// Since when it is so.
    pub since: Timestamp,
    /// When HQ last answered; none if never.
    pub last_contact: Option<Timestamp>,
    /// Why the line is down; none while it is up, and before the first try.
    pub problem: Option<Problem>,
    /// What is wrong although calls may reach HQ; at most one of a kind.
    pub concerns: Vec<Problem>,
}

impl LineState {
    /// Before the first try.
    pub fn untried(at: Timestamp) -> Self {
        Self {
            up: false,
            since: at,
            last_contact: None,
            problem: None,
            concerns: Vec::new(),
        }
    }

    /// One sentence for the screen.
    pub fn words(&self) -> &str {
        match &self.problem {
            _ if self.up => "HQ is connected.",
            Some(problem) => &problem.words,
            None => "Connecting to HQ.",
        }
    }
}

/// Something wrong, with words for a person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Problem {
    /// What a program matches.
    pub kind: ProblemKind,
    /// What happened and what to do.
    pub words: String,
    /// Since when it is so.
    pub since: Timestamp,
}

/// The kinds of problem.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProblemKind {
    /// No answer.
    Unreachable,
    /// The terminal's certificate ended, or is about to and could not be renewed.
    CertificateExpired,
    /// HQ took the terminal's right to connect.
    Revoked,
    /// The server is not the HQ this terminal was enrolled with.
    WrongServer,
    /// This PC's clock cannot be right.
    Clock,
    /// HQ answered what this program cannot read.
    Malformed,
    /// HQ answered with a reason why not.
    Refused,
    /// An older bundle was offered, and refused.
    OlderBundle,
    /// A bundle whose signature or contents do not fit was offered, and refused.
    TamperedBundle,
    /// A bundle that is past its date was offered, and refused.
    ExpiredBundle,
    /// A bundle with a part missing was offered, and refused.
    IncompleteBundle,
    /// A good bundle that this program cannot use.
    UnusableBundle,
    /// HQ has other records than this terminal at the same positions.
    HistoryDiffers,
    /// This PC could not keep or read what sync needs.
    Storage,
}

impl ProblemKind {
    /// Whether it is about the newest offered bundle.
    pub(crate) fn is_of_bundle(self) -> bool {
        use ProblemKind::{
            ExpiredBundle, IncompleteBundle, OlderBundle, TamperedBundle, UnusableBundle,
        };
        matches!(
            self,
            OlderBundle | TamperedBundle | ExpiredBundle | IncompleteBundle | UnusableBundle
        )
    }
}
