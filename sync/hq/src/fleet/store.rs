//! What the fleet needs of the database.

use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::{
    Hash, Head, LaneId, StoreId, StoreProfile, TerminalId, TerminalProfile, Timestamp,
};
use tillside_protocol::{EpochRequest, EpochResponse};

/// Keeps terminals, invites and certificates.
#[async_trait]
pub trait FleetStore: Send + Sync {
    /// Keeps an invite. Not found: there is no such store.
    async fn invite(&self, invitation: Invitation) -> Result<(), StoreError>;

    /// What an invite's hash stands for.
    async fn invited(&self, secret_hash: Hash) -> Result<Option<Invited>, StoreError>;

    /// Lets a terminal in: burns the invite, keeps terminal and certificate, in one transaction. A terminal
    /// that HQ knows stays what it is and where it is, and gets the certificate.
    /// The first terminal of a store becomes the holder of its coupons.
    async fn admit(
        &self,
        secret_hash: Hash,
        lane: LaneId,
        certificate: IssuedCertificate,
        now: Timestamp,
    ) -> Result<Result<TerminalProfile, Refused>, StoreError>;

    /// Keeps a renewed certificate.
    async fn renewed(
        &self,
        certificate: IssuedCertificate,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Whose certificate has this serial number. None: HQ never issued it.
    async fn peer(&self, serial: String) -> Result<Option<Peer>, StoreError>;

    /// Notes that a terminal called.
    async fn contact(&self, terminal: TerminalId, now: Timestamp) -> Result<(), StoreError>;

    /// Where HQ's copies of a terminal's epochs end, newest first, at most `limit`.
    async fn heads(&self, terminal: TerminalId, limit: usize) -> Result<Vec<Head>, StoreError>;

    /// Gives a terminal whose journal is another than HQ has an epoch to go on in, with a case for a
    /// person. The same key gets the same answer.
    async fn begin_epoch(
        &self,
        terminal: TerminalId,
        request: EpochRequest,
        now: Timestamp,
    ) -> Result<Result<EpochResponse, NoEpoch>, StoreError>;

    /// Takes a terminal's right to connect. If it held the store's coupons, the store's
    /// oldest other terminal holds them from the next bundle on. False: it was revoked before.
    async fn revoke(&self, terminal: TerminalId, now: Timestamp) -> Result<bool, StoreError>;

    /// All terminals, by store and lane.
    async fn terminals(&self) -> Result<Vec<TerminalRow>, StoreError>;
}

/// A new invite.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// SHA-256 of the secret's text; the secret itself is never kept.
    pub secret_hash: Hash,
    /// The store it lets a terminal into.
    pub store: StoreId,
    /// When it was made.
    pub made_at: Timestamp,
    /// The last moment it works.
    pub valid_until: Timestamp,
    /// How long the terminal's certificates live, in seconds.
    pub certificate_seconds: u32,
    /// The only terminal that it lets in, again. None: a new one.
    pub terminal: Option<TerminalId>,
}

/// An invite as it is kept.
#[derive(Clone, Debug)]
pub struct Invited {
    /// The store.
    pub store: StoreProfile,
    /// The last moment it works.
    pub valid_until: Timestamp,
    /// How long the terminal's certificates live, in seconds.
    pub certificate_seconds: u32,
    /// The only terminal that it lets in, again. None: a new one.
    pub terminal: Option<TerminalId>,
    /// Who used it, with the certificate that was given.
    pub used: Option<(TerminalProfile, IssuedCertificate)>,
}

/// A certificate HQ signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedCertificate {
    /// Whose.
    pub terminal: TerminalId,
    /// Its serial number, in lower-case hex.
    pub serial: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// SHA-256 of its public key.
    pub key_hash: Hash,
    /// The certificate.
    pub pem: String,
}

/// Why an invite is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// HQ never made it.
    #[error(
        "HQ does not know this invite code. Ask HQ for a new one (`tillside-hq terminal invite`)."
    )]
    Unknown,
    /// It was used.
    #[error(
        "This invite code was used already. Ask HQ for a new one (`tillside-hq terminal invite`)."
    )]
    Used,
    /// It is too old.
    #[error("This invite code is too old. Ask HQ for a new one (`tillside-hq terminal invite`).")]
    TooOld,
    /// It is for a terminal that has been in before.
    #[error(
        "This invite code is for terminal {0}: run `tillside enrol --renew` on that till. For a new till ask for \
         another code with `tillside-hq terminal invite --store STORE`."
    )]
    ForTerminal(TerminalId),
    /// It is for a new terminal.
    #[error(
        "This invite code makes a new till, and this till's journal would end. Ask for one that is for this \
         till: `tillside-hq terminal invite --store STORE --terminal {0}`."
    )]
    ForNew(TerminalId),
    /// HQ took the terminal's right to connect meanwhile.
    #[error("HQ took the right of terminal {0} to connect. Call HQ.")]
    Revoked(TerminalId),
}

/// Who calls.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its profile.
    pub profile: TerminalProfile,
    /// Whether its right was taken.
    pub revoked: bool,
    /// How long its certificates live, in seconds.
    pub certificate_seconds: u32,
    /// When this certificate ends.
    pub certificate_until: Timestamp,
}

/// Why a terminal gets no new epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoEpoch {
    /// HQ has no such record.
    #[error("HQ has no record {0} of this till's journal with that hash: send it first.")]
    NotInCommon(u64),
    /// HQ's copy ends where the terminal says that both are the same.
    #[error("HQ's copy of this till's journal ends there too: go on in this epoch.")]
    NoFork,
    /// Past [`EPOCH_LIMIT`].
    #[error(
        "This till has begun {EPOCH_LIMIT} epochs: something copies its disk again and again. Call HQ."
    )]
    TooMany,
}

/// The most epochs that one terminal gets.
pub const EPOCH_LIMIT: u32 = 1_000;

/// One terminal of the list.
#[derive(Clone, Debug)]
pub struct TerminalRow {
    /// Which.
    pub terminal: TerminalId,
    /// Its store.
    pub store: StoreId,
    /// Its till.
    pub lane: LaneId,
    /// Whether it holds the store's coupons.
    pub holder: bool,
    /// When it came in.
    pub enrolled_at: Timestamp,
    /// When its right was taken.
    pub revoked_at: Option<Timestamp>,
    /// When it last called.
    pub last_contact: Option<Timestamp>,
    /// The newest bundle it said it put in force.
    pub bundle: u64,
    /// The epoch of its newest journal; 0 before its first record.
    pub epoch: u32,
    /// Where HQ's copy of that ends.
    pub seq: u64,
    /// When its newest certificate ends.
    pub certificate_until: Timestamp,
}
