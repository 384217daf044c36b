//! Readers and cards through a real pcscd: what our driver makes of everything that a real service
//! was seen to do. Only the reader's firmware and the chip are simulated.
//!
//! Each test is a process of its own with a pcscd of its own ([`stage`]): a PC/SC client library
//! reads the name of its service once, from the environment. Tests wait for events, never for a
//! time; the long limits inside are there so that a broken program fails instead of hanging.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(
    clippy::print_stderr,
    reason = "a test that hangs says so before it ends"
)]

mod contract;
mod desfire;
mod foreign;
mod identify;
mod port;
mod reader;
mod service;
mod service_faults;
mod service_limits;
mod shop;
mod stage;
mod token;
mod vectors;
