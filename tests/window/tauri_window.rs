//! The real window: WebKitGTK under Tauri, with the agent in its own process.

use crate::display::Display;
use crate::driver::{Driver, Session};
use crate::page::Page;
use crate::play;
use crate::stage::{Stage, alone};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tillside_tests::{program, until};
use tokio::net::TcpListener;

/// Lets WebKitWebDriver start the window and take control of it.
pub async fn open(
    display: &Display,
    stage: &Path,
    data: &Path,
    socket: Option<&Path>,
) -> Result<Session> {
    let mut command = Command::new("WebKitWebDriver");
    command.arg("--host=127.0.0.1");
    command
        .env("DISPLAY", &display.name)
        .env("TAURI_WEBVIEW_AUTOMATION", "true");
    command
        .env("TAURI_AUTOMATION", "true")
        .env("NO_AT_BRIDGE", "1");
    // Its own home: nothing of whoever runs the tests is read or changed.
    command
        .env("HOME", stage)
        .env("XDG_CONFIG_HOME", stage.join("config"));
    command
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CACHE_HOME");
    downloads(stage)?;
    if let Some(socket) = socket {
        command.env("PCSCLITE_CSOCK_NAME", socket);
    }
    let driver = Driver::start("WebKitWebDriver", command, &stage.join("webkit.log")).await?;
    let binary = program("tillside-till")?;
    let data = data.to_string_lossy();
    let arguments = json!(["--data", data, "--poll-seconds", "1"]);
    driver
        .open(json!({"webkitgtk:browserOptions": {"binary": binary, "args": arguments}}))
        .await
}

/// Where the system keeps downloads, for this home.
fn downloads(home: &Path) -> Result<()> {
    std::fs::create_dir_all(home.join("config"))?;
    std::fs::create_dir_all(home.join("downloads"))?;
    let line = "XDG_DOWNLOAD_DIR=\"$HOME/downloads\"\n";
    Ok(std::fs::write(home.join("config/user-dirs.dirs"), line)?)
}

#[tokio::test]
async fn the_window_sells() -> Result<()> {
    let _alone = alone().await;
    let mut stage = Stage::set()?;
    let display = Display::start(stage.folder.path())?;
    let socket = stage.reader.socket().to_owned();
    let session = open(
        &display,
        stage.folder.path(),
        stage.till.folder(),
        Some(&socket),
    )
    .await?;
    stage.ready().await?;
    let page = Page::new(session, "window")?;
    play::sale(&page, &mut stage).await?;
    play::next_customer(&page, &stage).await?;
    play::manager(&page, &stage).await?;
    saves_csv(&page, &stage.folder.path().join("downloads")).await?;
    play::void(&page).await?;
    page.went_well().await?;
    the_page_has_no_way_in(&page).await?;
    page.session.close().await
}

/// The manager's list becomes a file where the system keeps downloads.
async fn saves_csv(page: &Page, folder: &Path) -> Result<()> {
    page.press("Save as CSV").await?;
    page.sees("p", "Saved as S1-unconfirmed-").await?;
    let text = until("the file is there", async || {
        let file = std::fs::read_dir(folder)?
            .flatten()
            .find(|file| file.path().extension().is_some_and(|e| e == "csv"));
        let text = file
            .map(|file| std::fs::read_to_string(file.path()))
            .transpose()?;
        Ok(text.filter(|text| !text.is_empty()))
    })
    .await?;
    ensure!(
        text.lines().count() > 1,
        "the file has a head and a row: {text}"
    );
    Ok(())
}

/// The page comes from an address on this computer; nothing of the program may be open to it.
async fn the_page_has_no_way_in(page: &Page) -> Result<()> {
    let tried = page
        .session
        .run_async(
            "const done = arguments[arguments.length - 1];
             const inside = window.__TAURI_INTERNALS__;
             if (!inside?.invoke) { done('nothing to call'); return; }
             inside.invoke('plugin:app|version').then((said) => done(`let in: ${said}`), (why) => done(`refused: ${why}`));",
        )
        .await?;
    let tried = tried.as_str().context("it says what came of it")?;
    ensure!(!tried.starts_with("let in"), "{tried}");
    // Nor can it be led elsewhere, not even on this computer.
    let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
    let address = elsewhere.local_addr()?;
    page.asks(&format!("location.assign('http://{address}/'); return 0"))
        .await?;
    let went = tokio::time::timeout(Duration::from_secs(2), elsewhere.accept()).await;
    ensure!(went.is_err(), "the window went to another address");
    page.sees("header", "Corner Shop Lindenplatz").await?;
    Ok(())
}
