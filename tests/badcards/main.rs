//! What is wrong with a card, an amount or a reader: the cashier reads what happened and what to do,
//! the card is as it was, nothing stays open, and the sale is paid otherwise.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod bent;
mod cards;
mod shop;
