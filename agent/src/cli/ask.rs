//! Asks a running agent over its local API: one GET, nothing more.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tillside::DataFolder;

/// How long a running agent may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer, in bytes.
const ANSWER_LIMIT: u64 = 4 << 20;

/// What a running agent says to `GET path`; none if none runs on this folder.
pub(super) fn ask(data: &DataFolder, path: &str) -> Option<Value> {
    let note = data.note()?;
    let address: SocketAddr = note.address.strip_prefix("http://")?.parse().ok()?;
    let token = data.token().ok()?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    // HTTP/1.0: the answer ends where the connection does.
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.take(ANSWER_LIMIT).read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let good = head.split_whitespace().nth(1) == Some("200");
    good.then(|| serde_json::from_str(body).ok()).flatten()
}
