//! The flows over a card in memory and a real database: pulled anywhere, killed anywhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod account;
mod back;
mod desk;
mod pay;
mod shop;
mod torn;
