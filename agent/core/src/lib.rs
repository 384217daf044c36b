//! The decisions of Tillside: money, points, baskets, rules, coupon verdicts and journal events.
//!
//! Pure: no I/O, no clock, no randomness, no floats. Time comes in as [`Now`], new ids come in with
//! the command, and the same input gives the same output at the store and at HQ, forever. Keeping
//! what is decided is left to `tillside-store`, sending it to `tillside-sync`.

mod basket;
mod command;
mod coupon;
mod event;
mod ids;
mod journal;
mod member;
mod money;
mod points;
mod reference;
mod rules;
mod state;
mod time;

pub use basket::*;
pub use command::*;
pub use coupon::*;
pub use event::*;
pub use ids::*;
pub use journal::*;
pub use member::*;
pub use money::*;
pub use points::*;
pub use reference::*;
pub use rules::*;
pub use state::*;
pub use time::*;
