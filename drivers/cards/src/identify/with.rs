//! Which card lies here, and can it prove it with the chain's keys?
//!
//! What speaks ISO 14443-4 is asked for the chain's application at once: only a card of ours has it, and
//! its keys then prove more than GetVersion could, which is left for cards that have it not. Commands, with
//! the only or the newest key version (a copy of a card without its keys sends no more):
//!
//! | card | commands | |
//! |---|---|---|
//! | DESFire | 6 | Select · GetKeyVersion K5 · UID · EV2First K1 (2) · ReadData 01 |
//! | DESFire, random number | 8 | Select · GetKeyVersion K5 · EV2First K5 (2) · GetCardUID · NonFirst K1 (2) · ReadData 01 |
//! | DESFire of others | 5 | Select · UID · GetVersion (3) |
//! | NTAG 424 DNA | 7 | Select, and its own |
//! | Ultralight AES | 5 or 7 | UID · GET_VERSION · three frames (· start and end of a raw session) |
//! | FeliCa Lite-S | 3 or 5 | its own |
//! | other | 4 at most | UID · Select, or GET_VERSION |
//!
//! For the time of a key roll a card that does not name its key version and still has the older one costs
//! two to four commands more (NTAG 424, Ultralight AES).

use tillside_drivers::{CardSession, ReaderError, ReaderErrorCode};
use tillside_keys::{KeyRole, VaultError};

use super::{CardAuthority, CardKind, Identified, kind_of, read_uid};
use crate::atr::AtrHint;
use crate::authenticated::{AuthenticatedIdentity, IdentityError, reader_uid};
use crate::desfire::layout::{self, FILE_MEMBER, MEMBER_BYTES, MemberFile};
use crate::desfire::{Card, CardError, Generation, Mode, Status};
use crate::profile::RawFrame;
use crate::purse::PurseCard;
use crate::raw_channel::RawChannel;
use crate::scheme::Keys;
use crate::{ReaderProfile, Uid, Version, felica, ntag424, ultralight_aes};

const GET_VERSION: [u8; 1] = [0x60];

/// Why a card is an identifier only, where it might have been more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CardNote {
    /// A DESFire card without this chain's application: another chain's, or not issued yet.
    NotOfThisChain,
    /// This till has no key for this kind of card.
    NoKey,
    /// Its keys are of a version that this till has not: an old card, or a till that needs its new keys.
    KeyVersion {
        /// The card's version.
        found: u8,
    },
    /// This reader cannot ask it.
    ReaderCannot,
}

impl CardNote {
    /// What the cashier reads: what happened, and what to do.
    pub const fn cashier_words(self) -> &'static str {
        match self {
            Self::NotOfThisChain => {
                "This is not a card of this shop, so it cannot pay here. Ask for another card or another payment."
            }
            Self::NoKey => {
                "This till cannot check this kind of card. It can collect, and not pay here."
            }
            Self::KeyVersion { .. } => {
                "This card needs a renewal that this till cannot do. It can collect; to pay, send its holder to the service desk."
            }
            Self::ReaderCannot => {
                "This reader cannot check this kind of card. It can collect, and not pay here."
            }
        }
    }
}

/// Identifies the card of `session`, and has it prove itself where the chain's keys can. Without keys it
/// is [`super::identify`]. `random` gives 16 bytes that nobody can predict, new at each call.
///
/// A card that cannot be asked for a proof is found as an identifier with a [`CardNote`]. A card that has
/// our application and fails the proof is an error: its number may be copied.
///
/// # Errors
/// `NotOurs` for wrong keys; `Forged`; `Damaged` for a member file that makes no sense; the reader's and
/// the vault's, as [`super::identify`].
pub fn identify_with(
    session: &mut dyn CardSession,
    keys: Option<&Keys<'_>>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<Identified, IdentityError> {
    let Some(keys) = keys else {
        return Ok(super::identify(session)?);
    };
    match AtrHint::of(session.atr()) {
        AtrHint::Iso14443Part4 => part_4(session, keys, random),
        AtrHint::StorageA { .. } => storage(session, keys, random),
        AtrHint::StorageOther => other_storage(session, keys, random),
    }
}

