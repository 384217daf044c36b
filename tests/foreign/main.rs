//! Programs and libraries that are not ours, at our simulated readers and cards: what they accept, a
//! real card is likely to be. And our libnfc backend, over the same line that they use.
//!
//! Each test starts its own simulator with a reader of its own. A program that is missing fails its
//! test, which names the command that installs it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(
    clippy::print_stderr,
    reason = "a test that hangs says so before it ends"
)]

#[cfg(feature = "libnfc")]
mod backend;
#[cfg(feature = "libnfc")]
mod backend_faults;
#[cfg(feature = "libnfc")]
mod backend_service;
mod bench;
mod desfire_tools;
mod libnfc_tools;
mod pcsc_tools;
mod python;
