//! The agent as its callers see it: over HTTP, over the command line, over the real database.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails by panicking and says why"
)]

mod access;
mod clock;
mod coupons;
mod damage;
#[cfg(unix)]
mod disk;
mod events;
mod idempotency;
mod input;
mod journal_epochs;
mod journal_file;
mod killed;
mod members;
mod phones;
mod poslog;
mod program;
mod purses;
mod reports;
mod restart;
mod returns;
mod rules;
mod sale;
mod screen;
mod shop;
mod voids;
mod wire;
