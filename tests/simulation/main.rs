//! The whole chain in one thread, from one seed: the real till over real SQLite, the real sync engine, HQ's
//! own logic over its own database; a network, a clock, machines and people that fail as a seed says.
//!
//! After every step what must always hold is looked at; in the end everything heals, and all of it must drain:
//! each fact at HQ once, every balance what shoppers were told, every coupon used once.
#![cfg(unix)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests say how much they played, and fail by panicking"
)]

mod certificates;
mod hq;
mod leases;
mod oracle;
mod scene;
mod seeds;
mod till;
mod world;
