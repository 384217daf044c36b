//! Talks to a simulator that is being served: what `tillside-sim tap` and tests use.
//!
//! One request a connection, HTTP/1.1 by hand over loopback: a test thread needs no runtime for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::control::{CardView, ServeInfo};
use crate::{Exchange, FaultSetting, ReaderView, SavedCard, Seen};

/// Nothing that is asked takes longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A simulator somewhere else on this machine.
#[derive(Debug, Clone)]
pub struct SimClient {
    authority: String,
}

/// Why a request to the simulator failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Not an address of a simulator.
    #[error("`{0}` is no address of a simulator: it starts with http://")]
    BadAddress(String),
    /// Nobody answers there.
    #[error("no simulator answers at {authority}: start one with `tillside-sim serve`")]
    Unreachable {
        /// Host and port.
        authority: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The simulator refused.
    #[error("{0}")]
    Refused(String),
    /// What answered is no simulator.
    #[error("what answers at {0} is no simulator")]
    NotASimulator(String),
}

impl SimClient {
    /// A client for the control address that `serve` printed.
    ///
    /// # Errors
    /// `BadAddress`.
    pub fn new(control: &str) -> Result<Self, ClientError> {
        let authority = control
            .strip_prefix("http://")
            .ok_or_else(|| ClientError::BadAddress(control.to_owned()))?;
        Ok(Self {
            authority: authority.trim_end_matches('/').to_owned(),
        })
    }

    /// A client for what `serve` wrote into its state file.
    ///
    /// # Errors
    /// `BadAddress`.
    pub fn of(info: &ServeInfo) -> Result<Self, ClientError> {
        Self::new(&info.control)
    }

    /// All readers.
    ///
    /// # Errors
    /// As each of these: `Unreachable`, `NotASimulator`, or `Refused` with the simulator's words.
    pub fn readers(&self) -> Result<Vec<ReaderView>, ClientError> {
        self.ask("GET", "/readers", None::<&Value>)
    }

    /// The last commands that reached a reader.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn exchanges(&self, reader: usize) -> Result<Vec<Exchange>, ClientError> {
        self.ask(
            "GET",
            &format!("/readers/{reader}/exchanges"),
            None::<&Value>,
        )
    }

    /// Lays a card on a reader; with `replace`, in place of the one that lies there.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn tap(&self, reader: usize, card: &str, replace: bool) -> Result<ReaderView, ClientError> {
        let request = json!({ "card": card, "replace": replace });
        self.ask("POST", &format!("/readers/{reader}/card"), Some(&request))
    }

    /// Lays one more card beside those that lie on a reader.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn tap_beside(
        &self,
        reader: usize,
        card: &str,
        seen: Seen,
    ) -> Result<ReaderView, ClientError> {
        let request = json!({ "card": card, "beside": seen });
        self.ask("POST", &format!("/readers/{reader}/card"), Some(&request))
    }

    /// Names the card that lies on a reader as soon as a fault takes away the one that lies there.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn set_next(&self, reader: usize, card: &str) -> Result<ReaderView, ClientError> {
        let request = json!({ "card": card, "next": true });
        self.ask("POST", &format!("/readers/{reader}/card"), Some(&request))
    }

    /// Takes the card away.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn remove(&self, reader: usize) -> Result<(), ClientError> {
        self.ask::<Value>("DELETE", &format!("/readers/{reader}/card"), None::<&Value>)
            .map(drop)
    }

    /// Sets a fault, or takes it away.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn set_fault(
        &self,
        reader: usize,
        fault: Option<FaultSetting>,
    ) -> Result<ReaderView, ClientError> {
        let path = format!("/readers/{reader}/fault");
        match fault {
            Some(fault) => self.ask("PUT", &path, Some(&fault)),
            None => self.ask("DELETE", &path, None::<&Value>),
        }
    }

    /// The cards of the bench, without their memory.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn cards(&self) -> Result<Vec<CardView>, ClientError> {
        self.ask("GET", "/cards", None::<&Value>)
    }

    /// A card with its memory.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn card(&self, card: &str) -> Result<CardView, ClientError> {
        self.ask("GET", &card_path(card), None::<&Value>)
    }

    /// Puts a memory into a card that lies on no reader.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn load_card(&self, card: &str, memory: &SavedCard) -> Result<CardView, ClientError> {
        self.ask("PUT", &card_path(card), Some(memory))
    }

    /// A new card in place of the one before, which lies on no reader.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn new_card(&self, card: &str) -> Result<CardView, ClientError> {
        self.ask("POST", &card_path(card), None::<&Value>)
    }

    /// Ends pcscd as `kill -9` does.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn kill_pcscd(&self) -> Result<(), ClientError> {
        self.ask::<Value>("POST", "/pcscd/kill", None::<&Value>)
            .map(drop)
    }

    /// Starts pcscd again.
    ///
    /// # Errors
    /// As [`SimClient::readers`].
    pub fn start_pcscd(&self) -> Result<(), ClientError> {
        self.ask::<Value>("POST", "/pcscd/start", None::<&Value>)
            .map(drop)
    }

    fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ClientError> {
        let strange = || ClientError::NotASimulator(self.authority.clone());
        let body = body
            .map(serde_json::to_vec)
            .transpose()
            .map_err(|_| strange())?;
        let answer = self
            .exchange(method, path, &body.unwrap_or_default())
            .map_err(|source| ClientError::Unreachable {
                authority: self.authority.clone(),
                source,
            })?;
        let (head, body) = split(&answer).ok_or_else(strange)?;
        if head.split(' ').nth(1) == Some("200") {
            return serde_json::from_slice(body).map_err(|_| strange());
        }
        match serde_json::from_slice::<Value>(body)
            .ok()
            .as_ref()
            .and_then(|v| v["error"].as_str())
        {
            Some(words) => Err(ClientError::Refused(words.to_owned())),
            None => Err(ClientError::Refused(
                String::from_utf8_lossy(body).into_owned(),
            )),
        }
    }

    fn exchange(&self, method: &str, path: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.authority)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.authority,
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// A card's description may hold a web address: all but letters and digits is escaped.
fn card_path(card: &str) -> String {
    let mut path = "/cards/".to_owned();
    for byte in card.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => path.push(char::from(byte)),
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

/// Head and body of an answer that ends with its connection (axum gives each a length, and no
/// chunks).
fn split(answer: &[u8]) -> Option<(String, &[u8])> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    head.starts_with("HTTP/1.1 ")
        .then(|| (head.to_owned(), &answer[end + 4..]))
}
