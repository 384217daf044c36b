//! The agent's events, as a screen hears them.

use crate::{Api, PATIENCE};
use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::Value;
use std::time::Instant;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

/// One event.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What kind: `card`, `readers`, `line` …
    pub kind: String,
    /// Its contents.
    pub data: Value,
}

/// A stream of events, from the moment it was opened.
pub struct Listening {
    events: UnboundedReceiver<Heard>,
    reading: JoinHandle<()>,
}

impl Listening {
    /// Begins to listen. Returns once the agent has accepted, so nothing later is missed.
    pub async fn to(api: &Api) -> Result<Self> {
        let mut response = api
            .request(Method::GET, "/v1/events")
            .send()
            .await?
            .error_for_status()?;
        let (sender, events) = unbounded_channel();
        let reading = tokio::spawn(async move {
            let mut pending = Vec::new();
            while let Ok(Some(chunk)) = response.chunk().await {
                pending.extend_from_slice(&chunk);
                while let Some(block) = next_block(&mut pending) {
                    if let Some(heard) = parse(&block)
                        && sender.send(heard).is_err()
                    {
                        return;
                    }
                }
            }
        });
        Ok(Self { events, reading })
    }

    /// Waits for the next event that `wanted` takes; passes over others.
    pub async fn wait_for(&mut self, what: &str, wanted: impl Fn(&Heard) -> bool) -> Result<Heard> {
        let began = Instant::now();
        let mut passed = Vec::new();
        loop {
            let rest = PATIENCE.saturating_sub(began.elapsed());
            let Ok(event) = tokio::time::timeout(rest, self.events.recv()).await else {
                bail!("heard nothing of {what}; heard {}", passed.join(", "));
            };
            let event =
                event.with_context(|| format!("the agent closed its events before {what}"))?;
            if wanted(&event) {
                return Ok(event);
            }
            passed.push(event.kind);
        }
    }

    /// Waits for the next event of a kind.
    pub async fn next(&mut self, kind: &str) -> Result<Heard> {
        self.wait_for(kind, |event| event.kind == kind).await
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// Takes the first whole block, which an empty line ends.
fn next_block(pending: &mut Vec<u8>) -> Option<String> {
    let end = pending.windows(2).position(|pair| pair == b"\n\n")?;
    let block: Vec<u8> = pending.drain(..end + 2).collect();
    Some(String::from_utf8_lossy(&block).into_owned())
}

/// Reads a block; comments and blocks without data are nothing.
fn parse(block: &str) -> Option<Heard> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim_start().to_owned())
    };
    Some(Heard {
        kind: field("event")?,
        data: serde_json::from_str(&field("data")?).ok()?,
    })
}
