//! Why a call to HQ did not work, told apart by what a person has to do.

use crate::clock::spoken;
use crate::engine::{Failure, ProblemKind};
use rustls::{AlertDescription, CertificateError};
use std::error::Error;
use tillside_protocol::tillside_core::Timestamp;
use tillside_protocol::{ErrorBody, ErrorCode};

/// Why a call to HQ did not work. Its text is fit for a person.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody answers, or not in time.
    #[error(
        "HQ cannot be reached. Go on selling: everything is kept here and sent when the line is back."
    )]
    Unreachable {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// Found before connecting: this terminal's certificate ended.
    #[error("This terminal's certificate ended on {}. Check this PC's date; if it is right, ask HQ for an invite for this till and run `tillside enrol --renew`. Go on selling: everything is kept here.", spoken(*.until))]
    CertificateExpired {
        /// When.
        until: Timestamp,
    },
    /// Found before connecting: the certificate begins later than this PC's clock says it is.
    #[error("This PC's date is wrong: its clock says {}, and this terminal's certificate was only made on {}. Set the date and time.", spoken(*.now), spoken(*.from))]
    CertificateFromTheFuture {
        /// What the clock says.
        now: Timestamp,
        /// When the certificate begins.
        from: Timestamp,
    },
    /// HQ does not take this terminal's certificate.
    #[error(
        "HQ does not accept this terminal's certificate. Check this PC's date; if it is right, ask HQ for an invite for this till and run `tillside enrol --renew`."
    )]
    CertificateRefused {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// HQ took this terminal's right to connect.
    #[error("HQ has blocked this terminal. Call HQ; with a new invite, run `tillside enrol`.")]
    Revoked,
    /// The server's certificate is not from the CA that this terminal was enrolled with.
    #[error(
        "The server that answers is not the HQ that this terminal was enrolled with. Nothing was sent to it. Call HQ."
    )]
    WrongServer {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The server's certificate is right, but not for today.
    #[error(
        "HQ's certificate is not valid at this PC's date. Check the PC's date and time; if they are right, call HQ."
    )]
    ServerDate {
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// HQ said why not.
    #[error("HQ says no: {}", .body.message)]
    Refused {
        /// HQ's words.
        body: ErrorBody,
    },
    /// HQ's answer is not what was asked for.
    #[error("HQ's answer cannot be read ({what}). If this stays, update Tillside here and at HQ.")]
    Malformed {
        /// What came instead.
        what: String,
        /// Why.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// HQ's answer is longer than it may be.
    #[error("HQ's answer is longer than {limit} bytes and was not read. Call HQ.")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// This PC cannot make a connection at all.
    #[error(
        "This PC cannot prepare a secure connection to HQ. Call HQ: the terminal may have to be enrolled again."
    )]
    Setup {
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl CallError {
    /// Whether the same call may work soon. What is not is tried too, only seldom.
    pub fn is_retryable(&self) -> bool {
        match self {
            CallError::Unreachable { .. } | CallError::Malformed { .. } => true,
            CallError::Refused { body } => body.code.is_retryable(),
            _ => false,
        }
    }

    /// The kind of problem it is.
    pub fn kind(&self) -> ProblemKind {
        match self {
            CallError::Unreachable { .. } => ProblemKind::Unreachable,
            CallError::CertificateExpired { .. } | CallError::CertificateRefused { .. } => {
                ProblemKind::CertificateExpired
            }
            CallError::CertificateFromTheFuture { .. } | CallError::ServerDate { .. } => {
                ProblemKind::Clock
            }
            CallError::Revoked => ProblemKind::Revoked,
            CallError::WrongServer { .. } => ProblemKind::WrongServer,
            CallError::Refused { body } if body.code == ErrorCode::CertificateExpired => {
                ProblemKind::CertificateExpired
            }
            CallError::Refused { .. } => ProblemKind::Refused,
            CallError::Malformed { .. } | CallError::TooLong { .. } => ProblemKind::Malformed,
            CallError::Setup { .. } => ProblemKind::Storage,
        }
    }

    /// What the engine needs to know of it.
    pub fn failure(&self) -> Failure {
        Failure {
            kind: self.kind(),
            words: self.to_string(),
            retryable: self.is_retryable(),
        }
    }

    /// HQ answered with a reason why not.
    pub(super) fn refused(body: ErrorBody) -> Self {
        match body.code {
            ErrorCode::TerminalRevoked => CallError::Revoked,
            _ => CallError::Refused { body },
        }
    }
}

impl From<reqwest::Error> for CallError {
    fn from(source: reqwest::Error) -> Self {
        match tls_cause(&source) {
            Some(rustls::Error::InvalidCertificate(reason)) => match reason {
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => CallError::ServerDate { source },
                _ => CallError::WrongServer { source },
            },
            Some(rustls::Error::NoCertificatesPresented) => CallError::WrongServer { source },
            Some(rustls::Error::AlertReceived(alert)) if is_about_us(*alert) => {
                CallError::CertificateRefused { source }
            }
            _ => CallError::Unreachable { source },
        }
    }
}

/// Alerts by which a server says that it does not take the client's certificate.
fn is_about_us(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
            | AlertDescription::DecryptError
    )
}

/// The TLS error at the bottom of a failed call, if that is what it was.
pub(super) fn tls_cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(tls);
        }
        // An I/O error's `source` skips the error that it wraps.
        let wrapped = error
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inner| inner as &(dyn Error + 'static));
        next = wrapped.or_else(|| error.source());
    }
    None
}
