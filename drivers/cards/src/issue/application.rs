//! The chain's application on the card: found or made, key by key and file by file.

use tillside_keys::{CardKey, KeyRole};

use super::{Desk, IssueError, IssueStep, PICC, foreign, is_locked};
use crate::desfire::layout::{
    self, FILE_MEMBER, FILE_TRANSACTION_MAC, KEYS, MEMBER, MEMBER_OPEN, MemberFile, SPARE_KEY,
};
use crate::desfire::{CardError, FACTORY_KEY, FileSettings, FileShape, Mode, Status, VersionedKey};

impl Desk<'_, '_> {
    /// Leaves the application complete, whatever was there of it.
    pub(super) fn application(&mut self) -> Result<(), IssueError> {
        match self.card.select(self.keys.scheme.aid) {
            Ok(()) => {}
            Err(error) if error.status() == Some(Status::NoApplication) => {
                self.make_application()?;
            }
            Err(error) => return Err(error.into()),
        }
        self.find_number()?;
        self.own_master_key()?;
        self.other_keys()?;
        self.files()
    }

    fn make_application(&mut self) -> Result<(), IssueError> {
        // Only the chain's own cards, and new ones, are written to.
        self.card.select(PICC)?;
        if self.uid == [0; 7] {
            return Err(IssueError::NoNumber);
        }
        // Nothing is begun on a card that cannot be finished: its keys may come from elsewhere.
        self.key(KeyRole::Master)?;
        let version = self.card.key_version(0)?;
        if version != 0 {
            self.authenticate_card()?;
        }
        let new = layout::application(self.keys.scheme);
        self.card
            .create_application(new)
            .map_err(|error| match is_locked(error.status()) {
                true => IssueError::Foreign { what: "master key" },
                false => error.into(),
            })?;
        self.did(IssueStep::Application);
        self.card.select(self.keys.scheme.aid)?;
        Ok(())
    }

    /// A card that hides its number gives it to the chain's own key.
    fn find_number(&mut self) -> Result<(), IssueError> {
        if self.uid != [0; 7] {
            return Ok(());
        }
        let shared = self.key(KeyRole::CardNumber)?;
        self.read_number(shared.key)
    }

    pub(super) fn read_number(&mut self, shared: CardKey) -> Result<(), IssueError> {
        let random = (self.random)();
        let number = KeyRole::Spare.number();
        let proven = self.card.authenticate_first(number, shared, random);
        proven.map_err(|error| foreign(error, "number"))?;
        self.uid = self.card.real_uid()?;
        self.card.select(self.keys.scheme.aid)?;
        Ok(())
    }

    /// K0: the chain's, or the factory's, which is changed at once. Then the session is K0's.
    fn own_master_key(&mut self) -> Result<(), IssueError> {
        let master = self.key(KeyRole::Master)?;
        let found = self.card.key_version(0)?;
        if found == 0 {
            self.as_master(FACTORY_KEY)?;
            // The number came without a MAC; keys made from a wrong one would lose the card.
            if self.card.real_uid()? != self.uid {
                let step = "the card's own number";
                return Err(CardError::Garbled { step }.into());
            }
            self.card.change_own_key(0, &master)?;
            self.did(IssueStep::Key(0));
        } else if found != master.version {
            return Err(IssueError::KeyVersion { found });
        }
        self.as_master(master.key)
    }

    pub(super) fn as_master(&mut self, key: CardKey) -> Result<(), IssueError> {
        let random = (self.random)();
        let proven = self.card.authenticate_first(0, key, random);
        proven.map_err(|error| foreign(error, "application"))
    }

    fn other_keys(&mut self) -> Result<(), IssueError> {
        let roles = [
            KeyRole::Identify,
            KeyRole::Pay,
            KeyRole::TopUp,
            KeyRole::Administer,
        ];
        debug_assert_eq!(roles.len() + 2, usize::from(KEYS));
        for role in roles {
            let key = self.key(role)?;
            self.own_key(role.number(), &key)?;
        }
        Ok(())
    }

    /// K5, which makes the card one of ours.
    pub(super) fn last_key(&mut self) -> Result<(), IssueError> {
        self.card.select(self.keys.scheme.aid)?;
        let master = self.key(KeyRole::Master)?;
        self.as_master(master.key)?;
        let key = self.key_of_number(self.keys.scheme.key_version)?;
        self.own_key(KeyRole::Spare.number(), &key)
    }

