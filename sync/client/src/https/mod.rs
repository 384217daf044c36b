//! Talking to HQ: the one place with `reqwest` and `rustls`.
//!
//! Each call is one request with time and size limits; there is no proxy, no redirect and no root
//! but HQ's CA. When to call, and when again, is left to the [`Engine`](crate::Engine).

mod answer;
mod client;
mod error;
pub(crate) mod tls;
mod wire;

pub(crate) use client::enrol;
pub use client::{ACCOUNT_PATIENCE, CARD_KEYS_PATIENCE, HqClient, RenewError, STANDING_PATIENCE};
pub use error::CallError;
pub(crate) use wire::Wire;