/// Cards of ISO 14443-4: DESFire, NTAG 424, and others.
fn part_4(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<Identified, IdentityError> {
    match Card::new(session).select(keys.scheme.aid) {
        Ok(()) => desfire(session, keys, random),
        Err(error) if error.status() == Some(Status::NoApplication) => others_desfire(session),
        Err(CardError::Refused { .. } | CardError::NotDesfire { .. }) => {
            let proven = ntag424::identify(session, &keys.chain(), random);
            proven_or_number(session, proven)
        }
        Err(error) => Err(error.into()),
    }
}

/// A card that has our application; it is selected.
fn desfire(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<Identified, IdentityError> {
    let spare = match Card::new(session).key_version(KeyRole::Spare.number()) {
        // Somebody else's application of that name.
        Err(error) if error.status() == Some(Status::NoSuchKey) => 0,
        spare => spare?,
    };
    let version = spare & !layout::SPARE_KEY;
    // Or one that was left half-way at the personalisation desk.
    if version == 0 {
        let plain = number(session, CardKind::Desfire)?;
        return Ok(plain.noted(CardNote::NotOfThisChain));
    }
    let shows_number = spare & layout::SPARE_KEY != 0;
    let found = match shows_number {
        true => {
            let uid = reader_uid(session, 7)?;
            match proves(session, keys, uid, version, random) {
                Err(IdentityError::Keys(VaultError::NotHeld { version, .. })) => {
                    let plain = Identified::number(session, CardKind::Desfire, uid, None);
                    let none = keys.vault.newest(KeyRole::Identify)?.is_none();
                    return Ok(plain.noted(match none {
                        true => CardNote::NoKey,
                        false => CardNote::KeyVersion { found: version },
                    }));
                }
                found => found?,
            }
        }
        false => behind_random_number(session, keys, version, random)?,
    };
    let uid = found.uid;
    let mut identified = Identified::number(session, CardKind::Desfire, uid, None);
    identified.authority = CardAuthority::Authenticated;
    identified.member = Some(found.member.member);
    identified.purse = Some(found);
    Ok(identified)
}

/// The card of that number proves it with its own key.
fn proves(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    uid: Uid,
    version: u8,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<PurseCard, IdentityError> {
    let key = keys.card_key(KeyRole::Identify, version, uid.as_bytes())?;
    let mut card = Card::new(session);
    card.authenticate_first(KeyRole::Identify.number(), key.clone(), random())?;
    member(&mut card, keys, uid, version, &key)
}

/// The chain's key reads the real number, the card's own key proves it, in one session.
fn behind_random_number(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    version: u8,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<PurseCard, IdentityError> {
    let shared = keys.shared_key(KeyRole::CardNumber, version)?;
    let mut card = Card::new(session);
    card.authenticate_first(KeyRole::Spare.number(), shared, random())?;
    let uid = Uid::new(&card.real_uid()?).map_err(|_| ReaderError::Garbled {
        step: "the card's own number",
    })?;
    let key = keys.card_key(KeyRole::Identify, version, uid.as_bytes())?;
    card.authenticate_non_first(KeyRole::Identify.number(), key.clone(), random())?;
    member(&mut card, keys, uid, version, &key)
}

/// Reads file 01 and checks that it is this card's.
fn member(
    card: &mut Card<'_>,
    keys: &Keys<'_>,
    uid: Uid,
    version: u8,
    key: &tillside_keys::CardKey,
) -> Result<PurseCard, IdentityError> {
    let bytes = card.read_data(Mode::Full, FILE_MEMBER, 0, MEMBER_BYTES)?;
    // After a key roll the file still has the tag of the version that it was issued with.
    let member = match MemberFile::issued_with(&bytes) {
        // No card is issued with another: of such a file the tag is wrong.
        Some(issued)
            if issued != version && (1..=layout::KEY_VERSION_HIGHEST).contains(&issued) =>
        {
            let old = keys.card_key(KeyRole::Identify, issued, uid.as_bytes())?;
            MemberFile::read(&bytes, uid.as_bytes(), &old)
        }
        _ => MemberFile::read(&bytes, uid.as_bytes(), key),
    };
    let member = member.map_err(IdentityError::Damaged)?;
    Ok(PurseCard::new(uid, version, member))
}

fn others_desfire(session: &mut dyn CardSession) -> Result<Identified, IdentityError> {
    let uid = read_uid(session)?;
    let kind = match Card::new(session).version() {
        Ok(version) if version.generation() != Generation::Other => CardKind::Desfire,
        Ok(_) | Err(CardError::Refused { .. } | CardError::NotDesfire { .. }) => CardKind::UidOnly,
        Err(error) => return Err(error.into()),
    };
    let plain = Identified::number(session, kind, uid, None);
    Ok(plain.noted(CardNote::NotOfThisChain))
}

/// Storage cards of ISO 14443-A: NTAG21x, Ultralight AES, and others.
fn storage(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<Identified, IdentityError> {
    let way = ReaderProfile::of(session.reader()).raw_frame;
    if way == RawFrame::None {
        return number(session, CardKind::UidOnly);
    }
    let uid = read_uid(session)?;
    // One raw session for the question and the proof: a new one would disturb the card.
    let mut channel = RawChannel::open(session, "Ultralight AES cards")?;
    let version = match channel.exchange(&GET_VERSION)? {
        None => {
            channel.reactivate()?;
            None
        }
        Some(bytes) => Some(Version(bytes.try_into().map_err(|_| {
            ReaderError::Garbled {
                step: "the card's version",
            }
        })?)),
    };
    let kind = kind_of(version);
    if kind != CardKind::UltralightAes {
        drop(channel);
        return Ok(Identified::number(session, kind, uid, version));
    }
    let proven = ultralight_aes::identify_in(&mut channel, &keys.chain(), uid, random);
    drop(channel);
    match proven {
        Ok(proven) => Ok(Identified::proven(session, proven, version)),
        Err(IdentityError::Keys(VaultError::NotHeld { .. })) => {
            let plain = Identified::number(session, kind, uid, version);
            Ok(plain.noted(CardNote::NoKey))
        }
        Err(error) => Err(error),
    }
}

/// Storage cards that are not of ISO 14443-A: FeliCa, and others.
fn other_storage(
    session: &mut dyn CardSession,
    keys: &Keys<'_>,
    random: &mut dyn FnMut() -> [u8; 16],
) -> Result<Identified, IdentityError> {
    let proven = felica::identify(session, &keys.chain(), random);
    proven_or_number(session, proven)
}

/// What was proven; or the bare number of a card that is not of the kind that was asked for.
fn proven_or_number(
    session: &mut dyn CardSession,
    proven: Result<AuthenticatedIdentity, IdentityError>,
) -> Result<Identified, IdentityError> {
    match proven {
        Ok(proven) => Ok(Identified::proven(session, proven, None)),
        Err(IdentityError::Keys(VaultError::NotHeld { .. })) => {
            Ok(number(session, CardKind::UidOnly)?.noted(CardNote::NoKey))
        }
        Err(IdentityError::Reader(error)) => match error.code() {
            ReaderErrorCode::ReaderCannot => {
                Ok(number(session, CardKind::UidOnly)?.noted(CardNote::ReaderCannot))
            }
            ReaderErrorCode::CardRefused | ReaderErrorCode::CardMute | ReaderErrorCode::Garbled => {
                number(session, CardKind::UidOnly)
            }
            _ => Err(error.into()),
        },
        Err(error) => Err(error),
    }
}

fn number(session: &mut dyn CardSession, kind: CardKind) -> Result<Identified, IdentityError> {
    let uid = read_uid(session)?;
    Ok(Identified::number(session, kind, uid, None))
}

impl Identified {
    fn number(
        session: &dyn CardSession,
        kind: CardKind,
        uid: Uid,
        version: Option<Version>,
    ) -> Self {
        Self {
            kind,
            uid,
            version,
            hint: AtrHint::of(session.atr()),
            reader_model: ReaderProfile::of(session.reader()).model,
            member: None,
            purse: None,
            note: None,
            authority: CardAuthority::IdentifierOnly,
        }
    }

    fn proven(
        session: &dyn CardSession,
        proven: AuthenticatedIdentity,
        version: Option<Version>,
    ) -> Self {
        let mut found = Self::number(session, proven.kind, proven.uid, version);
        found.authority = proven.authority();
        found.member = proven.member;
        found
    }

    fn noted(mut self, note: CardNote) -> Self {
        self.note = Some(note);
        self
    }
}

#[cfg(test)]
#[path = "with_tests.rs"]
mod tests;
