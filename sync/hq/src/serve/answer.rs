//! How HQ says no: a status and an [`ErrorBody`].

use crate::fleet::authority::AuthorityError;
use crate::fleet::enrol::EnrolError;
use crate::ingest::IngestError;
use crate::publish::PublishError;
use crate::store::StoreError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tillside_protocol::{ErrorBody, ErrorCode};

/// An answer that is not a success.
#[derive(Debug)]
pub struct Answer(ErrorBody);

impl Answer {
    /// Says no.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self(ErrorBody {
            code,
            message: message.into(),
        })
    }

    /// The body is not what the path takes.
    pub fn malformed(reason: impl std::fmt::Display) -> Self {
        Self::new(
            ErrorCode::Malformed,
            format!("HQ cannot read this request: {reason}."),
        )
    }

    /// The body is past its limit.
    pub fn too_large(limit: usize) -> Self {
        Self::new(
            ErrorCode::TooLarge,
            format!(
                "This request is larger than {} KB, the most that HQ takes here. Send it in parts.",
                limit >> 10
            ),
        )
    }

    /// Something failed inside: the log says what, the caller only that.
    fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        tracing::error!("{words}");
        Self::new(
            ErrorCode::Internal,
            "HQ failed inside. Nothing was recorded; it will be sent again.",
        )
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = match self.0.code {
            ErrorCode::CertificateMissing => StatusCode::UNAUTHORIZED,
            ErrorCode::InviteRefused
            | ErrorCode::TerminalRevoked
            | ErrorCode::NotAllowed
            | ErrorCode::CertificateExpired => StatusCode::FORBIDDEN,
            ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::NotFound => StatusCode::NOT_FOUND,
            ErrorCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(self.0)).into_response()
    }
}

impl From<StoreError> for Answer {
    fn from(error: StoreError) -> Self {
        if let StoreError::NotFound(words) = error {
            return Self::new(ErrorCode::NotFound, words);
        }
        if error.is_retryable() {
            tracing::warn!(%error, "a call was put off");
            return Self::new(
                ErrorCode::Busy,
                "HQ cannot take this now. It will be sent again.",
            );
        }
        Self::internal(&error)
    }
}

impl From<IngestError> for Answer {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Store(error) => error.into(),
            IngestError::TooMany(_) => Self::new(ErrorCode::TooLarge, error.to_string()),
            other => Self::malformed(other),
        }
    }
}

impl From<EnrolError> for Answer {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Refused(refused) => {
                Self::new(ErrorCode::InviteRefused, refused.to_string())
            }
            EnrolError::Authority(AuthorityError::Request(_)) => Self::malformed(error),
            EnrolError::Authority(error) => Self::internal(&error),
            EnrolError::Store(error) => error.into(),
        }
    }
}

impl From<PublishError> for Answer {
    fn from(error: PublishError) -> Self {
        Self::internal(&error)
    }
}
