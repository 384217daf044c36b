//! POST [`tillside_protocol::JOURNAL`].

use super::take_signed;
use crate::clock::now;
use crate::serve::{Answer, Caller, Hq, decompressed, limited};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use std::sync::Arc;
use tillside_protocol::{BATCH_BYTE_LIMIT, ErrorCode, PushRequest, PushResponse};

/// Takes in a batch of the caller's journal.
pub(crate) async fn push(
    State(hq): State<Arc<Hq>>,
    Caller(peer): Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<PushResponse>, Answer> {
    let busy = |_| Answer::new(ErrorCode::Busy, "HQ is stopping. It will be sent again.");
    let _place = hq.ingests.acquire().await.map_err(busy)?;
    let bytes = limited(body, BATCH_BYTE_LIMIT).await?;
    let read = move || {
        let plain = decompressed(&headers, bytes, BATCH_BYTE_LIMIT)?;
        serde_json::from_slice(&plain).map_err(Answer::malformed)
    };
    let request: PushRequest = tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| Answer::malformed("reading it failed"))??;
    let (key, terminal) = (&hq.journal_key, peer.profile.terminal);
    let taken = take_signed(&*hq.store, key, terminal, request, now()).await?;
    Ok(Json(taken))
}
