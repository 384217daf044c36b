//! MIFARE Ultralight AES: a cheap card with one AES key of its own (data protection key, diversified)
//! and a MAC on every frame after the authentication (CMAC mode). Value is at HQ.
//!
//! Frames are raw ISO 14443-3 frames (the reader adds CRC_A), so it needs a reader that sends those.
//! Source: MF0AES(H)20 data sheet and AN13452. Our layout: CMAC mode on (SEC_CMAC_ENABLE in page 29),
//! the member's number in pages 04 to 07, readable only after authentication with key 00.

mod session;

use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::KeyRole;

use crate::authenticated::{AuthenticatedIdentity, ChainKeys, IdentityError, reader_uid};
use crate::raw_channel::RawChannel;
use crate::{CardKind, Uid};
use session::{Authentication, MacSession};

/// The first page of the member's number.
pub const MEMBER_PAGE: u8 = 0x04;
/// The data protection key's number.
const KEY_NUMBER: u8 = 0x00;
const AUTHENTICATE: u8 = 0x1A;
const READ: u8 = 0x30;
const READ_STEP: &str = "the member's pages";

/// Proves who the card of `session` is. `random` gives 16 bytes that nobody can predict, new at each
/// call.
///
/// # Errors
/// `Reader(ReaderCannot)` on a reader that sends no raw frames; `NotOurs` for a card with other keys
/// (a copied UID); `Forged` for an answer without a good MAC; the reader's and the vault's.
pub fn identify(
    session: &mut dyn CardSession,
    keys: &ChainKeys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<AuthenticatedIdentity, IdentityError> {
    let uid = reader_uid(session, 7)?;
    let mut channel = RawChannel::open(session, "Ultralight AES cards")?;
    identify_in(&mut channel, keys, uid, random)
}

/// As [`identify`], for a card whose number is known, over frames that are open already.
pub(crate) fn identify_in(
    channel: &mut RawChannel<'_>,
    keys: &ChainKeys<'_>,
    uid: Uid,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<AuthenticatedIdentity, IdentityError> {
    let versions = keys.versions(KeyRole::UltralightData)?;
    for (tried, version) in versions.into_iter().enumerate() {
        if tried > 0 {
            channel.reactivate()?;
        }
        if let Some(mac) = authenticate(channel, keys, version, &uid, random())? {
            let member = read_member(channel, mac)?;
            let kind = CardKind::UltralightAes;
            return Ok(AuthenticatedIdentity::new(kind, uid, member, version));
        }
    }
    Err(IdentityError::NotOurs)
}

/// Both passes with the key of `version`; `None` if the card refused or proved another key.
fn authenticate(
    channel: &mut RawChannel<'_>,
    keys: &ChainKeys<'_>,
    version: u8,
    uid: &Uid,
    random: [u8; 16],
) -> Result<Option<MacSession>, IdentityError> {
    let key = keys.card_key(KeyRole::UltralightData, version, uid.as_bytes())?;
    let Some(first) = channel.exchange(&[AUTHENTICATE, KEY_NUMBER])? else {
        let step = "authentication";
        return Err(ReaderError::CardMute { step }.into());
    };
    let (authentication, second) =
        Authentication::answer(key, random, &first).ok_or(ReaderError::Garbled {
            step: "authentication",
        })?;
    let proof = channel.exchange(&second)?;
    Ok(proof.and_then(|proof| authentication.finish(&proof)))
}

fn read_member(
    channel: &mut RawChannel<'_>,
    mut mac: MacSession,
) -> Result<[u8; 16], IdentityError> {
    let frame = mac.command(&[READ, MEMBER_PAGE]);
    let answer = channel.exchange(&frame)?;
    let answer = answer.ok_or(ReaderError::CardMute { step: READ_STEP })?;
    let forged = IdentityError::Forged { step: READ_STEP };
    let data = mac.response(&answer).ok_or(forged)?;
    <[u8; 16]>::try_from(data).map_err(|_| IdentityError::Forged { step: READ_STEP })
}

#[cfg(test)]
pub(crate) mod tests;
