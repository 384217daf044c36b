//! Making a card the chain's: from a factory-fresh DESFire EV2 or EV3, or from one that was torn half-way,
//! to the application of [`crate::desfire::layout`] with the card's own keys.
//!
//! Every step looks first and does only what is missing, and every step but the member file is atomic in
//! the card. So a tear at any command leaves a card that the next run finishes; a run on a finished card
//! changes nothing and says so ([`IssuedCard::changes`] is 0). Nothing is ever deleted.
//!
//! Order: application (its keys are the factory's) · K0 · K1 to K4 · files 01, 02, 04, 05 · member file written,
//! then closed · file 0F · the card's own master key · its settings · K5 · random number. K0 comes first so that
//! from then on only the chain can go on with the card. K5 comes last because tills read its version first:
//! until then the card is none of ours to them. The card's master key is changed late, so that a card that
//! cannot be finished is not lost.

mod application;
mod error;
mod picc;
mod renew;

pub use error::IssueError;
pub use renew::renew;

use tillside_drivers::CardSession;
use tillside_keys::KeyRole;

use crate::Uid;
use crate::desfire::layout::{CardDay, FILE_MEMBER, KEY_VERSION_HIGHEST, MEMBER_BYTES, MemberFile};
use crate::desfire::{Card, CardError, Generation, Mode, Status, VersionedKey};
use crate::purse::PurseCard;
use crate::scheme::Keys;

/// The card itself, as an application.
const PICC: [u8; 3] = [0; 3];
/// The longest system identifier: see `Diversification`.
const SYSTEM_ID: std::ops::RangeInclusive<usize> = 5..=17;

/// What a card is to become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IssueOrder {
    /// Whose. Not zeros.
    pub member: [u8; 16],
    /// The day of issue.
    pub issued: CardDay,
    /// The last day on which it may be used.
    pub expires: CardDay,
    /// Whether the card shows another number at each tap to everybody else. It cannot be undone.
    pub random_id: bool,
}

/// A step that was done, for the progress on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum IssueStep {
    /// The application was made.
    Application,
    /// This key of the application is the chain's now.
    Key(u8),
    /// This file was made.
    File(u8),
    /// The member file was written.
    Member,
    /// The member file was closed.
    MemberClosed,
    /// The card's master key is the chain's now.
    CardKey,
    /// The card's settings are the chain's now.
    CardSettings,
    /// The card shows a random number from now on.
    RandomNumber,
    /// All keys of the application were rolled, in one step.
    Rolled,
}

/// A card that is the chain's: what HQ must know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct IssuedCard {
    /// The card, to open its purse with.
    pub card: PurseCard,
    /// Whether it is an EV2 or an EV3.
    pub generation: Generation,
    /// How many steps were done. 0: it was ours already, and nothing was changed.
    pub changes: u32,
}

/// Makes the card of `session` the chain's, or finishes it. The vault must hold the keys Master, Identify,
/// Pay, TopUp, Administer, Picc and TransactionMac in the scheme's version, and Spare, or CardNumber for a
/// random number. `done` hears of every step. About 60 commands.
///
/// # Errors
/// `Foreign`, `AnotherMember`, `KeyVersion`, `NotDesfire`… as [`IssueError`] says; after any error hold the
/// same card again: what is done stays done.
pub fn issue(
    session: &mut dyn CardSession,
    keys: Keys<'_>,
    order: &IssueOrder,
    random: &mut dyn FnMut() -> [u8; 16],
    done: &mut dyn FnMut(IssueStep),
) -> Result<IssuedCard, IssueError> {
    let (mut desk, generation) = Desk::open(session, keys, order, random, done)?;
    desk.application()?;
    let member = desk.proof()?;
    desk.finish_card()?;
    desk.last_key()?;
    desk.hide_number()?;
    desk.issued(member, generation)
}

