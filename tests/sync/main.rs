//! The sync client against the real HQ, as its own process, over real TLS.
//!
//! What no real HQ would do (lying servers, cut answers) is tested beside the client.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod accounts;
mod bundles;
mod cable;
mod certificates;
mod counter;
mod enrolment;
mod forks;
mod manufacturers;
mod points;
mod purses;
mod pushing;
mod quotas;
mod readmission;
mod rights;
mod risks;
mod running;
mod signing;
mod stage;
mod till;
mod tokens;
