//! POST [`tillside_protocol::LEASES`]: a till's report, and what it may give by itself from now on.

use super::{LeaseAnswer, keys};
use crate::clock::now;
use crate::serve::{Answer, Caller, Hq, decompressed, limited};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use tillside_protocol::{
    BATCH_BYTE_LIMIT, ErrorCode, LeaseRequest, LeaseResponse, SealedAllowance,
};

/// What is granted is written down before it is answered.
pub(crate) async fn leases(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseResponse>, Answer> {
    let bytes = limited(body, BATCH_BYTE_LIMIT).await?;
    let plain = decompressed(&headers, bytes, BATCH_BYTE_LIMIT)?;
    let mut request: LeaseRequest = serde_json::from_slice(&plain).map_err(Answer::malformed)?;
    let terminal = peer.profile.terminal;
    request.check(terminal).map_err(Answer::malformed)?;
    let data = hq.data.clone();
    let secret = match tokio::task::spawn_blocking(move || keys::secret(&data)).await {
        Ok(Ok(secret)) => secret,
        Ok(Err(error)) => return Err(unsigned(&error)),
        Err(_) => return Err(Answer::new(ErrorCode::Busy, "HQ is stopping. Ask again.")),
    };
    if secret.is_none() {
        // No quota was ever published: no till can know of one.
        request.wishes.clear();
    }
    let call = now();
    let LeaseAnswer { granted, settled } = hq.store.lease(request, call).await?;
    let sealed = granted.iter().filter_map(|terms| {
        let secret = secret.as_ref()?;
        Some(terms.seal(secret).map(SealedAllowance))
    });
    let allowances: Vec<_> = sealed.collect::<Result<_, _>>().map_err(|e| unsigned(&e))?;
    if !allowances.is_empty() {
        tracing::info!(%terminal, count = allowances.len(), "leased shares of quotas");
    }
    Ok(Json(LeaseResponse {
        call,
        allowances,
        settled,
    }))
}

fn unsigned(error: &(dyn std::error::Error + 'static)) -> Answer {
    tracing::error!(error, "shares of quotas cannot be signed");
    let words = "HQ cannot sign shares of offers. Call HQ.";
    Answer::new(ErrorCode::Internal, words)
}
