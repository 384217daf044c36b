//! What HQ says of a member's phone, and the signatures under it and under its codes.

use super::MemberCodeError;
use crate::{CodeKey, MemberCodeSheet, MemberId};
use data_encoding::BASE32HEX_NOPAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use jiff::civil::{Date, date};
use uuid::Uuid;

/// What a certificate begins with, as text.
pub const DEVICE_CERTIFICATE_PREFIX: &str = "TSD1";
/// What HQ signs begins with: no other signature can be taken for this one.
const CONTEXT: &[u8] = b"tillside device certificate 1\0";
/// Bytes under HQ's signature: member 16 ‖ device key 32 ‖ last day 4 (days since 1970, big-endian).
const SIGNED: usize = 16 + 32 + 4;

/// HQ's word that a key is the phone of a member, until a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceCertificate {
    member: MemberId,
    device: CodeKey,
    /// Days since 1970.
    last_day: u32,
    signature: [u8; 64],
}

impl CodeKey {
    /// The public key of a secret one.
    pub fn of_secret(secret: &[u8; 32]) -> Self {
        Self::new(SigningKey::from_bytes(secret).verifying_key().to_bytes())
    }
}

impl DeviceCertificate {
    /// Bytes of a certificate.
    pub(super) const BYTES: usize = SIGNED + 64;

    /// Certifies a phone. `secret` is HQ's; its public key goes into [`MemberCodeSheet`].
    ///
    /// # Errors
    /// [`MemberCodeError::CannotIssue`] for a day before 1970.
    pub fn issue(
        secret: &[u8; 32],
        member: MemberId,
        device: CodeKey,
        valid_until: Date,
    ) -> Result<Self, MemberCodeError> {
        let cannot = |_| MemberCodeError::CannotIssue;
        let days = (valid_until - EPOCH).get_days();
        let mut certificate = Self {
            member,
            device,
            last_day: u32::try_from(days).map_err(cannot)?,
            signature: [0; 64],
        };
        certificate.signature = signed(secret, CONTEXT, &certificate.bytes()[..SIGNED]);
        Ok(certificate)
    }

    /// The phone's key.
    pub const fn device(&self) -> CodeKey {
        self.device
    }

    /// The member it names; believe it only after [`DeviceCertificate::check`].
    pub const fn member(&self) -> MemberId {
        self.member
    }

    /// Whose phone it is, if HQ says so and still does today.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check(&self, sheet: &MemberCodeSheet, today: Date) -> Result<MemberId, MemberCodeError> {
        if sheet.code_keys.is_empty() {
            return Err(MemberCodeError::NotTaken);
        }
        let bytes = self.bytes();
        let by = |key: &CodeKey| verified(*key, CONTEXT, &bytes[..SIGNED], &self.signature);
        if !sheet.code_keys.iter().any(by) {
            return Err(MemberCodeError::UnknownPhone);
        }
        if sheet.revoked.contains(&self.device) {
            return Err(MemberCodeError::PhoneRevoked);
        }
        let on = last_day(self.last_day).ok_or(MemberCodeError::UnknownPhone)?;
        match today <= on {
            true => Ok(self.member),
            false => Err(MemberCodeError::PhoneExpired { on }),
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::BYTES);
        bytes.extend(self.member.uuid().as_bytes());
        bytes.extend(self.device.bytes());
        bytes.extend(self.last_day.to_be_bytes());
        bytes.extend(self.signature);
        bytes
    }

    pub(super) fn read(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (member, rest) = bytes.split_first_chunk()?;
        let (device, rest) = rest.split_first_chunk()?;
        let (days, rest) = rest.split_first_chunk()?;
        Some(Self {
            member: MemberId::new(Uuid::from_bytes(*member)),
            device: CodeKey::new(*device),
            last_day: u32::from_be_bytes(*days),
            signature: rest.try_into().ok()?,
        })
    }
}

impl std::fmt::Display for DeviceCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(DEVICE_CERTIFICATE_PREFIX)?;
        f.write_str(&BASE32HEX_NOPAD.encode(&self.bytes()))
    }
}

impl std::str::FromStr for DeviceCertificate {
    type Err = MemberCodeError;

    fn from_str(text: &str) -> Result<Self, MemberCodeError> {
        decoded(text, DEVICE_CERTIFICATE_PREFIX, Self::BYTES)
            .and_then(|bytes| Self::read(bytes.as_slice().try_into().ok()?))
            .ok_or(MemberCodeError::Unreadable)
    }
}

const EPOCH: Date = date(1970, 1, 1);

fn last_day(days: u32) -> Option<Date> {
    let span = jiff::Span::new().try_days(days).ok()?;
    EPOCH.checked_add(span).ok()
}

/// The bytes of a text with this prefix; none unless there are exactly so many.
pub(super) fn decoded(text: &str, prefix: &str, bytes: usize) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(prefix)?;
    if digits.len() != BASE32HEX_NOPAD.encode_len(bytes) {
        return None;
    }
    BASE32HEX_NOPAD.decode(digits.as_bytes()).ok()
}

pub(crate) fn signed(secret: &[u8; 32], context: &[u8], message: &[u8]) -> [u8; 64] {
    let key = SigningKey::from_bytes(secret);
    key.sign(&[context, message].concat()).to_bytes()
}

/// Strictly: neither a weak key nor a second form of a signature passes.
pub(crate) fn verified(key: CodeKey, context: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(key.bytes()).is_ok_and(|key| {
        let message = [context, message].concat();
        key.verify_strict(&message, &signature).is_ok()
    })
}
