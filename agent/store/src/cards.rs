//! Cards themselves: which are blocked or frozen, and which were issued here.

use crate::Store;
use crate::columns::{Checked, RecordId};
use crate::error::StoreError;
use crate::journal::Finder;
use crate::load::purse::frozen;
use crate::reference::purse::{carry_overs, hot};
use rusqlite::OptionalExtension;
use tillside_core::{CardIdentity, CardIssued, CarryOver, Event};

/// A card that this terminal froze.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrozenCard {
    /// The card.
    pub card: CardIdentity,
    /// Why: a sentence.
    pub why: String,
    /// The record that froze it.
    pub seq: u64,
}

impl Store {
    /// Why a card may not be used, if so: HQ's list first, then what this terminal froze.
    pub fn card_blocked(&self, card: &CardIdentity) -> Result<Option<String>, StoreError> {
        let Some(till) = &self.till else {
            return Ok(None);
        };
        self.read(|conn| match hot(conn, till, card)? {
            Some(why) => Ok(Some(why)),
            None => frozen(conn, card),
        })
    }

    /// The cards that this terminal froze, newest first.
    pub fn frozen_cards(&self) -> Result<Vec<FrozenCard>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT card, why, id FROM frozen_cards ORDER BY id DESC")?;
            let rows = statement.query_map([], |row| {
                Ok(FrozenCard {
                    card: row.get::<_, Checked<_>>(0)?.0,
                    why: row.get(1)?,
                    seq: row.get::<_, RecordId>(2)?.seq(),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The newest issue of a card at this terminal.
    pub fn card_issued(&self, card: &CardIdentity) -> Result<Option<CardIssued>, StoreError> {
        self.read(|conn| {
            let id: Option<RecordId> = conn
                .prepare_cached(
                    "SELECT id FROM issued_cards WHERE card = ?1 ORDER BY id DESC LIMIT 1",
                )?
                .query_row([card.as_str()], |row| row.get(0))
                .optional()?;
            let Some(id) = id else { return Ok(None) };
            match Finder::new(conn)?.record(id)?.event {
                Event::CardIssued(issued) => Ok(Some(issued)),
                _ => Ok(None),
            }
        })
    }

    /// Balances that HQ lets carry over from or to a card.
    pub fn carry_overs(&self, card: &CardIdentity) -> Result<Vec<CarryOver>, StoreError> {
        self.read(|conn| carry_overs(conn, card))
    }
}
