//! Waiting for something to come true, with an end.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as broken. Generous: machines are slow, and loaded.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer; `what` says what was waited for in vain.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if began.elapsed() > PATIENCE {
            bail!("waited {} s in vain: {what}", PATIENCE.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}
