//! A stage for end-to-end tests: HQ, tills and simulated readers as programs of their own.
//!
//! Starts the real programs in a folder, talks to them as a person, a POS or a card would, and ends
//! them by their own id. What is played on it is left to the story, the demo, the tests and the
//! benches.

mod api;
mod chance;
mod dates;
mod events;
mod headquarters;
mod programs;
#[cfg(unix)]
pub mod purse;
mod reader;
mod running;
mod sample;
mod terminal;
#[cfg(unix)]
pub mod torn;
mod waiting;

pub use api::{Answer, Api, Refused};
pub use chance::Chance;
pub use dates::Dates;
pub use events::{Heard, Listening};
pub use headquarters::Headquarters;
pub use programs::program;
pub use reader::Reader;
pub use running::{Running, signal, tail};
pub use sample::{Sample, sample};
pub use terminal::{Person, Terminal};
pub use waiting::{PATIENCE, until};

/// Makes rustls use the one crypto provider. Call it first in every program that uses this crate.
pub fn prepare() {
    // Fails only if it was done before, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
