//! Who may work at the till: PINs, lock-outs, sessions. Keeping people is left to the store.

mod checking;
mod lockout;
mod pin;
mod sessions;

pub use checking::PinCheck;
pub use lockout::{locked_until, still_locked, tries_left};
pub use pin::{Pin, PinError, PinHashError, PinMemory};
pub use sessions::{Role, Session, Sessions};
