//! How `tough` reads HQ's signed files: over the terminal's own mutual-TLS client.

use crate::https::Wire;
use async_trait::async_trait;
use futures::TryStreamExt;
use tough::{Transport, TransportError, TransportErrorKind, TransportStream};
use url::Url;

/// Reads files from HQ; errors keep their [`CallError`](crate::CallError) as the cause.
#[derive(Clone, Debug)]
pub(super) struct HqFiles(pub Wire);

#[async_trait]
impl Transport for HqFiles {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let failed = {
            let url = url.clone();
            move |cause| {
                TransportError::new_with_cause(TransportErrorKind::Other, url.as_str(), cause)
            }
        };
        match self.0.file(url.clone()).await {
            Ok(Some(stream)) => Ok(Box::pin(stream.map_err(failed))),
            Ok(None) => Err(TransportError::new(TransportErrorKind::FileNotFound, url)),
            Err(error) => Err(failed(error)),
        }
    }
}
