//! The code that a member's phone shows: signed, for one till, good for a minute, counted once.
//!
//! The phone holds a device key (Ed25519) that never leaves it. HQ certifies it ([`DeviceCertificate`]):
//! whose it is, and until which day. A code is
//!
//! ```text
//! certificate 116 ‖ audience 16 ‖ issued at 4 (seconds since 1970) ‖ nonce 8 ‖ the device's signature 64
//! ```
//!
//! as `TSM1` and base 32 (RFC 4648's extended hex alphabet, without padding), which a QR code holds in
//! its alphanumeric mode. The audience is the till as its sticker names it ([`TillSticker`]): store, lane
//! and the terminal's mark, since two terminals of a store may have lanes of one name. The phone scans
//! the sticker, or its holder types it.
//!
//! **The bound.** At another till a code is never accepted: it is signed for its audience. At its own
//! till it is accepted at most once, and only from [`MEMBER_CODE_SKEW_S`] before it was issued until
//! [`MEMBER_CODE_LIFE_S`] + [`MEMBER_CODE_SKEW_S`] after, by that till's clock: whoever photographs it
//! has those three minutes, at that till, before its holder uses it. A till that keeps the nonces it
//! has seen for that long needs no line for any of this.
//!
//! A printed barcode is no such code: it stays an identifier ([`crate::CardIdentity`]). Keeping nonces
//! is left to `tillside-store`, showing codes to the phone.

mod certificate;
mod sticker;

pub use certificate::*;
pub use sticker::*;

use crate::{CodeKey, Hash, MemberCodeSheet, MemberId, Now, Timestamp};
pub(crate) use certificate::{signed, verified};
use jiff::civil::Date;

/// How long a code is good for, in seconds.
pub const MEMBER_CODE_LIFE_S: i64 = 60;
/// How far a phone's clock and a till's may be apart, in seconds.
pub const MEMBER_CODE_SKEW_S: i64 = 120;
/// What a code begins with.
pub const MEMBER_CODE_PREFIX: &str = "TSM1";
/// Bytes under the device's signature.
const SIGNED: usize = DeviceCertificate::BYTES + 16 + 4 + 8;
/// Bytes of a code.
const BYTES: usize = SIGNED + 64;
/// What the device signs begins with: no other signature can be taken for this one.
const CONTEXT: &[u8] = b"tillside member code 1\0";

/// One code, read but not yet believed: [`MemberCode::check`] it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberCode {
    certificate: DeviceCertificate,
    audience: [u8; 16],
    issued: u32,
    nonce: [u8; 8],
    signature: [u8; 64],
}

/// Why a code does not name a member here. The words are the cashier's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemberCodeError {
    /// Not a code, or not whole.
    #[error("This code cannot be read. Ask the shopper to show it again, larger and brighter.")]
    Unreadable,
    /// The bundle in force names no keys.
    #[error("This store does not take codes from phones. Ask for the card.")]
    NotTaken,
    /// None of HQ's keys certified the phone.
    #[error("This phone is not registered with this chain. Ask for the card.")]
    UnknownPhone,
    /// HQ took the certificate back: the phone was lost, or is another's by now.
    #[error("This phone's registration was taken back. Ask for the card.")]
    PhoneRevoked,
    /// The certificate ended.
    #[error("This phone's registration ended on {on}. Ask the shopper to register it anew.")]
    PhoneExpired {
        /// Its last day.
        on: Date,
    },
    /// The device did not sign it.
    #[error("This code is not genuine. Ask for the card.")]
    Forged,
    /// It was made for another till.
    #[error("This code was made for another till. Ask the shopper for a new one for this till.")]
    OtherTill,
    /// Its time is over.
    #[error("This code is too old. Ask the shopper for a fresh one.")]
    TooOld,
    /// It was made later than now.
    #[error(
        "The clocks of the phone and of this till are far apart. Ask the shopper to correct the phone's clock, or for the card."
    )]
    TooEarly,
    /// It was accepted here before.
    #[error("This code was used already. Ask the shopper for a fresh one.")]
    Used,
    /// The key is not the one that was certified, or the moment is beyond what a code can say.
    #[error("This phone cannot make a code. Register it anew.")]
    CannotIssue,
}

