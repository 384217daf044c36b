//! The loopback server: accepts, limits, and ends in good order. What it serves is `api`.

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The most connections at a time; the next ones wait.
pub const CONNECTION_LIMIT: usize = 128;
/// How long a caller may take to send a request's head.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long calls under way may take to end when the agent stops.
const END_LIMIT: Duration = Duration::from_secs(3);

/// Serves until `stop` turns true, then lets calls under way end.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let room = Arc::new(Semaphore::new(CONNECTION_LIMIT));
    let ending = GracefulShutdown::new();
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                tokio::spawn(connection(stream, router.clone(), ending.watcher(), permit));
            }
            Err(error) => {
                // Out of file handles, most likely: others must end first.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(END_LIMIT, ending.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some calls did not end in time");
    }
}

async fn connection(
    stream: TcpStream,
    router: Router,
    ending: Watcher,
    _room: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = ending.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
