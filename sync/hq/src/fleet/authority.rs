//! HQ's own certificate authority: signs terminals' client certificates and HQ's server certificate.

use crate::data::{DataDir, DataError, write_private, write_whole};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, SerialNumber,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tillside_core::{Hash, TerminalId, Timestamp};
use time::{Duration, OffsetDateTime};
use x509_parser::extensions::GeneralName;

use super::IssuedCertificate;

/// How long the CA's own certificate lives: longer than any PC beside a till.
const CA_YEARS: i64 = 20;
/// How long HQ's server certificate lives.
const SERVER_DAYS: i64 = 397;
/// Certificates begin this much early, for clocks that are behind.
const EARLY: Duration = Duration::hours(24);
/// What a terminal's certificate names it by, before its id.
const TERMINAL_URI: &str = "tillside:terminal:";

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// The request of a terminal is wrong.
    #[error("the certificate request cannot be read, or is not signed by its own key")]
    Request(#[source] rcgen::Error),
    /// The CA's files are damaged.
    #[error("HQ's certificate authority cannot be read: restore the folder ca from a backup")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Making it failed.
    #[error("a certificate could not be made")]
    Signing(#[source] rcgen::Error),
    /// A moment that no certificate can name.
    #[error("the clock shows a moment that no certificate can name: set HQ's clock")]
    Clock,
    /// A host name that no certificate can name.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// No randomness.
    #[error("the system gives no random numbers")]
    Random,
    /// A file could not be kept.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// The authority with its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    /// Makes a new authority and keeps it in the data folder.
    pub fn create(data: &DataDir, chain: &str, now: Timestamp) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::Signing)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name(&format!("{chain} (Tillside HQ)"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(SerialNumber::from_slice(&random_serial()?));
        let now = moment(now)?;
        params.not_before = now - EARLY;
        params.not_after = now + Duration::days(365 * CA_YEARS);
        let certificate = params.self_signed(&key).map_err(AuthorityError::Signing)?;
        write_private(&data.ca_key(), key.serialize_pem().as_bytes())?;
        write_whole(&data.ca_certificate(), certificate.pem().as_bytes())?;
        Self::load(data)
    }

    /// Reads the authority of a data folder.
    pub fn load(data: &DataDir) -> Result<Self, AuthorityError> {
        let pem = data.read_text(&data.ca_certificate())?;
        let key = data.read_text(&data.ca_key())?;
        let damaged = |error: rcgen::Error| AuthorityError::Damaged(Box::new(error));
        let key = KeyPair::from_pem(&key).map_err(damaged)?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| AuthorityError::Damaged(Box::new(error)))?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_der(&certificate, key).map_err(damaged)?,
            certificate,
            pem,
        })
    }

    /// The CA's certificate.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The CA's certificate as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of the CA's certificate: what an invite code carries.
    pub fn fingerprint(&self) -> [u8; 32] {
        *Hash::of(&self.certificate).bytes()
    }

    /// Signs a terminal's request. Only its key is taken; the names are HQ's.
    pub fn sign_terminal(
        &self,
        request_pem: &str,
        terminal: TerminalId,
        seconds: u32,
        now: Timestamp,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let request = CertificateSigningRequestParams::from_pem(request_pem)
            .map_err(AuthorityError::Request)?;
        let serial = random_serial()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name(&terminal.to_string());
        let uri = format!("{TERMINAL_URI}{terminal}");
        let uri = uri.try_into().map_err(AuthorityError::Signing)?;
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let until = moment(now)? + Duration::seconds(i64::from(seconds));
        self.limit(&mut params, now, until, &serial)?;
        let certificate = params
            .signed_by(&request.public_key, &self.issuer)
            .map_err(AuthorityError::Signing)?;
        Ok(IssuedCertificate {
            terminal,
            serial: hex(&serial),
            not_after: Timestamp(until.unix_timestamp().saturating_mul(1000)),
            key_hash: Hash::of(request.public_key.der_bytes()),
            pem: certificate.pem(),
        })
    }

    /// SHA-256 of the public key of a terminal's request.
    pub fn request_key(request_pem: &str) -> Result<Hash, AuthorityError> {
        let request = CertificateSigningRequestParams::from_pem(request_pem)
            .map_err(AuthorityError::Request)?;
        Ok(Hash::of(request.public_key.der_bytes()))
    }

    /// Makes HQ's server certificate, for this machine and the hosts named: certificate and key as PEM.
    pub fn issue_server(
        &self,
        hosts: &[String],
        now: Timestamp,
    ) -> Result<(String, String), AuthorityError> {
        let key = KeyPair::generate().map_err(AuthorityError::Signing)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = name("Tillside HQ");
        params.subject_alt_names = vec![
            SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        for host in std::iter::once("localhost").chain(hosts.iter().map(String::as_str)) {
            params.subject_alt_names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => {
                    let error = |_| AuthorityError::Host(host.to_owned());
                    SanType::DnsName(host.try_into().map_err(error)?)
                }
            });
        }
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let until = moment(now)? + Duration::days(SERVER_DAYS);
        self.limit(&mut params, now, until, &random_serial()?)?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(AuthorityError::Signing)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    fn limit(
        &self,
        params: &mut CertificateParams,
        now: Timestamp,
        until: OffsetDateTime,
        serial: &[u8],
    ) -> Result<(), AuthorityError> {
        params.not_before = moment(now)? - EARLY;
        params.not_after = until;
        params.serial_number = Some(SerialNumber::from_slice(serial));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        Ok(())
    }
}

/// A certificate that TLS has verified, as this authority issued it. None: it names no terminal.
pub fn issued(certificate: &CertificateDer<'_>) -> Option<IssuedCertificate> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let terminal = names
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::URI(uri) => uri.strip_prefix(TERMINAL_URI)?.parse().ok(),
            _ => None,
        })?;
    let text = STANDARD.encode(certificate);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .filter_map(|at| text.get(at..text.len().min(at + 64)))
        .collect();
    Some(IssuedCertificate {
        terminal,
        serial: hex(parsed.tbs_certificate.raw_serial()),
        not_after: ends(certificate)?,
        key_hash: Hash::of(&parsed.public_key().subject_public_key.data),
        pem: format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines.join("\n")
        ),
    })
}

/// When a certificate ends.
pub fn ends(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let seconds = parsed.validity().not_after.timestamp();
    Some(Timestamp(seconds.saturating_mul(1000)))
}

/// A server's chain and key from PEM.
pub fn server_chain(
    certificate_pem: &str,
    key_pem: &str,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), AuthorityError> {
    let damaged = |error| AuthorityError::Damaged(Box::new(error));
    let certificate =
        CertificateDer::from_pem_slice(certificate_pem.as_bytes()).map_err(damaged)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes()).map_err(damaged)?;
    Ok((certificate, key))
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}

/// 16 random bytes whose first bit is 0 and whose next is 1: a positive number of one length.
fn random_serial() -> Result<[u8; 16], AuthorityError> {
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(|_| AuthorityError::Random)?;
    serial[0] = serial[0] & 0x7f | 0x40;
    Ok(serial)
}

fn moment(now: Timestamp) -> Result<OffsetDateTime, AuthorityError> {
    OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1000)).map_err(|_| AuthorityError::Clock)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
