//! FeliCa Lite-S: an identity that a MAC proves (internal authentication with MAC_A). Value is at HQ.
//!
//! One challenge, one read: a random RC is written, then the blocks ID, CKV, S_PAD0 and MAC_A are read
//! together. The key is the card's own (CK, diversified by IDm), of the version that CKV names. DES is
//! old, and the chip knows nothing newer: a card of this kind identifies, and never holds value.
//!
//! Frames go through a PN532 (InCommunicateThru) or a transparent session, each with its length byte
//! first; the reader has found the card already and adds the check sum. Whether a reader's transparent
//! session needs to be switched to FeliCa first is (unverified).
//! Our layout: S_PAD0 holds the member's number, CKV the key version in its first byte.

mod frame;
mod mac;

use tillside_drivers::{CardSession, ReaderError};
use tillside_keys::{KeyRole, same_mac};

use crate::CardKind;
use crate::authenticated::{AuthenticatedIdentity, ChainKeys, IdentityError, reader_uid};
use crate::raw_channel::RawChannel;

/// Block S_PAD0: the member's number.
pub const MEMBER_BLOCK: u8 = 0x00;
/// Block RC: the challenge. Write only.
pub const CHALLENGE_BLOCK: u8 = 0x80;
/// Block ID: IDm in the first 8 bytes.
pub const ID_BLOCK: u8 = 0x82;
/// Block CKV: the version of the card key.
pub const KEY_VERSION_BLOCK: u8 = 0x86;
/// Block MAC_A, in its first 8 bytes. Read last, it proves the blocks before it.
pub const MAC_A_BLOCK: u8 = 0x91;

const READ: [u8; 4] = [ID_BLOCK, KEY_VERSION_BLOCK, MEMBER_BLOCK, MAC_A_BLOCK];
const STEP: &str = "the card's blocks";

/// Proves who the card of `session` is. `random` gives 16 bytes that nobody can predict.
///
/// # Errors
/// `Reader(ReaderCannot)` on a reader that sends no raw frames; `NotOurs` for a card with another
/// key; `Forged` for an answer that is not the card's; the reader's and the vault's (`NotHeld` for a
/// key version that this till has not).
pub fn identify(
    session: &mut dyn CardSession,
    keys: &ChainKeys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<AuthenticatedIdentity, IdentityError> {
    let uid = reader_uid(session, 8)?;
    let number = *uid.as_bytes().first_chunk().ok_or(garbled())?;
    let challenge = random();
    let read = exchange(session, &number, &challenge)?;
    let (data, mac) = read.split_last_chunk::<16>().ok_or(garbled())?;
    let [id, version, member] = blocks(data).ok_or(garbled())?;
    // The rest of CKV is not used: a version we do not write is none of ours.
    if version[1..].iter().any(|byte| *byte != 0) {
        return Err(IdentityError::NotOurs);
    }
    let key = keys.card_key(KeyRole::FelicaCard, version[0], &number)?;
    let expected = mac::Session::new(&key, &challenge).of_read(&READ, data);
    if !same_mac(&mac[..8], &expected) {
        return Err(IdentityError::NotOurs);
    }
    if id[..8] != number {
        return Err(IdentityError::Forged { step: STEP });
    }
    let kind = CardKind::FelicaLiteS;
    Ok(AuthenticatedIdentity::new(kind, uid, member, version[0]))
}

/// Writes the challenge and reads the four blocks.
fn exchange(
    session: &mut dyn CardSession,
    number: &[u8; 8],
    challenge: &[u8; 16],
) -> Result<Vec<u8>, ReaderError> {
    let mut channel = RawChannel::open(session, "FeliCa cards")?;
    let mute = || ReaderError::CardMute { step: STEP };
    let answer = channel.exchange(&frame::write(number, CHALLENGE_BLOCK, challenge))?;
    frame::written(number, &answer.ok_or_else(mute)?)?;
    let answer = channel.exchange(&frame::read(number, &READ))?;
    frame::data(number, READ.len(), &answer.ok_or_else(mute)?)
}

fn blocks(data: &[u8]) -> Option<[[u8; 16]; 3]> {
    match data.as_chunks::<16>() {
        ([first, second, third], []) => Some([*first, *second, *third]),
        _ => None,
    }
}

fn garbled() -> ReaderError {
    ReaderError::Garbled { step: STEP }
}

#[cfg(test)]
pub(crate) mod tests;
