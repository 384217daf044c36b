//! Finds the agent that runs for a data folder: by its note, if it answers to its token.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tillside::DataFolder;
use url::Url;

/// How long an agent on this computer may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Enough of an answer to see its status line.
const STATUS_LINE: usize = 64;

/// What answers for a data folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Running {
    /// Nothing: there is no note, or it is of an agent that died.
    Nothing,
    /// An agent that was started without a screen.
    WithoutScreen,
    /// An agent with its screen, whose address has the token in the fragment.
    With(Url),
}

/// Looks for the agent that runs.
pub fn running_agent(data: &DataFolder) -> Running {
    try_agent(data).unwrap_or(Running::Nothing)
}

fn try_agent(data: &DataFolder) -> Option<Running> {
    let note = data.note()?;
    let address = loopback(&note.address)?;
    let token = std::fs::read_to_string(&note.token_file).ok()?;
    let token = token.trim();
    match answers(address, token, "/v1/status") {
        Ok(true) => {}
        Ok(false) => return None,
        Err(error) => {
            tracing::info!(%address, %error, "no agent answers where the last one was");
            return None;
        }
    }
    if !answers(address, token, "/").unwrap_or(false) {
        return Some(Running::WithoutScreen);
    }
    screen(address, token).map(Running::With)
}

/// The address of an agent's screen.
pub fn screen(address: SocketAddr, token: &str) -> Option<Url> {
    let mut url = Url::parse(&format!("http://{address}/")).ok()?;
    url.set_fragment(Some(&format!("token={token}")));
    Some(url)
}

/// The token is shown to nothing but this computer.
fn loopback(address: &str) -> Option<SocketAddr> {
    let address: SocketAddr = address.strip_prefix("http://")?.parse().ok()?;
    address.ip().is_loopback().then_some(address)
}

/// Whether an agent is there that takes the token and has this path.
fn answers(address: SocketAddr, token: &str, path: &str) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut line = Vec::new();
    stream.take(STATUS_LINE as u64).read_to_end(&mut line)?;
    Ok(line.starts_with(b"HTTP/1.1 200 "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::net::TcpListener;
    use tillside::{Agent, AgentNote, AgentOptions, Screen};

    fn agent(folder: &std::path::Path, screen: bool) -> Agent {
        let mut options = AgentOptions::new(folder);
        options.readers = false;
        options.screen = screen.then(|| {
            Screen::embedded(|path| {
                (path == "index.html").then(|| (b"<html>".to_vec(), "text/html".to_owned()))
            })
        });
        Agent::start(options).unwrap()
    }

    #[test]
    fn an_agent_that_runs_is_found_and_one_that_stopped_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(folder.path()).unwrap();
        assert_eq!(running_agent(&data), Running::Nothing);
        let agent = agent(folder.path(), true);
        let page = Url::parse(&agent.screen_address()).unwrap();
        assert_eq!(running_agent(&data), Running::With(page));
        let note = agent.note().clone();
        agent.stop();
        data.leave_note(&note).unwrap();
        assert_eq!(
            running_agent(&data),
            Running::Nothing,
            "a note of a dead agent"
        );
    }

    #[test]
    fn an_agent_without_a_screen_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let agent = agent(folder.path(), false);
        let data = DataFolder::open(folder.path()).unwrap();
        assert_eq!(running_agent(&data), Running::WithoutScreen);
        agent.stop();
    }

    #[test]
    fn an_agent_that_does_not_take_the_token_is_not_ours() {
        let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let agent = agent(other.path(), true);
        let data = DataFolder::open(ours.path()).unwrap();
        data.token().unwrap();
        let note = AgentNote {
            address: agent.note().address.clone(),
            token_file: data.token_file(),
        };
        data.leave_note(&note).unwrap();
        assert_eq!(running_agent(&data), Running::Nothing);
    }

    #[test]
    fn a_program_that_says_nothing_does_not_hold_the_window_up() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = answers(silent.local_addr().unwrap(), "token", "/").unwrap_err();
        assert!(
            matches!(
                error.kind(),
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
            ),
            "{error}"
        );
    }

    #[test]
    fn the_token_is_shown_to_this_computer_alone() {
        assert!(loopback("http://127.0.0.1:4999").is_some());
        for elsewhere in [
            "http://192.0.2.1:80",
            "https://127.0.0.1:80",
            "http://example.com:80",
            "",
        ] {
            assert!(loopback(elsewhere).is_none(), "{elsewhere}");
        }
    }
}
