//! Asks a running agent over its local API: one call, one answer.

use super::Failure;
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
    let said = call(data, "GET", path, None, None).ok()?;
    (said.status == 200).then_some(said.body)
}

/// An answer.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// One call; a write gets a key of its own.
///
/// # Errors
/// If no agent runs on this folder, or it does not answer.
pub(super) fn call(
    data: &DataFolder,
    method: &str,
    path: &str,
    session: Option<&str>,
    body: Option<&Value>,
) -> Result<Said, Failure> {
    let silent =
        || Failure::said("The till is not running on this folder. Start it with `tillside run`.");
    let note = data.note().ok_or_else(silent)?;
    let address = note.address.strip_prefix("http://").unwrap_or_default();
    let address: SocketAddr = address.parse().map_err(|_| silent())?;
    let token = data.token()?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|_| silent())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer ends where the connection does.
    let mut request =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n");
    if let Some(session) = session {
        request += &format!("Tillside-Session: {session}\r\n");
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if method != "GET" {
        let key = tillside::fresh_key()?;
        request += &format!(
            "Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
    }
    request += "\r\n";
    request += &body;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_LIMIT).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(silent)?;
    let status = head.split_whitespace().nth(1);
    let status = status.and_then(|status| status.parse().ok());
    Ok(Said {
        status: status.ok_or_else(silent)?,
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    })
}
