//! The purse: stored value on a card (the card is the truth) or in an account (HQ is the truth).
//!
//! These are its words: what is intended, what was proved, what is still unknown. What they mean is
//! decided in [`decide`](crate::decide) and [`recover`]; talking to a card is left to `tillside-cards`.

mod evidence;
mod facts;
mod hot_list;
mod sheet;

pub use evidence::*;
pub use facts::*;
pub use hot_list::*;
pub use sheet::*;
