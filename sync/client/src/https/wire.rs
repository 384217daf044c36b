//! One HTTP client with its limits, to one HQ.

use super::{CallError, answer};
use flate2::{Compression, write::GzEncoder};
use futures::{Stream, TryStreamExt};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use rustls::ClientConfig;
use serde::{Serialize, de::DeserializeOwned};
use std::io::Write;
use std::time::Duration;
use tillside_protocol::{PROTOCOL_VERSION, VERSION_HEADER};
use url::Url;

/// To find HQ and shake hands.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest silence in the middle of an answer.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// A whole call with a JSON answer: a full batch over a slow line, booked by a busy HQ.
const CALL_TIMEOUT: Duration = Duration::from_secs(180);

/// How long an idle connection is kept: less than HQ keeps it, so that no call meets its end.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// A client for one HQ. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    client: Client,
    base: Url,
}

impl Wire {
    /// Prepares connections; none is made yet.
    pub(crate) fn new(base: Url, tls: ClientConfig) -> Result<Self, CallError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .https_only(true)
            .http1_only()
            .no_proxy()
            .referer(false)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("tillside/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(setup)?;
        Ok(Self { client, base })
    }

    /// Where `path` is.
    pub(crate) fn at(&self, path: &str) -> Result<Url, CallError> {
        self.base.join(path).map_err(setup)
    }

    /// GET with a JSON answer.
    pub(super) async fn get<A: DeserializeOwned>(&self, path: &str) -> Result<A, CallError> {
        self.get_within(CALL_TIMEOUT, self.at(path)?).await
    }

    /// GET with a JSON answer that somebody waits for: not longer than `patience`.
    pub(super) async fn get_within<A: DeserializeOwned>(
        &self,
        patience: Duration,
        url: Url,
    ) -> Result<A, CallError> {
        let request = self.request(Method::GET, url);
        answer::read(request.timeout(patience).send().await?).await
    }

    /// POST of JSON with a JSON answer.
    pub(super) async fn post<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, CallError> {
        self.post_within(CALL_TIMEOUT, path, body).await
    }

    /// POST of JSON with a JSON answer that somebody waits for: not longer than `patience`.
    pub(super) async fn post_within<A: DeserializeOwned>(
        &self,
        patience: Duration,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, CallError> {
        let body = serde_json::to_vec(body).map_err(setup)?;
        self.send(patience, path, body, None).await
    }

    /// POST of gzip-compressed JSON with a JSON answer.
    pub(super) async fn post_compressed<A: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<A, CallError> {
        // In one piece: the encoder is slow to take the many small ones that JSON is written in.
        let plain = serde_json::to_vec(body).map_err(setup)?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&plain).map_err(setup)?;
        let body = encoder.finish().map_err(setup)?;
        self.send(CALL_TIMEOUT, path, body, Some("gzip")).await
    }

    /// GET of a file, as it comes; none if HQ does not have it. The caller bounds the length.
    pub(crate) async fn file(
        &self,
        url: Url,
    ) -> Result<
        Option<impl Stream<Item = Result<bytes::Bytes, CallError>> + Send + Sync + 'static>,
        CallError,
    > {
        let response = self.request(Method::GET, url).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = answer::success(response).await?;
        Ok(Some(
            Response::bytes_stream(response).map_err(CallError::from),
        ))
    }

    async fn send<A: DeserializeOwned>(
        &self,
        patience: Duration,
        path: &str,
        body: Vec<u8>,
        encoding: Option<&'static str>,
    ) -> Result<A, CallError> {
        let mut request = self
            .request(Method::POST, self.at(path)?)
            .header(CONTENT_TYPE, "application/json");
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        answer::read(request.timeout(patience).body(body).send().await?).await
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client
            .request(method, url)
            .header(VERSION_HEADER, PROTOCOL_VERSION)
    }
}

fn setup(source: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::Setup {
        source: Box::new(source),
    }
}
