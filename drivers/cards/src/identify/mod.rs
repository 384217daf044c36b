//! Which card lies here? [`identify`] asks without keys, [`identify_with`] has it prove itself.

mod with;

pub use with::{CardNote, identify_with};

use serde::{Deserialize, Serialize};
use tillside_drivers::{CardSession, ReaderError};

use crate::atr::AtrHint;
use crate::profile::ReaderProfile;
use crate::purse::PurseCard;
use crate::raw_frame::{self, Reply};
use crate::uid::{Uid, UidError};

/// Commands that one identification sends, at most. (The longest way takes four.)
pub const IDENTIFY_APDU_LIMIT: usize = 8;

/// GET DATA, UID (PC/SC part 3).
const GET_UID: [u8; 5] = [0xFF, 0xCA, 0x00, 0x00, 0x00];
/// GET_VERSION (NTAG213/215/216 data sheet, 10.1).
const GET_VERSION: u8 = 0x60;

/// What the card is, as far as it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CardKind {
    /// NTAG213, 144 bytes.
    Ntag213,
    /// NTAG215, 504 bytes.
    Ntag215,
    /// NTAG216, 888 bytes.
    Ntag216,
    /// NTAG 424 DNA.
    Ntag424,
    /// MIFARE Ultralight AES.
    UltralightAes,
    /// FeliCa Lite-S.
    FelicaLiteS,
    /// MIFARE DESFire EV2 or EV3.
    Desfire,
    /// Anything else that shows a UID: MIFARE Classic, other tags, cards not asked further.
    UidOnly,
}

/// What a card may do at the till.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CardAuthority {
    /// A number that can be copied: it may earn, and spends nothing without another factor.
    IdentifierOnly,
    /// It proved with this chain's key that it is the card it says it is.
    Authenticated,
}

/// The eight bytes of GET_VERSION.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Version(pub [u8; 8]);

/// An identified card.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identified {
    /// What it is.
    pub kind: CardKind,
    /// Its number.
    pub uid: Uid,
    /// What it said about itself; `None` if it said nothing, or could not be asked.
    pub version: Option<Version>,
    /// What the ATR hinted at.
    pub hint: AtrHint,
    /// The model of the reader it lies on.
    pub reader_model: &'static str,
    /// The member it was issued to, if it proved that.
    pub member: Option<[u8; 16]>,
    /// Its purse, if it proved to have one.
    pub purse: Option<PurseCard>,
    /// Why it is an identifier only, where it might have been more.
    pub note: Option<CardNote>,
    authority: CardAuthority,
}

impl Identified {
    /// What this card may do.
    pub const fn authority(&self) -> CardAuthority {
        self.authority
    }
}

/// Identifies the card of `session` by UID and GET_VERSION, with at most
/// [`IDENTIFY_APDU_LIMIT`] commands.
///
/// # Errors
/// `RandomIdentity` for a card that shows a new UID each time; `CardGone`, `CardMute`, `Garbled`
/// or `CardRefused` if it could not be read.
pub fn identify(session: &mut dyn CardSession) -> Result<Identified, ReaderError> {
    let profile = ReaderProfile::of(session.reader());
    let hint = AtrHint::of(session.atr());
    let uid = read_uid(session)?;
    let version = if hint.allows_raw_frame() {
        ask_version(session, profile)?
    } else {
        None
    };
    Ok(Identified {
        kind: kind_of(version),
        uid,
        version,
        hint,
        reader_model: profile.model,
        member: None,
        purse: None,
        note: None,
        authority: CardAuthority::IdentifierOnly,
    })
}

fn read_uid(session: &mut dyn CardSession) -> Result<Uid, ReaderError> {
    const STEP: &str = "the card's number";
    let bytes = raw_frame::data(session.transmit(&GET_UID)?, STEP)?;
    Uid::new(&bytes).map_err(|error| match error {
        UidError::Random => ReaderError::RandomIdentity,
        _ => ReaderError::Garbled { step: STEP },
    })
}

/// `None` if the card does not know the command, or the reader cannot send it.
fn ask_version(
    session: &mut dyn CardSession,
    profile: &ReaderProfile,
) -> Result<Option<Version>, ReaderError> {
    match raw_frame::exchange(session, profile.raw_frame, &[GET_VERSION])? {
        None => Ok(None),
        Some(Reply::Silence) => {
            raw_frame::reactivate(session, profile.raw_frame)?;
            Ok(None)
        }
        Some(Reply::Data(bytes)) => match <[u8; 8]>::try_from(bytes.as_slice()) {
            Ok(version) => Ok(Some(Version(version))),
            // A NAK that the reader hands through has four bits, so one byte.
            Err(_) if bytes.len() == 1 => {
                raw_frame::reactivate(session, profile.raw_frame)?;
                Ok(None)
            }
            Err(_) => Err(ReaderError::Garbled {
                step: "the card's version",
            }),
        },
    }
}

/// NTAG data sheet, table of GET_VERSION: vendor 04 (NXP), type 04 (NTAG), subtype 02 (50 pF),
/// version 1.0, storage size, protocol 03.
fn kind_of(version: Option<Version>) -> CardKind {
    match version {
        Some(Version([0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x0F, 0x03])) => CardKind::Ntag213,
        Some(Version([0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x11, 0x03])) => CardKind::Ntag215,
        Some(Version([0x00, 0x04, 0x04, 0x02, 0x01, 0x00, 0x13, 0x03])) => CardKind::Ntag216,
        // MF0AES(H)20: type 03 (Ultralight), version 4.0; both antenna sizes. (unverified) on a chip.
        Some(Version([0x00, 0x04, 0x03, _, 0x04, 0x00, 0x0F, 0x03])) => CardKind::UltralightAes,
        _ => CardKind::UidOnly,
    }
}

#[cfg(test)]
mod tests;
