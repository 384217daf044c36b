//! TLS: version 1.3 only; the client's certificate is asked for, and if one comes it must be HQ's.

use super::ServeError;
use crate::fleet::authority::Authority;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;

/// What the server answers handshakes with.
pub(super) fn config(
    authority: &Authority,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<Arc<ServerConfig>, ServeError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let ca = authority.certificate().clone();
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone()).map_err(failed)?;
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(failed)?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(failed)?
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate, ca], key)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session is not asked for its certificate again, so that an ended one would live on.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ServeError {
    ServeError::Tls(Box::new(error))
}
