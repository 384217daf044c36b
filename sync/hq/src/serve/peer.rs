//! Who calls: the terminal that the verified client certificate names.

use super::{Answer, Hq};
use crate::clock::now;
use crate::fleet::Peer;
use crate::fleet::authority::serial_of;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use tillside_protocol::ErrorCode;

/// The serial number of the certificate that TLS verified, if one came.
#[derive(Clone, Debug)]
pub(super) struct ClientCertificate(Option<String>);

impl ClientCertificate {
    pub(super) fn of(chain: Option<&[CertificateDer<'_>]>) -> Self {
        Self(chain.and_then(<[_]>::first).and_then(serial_of))
    }
}

/// The terminal that calls; a route that takes it cannot be reached without a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Peer);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Answer> {
        parts
            .extensions
            .get::<Caller>()
            .cloned()
            .ok_or_else(missing)
    }
}

fn missing() -> Answer {
    Answer::new(
        ErrorCode::CertificateMissing,
        "This call needs the certificate of an enrolled terminal. Enrol it with `tillside enrol`.",
    )
}

/// Lets only enrolled terminals through whose right stands.
pub(super) async fn require(
    State(hq): State<Arc<Hq>>,
    mut request: Request,
    next: Next,
) -> Response {
    let certificate = request.extensions().get::<ClientCertificate>();
    let serial = certificate.and_then(|certificate| certificate.0.clone());
    match caller(&hq, serial).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(answer) => answer.into_response(),
    }
}

async fn caller(hq: &Hq, serial: Option<String>) -> Result<Caller, Answer> {
    let peer = hq.store.peer(serial.ok_or_else(missing)?).await?;
    let peer = peer.ok_or_else(missing)?;
    if peer.revoked {
        return Err(Answer::new(
            ErrorCode::TerminalRevoked,
            format!(
                "HQ took the right of terminal {} to connect. Call HQ.",
                peer.profile.terminal
            ),
        ));
    }
    // The handshake refuses an ended certificate; a connection may outlive one.
    if peer.certificate_until < now() {
        return Err(Answer::new(
            ErrorCode::CertificateExpired,
            "The terminal's certificate has ended. Ask HQ for a new invite and run `tillside enrol`.",
        ));
    }
    Ok(Caller(peer))
}
