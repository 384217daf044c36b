//! The calls that a terminal makes.

use super::{CallError, Wire, tls};
use crate::bundle::{BundleError, Bundles};
use crate::clock::agree;
use crate::{Identity, IdentityError, wall_clock};
use std::time::Duration;
use tillside_protocol::tillside_core::{Bundle, CardIdentity, Timestamp};
use tillside_protocol::{
    ACCOUNT, ACCOUNT_STANDING, AccountAnswer, AccountRequest, AccountStanding, CARD_KEYS, CardKeys,
    CardKeysRequest, ENROL, EPOCH, EnrolRequest, EnrolResponse, EpochRequest, EpochResponse,
    InviteCode, JOURNAL, KEYS, KeyGrant, LEASES, LeaseRequest, LeaseResponse, PushRequest,
    PushResponse, RENEW, RenewRequest, RenewResponse, STATUS, TerminalStatus,
};
use url::Url;

/// The longest a shopper waits while HQ moves an account. After it nobody knows: the same request,
/// with the same txid, finds out.
pub const ACCOUNT_PATIENCE: Duration = Duration::from_secs(15);
/// The longest a card lies at a desk while HQ makes its keys. Windows resets a card that is held
/// exclusively and idle for five seconds.
pub const CARD_KEYS_PATIENCE: Duration = Duration::from_secs(4);
/// The longest a shopper waits for a balance.
pub const STANDING_PATIENCE: Duration = Duration::from_secs(5);

/// An enrolled terminal's client.
#[derive(Debug)]
pub struct HqClient {
    identity: Identity,
    wire: Wire,
    bundles: Bundles,
}

impl HqClient {
    /// Prepares calls under this identity; nothing is sent yet.
    pub fn new(identity: Identity) -> Result<Self, CallError> {
        let wire = connect(&identity)?;
        let bundles = Bundles::new(&identity);
        Ok(Self {
            identity,
            wire,
            bundles,
        })
    }

    /// Who calls.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a batch.
    pub async fn push(&self, request: &PushRequest) -> Result<PushResponse, CallError> {
        self.wire()?.post_compressed(JOURNAL, request).await
    }

    /// Asks for an epoch to go on in, since HQ has another history of this one.
    pub async fn begin_epoch(&self, request: &EpochRequest) -> Result<EpochResponse, CallError> {
        self.wire()?.post(EPOCH, request).await
    }

    /// Asks what HQ knows of this terminal.
    pub async fn status(&self) -> Result<TerminalStatus, CallError> {
        self.wire()?.get(STATUS).await
    }

    /// The card keys that this terminal's store may have. They are secret: straight into a vault.
    pub async fn keys(&self) -> Result<KeyGrant, CallError> {
        self.wire()?.get(KEYS).await
    }

    /// The keys that one new card is to get and no store has, within [`CARD_KEYS_PATIENCE`]: for an issue
    /// desk, which forgets them with the card.
    pub async fn card_keys(&self, request: &CardKeysRequest) -> Result<CardKeys, CallError> {
        let wire = self.wire()?;
        wire.post_within(CARD_KEYS_PATIENCE, CARD_KEYS, request)
            .await
    }

    /// Has HQ move an account purse, within [`ACCOUNT_PATIENCE`].
    ///
    /// An error that [may be retried](CallError::is_retryable) leaves the outcome unknown: only the
    /// very same request again, or HQ's settlement, says how it ended. Others moved nothing.
    pub async fn account(&self, request: &AccountRequest) -> Result<AccountAnswer, CallError> {
        let wire = self.wire()?;
        wire.post_within(ACCOUNT_PATIENCE, ACCOUNT, request).await
    }

    /// What the account that a card names holds, within [`STANDING_PATIENCE`].
    pub async fn account_standing(
        &self,
        card: &CardIdentity,
    ) -> Result<AccountStanding, CallError> {
        let wire = self.wire()?;
        let mut url = wire.at(ACCOUNT_STANDING)?;
        url.query_pairs_mut().append_pair("card", card.as_str());
        wire.get_within(STANDING_PATIENCE, url).await
    }

    /// Tells HQ what this terminal used of its shares, and asks for more. An HQ that knows no shares says
    /// that there is nothing.
    pub async fn leases(&self, request: &LeaseRequest) -> Result<LeaseResponse, CallError> {
        self.wire()?.post_compressed(LEASES, request).await
    }

    /// Fetches and verifies the newest bundle, if it is newer than `current`. `hq_now` is what HQ's
    /// clock said just now ([`TerminalStatus::now`]).
    pub async fn pull(
        &self,
        current: u64,
        hq_now: Timestamp,
    ) -> Result<Option<Bundle>, BundleError> {
        let wire = self.wire().map_err(BundleError::before)?;
        self.bundles.pull(wire, current, wall_clock(), hq_now).await
    }

    /// Gets a new certificate over the present key, keeps it and uses it from now on.
    pub async fn renew(&mut self) -> Result<(), RenewError> {
        let request_pem = self.identity.certificate_request()?;
        let RenewResponse { certificate_pem } = self
            .wire()?
            .post(RENEW, &RenewRequest { request_pem })
            .await?;
        self.identity.renew(&certificate_pem, wall_clock())?;
        self.wire = connect(&self.identity)?;
        Ok(())
    }

    /// The wire, unless this terminal's own certificate is not valid now: then nobody is called.
    fn wire(&self) -> Result<&Wire, CallError> {
        let now = wall_clock();
        let (from, until) = self.identity.validity();
        if now >= until {
            return Err(CallError::CertificateExpired { until });
        }
        if now < from && !agree(now, from) {
            return Err(CallError::CertificateFromTheFuture { now, from });
        }
        Ok(&self.wire)
    }
}

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenewError {
    /// The call did not work.
    #[error("{0}")]
    Call(#[from] CallError),
    /// What HQ sent could not be used or kept; the present certificate stays.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// Enrols over a connection that trusts only the CA that the code names.
pub(crate) async fn enrol(
    address: &Url,
    code: &InviteCode,
    request: &EnrolRequest,
) -> Result<EnrolResponse, CallError> {
    let tls = tls::pinned(*code.ca_fingerprint()).map_err(setup)?;
    Wire::new(address.clone(), tls)?.post(ENROL, request).await
}

fn connect(identity: &Identity) -> Result<Wire, CallError> {
    let key = identity.private_key().map_err(setup)?;
    let tls = tls::mutual(identity.ca(), identity.certificate(), key).map_err(setup)?;
    Wire::new(identity.address().clone(), tls)
}

fn setup(source: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::Setup {
        source: Box::new(source),
    }
}
