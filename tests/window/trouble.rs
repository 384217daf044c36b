//! When there is no till to show, the window says why and what to do; and it leaves nothing behind.

use crate::display::Display;
use crate::page::Page;
use crate::stage::{Stage, alone};
use crate::tauri_window::open;
use anyhow::{Result, ensure};
use std::process::Command;
use tillside_tests::{Running, program, until};

#[tokio::test]
async fn a_second_window_says_that_the_till_is_open() -> Result<()> {
    let _alone = alone().await;
    let folder = tempfile::tempdir()?;
    let display = Display::start(folder.path())?;
    let data = folder.path().join("till");
    let first = open(&display, folder.path(), &data, None).await?;
    let first = Page::new(first, "new")?;
    first.sees("main", "This till is not set up yet").await?;
    first.looks("not-set-up").await?;
    let second = open(&display, folder.path(), &data, None).await?;
    let second = Page::new(second, "second")?;
    second
        .sees("main", "Another window on this computer shows it.")
        .await?;
    second.looks("open-already").await?;
    second.session.close().await?;
    first.session.close().await
}

#[tokio::test]
async fn a_till_that_cannot_start_says_what_to_do() -> Result<()> {
    let _alone = alone().await;
    let folder = tempfile::tempdir()?;
    let display = Display::start(folder.path())?;
    let data = folder.path().join("till");
    std::fs::create_dir_all(&data)?;
    std::fs::write(data.join("tillside.db"), "this is no database ".repeat(500))?;
    let session = open(&display, folder.path(), &data, None).await?;
    let page = Page::new(session, "broken")?;
    page.sees("h1", "The till cannot start").await?;
    page.looks("cannot-start").await?;
    page.session.close().await
}

/// Closing the window stops the agent it started, and leaves one that ran before alone.
#[tokio::test]
async fn the_window_takes_its_own_agent_along_and_no_other() -> Result<()> {
    let _alone = alone().await;
    let mut stage = Stage::set()?;
    let display = Display::start(stage.folder.path())?;
    let note = stage.till.folder().join("agent.json");
    let window = start(&display, &stage)?;
    let api = stage.ready().await?;
    window.stop()?;
    ensure!(!note.exists(), "the agent took its note along");
    ensure!(
        api.get("/v1/status").await.is_err(),
        "the agent has stopped"
    );

    stage.till.start()?;
    let api = stage.ready().await?;
    let log = stage.folder.path().join("window.log");
    let window = start(&display, &stage)?;
    until("the window attaches", async || {
        let text = std::fs::read_to_string(&log)?;
        Ok(text
            .contains("attached to the agent that runs")
            .then_some(()))
    })
    .await?;
    window.stop()?;
    ensure!(note.exists(), "the agent's note is still there");
    api.get("/v1/status").await?;
    Ok(())
}

fn start(display: &Display, stage: &Stage) -> Result<Running> {
    let mut command = Command::new(program("tillside-till")?);
    command.arg("--data").arg(stage.till.folder());
    command
        .env("DISPLAY", &display.name)
        .env("HOME", stage.folder.path());
    command
        .env("PCSCLITE_CSOCK_NAME", stage.reader.socket())
        .env("NO_AT_BRIDGE", "1");
    Running::start(
        "tillside-till",
        command,
        &stage.folder.path().join("window.log"),
    )
}
