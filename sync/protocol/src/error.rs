//! How HQ says no.

use serde::{Deserialize, Serialize};

/// The body of every answer that is not a success.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What a program matches.
    pub code: ErrorCode,
    /// What a person reads: what happened and what to do.
    pub message: String,
}

/// The reasons HQ says no.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The invite code is unknown, used or too old.
    InviteRefused,
    /// The call needs a client certificate.
    CertificateMissing,
    /// The client certificate has ended: the terminal needs a new invite.
    CertificateExpired,
    /// HQ took this terminal's right to connect.
    TerminalRevoked,
    /// The body is not what this path takes.
    Malformed,
    /// The body or batch is past its limit.
    TooLarge,
    /// The other side speaks another [`crate::PROTOCOL_VERSION`].
    Version,
    /// Nothing is there.
    NotFound,
    /// HQ lacks the record that a new epoch is to go on from: send it first.
    RecordMissing,
    /// The caller's store may not do that, or not with this.
    NotAllowed,
    /// HQ has too much to do.
    Busy,
    /// HQ failed inside; its log says why.
    Internal,
    /// A code this program does not know.
    #[serde(other)]
    Other,
}

impl ErrorCode {
    /// Whether the same request may succeed later.
    pub const fn is_retryable(self) -> bool {
        matches!(self, ErrorCode::Busy | ErrorCode::Internal)
    }
}