    /// A key of the factory becomes `key`; one of ours stays.
    fn own_key(&mut self, number: u8, key: &VersionedKey) -> Result<(), IssueError> {
        let found = self.card.key_version(number)?;
        if found == 0 {
            self.card.change_key(number, &FACTORY_KEY, key)?;
            self.did(IssueStep::Key(number));
        } else if found == key.version ^ SPARE_KEY {
            // Issued with its number shown, and now it is to be hidden, or the other way.
            let what = "random number";
            return Err(IssueError::Order { what });
        } else if found != key.version {
            return Err(IssueError::KeyVersion { found });
        }
        Ok(())
    }

    /// K5 is a spare, or on cards with a random number the chain's card number key.
    pub(super) fn key_of_number(&self, version: u8) -> Result<VersionedKey, IssueError> {
        if self.order.random_id {
            return self.key_of(KeyRole::CardNumber, version);
        }
        let mut spare = self.key_of(KeyRole::Spare, version)?;
        spare.version |= SPARE_KEY;
        Ok(spare)
    }

    fn files(&mut self) -> Result<(), IssueError> {
        let there = self.card.file_ids()?;
        for (number, due) in layout::files(self.keys.scheme) {
            if !there.contains(&number) {
                self.card.create_file(number, due)?;
                self.did(IssueStep::File(number));
            }
            let found = self.card.file_settings(number)?;
            if number == FILE_MEMBER {
                self.member_file(found)?;
            } else if !is_due(found, due) {
                return Err(IssueError::Foreign { what: "file" });
            }
        }
        self.transaction_mac_file(&there)
    }

    /// Open: written (again), then closed. Closed: it was complete.
    pub(super) fn member_file(&mut self, found: FileSettings) -> Result<(), IssueError> {
        let whole = found.mode == Mode::Full && found.shape == FileShape::Standard { size: 64 };
        match found.rights {
            rights if !whole || (rights != MEMBER && rights != MEMBER_OPEN) => {
                return Err(IssueError::Foreign {
                    what: "member file",
                });
            }
            MEMBER => return Ok(()),
            _ => {}
        }
        let scheme = self.keys.scheme;
        let file = MemberFile {
            member: self.order.member,
            issued: self.order.issued,
            expires: self.order.expires,
            currency: scheme.currency,
            key_version: scheme.key_version,
        };
        let key = self.key(KeyRole::Identify)?.key;
        let bytes = file.write(&self.uid, &key);
        self.card.write_data(Mode::Full, FILE_MEMBER, 0, &bytes)?;
        self.did(IssueStep::Member);
        self.card
            .change_file_settings(FILE_MEMBER, Mode::Full, MEMBER)?;
        self.did(IssueStep::MemberClosed);
        Ok(())
    }

    fn transaction_mac_file(&mut self, there: &[u8]) -> Result<(), IssueError> {
        let (number, rights) = (FILE_TRANSACTION_MAC, layout::TRANSACTION_MAC);
        if !there.contains(&number) {
            let VersionedKey { key, version } = self.key(KeyRole::TransactionMac)?;
            self.card
                .create_transaction_mac_file(number, Mode::Mac, rights, &key, version)?;
            self.did(IssueStep::File(number));
        }
        let found = self.card.file_settings(number)?;
        let shape = matches!(found.shape, FileShape::TransactionMac { .. });
        match shape && found.rights == rights && found.mode == Mode::Mac {
            true => Ok(()),
            false => Err(IssueError::Foreign { what: "file" }),
        }
    }
}

/// Whether a file is as the layout has it. A cap that was changed since, and records that were written,
/// are no difference.
fn is_due(found: FileSettings, due: FileSettings) -> bool {
    let shape = match (found.shape, due.shape) {
        (
            FileShape::Value {
                lower,
                limited_credit,
                ..
            },
            FileShape::Value { .. },
        ) => lower == 0 && limited_credit,
        (FileShape::Cyclic { record, .. }, FileShape::Cyclic { record: due, .. }) => record == due,
        (found, due) => found == due,
    };
    shape && found.rights == due.rights && found.mode == due.mode
}
