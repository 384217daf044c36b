//! New keys on an issued card: the second key set is filled, and becomes the active one in one step, so that
//! a tear leaves all the old keys or all the new ones. Then the member file gets its tag under the new key, and
//! the card's own master key follows. What is done already is not done again.
//!
//! The key under the transaction MACs stays: the card cannot change it without losing its counter. HQ keeps
//! the version that a card was issued with.
//!
//! Two facts are (unverified), and here only: the set that is not in use has the number [`OTHER_SET`], and after
//! InitializeKeySet it holds the active keys (an open client library says so; where the card says no to
//! that, the factory's are tried).

use tillside_drivers::CardSession;
use tillside_keys::{CardKey, KeyRole};

use super::{Desk, IssueError, IssueOrder, IssueStep, IssuedCard, PICC, foreign};
use crate::desfire::layout::{
    FILE_MEMBER, MEMBER, MEMBER_BYTES, MEMBER_OPEN, MemberFile, SPARE_KEY,
};
use crate::desfire::{CardError, FACTORY_KEY, Mode, Status, VersionedKey};
use crate::scheme::Keys;

/// The key set that is not in use.
const OTHER_SET: u8 = 1;
/// The card's master key, of type AES, in ChangeKey.
const MASTER_KEY_AES: u8 = 0x80;
const ROLES: [KeyRole; 6] = [
    KeyRole::Master,
    KeyRole::Identify,
    KeyRole::Pay,
    KeyRole::TopUp,
    KeyRole::Administer,
    KeyRole::Spare,
];

/// Rolls the keys of an issued card to the scheme's version. `order` says what HQ knows of the card; the vault
/// holds the old keys and the new ones. About 60 commands.
///
/// # Errors
/// As [`super::issue`]; `KeyVersion` with 0 for a card that was never issued. After any error hold the same card
/// again.
pub fn renew(
    session: &mut dyn CardSession,
    keys: Keys<'_>,
    order: &IssueOrder,
    random: &mut dyn FnMut() -> [u8; 16],
    done: &mut dyn FnMut(IssueStep),
) -> Result<IssuedCard, IssueError> {
    let (mut desk, generation) = Desk::open(session, keys, order, random, done)?;
    let old = desk.version_of_number_key()?;
    if old != keys.scheme.key_version {
        // Whose it is, before anything is changed.
        desk.closed_file_is_new(old)?;
        desk.roll(old)?;
    }
    desk.renew_member_file()?;
    let member = desk.proof()?;
    desk.renew_card_key()?;
    desk.issued(member, generation)
}

impl Desk<'_, '_> {
    /// The card's key version; and its number, where it hides that.
    fn version_of_number_key(&mut self) -> Result<u8, IssueError> {
        self.card
            .select(self.keys.scheme.aid)
            .map_err(|error| match error.status() {
                Some(Status::NoApplication) => IssueError::KeyVersion { found: 0 },
                _ => error.into(),
            })?;
        let spare = self.card.key_version(KeyRole::Spare.number())?;
        if spare == 0 {
            return Err(IssueError::KeyVersion { found: 0 });
        }
        if (spare & SPARE_KEY == 0) != self.order.random_id {
            let what = "random number";
            return Err(IssueError::Order { what });
        }
        let version = spare & !SPARE_KEY;
        if self.uid == [0; 7] {
            let shared = self.key_of(KeyRole::CardNumber, version)?;
            self.read_number(shared.key)?;
        }
        Ok(version)
    }

    fn roll(&mut self, old: u8) -> Result<(), IssueError> {
        match self.fill_and_roll(old, true) {
            Err(IssueError::Card(error)) if error.status() == Some(Status::Integrity) => {
                self.fill_and_roll(old, false)?;
            }
            rolled => rolled?,
        }
        self.did(IssueStep::Rolled);
        Ok(())
    }

    fn fill_and_roll(&mut self, old: u8, starts_as_active: bool) -> Result<(), IssueError> {
        let new = self.keys.scheme.key_version;
        self.card.select(self.keys.scheme.aid)?;
        let master = self.key_of(KeyRole::Master, old)?;
        self.as_master(master.key)?;
        self.card.initialise_key_set(OTHER_SET)?;
        for role in ROLES {
            let there = match starts_as_active {
                true => self.key_in_place(role, old)?.key,
                false => FACTORY_KEY,
            };
            let key = self.key_in_place(role, new)?;
            self.card
                .change_key_in_set(OTHER_SET, role.number(), &there, &key)?;
        }
        self.card.finalise_key_set(OTHER_SET, new)?;
        self.card.roll_key_set(OTHER_SET)?;
        Ok(())
    }

    /// What stands in a key's place: K5 is a spare or the chain's card number key.
    fn key_in_place(&self, role: KeyRole, version: u8) -> Result<VersionedKey, IssueError> {
        match role {
            KeyRole::Spare => self.key_of_number(version),
            role => self.key_of(role, version),
        }
    }

    /// The tag under the new key. A file that was left open is written again.
    fn renew_member_file(&mut self) -> Result<(), IssueError> {
        self.card.select(self.keys.scheme.aid)?;
        let master = self.key(KeyRole::Master)?;
        self.as_master(master.key.clone())?;
        if self.card.file_settings(FILE_MEMBER)?.rights == MEMBER {
            if self.closed_file_is_new(self.keys.scheme.key_version)? {
                return Ok(());
            }
            self.as_master(master.key)?;
            self.card
                .change_file_settings(FILE_MEMBER, Mode::Full, MEMBER_OPEN)?;
        }
        let found = self.card.file_settings(FILE_MEMBER)?;
        self.member_file(found)
    }

    /// Reads the member file with the Identify key of version `in_use`: whether its tag is under the new
    /// key, and that the card is the member's.
    fn closed_file_is_new(&mut self, in_use: u8) -> Result<bool, IssueError> {
        let key = self.key_of(KeyRole::Identify, in_use)?;
        let random = (self.random)();
        let number = KeyRole::Identify.number();
        let proven = self.card.authenticate_first(number, key.key, random);
        proven.map_err(|error| foreign(error, "application"))?;
        let card = &mut self.card;
        let bytes = card.read_data(Mode::Full, FILE_MEMBER, 0, MEMBER_BYTES)?;
        let issued = MemberFile::issued_with(&bytes).unwrap_or(in_use);
        let tagged = self.key_of(KeyRole::Identify, issued)?;
        let file = MemberFile::read(&bytes, &self.uid, &tagged.key);
        let member = file.map_err(CardError::from)?.member;
        match member == self.order.member {
            true => Ok(issued == self.keys.scheme.key_version),
            false => Err(IssueError::AnotherMember { member }),
        }
    }

    /// The card's own master key.
    fn renew_card_key(&mut self) -> Result<(), IssueError> {
        self.card.select(PICC)?;
        let found = self.card.key_version(0)?;
        let new = self.key(KeyRole::Picc)?;
        if found != new.version && found != 0 {
            let old: CardKey = self.key_of(KeyRole::Picc, found)?.key;
            let random = (self.random)();
            let proven = self.card.authenticate_first(0, old, random);
            proven.map_err(|error| foreign(error, "master key"))?;
            self.card.change_own_key(MASTER_KEY_AES, &new)?;
            self.did(IssueStep::CardKey);
        }
        self.finish_card()
    }
}
