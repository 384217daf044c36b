//! Which call goes where.

use super::{Answer, Hq, peer};
use crate::{emoney, fleet, ingest, leases};
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use tillside_protocol::{
    ACCOUNT, ACCOUNT_STANDING, CARD_KEYS, ENROL, EPOCH, ErrorCode, JOURNAL, KEYS, LEASES, METADATA,
    PROTOCOL_VERSION, RENEW, STATUS, TARGETS, VERSION_HEADER,
};
use tower_http::services::ServeDir;

/// The longest one call may take.
const REQUEST_TIME: Duration = Duration::from_secs(120);

pub(super) fn router(hq: Arc<Hq>) -> Router {
    let files = |folder| ServeDir::new(folder).append_index_html_on_directories(false);
    let calls = Router::new()
        .route(RENEW, post(fleet::renew_route))
        .route(JOURNAL, post(ingest::push))
        .route(EPOCH, post(fleet::epoch_route))
        .route(STATUS, get(fleet::status_route))
        .route(KEYS, get(emoney::keys_route))
        .route(CARD_KEYS, post(emoney::card_keys_route))
        .route(ACCOUNT, post(emoney::account_route))
        .route(ACCOUNT_STANDING, get(emoney::standing_route))
        .route(LEASES, post(leases::leases_route))
        .layer(from_fn(require_version));
    let bundles = Router::new()
        .nest_service(METADATA.trim_end_matches('/'), files(hq.data.metadata()))
        .nest_service(TARGETS.trim_end_matches('/'), files(hq.data.targets()))
        .layer(from_fn(name_missing_files));
    Router::new()
        .merge(calls)
        .merge(bundles)
        .layer(from_fn_with_state(hq.clone(), peer::require))
        .route(
            ENROL,
            post(fleet::enrol_route).layer(from_fn(require_version)),
        )
        .fallback(nothing_here)
        .layer(from_fn(in_time))
        .with_state(hq)
}

async fn nothing_here() -> Answer {
    Answer::new(ErrorCode::NotFound, "HQ has nothing here.")
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Answer::new(
            ErrorCode::Busy,
            "HQ took too long over this. It will be sent again.",
        )
        .into_response(),
    }
}

async fn require_version(headers: HeaderMap, request: Request, next: Next) -> Response {
    let spoken = headers.get(VERSION_HEADER).and_then(|v| v.to_str().ok());
    if spoken == Some(PROTOCOL_VERSION.to_string().as_str()) {
        return next.run(request).await;
    }
    let message = format!(
        "This terminal speaks version {} of the protocol, and HQ speaks {PROTOCOL_VERSION}. Update the older one.",
        spoken.unwrap_or("none")
    );
    Answer::new(ErrorCode::Version, message).into_response()
}

/// A file that is not there is told as every other no.
async fn name_missing_files(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        return nothing_here().await.into_response();
    }
    response
}
