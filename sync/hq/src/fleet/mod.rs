//! The fleet: terminals, the invites that let them in, and their certificates.
//!
//! What a terminal may say once it is in is left to `ingest` and `publish`.

pub mod authority;
pub mod enrol;
pub mod entry;
pub mod invite;
mod route;
mod store;

pub(crate) use route::{
    enrol as enrol_route, epoch as epoch_route, renew as renew_route, status as status_route,
};
pub use store::{
    EPOCH_LIMIT, FleetStore, Invitation, Invited, IssuedCertificate, NoEpoch, Peer, Refused,
    TerminalRow,
};
