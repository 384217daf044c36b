//! Who may call at all: programs of this computer, with the token, not web pages of others.

use super::extract::{BODY_LIMIT, text_header};
use super::{ApiError, Local};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use std::time::Duration;
use tillside_core::Hash;

/// How much of a body past its limit is read and thrown away, so that the caller hears the answer.
const DRAIN_LIMIT: usize = 64 << 20;
/// How long a call may take until its answer begins.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The token, kept as its hash so that comparing takes the same time whatever differs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token(Hash);

impl Token {
    pub(crate) fn new(token: &str) -> Self {
        Self(Hash::of(token.as_bytes()))
    }

    fn fits(&self, headers: &HeaderMap) -> bool {
        let sent = text_header(headers, header::AUTHORIZATION.as_str());
        let sent = sent.and_then(|value| value.strip_prefix("Bearer "));
        sent.is_some_and(|token| Hash::of(token.trim().as_bytes()) == self.0)
    }
}

/// The checks before every call, in this order: time limit, host and origin, size, token.
pub(crate) async fn guard(State(local): State<Local>, request: Request, next: Next) -> Response {
    let call = checked(local, request, next);
    match tokio::time::timeout(CALL_LIMIT, call).await {
        Ok(response) => response,
        Err(_) => ApiError::from(crate::till::TillError::Busy).into_response(),
    }
}

async fn checked(local: Local, request: Request, next: Next) -> Response {
    if let Err(error) = own_page(request.headers(), local.port) {
        return error.into_response();
    }
    let length = text_header(request.headers(), header::CONTENT_LENGTH.as_str());
    let length = length.and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_LIMIT) {
        drain(request.into_body()).await;
        return ApiError::too_large().into_response();
    }
    let private = request.uri().path() == "/v1" || request.uri().path().starts_with("/v1/");
    if private && !local.token.fits(request.headers()) {
        return ApiError::new(
            StatusCode::UNAUTHORIZED,
            "token",
            "This call needs the token from the file api-token in Tillside's folder. Open the till again from its own window or address.",
        )
        .into_response();
    }
    next.run(request).await
}

/// A page of another host must not reach the till through the browser (DNS rebinding, CSRF).
fn own_page(headers: &HeaderMap, port: u16) -> Result<(), ApiError> {
    let host = text_header(headers, header::HOST.as_str());
    if !host.is_some_and(|host| is_loopback(host, port)) {
        return Err(foreign("host_refused"));
    }
    match headers.get(header::ORIGIN) {
        None => Ok(()),
        Some(origin) => {
            let origin = origin.to_str().ok().and_then(|o| o.strip_prefix("http://"));
            let own = origin.is_some_and(|origin| is_loopback(origin, port));
            own.then_some(()).ok_or_else(|| foreign("origin_refused"))
        }
    }
}

fn is_loopback(authority: &str, port: u16) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        let rest = authority.strip_prefix(host);
        rest.is_some_and(|rest| rest == format!(":{port}") || (port == 80 && rest.is_empty()))
    })
}

fn foreign(code: &'static str) -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        code,
        "The till answers only its own page and programs on this computer. Open it by the address that Tillside shows.",
    )
}

async fn drain(body: Body) {
    let (mut chunks, mut seen) = (body.into_data_stream(), 0usize);
    while let Some(Ok(chunk)) = chunks.next().await {
        seen = seen.saturating_add(chunk.len());
        if seen > DRAIN_LIMIT {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_and_this_port() {
        for own in ["127.0.0.1:4000", "localhost:4000", "[::1]:4000"] {
            assert!(is_loopback(own, 4000), "{own}");
        }
        for foreign in [
            "127.0.0.1",
            "127.0.0.1:4001",
            "localhost.evil.example:4000",
            "evil.example:4000",
            "127.0.0.1:4000.evil.example",
            "127.0.0.1@evil.example:4000",
            "",
        ] {
            assert!(!is_loopback(foreign, 4000), "{foreign}");
        }
    }
}
