//! An enrolled terminal's identity on disk: its key, its certificate, and whom it trusts.
//!
//! `DATA/hq/` holds `client.key` (readable by its owner only), `client.pem`, `ca.pem`, `root.json`
//! (the trusted root of bundles), `hq.json` (where HQ is, and who the terminal is), `journal.key` (what the
//! journal's heads are signed with; made where there is none) and `bundle/` (the newest signed metadata). Getting an identity is left to [`enrol`](fn@crate::enrol).

use crate::FileError;
use crate::clock::spoken;
use crate::files;
use crate::https::tls::{self, CertificateDer, PrivateKeyDer};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tillside_protocol::tillside_core::{Head, HeadSigner, SignedHead, TerminalProfile, Timestamp};
use url::Url;

const KEY: &str = "client.key";
const CERTIFICATE: &str = "client.pem";
const CA: &str = "ca.pem";
const ROOT: &str = "root.json";
const HQ: &str = "hq.json";
const BUNDLE: &str = "bundle";
const JOURNAL_KEY: &str = "journal.key";

/// Who a terminal is, and whom it trusts.
pub struct Identity {
    folder: PathBuf,
    address: Url,
    hq: HqFile,
    key: KeyPair,
    certificate: CertificateDer<'static>,
    ca: CertificateDer<'static>,
    from: Timestamp,
    until: Timestamp,
    journal: Option<[u8; 32]>,
}

/// Where HQ is, and who the terminal is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct HqFile {
    address: String,
    terminal: TerminalProfile,
}

/// Why there is no usable identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The terminal was never enrolled.
    #[error("this terminal is not enrolled: ask HQ for an invite and run `tillside enrol`")]
    NotEnrolled,
    /// A file is missing or unreadable.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not what it should be.
    #[error(
        "the file {file} in the terminal's hq folder is damaged: ask HQ for an invite for this till and run `tillside enrol --renew`"
    )]
    Damaged {
        /// Which.
        file: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificate is for another key.
    #[error(
        "HQ's certificate is not for this terminal's key: ask HQ for an invite for this till and run `tillside enrol --renew`"
    )]
    OtherKey,
    /// The certificate is not signed by HQ's CA, not for clients, or not for now.
    #[error("HQ's certificate for this terminal does not hold at this PC's date ({}): check the date; if it is right, call HQ", spoken(*.now))]
    NotFromCa {
        /// What the PC's clock says.
        now: Timestamp,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A key or certificate request could not be made.
    #[error("this PC could not make a key")]
    Key(#[source] rcgen::Error),
}

/// What enrolment brings, before it is kept.
pub(crate) struct Papers<'a> {
    pub address: Url,
    pub terminal: TerminalProfile,
    pub key: KeyPair,
    pub certificate_pem: &'a str,
    pub ca_pem: &'a str,
    pub bundle_root: &'a str,
}

impl Identity {
    /// Reads the identity that `folder` (the agent's `DATA/hq`) holds.
    pub fn load(folder: &Path) -> Result<Self, IdentityError> {
        let old = aside(folder);
        if !folder.exists() && old.exists() {
            // Power was cut between the two moves of a new enrolment: the old one still holds.
            files::rename(&old, folder)?;
        }
        if !folder.join(HQ).exists() {
            return Err(IdentityError::NotEnrolled);
        }
        let read = |name| files::read(&folder.join(name));
        let key = String::from_utf8(read(KEY)?)
            .map_err(damaged(KEY))
            .and_then(|pem| KeyPair::from_pem(&pem).map_err(damaged(KEY)))?;
        let hq = serde_json::from_slice(&read(HQ)?).map_err(damaged(HQ))?;
        let certificate = certificate(CERTIFICATE, &read(CERTIFICATE)?)?;
        let ca = self::certificate(CA, &read(CA)?)?;
        let mut identity = Self::checked(folder, hq, key, certificate, ca)?;
        identity.journal = journal_key(folder)
            .inspect_err(|error| tracing::error!(%error, "the journal's heads are not signed"))
            .ok();
        Ok(identity)
    }

    /// Checks what HQ sent, and keeps it in place of what `folder` held before.
    pub(crate) fn keep(
        folder: &Path,
        papers: Papers<'_>,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let certificate = certificate(CERTIFICATE, papers.certificate_pem.as_bytes())?;
        let ca = self::certificate(CA, papers.ca_pem.as_bytes())?;
        let hq = HqFile {
            address: papers.address.to_string(),
            terminal: papers.terminal,
        };
        let mut identity = Self::checked(folder, hq, papers.key, certificate, ca)?;
        identity.is_from_ca(&identity.certificate, now)?;
        let new = folder.with_extension("new");
        files::remove_folder(&new)?;
        files::make_folder(&new.join(BUNDLE))?;
        let hq = serde_json::to_vec_pretty(&identity.hq).map_err(damaged(HQ))?;
        files::replace(&new.join(KEY), identity.key.serialize_pem().as_bytes())?;
        files::replace(&new.join(CERTIFICATE), papers.certificate_pem.as_bytes())?;
        files::replace(&new.join(CA), papers.ca_pem.as_bytes())?;
        files::replace(&new.join(ROOT), papers.bundle_root.as_bytes())?;
        files::replace(&new.join(HQ), &hq)?;
        let old = aside(folder);
        files::remove_folder(&old)?;
        if folder.exists() {
            files::rename(folder, &old)?;
        }
        identity.journal = Some(journal_key(&new)?);
        files::rename(&new, folder)?;
        files::remove_folder(&old)?;
        Ok(identity)
    }

