//! Card protocols against the simulated chips, which know nothing of them: each was written from the
//! public documents alone, and each is the other's witness.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod books;
mod fuzz;
mod life;
mod personal;
mod stage;
mod till;
mod torn;
mod witness;
#[cfg(feature = "libnfc")]
mod witness_pn532;
