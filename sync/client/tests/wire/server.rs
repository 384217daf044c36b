//! A TLS server that answers whatever a test wants, and remembers every byte it was told.

use crate::papers::Hello;
use serde::Serialize;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// What was seen of all connections.
#[derive(Default)]
pub struct Seen {
    pub connections: usize,
    pub handshakes: usize,
    /// Every byte after a handshake.
    pub bytes: Vec<u8>,
}

type Answering = dyn Fn(Asked) -> Vec<u8> + Send + Sync;

/// A server on a port of its own; it ends with the test.
pub struct Server {
    pub address: String,
    pub seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(
        hello: Hello,
        answer: impl Fn(Asked) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen::default()));
        let acceptor = TlsAcceptor::from(hello.config());
        let answer: Arc<Answering> = Arc::new(answer);
        let task = tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((socket, _)) = listener.accept().await {
                    seen.lock().unwrap().connections += 1;
                    tokio::spawn(talk(acceptor.clone(), socket, answer.clone(), seen.clone()));
                }
            }
        });
        Self {
            address,
            seen,
            task,
        }
    }

    /// Every byte that was sent to it after a handshake.
    pub fn heard(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(
    acceptor: TlsAcceptor,
    socket: TcpStream,
    answer: Arc<Answering>,
    seen: Arc<Mutex<Seen>>,
) {
    let Ok(mut stream) = acceptor.accept(socket).await else {
        return;
    };
    seen.lock().unwrap().handshakes += 1;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let Ok(count @ 1..) = stream.read(&mut chunk).await else {
            return;
        };
        bytes.extend_from_slice(&chunk[..count]);
        seen.lock()
            .unwrap()
            .bytes
            .extend_from_slice(&chunk[..count]);
        if let Some(asked) = whole(&bytes) {
            let _ = stream.write_all(&answer(asked)).await;
            let _ = stream.shutdown().await;
            return;
        }
    }
}

/// The request, once all of it is there.
fn whole(bytes: &[u8]) -> Option<Asked> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec())
        .unwrap()
        .to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.trim().parse().unwrap());
    let body = bytes[end..].to_vec();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    (body.len() >= length).then_some(Asked { path, head, body })
}

/// An answer with this status and body.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A JSON answer.
pub fn json(status: u16, body: &impl Serialize) -> Vec<u8> {
    answer(
        status,
        "content-type: application/json\r\n",
        &serde_json::to_vec(body).unwrap(),
    )
}

/// An answer with HQ's reason why not.
pub fn refusal(status: u16, code: &str) -> Vec<u8> {
    json(
        status,
        &serde_json::json!({"code": code, "message": "HQ's words"}),
    )
}
