//! The decisions of Tillside: money, points, baskets, rules, coupon verdicts and journal events.
//!
//! Pure: no I/O, no clock, no randomness, no floats. Time comes in as [`Now`], new ids come in with
//! the command, and the same input gives the same output at the store and at HQ, forever. Keeping
//! what is decided is left to `tillside-store`, sending it to `tillside-sync`.

mod apply;
pub mod authority;
mod basket;
mod command;
mod coupon;
mod decide;
mod event;
pub mod gs1;
mod hex;
mod ids;
mod journal;
mod member;
mod member_code;
mod money;
mod points;
mod purse;
mod quote;
mod redeem;
mod reference;
mod refusal;
mod replay;
mod returns;
mod rules;
mod setting;
mod shares;
mod state;
mod time;
mod verdict;

pub use apply::*;
pub use basket::*;
pub use command::*;
pub use coupon::*;
pub use decide::*;
pub use event::*;
pub use hex::*;
pub use ids::*;
pub use journal::*;
pub use member::*;
pub use member_code::*;
pub use money::*;
pub use points::*;
pub use purse::*;
pub use quote::*;
pub use redeem::*;
pub use reference::*;
pub use refusal::*;
pub use replay::*;
pub use returns::*;
pub use rules::*;
pub use setting::*;
pub use shares::*;
pub use state::*;
pub use time::*;
