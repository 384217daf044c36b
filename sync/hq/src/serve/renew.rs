//! What must not run out while HQ serves: its own certificate, and the bundle's newest statement.

use super::{Hq, ServeError, tls};
use crate::clock::now;
use crate::data::{write_private, write_whole};
use crate::fleet::authority::{ends, server_chain};
use crate::publish::refresh;
use rustls::ServerConfig;
use std::sync::Arc;
use std::time::Duration;
use tillside_core::Timestamp;
use tokio::sync::watch;

/// The server certificate is made anew when less than this is left, in milliseconds: 30 days.
const CERTIFICATE_LEFT: i64 = 30 * 86_400_000;
const CHECK_EVERY: Duration = Duration::from_secs(3_600);

/// Makes anew what is near its end, and gives the TLS configuration to serve with.
pub(super) async fn renew(hq: &Hq) -> Result<Arc<ServerConfig>, ServeError> {
    if refresh(&hq.data, now()).await? {
        tracing::info!("signed the newest bundle's statement anew");
    }
    let data = &hq.data;
    let certificate = data.read_text(&data.server_certificate())?;
    let key = data.read_text(&data.server_key())?;
    let (chain, key) = match server_chain(&certificate, &key) {
        Ok((chain, key)) if !is_ageing(ends(&chain), now()) => (chain, key),
        _ => {
            tracing::info!("making HQ's server certificate anew");
            let hosts = data.read_text(&data.server_hosts())?;
            let hosts: Vec<String> = hosts.lines().map(str::to_owned).collect();
            let (certificate, key) = hq.authority.issue_server(&hosts, now())?;
            write_private(&data.server_key(), key.as_bytes())?;
            write_whole(&data.server_certificate(), certificate.as_bytes())?;
            server_chain(&certificate, &key)?
        }
    };
    tls::config(&hq.authority, chain, key)
}

fn is_ageing(ends: Option<Timestamp>, now: Timestamp) -> bool {
    ends.is_none_or(|ends| ends.0.saturating_sub(now.0) < CERTIFICATE_LEFT)
}

/// Renews until the server stops.
pub(super) async fn keep_renewing(
    hq: Arc<Hq>,
    renewed: watch::Sender<Arc<ServerConfig>>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(CHECK_EVERY) => {}
        }
        match hq.store.sweep(now()).await {
            Ok(0) => {}
            Ok(cases) => tracing::warn!(cases, "movements of purses are past the time-out"),
            Err(error) => tracing::error!(%error, "purses could not be looked through"),
        }
        match renew(&hq).await {
            Ok(config) => {
                renewed.send_replace(config);
            }
            Err(error) => tracing::error!(%error, "renewing failed; trying again in an hour"),
        }
    }
}
