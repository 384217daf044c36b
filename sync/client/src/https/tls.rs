//! The TLS side of a connection to HQ: version 1.3 only, HQ's own CA as the only root.

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
pub(crate) use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use std::sync::Arc;
use std::time::Duration;
use tillside_protocol::tillside_core::{Hash, Timestamp};

/// The one crypto provider.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// A store that trusts one CA.
fn only_root(ca: &CertificateDer<'static>) -> Result<Arc<RootCertStore>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone())?;
    Ok(Arc::new(roots))
}

/// The first certificate of a PEM file.
pub(crate) fn certificate(pem: &[u8]) -> Result<CertificateDer<'static>, pem::Error> {
    CertificateDer::from_pem_slice(pem)
}

/// Checks that `ca` signed `certificate` for clients, and that it is valid `at` that moment.
pub(crate) fn check_client(
    ca: &CertificateDer<'static>,
    certificate: &CertificateDer<'static>,
    at: Timestamp,
) -> Result<(), rustls::Error> {
    let seconds = u64::try_from(at.0 / 1000).unwrap_or(0);
    let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    WebPkiClientVerifier::builder_with_provider(only_root(ca)?, provider())
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?
        .verify_client_cert(certificate, &[], at)
        .map(drop)
}

/// For an enrolled terminal: shows its certificate, trusts its CA.
pub(crate) fn mutual(
    ca: &CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, rustls::Error> {
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(only_root(ca)?)
        .with_client_auth_cert(vec![certificate], key)
}

/// For a terminal that is not enrolled yet: no certificate, trusts only the CA of this fingerprint.
pub(crate) fn pinned(ca_fingerprint: [u8; 32]) -> Result<ClientConfig, rustls::Error> {
    let verifier = PinnedCa {
        fingerprint: Hash::from_bytes(ca_fingerprint),
        provider: provider(),
    };
    Ok(ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// The server did not send the CA certificate that the invite code names.
#[derive(Debug, thiserror::Error)]
#[error("the server's CA is not the one that the invite code names")]
pub(crate) struct OtherCa;

/// Accepts only a chain whose CA certificate has exactly this SHA-256, and then checks everything
/// else (signatures, dates, name, purpose) as always, with that CA as the only root.
#[derive(Debug)]
struct PinnedCa {
    fingerprint: Hash,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedCa {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let ca = intermediates
            .iter()
            .find(|sent| Hash::of(sent) == self.fingerprint)
            .ok_or_else(|| CertificateError::Other(OtherError(Arc::new(OtherCa))))?;
        WebPkiServerVerifier::builder_with_provider(
            only_root(&ca.clone().into_owned())?,
            self.provider.clone(),
        )
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?
        .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