impl MemberCodeError {
    /// The kind, for programs: stable, snake case.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "code_unreadable",
            Self::NotTaken => "code_not_taken",
            Self::UnknownPhone => "code_unknown_phone",
            Self::PhoneRevoked => "code_phone_revoked",
            Self::PhoneExpired { .. } => "code_phone_expired",
            Self::Forged => "code_forged",
            Self::OtherTill => "code_other_till",
            Self::TooOld => "code_too_old",
            Self::TooEarly => "code_too_early",
            Self::Used => "code_used",
            Self::CannotIssue => "code_cannot_issue",
        }
    }

    /// Whether a fresh code of the same phone can do better.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Unreadable | Self::OtherTill | Self::TooOld | Self::Used
        )
    }
}

impl MemberCode {
    /// What a phone shows at `issued`, for one till. `nonce` is by chance, and never twice the same.
    ///
    /// # Errors
    /// [`MemberCodeError::CannotIssue`] if `device_secret` is not the certified key's, or `issued` is
    /// before 1970 or after 2106.
    pub fn issue(
        device_secret: &[u8; 32],
        certificate: DeviceCertificate,
        till: &TillSticker,
        issued: Timestamp,
        nonce: [u8; 8],
    ) -> Result<Self, MemberCodeError> {
        let seconds = u32::try_from(issued.0.div_euclid(1_000));
        let issued = seconds.map_err(|_| MemberCodeError::CannotIssue)?;
        if CodeKey::of_secret(device_secret) != certificate.device() {
            return Err(MemberCodeError::CannotIssue);
        }
        let mut code = Self {
            certificate,
            audience: till.audience(),
            issued,
            nonce,
            signature: [0; 64],
        };
        code.signature = signed(device_secret, CONTEXT, &code.bytes()[..SIGNED]);
        Ok(code)
    }

    /// The member whose phone it is, if the code counts at this till, now.
    ///
    /// `seen` is whether this till accepted a code with this [`MemberCode::nonce`] before; a till that
    /// accepts it must keep that before it acts on it.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check(
        &self,
        sheet: &MemberCodeSheet,
        till: &TillSticker,
        now: Now,
        seen: bool,
    ) -> Result<MemberId, MemberCodeError> {
        let member = self.certificate.check(sheet, now.date)?;
        let message = &self.bytes()[..SIGNED];
        if !verified(self.certificate.device(), CONTEXT, message, &self.signature) {
            return Err(MemberCodeError::Forged);
        }
        if self.audience != till.audience() {
            return Err(MemberCodeError::OtherTill);
        }
        let age = now.at.0.div_euclid(1_000) - i64::from(self.issued);
        if age > MEMBER_CODE_LIFE_S + MEMBER_CODE_SKEW_S {
            return Err(MemberCodeError::TooOld);
        }
        if age < -MEMBER_CODE_SKEW_S {
            return Err(MemberCodeError::TooEarly);
        }
        match seen {
            true => Err(MemberCodeError::Used),
            false => Ok(member),
        }
    }

    /// By what a till knows the code again: the hash of the device's key and the nonce.
    pub fn nonce(&self) -> Hash {
        let mut bytes = self.certificate.device().bytes().to_vec();
        bytes.extend(self.nonce);
        Hash::of(&bytes)
    }

    /// When it was made, by the phone's clock.
    pub fn issued(&self) -> Timestamp {
        Timestamp(i64::from(self.issued) * 1_000)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend(self.certificate.bytes());
        bytes.extend(self.audience);
        bytes.extend(self.issued.to_be_bytes());
        bytes.extend(self.nonce);
        bytes.extend(self.signature);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (certificate, rest) = bytes.split_first_chunk()?;
        let (audience, rest) = rest.split_first_chunk()?;
        let (issued, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        Some(Self {
            certificate: DeviceCertificate::read(certificate)?,
            audience: *audience,
            issued: u32::from_be_bytes(*issued),
            nonce: *nonce,
            signature: rest.try_into().ok()?,
        })
    }
}

impl std::fmt::Display for MemberCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(MEMBER_CODE_PREFIX)?;
        f.write_str(&data_encoding::BASE32HEX_NOPAD.encode(&self.bytes()))
    }
}

impl std::str::FromStr for MemberCode {
    type Err = MemberCodeError;

    /// Reads exactly what [`MemberCode`] writes: one text a code.
    fn from_str(text: &str) -> Result<Self, MemberCodeError> {
        certificate::decoded(text, MEMBER_CODE_PREFIX, BYTES)
            .and_then(|bytes| Self::read(&bytes))
            .ok_or(MemberCodeError::Unreadable)
    }
}
