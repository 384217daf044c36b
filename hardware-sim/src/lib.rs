//! Simulated hardware for Tillside: a private pcscd with readers that exist only as sockets, cards
//! to lay on them, and faults.
//!
//! Everything above the reader is real: the PC/SC service, its client library, its timing. Only the
//! reader's pseudo-APDUs and the chip are simulated. Faults are set here and nowhere in the product.
//!
//! [`Simulator`] is the whole bench as a library; [`control`] serves it over loopback HTTP for the
//! program `tillside-sim`, and [`client`] talks to that. It knows nothing of members or sales.
//!
//! # For tests
//! [`DirectReader`] is a reader of the bench without pcscd, in this process: some µs a command. It
//! implements the drivers' `CardReader`, and as many as wanted can share a [`Shelf`] of cards. A card
//! is one thing: it is named by its [`CardSpec`], remembers what was written when it is lifted from
//! one reader and laid on another, and is never on two. [`SavedCard`] is its memory: kept, looked into
//! as the oracle of a test, played back, put into another card.
//!
//! ```
//! use tillside_sim::{DirectReader, Fault, ReaderModel, SavedCard, Shelf, SimError};
//!
//! let shelf = Shelf::default();
//! let (here, there) = (
//!     DirectReader::new(ReaderModel::Acr122, &shelf),
//!     DirectReader::new(ReaderModel::Plain, &shelf),
//! );
//! let card = "desfire-ev3:04A1B2C3D4E5F6".parse()?;
//! here.lay(&card)?;
//! // From the next command on, the first write to the card's memory is done and never answered.
//! here.set_fault(Some(Fault::TearWrite { apdu: 1, after: true }.into()))?;
//! here.lift();
//! there.lay(&card)?;
//! let memory = there.card(&card).unwrap_or(SavedCard::fresh(&card)).memory();
//! assert_eq!(memory["applications"].as_array().map(Vec::len), Some(0));
//! # Ok::<(), SimError>(())
//! ```
//!
//! What a reader remembers of its commands ([`Exchange`]) carries what went over the air, from which
//! [`air::time_of`] models the time at any bit rate.
//!
//! # Inside
//! A chip implements the trait `chip::Chip` and knows no reader; `reader` is the firmware that turns
//! APDUs into a chip's frames, `pn532` a whole PN532 on a serial line; `slot` is a reader's place, where
//! cards lie and faults strike; `meter` measures what goes over the air between the two.
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
