//! Card readers: small traits, backends for PC/SC and libnfc, and a service that keeps readers alive.
//!
//! [`CardReader`] and [`CardSession`] say what a reader can do; [`pcsc`] does it through the
//! operating system's PC/SC service, [`libnfc`] on ports of its own; [`service`] owns one thread a reader and turns taps into
//! events; [`contract`] is the suite that every backend must pass. What the bytes mean is left to
//! `tillside-cards`; who the member is, to the agent.

pub mod contract;
mod error;
pub mod libnfc;
#[cfg(test)]
mod memory;
pub mod pcsc;
pub mod service;
mod traits;

pub use error::{Cause, ReaderError, ReaderErrorCode};
pub use service::{Attendant, ReaderEvent, ReaderService, ServiceConfig};
pub use traits::{Cancel, CardReader, CardSession, FOREVER, Presented};
