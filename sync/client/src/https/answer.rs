//! Reading HQ's answers, never more of them than they may be long.

use super::CallError;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use tillside_protocol::ErrorBody;

/// The longest JSON answer: the acks of a full batch, with room to spare.
const ANSWER_LIMIT: usize = 4 << 20;
/// The longest reason why not.
const REFUSAL_LIMIT: usize = 64 << 10;

/// The JSON of a successful answer.
pub(super) async fn read<A: DeserializeOwned>(response: Response) -> Result<A, CallError> {
    let body = bounded(success(response).await?, ANSWER_LIMIT).await?;
    serde_json::from_slice(&body).map_err(|source| CallError::Malformed {
        what: "unexpected contents".to_owned(),
        source: Some(source),
    })
}

/// The answer if it is a success; otherwise HQ's reason why not.
pub(super) async fn success(response: Response) -> Result<Response, CallError> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let body = bounded(response, REFUSAL_LIMIT).await?;
    match serde_json::from_slice::<ErrorBody>(&body) {
        Ok(body) if status.is_client_error() || status.is_server_error() => {
            Err(CallError::refused(body))
        }
        _ => Err(CallError::Malformed {
            what: format!("status {}", status.as_u16()),
            source: None,
        }),
    }
}

async fn bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > limit {
            return Err(CallError::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
