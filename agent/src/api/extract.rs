//! What a handler takes from a request: who is signed in, what is to be written, which sale.

use super::{ApiError, Local};
use crate::people::{Role, Session};
use crate::till::{TillError, WriteKey};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use tillside_core::{Hash, SaleId};

/// The largest body, in bytes.
pub(crate) const BODY_LIMIT: usize = 1 << 20;
/// The header that names the session.
pub(crate) const SESSION_HEADER: &str = "tillside-session";
/// The header that names a write.
pub(crate) const KEY_HEADER: &str = "idempotency-key";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Signed(pub(crate) Session);

impl FromRequestParts<Local> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, local: &Local) -> Result<Self, ApiError> {
        let id = text_header(&parts.headers, SESSION_HEADER).unwrap_or_default();
        let session = local.sessions.find(id, local.clock.read());
        session.map(Self).ok_or_else(|| {
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "signed_out",
                "Nobody is signed in, or the session has ended. Sign in with your name and PIN.",
            )
        })
    }
}

/// A manager who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Manager;

impl FromRequestParts<Local> for Manager {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, local: &Local) -> Result<Self, ApiError> {
        let Signed(session) = Signed::from_request_parts(parts, local).await?;
        match session.role {
            Role::Manager => Ok(Self),
            Role::Cashier => Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "manager_only",
                "Only a manager may see this. Ask a manager to sign in.",
            )),
        }
    }
}

/// The sale a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale(pub(crate) SaleId);

/// The parts of a path under one sale.
#[derive(Clone, Debug, Deserialize)]
struct SalePath {
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Sale {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<SalePath>::from_request_parts(parts, state).await;
        let Path(SalePath { id }) = path.map_err(ApiError::malformed)?;
        let sale = SaleId::from_str(&id).map_err(|_| TillError::NoSuchSale)?;
        Ok(Self(sale))
    }
}

/// What a query string asks.
#[derive(Clone, Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(asked) = query.map_err(|error| ApiError::malformed(error.body_text()))?;
        Ok(Self(asked))
    }
}

/// The line a path names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineIndex(pub(crate) usize);

/// The coupon a path names, as it came.
#[derive(Clone, Debug)]
pub(crate) struct NumberInPath(pub(crate) String);

#[derive(Clone, Copy, Debug, Deserialize)]
struct LinePath {
    index: usize,
}

#[derive(Clone, Debug, Deserialize)]
struct NumberPath {
    number: String,
}

impl<S: Send + Sync> FromRequestParts<S> for LineIndex {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<LinePath>::from_request_parts(parts, state).await;
        let Path(LinePath { index }) = path.map_err(ApiError::malformed)?;
        Ok(Self(index))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for NumberInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<NumberPath>::from_request_parts(parts, state).await;
        let Path(NumberPath { number }) = path.map_err(ApiError::malformed)?;
        Ok(Self(number))
    }
}

/// A body, read within its limit. An empty one reads as `{}`.
#[derive(Clone, Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        // The only ways this fails: past the limit, or the caller stopped sending.
        let body = axum::body::to_bytes(request.into_body(), BODY_LIMIT).await;
        let body = body.map_err(|_| ApiError::too_large())?;
        let json: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(json)
            .map(Self)
            .map_err(ApiError::malformed)
    }
}

/// A write: its key, and its body.
#[derive(Clone, Debug)]
pub(crate) struct Write<T> {
    pub(crate) key: WriteKey,
    pub(crate) body: T,
}

impl<T: DeserializeOwned + Serialize, S: Send + Sync> FromRequest<S> for Write<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let key = key(request.headers())?;
        let mut named = format!("{} {}\n", request.method(), request.uri().path());
        let Body(body) = Body::<T>::from_request(request, state).await?;
        // Written again from what was read: blanks and the order of fields make no other request,
        // and a PIN never gets into the hash, from which four digits could be guessed.
        named += &serde_json::to_string(&body).map_err(ApiError::malformed)?;
        let request = Hash::of(named.as_bytes());
        let key = WriteKey { key, request };
        Ok(Self { key, body })
    }
}

/// A write without a body.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

fn key(headers: &HeaderMap) -> Result<String, ApiError> {
    let key = text_header(headers, KEY_HEADER).filter(|key| {
        (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    key.map(str::to_owned).ok_or_else(|| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "key_missing",
            "A write needs the header Idempotency-Key with 1 to 64 visible ASCII characters: a new one for each request, the same one to repeat it.",
        )
    })
}

pub(crate) fn text_header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
