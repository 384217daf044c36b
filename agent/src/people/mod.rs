//! Who may work at the till: PINs, lock-outs, sessions. Keeping people is left to the store.

mod lockout;
mod pin;
mod sessions;

pub use lockout::{locked_until, still_locked, tries_left};
pub use pin::{Pin, PinError, PinHashError};
pub use sessions::{Role, Session, Sessions};
