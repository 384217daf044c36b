//! How the local API says no: a status, a code for programs, words for people.

use crate::people::PinHashError;
use crate::till::TillError;
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// The body of every answer that is not a success.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// What a program matches: stable, snake case.
    code: Cow<'static, str>,
    /// What a person reads: what happened, and what to do.
    message: String,
    /// Whether the same request may succeed later.
    retryable: bool,
}

/// Why a call failed.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorBody,
}

impl ApiError {
    /// An error that is not the till's own.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            body: ErrorBody {
                code: code.into(),
                message: message.into(),
                retryable: false,
            },
        }
    }

    /// A request that cannot be read.
    pub(crate) fn malformed(why: impl std::fmt::Display) -> Self {
        let message = format!("The request cannot be read: {why}. Correct it and send it again.");
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// A body past the limit.
    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The request is larger than 1 MiB, which is the most. Nothing was done. Split it.",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<PinHashError> for ApiError {
    fn from(error: PinHashError) -> Self {
        tracing::error!(%error, "a PIN could not be hashed");
        TillError::Failed.into()
    }
}

impl From<TillError> for ApiError {
    fn from(error: TillError) -> Self {
        let status = status(&error);
        if status.is_server_error() {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(code = error.code(), cause, "a call failed");
        }
        Self {
            status,
            body: ErrorBody {
                code: error.code().into(),
                message: error.to_string(),
                retryable: error.is_retryable(),
            },
        }
    }
}

fn status(error: &TillError) -> StatusCode {
    match error.code() {
        "sale_unknown"
        | "no_such_line"
        | "no_such_coupon"
        | "purse_payment_unknown"
        | "no_job"
        | "no_such_member" => StatusCode::NOT_FOUND,
        "already_completed"
        | "already_voided"
        | "already_returned"
        | "goods_were_returned"
        | "still_open"
        | "not_enrolled"
        | "not_same_day"
        | "too_many_open"
        | "coupon"
        | "points_not_covered"
        | "sale_fixed"
        | "job_running"
        | "job_under_way"
        | "readers_off"
        | "no_keys"
        | "no_purse"
        | "purse_no_desk"
        | "no_issue_desk"
        | "purse_unresolved"
        | "purse_settled"
        | "purse_taken_back"
        | "purse_blocked"
        | "card_not_frozen" => StatusCode::CONFLICT,
        "wrong_pin" => StatusCode::UNAUTHORIZED,
        "manager_needed" => StatusCode::FORBIDDEN,
        "locked" => StatusCode::LOCKED,
        "busy" | "database_in_use" | "line_needed" => StatusCode::SERVICE_UNAVAILABLE,
        "disk_full" => StatusCode::INSUFFICIENT_STORAGE,
        "failed" | "store_failed" | "database_damaged" | "unreadable_sale" => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
