//! The real till window, and the same screen in a browser, each driven through a whole sale.
//!
//! Needs Xvfb, WebKitWebDriver, chromium and chromedriver, and the built screen: `cargo xtask setup`
//! installs and builds them. Pictures of every screen are left in `target/screenshots`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says on the way what it saw"
)]

mod axe;
mod browser;
mod contract;
mod counter;
mod desk;
mod display;
mod driver;
mod emoney;
mod page;
mod play;
mod points;
mod stage;
mod tauri_window;
mod trouble;
