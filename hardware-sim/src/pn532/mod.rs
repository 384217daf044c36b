//! A PN532 on a serial line that is a pseudo terminal: what libnfc, nfcpy and others drive.
//!
//! The chip is NXP's PN532 by its user manual (rev. 3), as far as a host that reads cards can see it:
//! frames and acknowledgements, targets at 106 kbit/s type A and 212/424 kbit/s FeliCa, exchanges
//! with MIFARE, ISO 14443-4 and bare frames, registers that decide on check sums. It is no peer
//! (NFCIP-1), no card, and finds no cards of type B. Who lies on it is the bench's business.

mod bench;
mod blocks;
mod controller;
mod crc;
mod exchange;
mod field;
mod frame;
mod port;
mod status;
mod targets;

pub(crate) use bench::Pn532;
pub(crate) use port::Line;
