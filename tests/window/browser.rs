//! The same screen in Chromium, served by the agent as a program of its own.

use crate::axe;
use crate::driver::{Driver, Session};
use crate::page::Page;
use crate::play;
use crate::stage::{Stage, alone};
use anyhow::{Result, ensure};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// Opens a browser window of this size, in a light or dark room.
pub async fn open(folder: &Path, size: &str, dark: bool) -> Result<Session> {
    let mut command = Command::new("chromedriver");
    command.env("HOME", folder);
    let driver = Driver::start("chromedriver", command, &folder.join("chromedriver.log")).await?;
    let mut arguments = vec![
        "--headless".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-background-networking".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        format!(
            "--user-data-dir={}",
            folder.join(format!("profile-{size}")).display()
        ),
        format!("--window-size={size}"),
    ];
    if dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let options = json!({"binary": "/usr/bin/chromium", "args": arguments});
    driver
        .open(json!({"browserName": "chrome", "goog:chromeOptions": options}))
        .await
}

#[tokio::test]
async fn the_browser_sells() -> Result<()> {
    let _alone = alone().await;
    let mut stage = Stage::set()?;
    stage.till.start()?;
    let api = stage.ready().await?;
    let session = open(stage.folder.path(), "1280,900", false).await?;
    let page = Page::new(session, "browser")?;
    page.session.go(&api.browser_address()).await?;
    play::sale(&page, &mut stage).await?;
    play::manager(&page, &stage).await?;
    play::goods_back(&page).await?;
    page.went_well().await?;
    let fragment = page.asks("return location.href").await?;
    ensure!(
        !fragment.to_string().contains("token"),
        "the token is out of sight: {fragment}"
    );
    axe_can_find_something(&page).await?;
    page.session.close().await
}

/// A classic till display, a large one and a narrow tablet, in a dark room: nothing overflows, axe is content.
#[tokio::test]
async fn every_size_fits_in_the_dark() -> Result<()> {
    let _alone = alone().await;
    let mut stage = Stage::set()?;
    stage.till.start()?;
    let api = stage.ready().await?;
    for (size, name) in [
        ("1024,768", "dark-1024"),
        ("1920,1080", "dark-1920"),
        ("800,1280", "dark-800"),
    ] {
        let session = open(stage.folder.path(), size, true).await?;
        let page = Page::new(session, name)?;
        page.session.go(&api.browser_address()).await?;
        play::sign_in(&page, tillside_tests::Person::MARA).await?;
        for code in ["4012345010008", "12345678"] {
            page.scans(code).await?;
        }
        page.sees("p", "12345678").await?;
        page.looks("cashier").await?;
        nothing_overflows(&page).await?;
        page.key(crate::page::F10).await?;
        page.sees("p", "No sales on this day.").await?;
        page.looks("manager").await?;
        nothing_overflows(&page).await?;
        page.session.close().await?;
    }
    Ok(())
}

pub async fn nothing_overflows(page: &Page) -> Result<()> {
    let small = page
        .asks(
            "const root = document.documentElement;
             const found = root.scrollWidth > innerWidth || root.scrollHeight > innerHeight ? ['the page'] : [];
             for (const button of document.querySelectorAll('button')) {
               const { width, height } = button.getBoundingClientRect();
               if (button.checkVisibility() && (width < 47.5 || height < 47.5)) found.push(button.innerText || button.ariaLabel);
               if (button.scrollWidth > button.clientWidth + 1) found.push(`${button.innerText} is cut`);
             }
             return found.join(', ');",
        )
        .await?;
    ensure!(
        small == "",
        "too large for the window, or too small for a finger: {small}"
    );
    Ok(())
}

/// The proof that axe is there and looks: a picture without words is found.
async fn axe_can_find_something(page: &Page) -> Result<()> {
    page.asks("document.querySelector('main').append(document.createElement('img'))")
        .await?;
    let found = axe::findings(&page.session).await?;
    ensure!(
        found.iter().any(|one| one.starts_with("image-alt")),
        "axe found {found:?}"
    );
    Ok(())
}
