//! Who calls: the terminal that the verified client certificate names.

use super::{Answer, Hq};
use crate::clock::now;
use crate::fleet::authority::issued;
use crate::fleet::entry::{NoEntry, enter};
use crate::fleet::{IssuedCertificate, Peer};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use tillside_protocol::ErrorCode;

/// The certificate that TLS verified, if one came that names a terminal.
#[derive(Clone, Debug)]
pub(super) struct ClientCertificate(Option<Arc<IssuedCertificate>>);

impl ClientCertificate {
    pub(super) fn of(chain: Option<&[CertificateDer<'_>]>) -> Self {
        let shown = chain.and_then(<[_]>::first).and_then(issued);
        Self(shown.map(Arc::new))
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
    let shown = certificate.and_then(|certificate| certificate.0.clone());
    match caller(&hq, shown).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(answer) => answer.into_response(),
    }
}

async fn caller(hq: &Hq, shown: Option<Arc<IssuedCertificate>>) -> Result<Caller, Answer> {
    let shown = shown.ok_or_else(missing)?;
    let entered = enter(&*hq.store, &shown, now()).await;
    entered.map(Caller).map_err(|refused| {
        let code = match refused {
            NoEntry::Revoked(_) => ErrorCode::TerminalRevoked,
            NoEntry::Ended => ErrorCode::CertificateExpired,
            NoEntry::Store(error) => return error.into(),
            NoEntry::Unknown => ErrorCode::CertificateMissing,
        };
        Answer::new(code, refused.to_string())
    })
}
