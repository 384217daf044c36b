//! The tear matrix: a card is torn at a command of an operation, the till dies at a durable step, and the
//! card comes back here, in another store, or never. What tills and HQ then hold to be true must be what
//! the card's memory says, and no cent may be made, lost or taken twice.
//!
//! [`Player`] plays a [`Cell`] and judges it, on readers of this process or over a real PC/SC service.
//! Which cells are played is left to the tests and the soak.

mod cell;
mod death;
mod every;
mod operation;
mod play;
mod tally;

pub use cell::{Cell, FATES, FAULTS, Fate, every_fault};
pub use death::Errand;
pub use every::every_cell;
pub use operation::{Operation, Setting};
pub use play::{Plant, Played, Player};
pub use tally::{Outcome, Tally};
