//! WebDriver in a few plain calls, each with an end: a driver that hangs fails the test, it does not
//! hold it up.

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tillside_tests::{Running, signal, until};

/// The longest a call may take; opening a session starts a browser.
const CALL: Duration = Duration::from_secs(60);
/// The key under which WebDriver hands out elements (W3C WebDriver, 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A driver program that runs on a port of its own.
pub struct Driver {
    address: String,
    http: reqwest::Client,
    running: Running,
}

impl Driver {
    /// Starts `command` with a free port in `--port=`, and waits until it answers.
    pub async fn start(name: &str, mut command: Command, log: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        command.arg(format!("--port={port}"));
        let running = Running::start(name, command, log)
            .with_context(|| format!("{name} is missing. Install it: cargo xtask setup"))?;
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(CALL)
            .build()?;
        let driver = Self {
            address: format!("http://127.0.0.1:{port}"),
            http,
            running,
        };
        until(&format!("{name} answers"), async || {
            let status = driver.call(Method::GET, "/status", None).await;
            Ok(status.ok())
        })
        .await?;
        Ok(driver)
    }

    /// Opens a session: one window.
    pub async fn open(self, capabilities: Value) -> Result<Session> {
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let opened = self.call(Method::POST, "/session", Some(body)).await?;
        let id = opened["sessionId"]
            .as_str()
            .context("a session has an id")?;
        Ok(Session {
            path: format!("/session/{id}"),
            driver: self,
        })
    }

    /// Our own programs that the driver has started and that still run (proc(5), `/proc/pid/stat`).
    fn programs(&self) -> Result<Vec<u32>> {
        let driver = self.running.id().to_string();
        let mut found = Vec::new();
        for process in std::fs::read_dir("/proc")?.flatten() {
            let Ok(stat) = std::fs::read_to_string(process.path().join("stat")) else {
                continue;
            };
            let Some((start, rest)) = stat.rsplit_once(") ") else {
                continue;
            };
            let mut rest = rest.split(' ');
            let (state, parent) = (rest.next(), rest.next());
            if start.ends_with("(tillside-till") && parent == Some(&driver) && state != Some("Z") {
                let (id, _) = start.split_once(' ').context("a process has an id")?;
                found.push(id.parse()?);
            }
        }
        Ok(found)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.address));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request
            .send()
            .await
            .with_context(|| format!("{method} {path}"))?;
        let failed = !answer.status().is_success();
        let mut answer: Value = answer.json().await?;
        let value = answer["value"].take();
        if failed {
            bail!("{method} {path}: {}: {}", value["error"], value["message"]);
        }
        Ok(value)
    }
}

/// A window under control.
pub struct Session {
    driver: Driver,
    path: String,
}

/// Something in the page.
pub struct Element(String);

impl Session {
    /// Goes to an address.
    pub async fn go(&self, address: &str) -> Result<()> {
        self.post("/url", json!({"url": address})).await.map(drop)
    }

    /// Runs a script's body in the page and hands back what it returns.
    pub async fn run(&self, script: &str, arguments: Value) -> Result<Value> {
        let body = json!({"script": script, "args": arguments});
        self.post("/execute/sync", body).await
    }

    /// Runs a script that ends by calling its last argument.
    pub async fn run_async(&self, script: &str) -> Result<Value> {
        self.post("/execute/async", json!({"script": script, "args": []}))
            .await
    }

    /// The element that a script returns, if it returns one.
    pub async fn element(&self, script: &str, arguments: Value) -> Result<Option<Element>> {
        let found = self.run(script, arguments).await?;
        Ok(found[ELEMENT].as_str().map(|id| Element(id.to_owned())))
    }

    /// Clicks in the middle of an element, as a finger would.
    pub async fn click(&self, element: &Element) -> Result<()> {
        self.post(&format!("/element/{}/click", element.0), json!({}))
            .await
            .map(drop)
    }

    /// Presses keys one after the other, with a pause after each.
    pub async fn keys(&self, keys: &[char], pause: Duration) -> Result<()> {
        let mut actions = Vec::new();
        for key in keys {
            actions.push(json!({"type": "keyDown", "value": key.to_string()}));
            actions.push(json!({"type": "keyUp", "value": key.to_string()}));
            if !pause.is_zero() {
                actions.push(json!({"type": "pause", "duration": pause.as_millis() as u64}));
            }
        }
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", json!({"actions": [keyboard]}))
            .await
            .map(drop)
    }

    /// A picture of the page as PNG.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        let path = format!("{}/screenshot", self.path);
        let text = self.driver.call(Method::GET, &path, None).await?;
        let text = text.as_str().context("a screenshot is text")?;
        STANDARD.decode(text).context("a screenshot is base 64")
    }

    /// Closes the window, and waits until our own program behind it has ended: WebKitWebDriver closes its
    /// page, and may leave it running.
    pub async fn close(self) -> Result<()> {
        let ours = self.driver.programs()?;
        for process in &ours {
            signal(*process, "TERM")?;
        }
        until("the window's program has ended", async || {
            Ok(self.driver.programs()?.is_empty().then_some(()))
        })
        .await?;
        let closed = self.driver.call(Method::DELETE, &self.path, None).await;
        // The session of a window that is gone may be gone as well.
        if ours.is_empty() {
            closed.map(drop)
        } else {
            Ok(())
        }
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        let path = format!("{}{path}", self.path);
        self.driver.call(Method::POST, &path, Some(body)).await
    }
}
