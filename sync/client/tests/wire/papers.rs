//! Certificates for the tests: CAs, server and client certificates, good ones and wrong ones.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use std::sync::Arc;
use tillside_protocol::InviteCode;
use tillside_protocol::tillside_core::Hash;
use time::{Duration, OffsetDateTime};

/// The one-time part of every invite code here.
pub const SECRET: [u8; 16] = *b"sixteen secrets!";

/// A certificate authority.
pub struct Ca(pub CertifiedIssuer<'static, KeyPair>);

impl Ca {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// An invite code that names this CA.
    pub fn code(&self) -> String {
        InviteCode::new(SECRET, *Hash::of(&self.der()).bytes()).to_string()
    }

    /// A server certificate for `name`, valid for `seconds` from an hour ago on.
    pub fn server(
        &self,
        name: &str,
        seconds: i64,
    ) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        dates(&mut params, seconds);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        (certificate.der().clone(), key)
    }

    /// A client certificate for a request, valid for `seconds` from now on, and from an hour ago.
    pub fn client(&self, request_pem: &str, seconds: i64) -> String {
        let request = CertificateSigningRequestParams::from_pem(request_pem).unwrap();
        let mut params = CertificateParams::default();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        dates(&mut params, seconds);
        params
            .signed_by(&request.public_key, &self.0)
            .unwrap()
            .pem()
    }
}

fn dates(params: &mut CertificateParams, seconds: i64) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::hours(1);
    params.not_after = now + Duration::seconds(seconds);
}

/// How a test's server shakes hands.
pub struct Hello {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    pub version: &'static SupportedProtocolVersion,
    /// Demand a client certificate of this CA.
    pub clients: Option<CertificateDer<'static>>,
}

impl Hello {
    /// As the real HQ: leaf and CA, TLS 1.3.
    pub fn of(ca: &Ca) -> Self {
        let (leaf, key) = ca.server("127.0.0.1", 3600);
        Self {
            chain: vec![leaf, ca.der()],
            key,
            version: &rustls::version::TLS13,
            clients: None,
        }
    }

    pub fn config(self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[self.version])
            .unwrap();
        let builder = match self.clients {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let mut roots = RootCertStore::empty();
                roots.add(ca).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        builder
            .with_single_cert(self.chain, self.key)
            .unwrap()
            .into()
    }
}
