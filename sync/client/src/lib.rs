//! How a terminal keeps HQ up to date, and how HQ's bundles reach the terminal.
//!
//! [`Engine`] decides what to do next, without I/O, clock or chance of its own. [`HqClient`] is the
//! one thing that talks to HQ: TLS 1.3, mutual, with HQ's own CA as the only root. [`enrol`] makes a
//! new terminal's identity, [`Identity`] keeps it on disk, and [`run`] joins them all with what the
//! agent keeps ([`Local`]). Keeping facts is left to the agent's store, booking them to `tillside-hq`.

mod bundle;
mod clock;
mod engine;
mod enrol;
mod files;
mod https;
mod identity;
mod local;
mod retry;
mod run;

pub use bundle::BundleError;
pub use clock::{CLOCK_TOLERANCE, spoken, wall_clock};
pub use engine::*;
pub use enrol::{EnrolError, Replacing, enrol};
pub use files::FileError;
pub use https::{
    ACCOUNT_PATIENCE, CARD_KEYS_PATIENCE, CallError, HqClient, RenewError, STANDING_PATIENCE,
};
pub use identity::{Identity, IdentityError};
pub use local::{Local, LocalError, LocalView, Place};
pub use retry::{LONGEST_WAIT, Retry};
pub use run::{Bell, POLL_INTERVAL, run};
/// What the calls for e-money and for shares of quotas carry, for the agent, which does not name the protocol.
pub use tillside_protocol::{
    AccountAnswer, AccountRequest, AccountStanding, CardKeys, CardKeysRequest, EpochRequest,
    GrantedKey, KeyGrant, LEASE_WISH_LIMIT, LeaseRequest, LeaseResponse, LeaseWish,
    PurseSettlement, SealedAllowance,
};
