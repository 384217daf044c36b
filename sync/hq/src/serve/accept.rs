//! The accept loop: handshakes in time, a bounded number of connections, a clean stop.

use super::peer::ClientCertificate;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// The most connections at once; more wait in the system's queue.
pub const CONNECTION_LIMIT: usize = 512;
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long a connection may take for a request's headers, and lie idle before.
const HEADER_TIME: Duration = Duration::from_secs(75);
const HEADER_BYTES: usize = 32 << 10;
/// How long running calls get to end when HQ stops.
const STOP_TIME: Duration = Duration::from_secs(15);
/// How long to wait when the system has no file for another connection.
const BREATH: Duration = Duration::from_millis(100);

/// Takes connections until stopped.
pub(super) async fn accept(
    listener: TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTION_LIMIT));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            accepted = async {
                let place = places.clone().acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        match accepted {
            (Ok(place), Ok((stream, _))) => {
                let acceptor = TlsAcceptor::from(config.borrow().clone());
                let (router, watcher) = (router.clone(), graceful.watcher());
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    let shaken = tokio::select! {
                        _ = stopped.wait_for(|stopped| *stopped) => None,
                        shaken = handshake(stream, acceptor) => shaken,
                    };
                    if let Some(stream) = shaken {
                        serve(stream, router, watcher).await;
                    }
                    drop(place);
                });
            }
            (Ok(_), Err(error)) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
            (Err(_), _) => break,
        }
    }
    drop(listener);
    if timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::warn!("some calls did not end in time and were cut off");
    }
}

async fn handshake(stream: TcpStream, acceptor: TlsAcceptor) -> Option<TlsStream<TcpStream>> {
    let _ = stream.set_nodelay(true);
    match timeout(HANDSHAKE_TIME, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::info!(%error, "a handshake was refused"),
        Err(_) => tracing::info!("a handshake took too long"),
    }
    None
}

async fn serve(stream: TlsStream<TcpStream>, router: Router, watcher: Watcher) {
    let (_, tls) = stream.get_ref();
    let client = ClientCertificate::of(tls.peer_certificates());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(client.clone());
        router.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
