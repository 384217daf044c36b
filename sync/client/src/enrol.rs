//! How a new terminal gets its identity from HQ.
//!
//! The invite code names HQ's CA by its fingerprint, so nothing is trusted on first use: the secret
//! is sent only to a server whose certificate chains to exactly that CA and names the host that was
//! asked. Whether a terminal may be enrolled again is decided before that.

use crate::https::{self, CallError, tls};
use crate::identity::{Papers, certificate_request, new_key};
use crate::{Identity, IdentityError, bundle, wall_clock};
use std::path::Path;
use tillside_protocol::tillside_core::{Hash, LaneId, TerminalId};
use tillside_protocol::{EnrolRequest, ErrorCode, InviteCode, InviteCodeError};
use url::Url;

/// Whether an identity that is there already may be replaced.
///
/// But for [`Replacing::Certificate`], HQ gives a new terminal id: the old journal stays as it is, under the old id, and takes no new
/// records; what HQ never got of it can only be handed over as an exported file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replacing {
    /// No.
    Never,
    /// Yes, if HQ has all of the old journal; the agent says how many facts it has not.
    IfSettled {
        /// How many facts HQ has not confirmed.
        unconfirmed: u64,
    },
    /// Yes, whatever HQ has not confirmed. A person decided that.
    Always,
    /// Only its certificate: HQ lets this terminal in again as what it is, and its journal goes on.
    Certificate {
        /// Who it is.
        terminal: TerminalId,
    },
}

/// Why a terminal was not enrolled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The code is no code.
    #[error(transparent)]
    Code(#[from] InviteCodeError),
    /// The address is no address.
    #[error("{address:?} is not HQ's address: it looks like https://hq.example:8443")]
    Address {
        /// As it was given.
        address: String,
    },
    /// The terminal has an identity.
    #[error(
        "this PC is enrolled already as terminal {terminal}; its journal would end, and a new terminal would begin"
    )]
    AlreadyEnrolled {
        /// As which.
        terminal: TerminalId,
    },
    /// HQ has not got everything from the terminal that this PC is now.
    #[error(
        "HQ has not confirmed {unconfirmed} facts of terminal {terminal}: connect it once more, or export the journal and force the new enrolment"
    )]
    Unconfirmed {
        /// As which it is enrolled.
        terminal: TerminalId,
        /// How many facts.
        unconfirmed: u64,
    },
    /// The server is not the HQ that made the code.
    #[error(
        "the server at {address} is not the HQ that made this invite code; the code was not sent. Check the address, or ask HQ for a new code."
    )]
    WrongServer {
        /// Who answered.
        address: String,
        /// Why.
        #[source]
        source: CallError,
    },
    /// HQ does not take the code.
    #[error("HQ does not accept this invite code. {}", said(source))]
    InviteRefused {
        /// HQ's words.
        #[source]
        source: CallError,
    },
    /// The call did not work.
    #[error("{source}")]
    Call {
        /// Why.
        source: CallError,
    },
    /// HQ's CA in the answer is not the one that the code names.
    #[error("HQ answered with another CA than its invite code names. Nothing was kept; call HQ.")]
    OtherCa,
    /// HQ made a new terminal where this one asked for a certificate: it is of before that could be asked.
    #[error(
        "HQ cannot give this till a new certificate: it has to be updated first. Nothing was kept; call HQ."
    )]
    OtherTerminal,
    /// HQ's answer holds no usable root for bundles.
    #[error("HQ's answer cannot be used to check its bundles. Nothing was kept; call HQ.")]
    Root {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The identity could not be made or kept. The code may be used up.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl EnrolError {
    /// Whether the same code may work later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, EnrolError::Call { source } if source.is_retryable())
    }
}

/// Enrols this PC at `address` (`https://HOST:PORT`) as the till `lane`, and keeps its new identity in
/// `folder` (the agent's `DATA/hq`). Once this is back without an error, [`Identity::load`] finds it,
/// with the [`TerminalProfile`](tillside_protocol::tillside_core::TerminalProfile) for the store.
pub async fn enrol(
    folder: &Path,
    address: &str,
    code: &str,
    lane: LaneId,
    replacing: Replacing,
) -> Result<Identity, EnrolError> {
    let code = InviteCode::parse(code)?;
    let address = parse_address(address)?;
    may_replace(folder, replacing)?;
    let key = new_key()?;
    let request = EnrolRequest {
        secret: code.secret_text(),
        lane,
        request_pem: certificate_request(&key)?,
        terminal: match replacing {
            Replacing::Certificate { terminal } => Some(terminal),
            _ => None,
        },
    };
    let asks = request.terminal;
    let answer = https::enrol(&address, &code, &request)
        .await
        .map_err(|source| refused(&address, source))?;
    let ca = tls::certificate(answer.ca_pem.as_bytes());
    if !ca.is_ok_and(|ca| Hash::of(&ca).bytes() == code.ca_fingerprint()) {
        return Err(EnrolError::OtherCa);
    }
    if asks.is_some_and(|asks| asks != answer.terminal.terminal) {
        return Err(EnrolError::OtherTerminal);
    }
    bundle::check_root(answer.bundle_root.as_bytes())
        .map_err(|source| EnrolError::Root { source })?;
    let papers = Papers {
        address,
        terminal: answer.terminal,
        key,
        certificate_pem: &answer.certificate_pem,
        ca_pem: &answer.ca_pem,
        bundle_root: &answer.bundle_root,
    };
    Ok(Identity::keep(folder, papers, wall_clock())?)
}

/// What HQ said of a code that it does not take.
fn said(source: &CallError) -> &str {
    match source {
        CallError::Refused { body } => &body.message,
        _ => "It was used already, is too old or was never made. Ask HQ for a new one.",
    }
}

fn parse_address(text: &str) -> Result<Url, EnrolError> {
    Url::parse(text.trim())
        .ok()
        .filter(|url| url.scheme() == "https" && url.has_host() && url.path() == "/")
        .filter(|url| url.query().is_none() && url.username().is_empty())
        .ok_or_else(|| EnrolError::Address {
            address: text.to_owned(),
        })
}

/// An identity that cannot be read holds nobody back: it is of no use as it is.
fn may_replace(folder: &Path, replacing: Replacing) -> Result<(), EnrolError> {
    let Ok(present) = Identity::load(folder) else {
        return Ok(());
    };
    let terminal = present.terminal().terminal;
    match replacing {
        Replacing::Never => Err(EnrolError::AlreadyEnrolled { terminal }),
        Replacing::IfSettled { unconfirmed } if unconfirmed > 0 => Err(EnrolError::Unconfirmed {
            terminal,
            unconfirmed,
        }),
        Replacing::Certificate { terminal: asks } if asks != terminal => {
            Err(EnrolError::AlreadyEnrolled { terminal })
        }
        _ => Ok(()),
    }
}

fn refused(address: &Url, source: CallError) -> EnrolError {
    match &source {
        CallError::WrongServer { .. } => EnrolError::WrongServer {
            address: address.to_string(),
            source,
        },
        CallError::Refused { body } if body.code == ErrorCode::InviteRefused => {
            EnrolError::InviteRefused { source }
        }
        _ => EnrolError::Call { source },
    }
}
