//! Simulated hardware for Tillside: a private pcscd with readers that exist only as sockets, cards
//! to lay on them, and faults.
//!
//! Everything above the reader is real: the PC/SC service, its client library, its timing. Only the
//! reader's pseudo-APDUs and the chip are simulated. Faults are set here and nowhere in the product.
//!
//! [`Simulator`] is the whole bench as a library; [`control`] serves it over loopback HTTP for the
//! program `tillside-sim`, and [`client`] talks to that. It knows nothing of members or sales.
#![cfg(unix)]

pub mod air;
mod atr;
pub mod card;
mod chip;
pub mod client;
pub mod control;
mod direct;
mod error;
pub mod fault;
mod meter;
mod pcscd;
mod pn532;
mod ports;
mod reader;
mod shelf;
mod show;
mod simulator;
mod slot;
mod vpcd;

pub use card::{CardSpec, CatalogueEntry, catalogue};
pub use direct::DirectReader;
pub use error::SimError;
pub use fault::{Fault, FaultSetting, Garble};
pub use reader::ReaderModel;
pub use shelf::{SavedCard, Shelf};
pub use simulator::{SimConfig, Simulator};
pub use slot::{Exchange, ReaderView, Seen};
