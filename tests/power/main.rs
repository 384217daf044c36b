//! Power cuts and failing disks under the real till: what was told is there afterwards, whole and once,
//! and nothing else is.
#![cfg(unix)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests say how much they played, and fail by panicking"
)]

mod cut;
mod cuts;
mod day;
mod disk;
mod faults;
mod judge;
mod memory;
mod tape;
mod till;
mod trouble;
