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
/// A small JSON body.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Answer> {
    let bytes = limited(body, SMALL_BODY).await?;
    serde_json::from_slice(&bytes).map_err(Answer::malformed)
}

/// A whole body, as it was sent.
pub(crate) async fn limited(body: Body, limit: usize) -> Result<BytesMut, Answer> {
    let mut stream = body.into_data_stream();
    let mut bytes = BytesMut::new();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| Answer::malformed("it ended early"))?;
        if bytes.len() + part.len() > limit {
            return Err(Answer::too_large(limit));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// What a body holds, decompressed if its headers say it is gzip; at most `limit` bytes of it.
pub(crate) fn decompressed(
    headers: &HeaderMap,
    bytes: BytesMut,
    limit: usize,
) -> Result<Vec<u8>, Answer> {
    match headers.get(header::CONTENT_ENCODING).map(|v| v.as_bytes()) {
        None => Ok(bytes.into()),
        Some(b"gzip") => unpacked(&bytes[..], limit),
        Some(_) => Err(Answer::new(
            ErrorCode::Malformed,
            "HQ reads requests that are plain or gzip.",
        )),
    }
}

/// Unpacks gzip, and stops one byte past `limit`, however much more there is.
fn unpacked(packed: impl Read, limit: usize) -> Result<Vec<u8>, Answer> {
    let mut plain = Vec::new();
    let mut gzip = GzDecoder::new(packed).take(limit as u64 + 1);
    gzip.read_to_end(&mut plain)
        .map_err(|_| Answer::malformed("its gzip is damaged"))?;
    if plain.len() > limit {
        return Err(Answer::too_large(limit));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// Counts what is read of a text.
    struct Counted<'a>(&'a [u8], &'a mut usize);

    impl Read for Counted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(buffer)?;
            *self.1 += read;
            Ok(read)
        }
    }

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(plain).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn unpacking_stops_at_the_limit() {
        let bomb = packed(&vec![0; 48 << 20]);
        let mut read = 0;
        assert!(unpacked(Counted(&bomb, &mut read), 1 << 20).is_err());
        assert!(read < bomb.len() / 2, "{read} of {} were read", bomb.len());
        let exact = packed(&[7; 1024]);
        assert_eq!(unpacked(&exact[..], 1024).unwrap(), [7; 1024]);
        assert!(unpacked(&exact[..], 1023).is_err());
    }
}
