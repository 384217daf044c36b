//! The invite code: a one-time secret, and whom to trust with it.
//!
//! `TS1-…`, Crockford base 32 (no I, L, O, U; lower case and dashes are taken too) of 16 secret
//! bytes, the SHA-256 of HQ's CA certificate (DER), and 2 check bytes (of the SHA-256 over both), so
//! that a mistyped code is told apart from a refused one before anything is sent.

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;
use tillside_core::Hash;

/// A one-time secret and the fingerprint of the CA that may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteCode {
    secret: [u8; 16],
    ca_fingerprint: [u8; 32],
}

/// Why a text is not an invite code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InviteCodeError {
    /// It does not begin with `TS1-`.
    #[error(
        "this is not an invite code: it begins with TS1-; ask HQ for one with `tillside-hq terminal invite`"
    )]
    Prefix,
    /// A character or the length is wrong.
    #[error("the invite code is incomplete or has a wrong character: copy it whole")]
    Malformed,
    /// The check bytes do not fit.
    #[error("the invite code was mistyped: copy it again")]
    Mistyped,
}

/// Crockford base 32: what looks alike is read alike, and dashes are only for the eye.
static CROCKFORD: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification
        .translate
        .from
        .push_str("OILoilabcdefghjkmnpqrstvwxyz");
    specification
        .translate
        .to
        .push_str("011011ABCDEFGHJKMNPQRSTVWXYZ");
    specification.ignore.push('-');
    specification.encoding().ok()
});

const PREFIX: &str = "TS1-";
const LENGTH: usize = 16 + 32 + 2;

impl InviteCode {
    /// Makes a code of 16 random bytes and the CA certificate's SHA-256.
    pub const fn new(secret: [u8; 16], ca_fingerprint: [u8; 32]) -> Self {
        Self {
            secret,
            ca_fingerprint,
        }
    }

    /// The SHA-256 of the CA certificate (DER) that HQ's server must chain to.
    pub const fn ca_fingerprint(&self) -> &[u8; 32] {
        &self.ca_fingerprint
    }

    /// The secret, as it is sent to HQ; HQ keeps only its hash.
    pub fn secret_text(&self) -> String {
        encode(&self.secret)
    }

    /// Reads a code as a person copied it.
    pub fn parse(text: &str) -> Result<Self, InviteCodeError> {
        let text = text.trim();
        let (_, digits) = text
            .split_at_checked(PREFIX.len())
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX))
            .ok_or(InviteCodeError::Prefix)?;
        let bytes = decode(digits).ok_or(InviteCodeError::Malformed)?;
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| InviteCodeError::Malformed)?;
        let (mut secret, mut ca_fingerprint) = ([0; 16], [0; 32]);
        secret.copy_from_slice(&bytes[..16]);
        ca_fingerprint.copy_from_slice(&bytes[16..48]);
        let code = Self {
            secret,
            ca_fingerprint,
        };
        if code.check() == bytes[48..] {
            Ok(code)
        } else {
            Err(InviteCodeError::Mistyped)
        }
    }

    fn check(&self) -> [u8; 2] {
        let hash = Hash::of(&[&self.secret[..], &self.ca_fingerprint[..]].concat());
        [hash.bytes()[0], hash.bytes()[1]]
    }
}

/// The code in groups of five, as HQ prints it.
impl std::fmt::Display for InviteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = encode(&[&self.secret[..], &self.ca_fingerprint, &self.check()].concat());
        let groups: Vec<&str> = digits
            .as_bytes()
            .chunks(5)
            .map(|group| std::str::from_utf8(group).unwrap_or_default())
            .collect();
        write!(f, "{PREFIX}{}", groups.join("-"))
    }
}

/// Never shows the secret.
impl std::fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteCode(..)")
    }
}

fn encode(bytes: &[u8]) -> String {
    CROCKFORD
        .as_ref()
        .map(|crockford| crockford.encode(bytes))
        .unwrap_or_default()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    CROCKFORD.as_ref()?.decode(text.as_bytes()).ok()
}
