//! The card itself: its master key and settings become the chain's, and its number is hidden.

use tillside_keys::KeyRole;

use super::{Desk, IssueError, IssueStep, PICC, foreign};
use crate::desfire::layout::CARD_KEY_SETTINGS;

impl Desk<'_, '_> {
    /// Leaves card key and settings as ordered.
    pub(super) fn finish_card(&mut self) -> Result<(), IssueError> {
        self.card.select(PICC)?;
        let key = self.key(KeyRole::Picc)?;
        let found = self.card.key_version(0)?;
        if found == 0 {
            let [a, b, c, d, e, f, g, h, ..] = (self.random)();
            let random = [a, b, c, d, e, f, g, h];
            self.card.change_factory_master_key(&key, random)?;
            self.did(IssueStep::CardKey);
        } else if found != key.version {
            return Err(IssueError::KeyVersion { found });
        }
        self.authenticate_card()?;
        let [settings, _] = self.card.key_settings()?;
        if settings != CARD_KEY_SETTINGS {
            self.card.change_key_settings(CARD_KEY_SETTINGS)?;
            self.did(IssueStep::CardSettings);
        }
        Ok(())
    }

    /// At card level, with the chain's key.
    pub(super) fn authenticate_card(&mut self) -> Result<(), IssueError> {
        let key = self.key(KeyRole::Picc)?.key;
        let random = (self.random)();
        let proven = self.card.authenticate_first(0, key, random);
        proven.map_err(|error| foreign(error, "master key"))
    }

    /// GetVersion of a card that hides its number shows zeros in its place.
    pub(super) fn hide_number(&mut self) -> Result<(), IssueError> {
        if !self.order.random_id {
            return Ok(());
        }
        self.card.select(PICC)?;
        if self.card.version()?.uid == [0; 7] {
            return Ok(());
        }
        self.authenticate_card()?;
        self.card.show_random_number()?;
        self.did(IssueStep::RandomNumber);
        Ok(())
    }
}
