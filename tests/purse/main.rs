//! The tear matrix: a card is torn at every command of every operation, the till dies at every durable
//! step, and the card comes back here, in another store, or never. What tills and HQ then hold to be true
//! must be what the card's memory says, and no cent may be made, lost or taken twice.
#![cfg(unix)]
#![allow(
    clippy::print_stdout,
    reason = "the matrix says how many cells it has, and how they came out"
)]

mod matrix;
mod planted;
