//! The agent's local API, as a POS calls it.

use anyhow::{Context, Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A caller of one agent, for one person once signed in.
#[derive(Clone)]
pub struct Api {
    address: String,
    token: String,
    session: Option<String>,
    http: reqwest::Client,
}

/// How many keys this process has made; no two calls share one.
static KEYS: AtomicU64 = AtomicU64::new(0);

/// What the agent answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The JSON, or the text as a JSON string.
    pub body: Value,
    /// Whether it is the stored answer of an earlier call with the same key.
    pub replayed: bool,
}

/// The agent answered with an error.
#[derive(Debug, thiserror::Error)]
#[error("{method} {path}: {status} {code}: {message}")]
pub struct Refused {
    /// What was called.
    pub method: Method,
    /// Where.
    pub path: String,
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: String,
    /// The words for people.
    pub message: String,
}

impl Api {
    /// A caller of the agent at `address`.
    pub fn new(address: &str, token: &str) -> Result<Self> {
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            token: token.trim().to_owned(),
            session: None,
            http: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    /// Signs a person in; later calls are theirs.
    pub async fn sign_in(&mut self, person: &str, pin: &str) -> Result<Value> {
        let answer = self
            .post("/v1/sessions", json!({"person": person, "pin": pin}))
            .await?;
        let session = answer["session"].as_str().context("a session has an id")?;
        self.session = Some(session.to_owned());
        Ok(answer)
    }

    /// GET, which must succeed.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None, None).await
    }

    /// POST with a fresh key, which must succeed.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body), None).await
    }

    /// PUT with a fresh key, which must succeed.
    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        self.call(Method::PUT, path, Some(body), None).await
    }

    /// A call that must succeed, with this key or a fresh one.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Result<Value> {
        let answer = self.ask(method.clone(), path, body, key).await?;
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        let word = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
        bail!(Refused {
            method,
            path: path.to_owned(),
            status: answer.status,
            code: word("code"),
            message: word("message"),
        })
    }

    /// A call, whatever the agent answers. Fails only if there is no answer.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        key: Option<&str>,
    ) -> Result<Answer> {
        let mut request = self
            .request(method.clone(), path)
            .header("idempotency-key", key.map_or_else(fresh_key, str::to_owned));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let status = response.status();
        let replayed = response.headers().contains_key("idempotent-replay");
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer {
            status,
            body,
            replayed,
        })
    }

    /// A request with everything but a key and a body.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.address))
            .bearer_auth(&self.token);
        match &self.session {
            Some(session) => request.header("tillside-session", session),
            None => request,
        }
    }

    /// The address with the token, as a browser is given it.
    pub fn browser_address(&self) -> String {
        format!("{}/#token={}", self.address, self.token)
    }
}

/// A key that nobody has used: a POS that starts again must not repeat its old ones either.
fn fresh_key() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let number = KEYS.fetch_add(1, Ordering::Relaxed);
    format!("stage-{}-{number}", now.as_nanos())
}
