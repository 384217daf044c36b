//! A served HQ and terminals that talk to it over TLS.

use crate::fixture::fill;
use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Client, Response, StatusCode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::io::Write;
use std::sync::Arc;
use tillside_core::{LaneId, StoreId, TerminalId};
use tillside_hq::clock::now;
use tillside_hq::data::DataDir;
use tillside_hq::fleet::authority::Authority;
use tillside_hq::fleet::invite::invite;
use tillside_hq::serve::Server;
use tillside_hq::setup::found;
use tillside_hq::store::sqlite::SqliteStore;
use tillside_protocol::*;

/// An HQ that serves, in a folder of its own.
pub(crate) struct Served {
    pub(crate) data: DataDir,
    pub(crate) store: SqliteStore,
    pub(crate) authority: Authority,
    pub(crate) server: Server,
    pub(crate) folder: tempfile::TempDir,
}

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    pub(crate) terminal: TerminalId,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let (folder, data) = founded().await;
        let store = SqliteStore::open(&data.database()).unwrap();
        let server = Server::start(
            data.clone(),
            Arc::new(store.clone()),
            ([127, 0, 0, 1], 0).into(),
        );
        Self {
            authority: Authority::load(&data).unwrap(),
            server: server.await.unwrap(),
            data,
            store,
            folder,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.server.address())
    }

    pub(crate) async fn code(&self, seconds: u32) -> InviteCode {
        let s1 = StoreId::new("S1").unwrap();
        invite(&self.store, &self.authority, s1, None, 1, seconds, now())
            .await
            .unwrap()
    }

    /// A client that trusts HQ, with a certificate or without.
    pub(crate) fn client(&self, identity: Option<&Identity>) -> Client {
        client(
            self.authority.certificate(),
            identity,
            &rustls::version::TLS13,
        )
    }

    /// Enrols a terminal whose certificates live so long.
    pub(crate) async fn enrolled(&self, seconds: u32) -> Identity {
        let code = self.code(seconds).await;
        let (request, key_pem) = request_for(&code.secret_text());
        let answer = self.enrol(&request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: EnrolResponse = answer.json().await.unwrap();
        assert_eq!(answer.ca_pem, self.authority.pem());
        Identity {
            certificate_pem: answer.certificate_pem,
            key_pem,
            terminal: answer.terminal.terminal,
        }
    }

    pub(crate) async fn enrol(&self, request: &EnrolRequest) -> Response {
        self.client(None)
            .post(self.url(ENROL))
            .json(request)
            .send()
            .await
            .unwrap()
    }
}

/// The folder of a founded, filled HQ.
pub(crate) async fn founded() -> (tempfile::TempDir, DataDir) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("hq");
    let data = found(&root, "Corner Shops", &[], now()).await.unwrap();
    fill(&SqliteStore::open(&data.database()).unwrap()).await;
    (folder, data)
}

/// A key, and an enrolment's request over it.
pub(crate) fn request_for(secret: &str) -> (EnrolRequest, String) {
    let key = KeyPair::generate().unwrap();
    let request = EnrolRequest {
        secret: secret.to_owned(),
        lane: LaneId::new("1").unwrap(),
        request_pem: certificate_request(&key),
        terminal: None,
    };
    (request, key.serialize_pem())
}

/// A request over a key that also asks for a name HQ must not give.
pub(crate) fn certificate_request(key: &KeyPair) -> String {
    let params = CertificateParams::new(vec!["hq.example".to_owned()]).unwrap();
    params.serialize_request(key).unwrap().pem().unwrap()
}

pub(crate) fn client(
    ca: &CertificateDer<'static>,
    identity: Option<&Identity>,
    version: &'static SupportedProtocolVersion,
) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        None => config.with_no_client_auth(),
        Some(identity) => {
            let pem = identity.certificate_pem.as_bytes();
            let chain = vec![CertificateDer::from_pem_slice(pem).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
            config.with_client_auth_cert(chain, key).unwrap()
        }
    };
    let version = PROTOCOL_VERSION.to_string();
    let headers = [(VERSION_HEADER.parse().unwrap(), version.parse().unwrap())];
    Client::builder()
        .tls_backend_preconfigured(config)
        .default_headers(headers.into_iter().collect())
        .no_proxy()
        .build()
        .unwrap()
}

/// The code and words of an answer that says no.
pub(crate) async fn refusal(response: Response) -> (StatusCode, ErrorBody) {
    (response.status(), response.json().await.unwrap())
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}
