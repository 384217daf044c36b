//! How a new terminal gets its identity.

use serde::{Deserialize, Serialize};
use tillside_core::{LaneId, TerminalId, TerminalProfile};

/// A terminal asks to be let in, over TLS to a server whose CA the invite code named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The one-time part of the invite code ([`crate::InviteCode::secret_text`]).
    pub secret: String,
    /// The till this terminal stands at.
    pub lane: LaneId,
    /// A PKCS#10 certificate request over the terminal's own key, as PEM; its names are ignored.
    pub request_pem: String,
    /// Who the terminal is already, where it asks for no more than a new certificate. None: it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<TerminalId>,
}

/// HQ lets it in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// Who the terminal is from now on.
    pub terminal: TerminalProfile,
    /// Its client certificate, as PEM.
    pub certificate_pem: String,
    /// The CA that signed it, and that signs HQ's server certificate, as PEM.
    pub ca_pem: String,
    /// The trusted root of signed bundles: a TUF `root.json`, byte for byte.
    pub bundle_root: String,
}

/// An enrolled terminal asks for a new certificate over its present one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RenewRequest {
    /// A PKCS#10 certificate request, as PEM.
    pub request_pem: String,
}

/// The new certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RenewResponse {
    /// As PEM.
    pub certificate_pem: String,
}
