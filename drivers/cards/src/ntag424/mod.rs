//! NTAG 424 DNA: at the till by AuthenticateEV2First with the card's own key, and on a phone by the
//! signed page it mirrors ([`sdm`]). Value is at HQ.
//!
//! The protocol is that of the crate `ntag424`, which is proven with NXP's vectors; here are our
//! layout, our keys and our words. Our layout: application key 1 is the till's
//! ([`KeyRole::NtagIdentify`]), and the first 16 bytes of file 03, in full mode, are the member's
//! number.

pub mod sdm;
mod transport;

use ntag424::types::{CommMode, File, KeyNumber, ResponseStatus};
use ntag424::{AuthenticatedSession, Session, SessionError};
use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::KeyRole;

use crate::authenticated::{AuthenticatedIdentity, ChainKeys, IdentityError, reader_uid};
use crate::{CardKind, Uid};
use transport::{Apdus, now};

/// The application key that a till proves a card with.
pub const TILL_KEY: u8 = 0x01;
/// The file whose first 16 bytes are the member's number.
pub const MEMBER_FILE: u8 = 0x03;

/// Proves who the card of `session` is: six APDUs. `random` gives 16 bytes that nobody can predict,
/// new at each call.
///
/// # Errors
/// `NotOurs` for a card with other keys (a copied UID); `Forged` for an answer without a good MAC;
/// `Reader(RandomIdentity)` for a card that hides its number; the reader's and the vault's.
pub fn identify(
    session: &mut dyn CardSession,
    keys: &ChainKeys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<AuthenticatedIdentity, IdentityError> {
    let versions = keys.versions(KeyRole::NtagIdentify)?;
    let uid = reader_uid(session, 7)?;
    let mut apdus = Apdus::new(session);
    for version in versions {
        let key = keys.card_key(KeyRole::NtagIdentify, version, uid.as_bytes())?;
        let opened = now(Session::default().authenticate_aes(
            &mut apdus,
            KeyNumber::Key1,
            key.bytes(),
            random(),
        ));
        match opened.map_err(|error| apdus.reason(error, "authentication")) {
            Ok(proven) => {
                let member = read(&mut apdus, proven, &uid)?;
                let kind = CardKind::Ntag424;
                return Ok(AuthenticatedIdentity::new(kind, uid, member, version));
            }
            Err(IdentityError::NotOurs) => {}
            Err(error) => return Err(error),
        }
    }
    Err(IdentityError::NotOurs)
}

/// The real UID, which has to be the one the reader saw, and the member's number.
fn read(
    apdus: &mut Apdus<'_>,
    proven: impl AuthenticatedSession,
    uid: &Uid,
) -> Result<[u8; 16], IdentityError> {
    const STEP: &str = "the member's number";
    let number = now(proven.get_uid(apdus));
    let (number, proven) = number.map_err(|error| apdus.reason(error, "the card's own number"))?;
    if number != uid.as_bytes() {
        return Err(IdentityError::Forged {
            step: "the card's own number",
        });
    }
    let mut member = [0; 16];
    let reading =
        proven.read_file_with_mode(apdus, File::Proprietary, 0, 16, CommMode::Full, &mut member);
    // It fails unless the card gives the 16 bytes that were asked for.
    match now(reading) {
        Ok(_) => Ok(member),
        Err(error) => Err(apdus.reason(error, STEP)),
    }
}

/// Whether NXP made the chip with this UID: it reads the originality signature (ECDSA P-224 over the
/// UID) and checks it with NXP's public key. It says nothing about whose card it is.
///
/// # Errors
/// `Forged` if the signature is not NXP's; the reader's.
pub fn verify_originality(
    session: &mut dyn CardSession,
    uid: &[u8; 7],
) -> Result<(), IdentityError> {
    let mut apdus = Apdus::new(session);
    let verified = now(Session::default().verify_originality(&mut apdus, uid));
    verified.map_err(|error| apdus.reason(error, "the maker's signature"))
}

impl Apdus<'_> {
    /// Our word for what went wrong at `step`.
    fn reason(&self, error: SessionError<ReaderError>, step: &'static str) -> IdentityError {
        match error {
            SessionError::Transport(error) => error.into(),
            SessionError::ErrorResponse(ResponseStatus::AuthenticationError)
            | SessionError::AuthenticationMismatch => IdentityError::NotOurs,
            SessionError::ErrorResponse(_) => {
                let status = self.status();
                ReaderError::CardRefused { step, status }.into()
            }
            SessionError::ResponseMacMismatch | SessionError::OriginalityVerificationFailed(_) => {
                IdentityError::Forged { step }
            }
            _ => ReaderError::Garbled { step }.into(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
