//! The till's screen as a person uses it: by what is written on it, with the keyboard, with a scanner.

use crate::driver::{Element, Session};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tillside_tests::until;

/// How fast a person types; a scanner is many times faster.
const PERSON: Duration = Duration::from_millis(90);
/// A picture taken at once can show what was there before.
const SETTLED: Duration = Duration::from_millis(400);

/// Finds what is visible and says `arguments[1]` (in capitals or not, styles may change that), among what matches the selector `arguments[0]`.
const FIND: &str = "
    const [selector, words] = [arguments[0], arguments[1].toLowerCase()];
    return [...document.querySelectorAll(selector)].find((found) =>
        found.checkVisibility()
        && `${found.getAttribute('aria-label') ?? ''} ${found.innerText}`.toLowerCase().includes(words)) ?? null;";

/// Keys that have no character (W3C WebDriver, 17.4.2).
pub const BACKSPACE: char = '\u{E003}';
pub const TAB: char = '\u{E004}';
pub const DELETE: char = '\u{E017}';
pub const F5: char = '\u{E035}';
pub const F2: char = '\u{E032}';
pub const ENTER: char = '\u{E007}';
pub const ESCAPE: char = '\u{E00C}';
pub const F3: char = '\u{E033}';
pub const F4: char = '\u{E034}';
pub const F6: char = '\u{E036}';
pub const F8: char = '\u{E038}';
pub const F10: char = '\u{E03A}';
pub const F11: char = '\u{E03B}';
pub const F12: char = '\u{E03C}';

/// The screen in a window or a browser.
pub struct Page {
    pub session: Session,
    name: &'static str,
    pictures: PathBuf,
    taken: std::cell::Cell<u32>,
}

impl Page {
    /// The screen in an open session; `name` begins the names of its pictures.
    pub fn new(session: Session, name: &'static str) -> Result<Self> {
        let here = std::env::current_exe()?;
        let target = here
            .ancestors()
            .nth(3)
            .context("a test lies in target/debug/deps")?;
        let pictures = target.join("screenshots");
        std::fs::create_dir_all(&pictures)?;
        Ok(Self {
            session,
            name,
            pictures,
            taken: std::cell::Cell::new(0),
        })
    }

    /// Waits until something that matches a selector says these words.
    pub async fn sees(&self, selector: &str, words: &str) -> Result<Element> {
        let what = format!("{selector} that says “{words}”");
        let found = until(&what, async || {
            // A page that is just going elsewhere has no document for a moment.
            let found = self.session.element(FIND, json!([selector, words])).await;
            Ok(found.unwrap_or_default())
        })
        .await;
        if found.is_err() {
            let shown = self
                .session
                .run("return document.body.innerText", json!([]))
                .await?;
            eprintln!(
                "{} shows:\n{}",
                self.name,
                shown.as_str().unwrap_or_default()
            );
        }
        found
    }

    /// Whether something says these words now.
    pub async fn says(&self, selector: &str, words: &str) -> Result<bool> {
        let found = self.session.element(FIND, json!([selector, words])).await?;
        Ok(found.is_some())
    }

    /// Waits for a button or tab and presses it.
    pub async fn press(&self, words: &str) -> Result<()> {
        let button = self.sees("button:enabled", words).await?;
        self.session.click(&button).await
    }

    /// Types as a person does.
    pub async fn types(&self, text: &str) -> Result<()> {
        self.session
            .keys(&text.chars().collect::<Vec<_>>(), PERSON)
            .await
    }

    /// Presses one key.
    pub async fn key(&self, key: char) -> Result<()> {
        self.session.keys(&[key], PERSON).await
    }

    /// Scans: the keys of a code and Enter, as fast as they go.
    pub async fn scans(&self, code: &str) -> Result<()> {
        let keys: Vec<char> = code.chars().chain([ENTER]).collect();
        self.session.keys(&keys, Duration::ZERO).await
    }

    /// What a script returns.
    pub async fn asks(&self, script: &str) -> Result<Value> {
        self.session.run(script, json!([])).await
    }

    /// What the focused field holds.
    pub async fn typed(&self) -> Result<String> {
        let value = self
            .asks("return document.activeElement?.value ?? ''")
            .await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Begins to note what goes wrong inside the page.
    pub async fn watch(&self) -> Result<()> {
        self.asks(
            "window.wrong = [];
             addEventListener('error', (event) => wrong.push(event.message));
             addEventListener('unhandledrejection', (event) => wrong.push(String(event.reason)));
             return 0",
        )
        .await?;
        Ok(())
    }

    /// Fails with what went wrong inside the page since it is watched.
    pub async fn went_well(&self) -> Result<()> {
        let wrong = self.asks("return window.wrong.join(', ')").await?;
        ensure!(wrong == "", "inside the page: {wrong}");
        Ok(())
    }

    /// Leaves a picture, and has axe look at the screen: it must find nothing.
    pub async fn looks(&self, what: &str) -> Result<()> {
        tokio::time::sleep(SETTLED).await;
        let picture = self.session.picture().await?;
        self.taken.set(self.taken.get() + 1);
        let file = format!("{}-{:02}-{what}.png", self.name, self.taken.get());
        std::fs::write(self.pictures.join(file), picture)?;
        crate::axe::finds_nothing(&self.session, what).await
    }
}
