//! `serve`: until ctrl-c or SIGTERM.

use anyhow::Context;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tillside_hq::data::{DataDir, write_whole};
use tillside_hq::serve::Server;
use tillside_hq::store::sqlite::SqliteStore;

#[derive(Args)]
pub(super) struct Serve {
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Write one line of JSON with the address here when ready.
    #[arg(long, value_name = "FILE")]
    announce: Option<PathBuf>,
    /// Where HQ writes down the shares of quotas that it gives [default: hq.shares in its folder]. Do not put
    /// this file back from a backup; on another disk than HQ's folder it survives that the whole folder is.
    #[arg(long, value_name = "FILE")]
    share_log: Option<PathBuf>,
}

impl Serve {
    pub(super) async fn run(self, data: DataDir, store: SqliteStore) -> anyhow::Result<()> {
        let mut stop = std::pin::pin!(stop_signal()?);
        let store = match &self.share_log {
            Some(path) => store.with_share_log(path),
            None => store,
        };
        let server = Server::start(data, Arc::new(store), self.listen).await?;
        let address = format!("https://{}", server.address());
        if let Some(file) = &self.announce {
            let line = format!("{}\n", serde_json::json!({ "address": address }));
            write_whole(file, line.as_bytes()).context("the address cannot be announced")?;
        }
        tracing::info!("serving on {address}");
        stop.as_mut().await;
        tracing::info!("stopping");
        server.stop().await;
        Ok(())
    }
}

/// Waits for ctrl-c or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Waits for ctrl-c.
#[cfg(not(unix))]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
