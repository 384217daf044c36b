//! Bodies, with a limit before and after decompression.

use super::Answer;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::BytesMut;
use flate2::read::GzDecoder;
use futures::StreamExt;
use serde::de::DeserializeOwned;
use std::io::Read;
use tillside_protocol::ErrorCode;

/// The largest body of a call that is no batch.
const SMALL_BODY: usize = 64 << 10;
/// How much of a body that is too large is read and dropped, so that the caller hears the answer
/// instead of a broken connection.
const DRAIN_LIMIT: usize = 64 << 20;

/// A small JSON body.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Answer> {
    let bytes = limited(body, SMALL_BODY).await?;
    serde_json::from_slice(&bytes).map_err(Answer::malformed)
}

/// A whole body, as it was sent.
pub(crate) async fn limited(body: Body, limit: usize) -> Result<BytesMut, Answer> {
    let mut stream = body.into_data_stream();
    let (mut bytes, mut total) = (BytesMut::new(), 0);
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| Answer::malformed("it ended early"))?;
        total += part.len();
        if total <= limit {
            bytes.extend_from_slice(&part);
        } else if total > DRAIN_LIMIT {
            break;
        } else {
            bytes.clear();
        }
    }
    if total > limit {
        return Err(Answer::too_large(limit));
    }
    Ok(bytes)
}

/// What a body holds, decompressed if its headers say it is gzip; at most `limit` bytes of it.
pub(crate) fn decompressed(
    headers: &HeaderMap,
    bytes: &[u8],
    limit: usize,
) -> Result<Vec<u8>, Answer> {
    match headers.get(header::CONTENT_ENCODING).map(|v| v.as_bytes()) {
        None => Ok(bytes.to_vec()),
        Some(b"gzip") => {
            let mut plain = Vec::with_capacity(limit.min(bytes.len().saturating_mul(4)));
            let mut gzip = GzDecoder::new(bytes).take(limit as u64 + 1);
            gzip.read_to_end(&mut plain)
                .map_err(|_| Answer::malformed("its gzip is damaged"))?;
            if plain.len() > limit {
                return Err(Answer::too_large(limit));
            }
            Ok(plain)
        }
        Some(_) => Err(Answer::new(
            ErrorCode::Malformed,
            "HQ reads requests that are plain or gzip.",
        )),
    }
}