    fn checked(
        folder: &Path,
        hq: HqFile,
        key: KeyPair,
        certificate: CertificateDer<'static>,
        ca: CertificateDer<'static>,
    ) -> Result<Self, IdentityError> {
        let (from, until) = belongs_to(&certificate, &key)?;
        let address = Url::parse(&hq.address).map_err(damaged(HQ))?;
        Ok(Self {
            folder: folder.to_owned(),
            address,
            hq,
            key,
            certificate,
            ca,
            from,
            until,
            journal: None,
        })
    }

    /// Where HQ is: `https://HOST:PORT/`.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Who the terminal is, as HQ enrolled it.
    pub fn terminal(&self) -> &TerminalProfile {
        &self.hq.terminal
    }

    /// From when until when the certificate is valid.
    pub fn validity(&self) -> (Timestamp, Timestamp) {
        (self.from, self.until)
    }

    /// From when on a new certificate is wanted: less than a third of this one's life is left.
    pub fn renew_after(&self) -> Timestamp {
        let life = self.until.0.saturating_sub(self.from.0);
        Timestamp(self.until.0.saturating_sub(life / 3))
    }

    /// Signs the head of this terminal's journal; none if its key can be neither read nor made.
    pub fn sign_head(&self, head: &Head, at: Timestamp) -> Option<SignedHead> {
        let secret = self.journal.as_ref()?;
        let terminal = self.hq.terminal.terminal;
        let by = HeadSigner::Terminal;
        Some(SignedHead::sign(by, secret, terminal, head, at))
    }

    pub(crate) fn ca(&self) -> &CertificateDer<'static> {
        &self.ca
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(crate) fn private_key(&self) -> Result<PrivateKeyDer<'static>, IdentityError> {
        PrivateKeyDer::try_from(self.key.serialize_der())
            .map_err(|why| damaged(KEY)(std::io::Error::other(why)))
    }

    pub(crate) fn root_file(&self) -> PathBuf {
        self.folder.join(ROOT)
    }

    pub(crate) fn bundle_folder(&self) -> PathBuf {
        self.folder.join(BUNDLE)
    }

    /// A request for a certificate over the present key.
    pub(crate) fn certificate_request(&self) -> Result<String, IdentityError> {
        certificate_request(&self.key)
    }

    /// Checks a new certificate over the present key, and keeps it in place of the old one.
    pub(crate) fn renew(&mut self, pem: &str, now: Timestamp) -> Result<(), IdentityError> {
        let new = certificate(CERTIFICATE, pem.as_bytes())?;
        let (from, until) = belongs_to(&new, &self.key)?;
        self.is_from_ca(&new, now)?;
        files::replace(&self.folder.join(CERTIFICATE), pem.as_bytes())?;
        (self.certificate, self.from, self.until) = (new, from, until);
        Ok(())
    }

    fn is_from_ca(
        &self,
        certificate: &CertificateDer<'static>,
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        tls::check_client(&self.ca, certificate, now).map_err(|source| IdentityError::NotFromCa {
            now,
            source: Box::new(source),
        })
    }
}

/// Never shows the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("folder", &self.folder)
            .field("hq", &self.hq)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A new key of the terminal's own; it never leaves this PC.
pub(crate) fn new_key() -> Result<KeyPair, IdentityError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(IdentityError::Key)
}

/// The key that `folder` holds for the journal; one is made where there is none, or half of one.
fn journal_key(folder: &Path) -> Result<[u8; 32], IdentityError> {
    let path = folder.join(JOURNAL_KEY);
    let kept = |path: &Path| match files::read(path) {
        Ok(bytes) => Ok(<[u8; 32]>::try_from(bytes).ok()),
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    if let Some(secret) = kept(&path)? {
        return Ok(secret);
    }
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|why| damaged(JOURNAL_KEY)(std::io::Error::other(why.to_string())))?;
    files::replace(&path, &secret)?;
    // Whoever made one at the same time made the one that stays.
    Ok(kept(&path)?.unwrap_or(secret))
}

/// A request for a certificate over `key`; HQ decides the names.
pub(crate) fn certificate_request(key: &KeyPair) -> Result<String, IdentityError> {
    CertificateParams::default()
        .serialize_request(key)
        .and_then(|request| request.pem())
        .map_err(IdentityError::Key)
}

/// Where an identity lies while a new one takes its place.
fn aside(folder: &Path) -> PathBuf {
    folder.with_extension("old")
}

fn certificate(file: &'static str, pem: &[u8]) -> Result<CertificateDer<'static>, IdentityError> {
    tls::certificate(pem).map_err(damaged(file))
}

/// Checks that the certificate is for this key, and says from when until when.
fn belongs_to(
    certificate: &CertificateDer<'_>,
    key: &KeyPair,
) -> Result<(Timestamp, Timestamp), IdentityError> {
    let (_, parsed) =
        x509_parser::parse_x509_certificate(certificate).map_err(damaged(CERTIFICATE))?;
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err(IdentityError::OtherKey);
    }
    let millis = |seconds: i64| Timestamp(seconds.saturating_mul(1000));
    let validity = parsed.validity();
    Ok((
        millis(validity.not_before.timestamp()),
        millis(validity.not_after.timestamp()),
    ))
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(
    file: &'static str,
) -> impl FnOnce(E) -> IdentityError {
    move |source| IdentityError::Damaged {
        file,
        source: Box::new(source),
    }
}
