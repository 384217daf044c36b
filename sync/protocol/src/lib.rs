//! What a terminal and HQ say to each other: types, paths, limits, and the invite code.
//!
//! Nothing here talks: the client is `tillside-sync`, the server `tillside-hq`. Every change of a
//! type's JSON shows in the golden files under `tests/golden` and needs a new [`PROTOCOL_VERSION`] unless it only adds.

mod enrol;
mod epoch;
mod error;
mod invite;
mod leases;
mod paths;
mod purse;
mod push;
mod targets;

pub use enrol::*;
pub use epoch::*;
pub use error::*;
pub use invite::*;
pub use leases::*;
pub use paths::*;
pub use purse::*;
pub use push::*;
pub use targets::*;
/// The core, whose types these are made of, for crates that depend on the protocol only.
pub use tillside_core;

/// The version both sides speak; sent by the client in the header [`VERSION_HEADER`].
pub const PROTOCOL_VERSION: u32 = 1;
/// The header that names [`PROTOCOL_VERSION`].
pub const VERSION_HEADER: &str = "tillside-protocol";