fn check(keys: Keys<'_>, order: &IssueOrder) -> Result<(), IssueError> {
    let scheme = keys.scheme;
    let what = if !(1..=KEY_VERSION_HIGHEST).contains(&scheme.key_version) {
        "key version"
    } else if !(1..=i64::from(i32::MAX)).contains(&scheme.cap) {
        "cap"
    } else if scheme.log_records == 0 {
        "length of the log"
    } else if !scheme.currency.iter().all(u8::is_ascii_uppercase) {
        "currency"
    } else if !SYSTEM_ID.contains(&scheme.system_id.len()) {
        "system identifier"
    } else if scheme.aid == PICC {
        "application identifier"
    } else if order.member == [0; 16] {
        "member"
    } else if order.expires < order.issued {
        "last day"
    } else {
        return Ok(());
    };
    Err(IssueError::Order { what })
}

/// One run: the card, what it is to become, and how much was done.
struct Desk<'a, 's> {
    card: Card<'s>,
    keys: Keys<'a>,
    order: &'a IssueOrder,
    random: &'a mut dyn FnMut() -> [u8; 16],
    done: &'a mut dyn FnMut(IssueStep),
    /// The real number.
    uid: [u8; 7],
    changes: u32,
}

impl<'a, 's> Desk<'a, 's> {
    /// Looks at the chip.
    fn open(
        session: &'s mut dyn CardSession,
        keys: Keys<'a>,
        order: &'a IssueOrder,
        random: &'a mut dyn FnMut() -> [u8; 16],
        done: &'a mut dyn FnMut(IssueStep),
    ) -> Result<(Self, Generation), IssueError> {
        check(keys, order)?;
        let mut card = Card::new(session);
        card.select(PICC)?;
        let version = card.version()?;
        let (generation, hardware) = (version.generation(), version.hardware);
        if generation == Generation::Other {
            return Err(IssueError::NotSupported { hardware });
        }
        let desk = Self {
            card,
            keys,
            order,
            random,
            done,
            uid: version.uid,
            changes: 0,
        };
        Ok((desk, generation))
    }

    fn issued(&self, member: MemberFile, generation: Generation) -> Result<IssuedCard, IssueError> {
        let uid = Uid::new(&self.uid).map_err(|_| IssueError::NoNumber)?;
        Ok(IssuedCard {
            card: PurseCard::new(uid, self.keys.scheme.key_version, member),
            generation,
            changes: self.changes,
        })
    }

    fn did(&mut self, step: IssueStep) {
        self.changes = self.changes.saturating_add(1);
        (self.done)(step);
    }

    /// The card's key for `role`, in the scheme's version.
    fn key(&self, role: KeyRole) -> Result<VersionedKey, IssueError> {
        self.key_of(role, self.keys.scheme.key_version)
    }

    fn key_of(&self, role: KeyRole, version: u8) -> Result<VersionedKey, IssueError> {
        let key = match role {
            KeyRole::CardNumber => self.keys.shared_key(role, version),
            _ => self.keys.card_key(role, version, &self.uid),
        };
        let key = key.map_err(CardError::from)?;
        Ok(VersionedKey { key, version })
    }

    /// Reads the member file as a till does: the whole chain of keys, in use.
    fn proof(&mut self) -> Result<MemberFile, IssueError> {
        let VersionedKey { key, version } = self.key(KeyRole::Identify)?;
        let random = (self.random)();
        self.card.select(self.keys.scheme.aid)?;
        let number = KeyRole::Identify.number();
        self.card.authenticate_first(number, key.clone(), random)?;
        let bytes = self
            .card
            .read_data(Mode::Full, FILE_MEMBER, 0, MEMBER_BYTES)?;
        let file = MemberFile::read(&bytes, &self.uid, &key);
        let file = file.map_err(CardError::from)?;
        if file.member != self.order.member {
            return Err(IssueError::AnotherMember {
                member: file.member,
            });
        }
        if file.key_version != version {
            return Err(IssueError::KeyVersion {
                found: file.key_version,
            });
        }
        if file.currency != self.keys.scheme.currency {
            return Err(IssueError::Foreign { what: "currency" });
        }
        Ok(file)
    }
}

/// The card has an application or a key that answers to none of ours.
fn foreign(error: CardError, what: &'static str) -> IssueError {
    match error {
        CardError::WrongKey { .. } => IssueError::Foreign { what },
        error => error.into(),
    }
}

/// Whether the card said that a key or a right is missing.
fn is_locked(status: Option<Status>) -> bool {
    matches!(status, Some(Status::Authentication | Status::Permission))
}

#[cfg(test)]
mod tests;
