//! Movements of purses as people look at them: what is not settled, a card's own, a day's sums.

use crate::Store;
use crate::columns::{Checked, RecordId, TxColumn, money};
use crate::error::{StoreError, Within};
use crate::journal::Finder;
use crate::load::purse::{known, of_sale, state, txids};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};
use tillside_core::{
    CardIdentity, CardSeen, Currency, Event, Money, PurseEnded, PurseGivenUp, PurseState, PurseTx,
    PurseUnknown, SaleId,
};

/// The most movements one list gives.
pub const PURSE_ROW_LIMIT: usize = 500;

/// A movement of a purse, with everything the journal has of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurseRow {
    /// What was intended, and how far it is.
    pub state: PurseState,
    /// The record of its intent.
    pub seq: u64,
    /// Since when, and why, nobody knows or knew what the card did.
    pub unknown: Option<PurseUnknown>,
    /// Who let its sale go on without knowing.
    pub given_up: Option<PurseGivenUp>,
    /// How it ended, and what proves it.
    pub ended: Option<PurseEnded>,
    /// Of a payment: what was given back of it, or may have been.
    pub given_back: Money,
    /// Whether HQ has not confirmed all of this.
    pub unconfirmed: bool,
}

/// What a day's movements come to in one currency. Movements count on the day on which they ended;
/// what is not settled has no day yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurseTotals {
    /// The currency.
    pub currency: Currency,
    /// Payments that happened.
    pub payments: u64,
    /// What they took.
    pub taken: Money,
    /// Top-ups that happened.
    pub top_ups: u64,
    /// What they put on.
    pub topped_up: Money,
    /// What voids and refunds gave back.
    pub given_back: Money,
    /// Balances of lost cards that were put on new ones.
    pub restored: Money,
}

/// What is not settled, whatever day it is from, in one currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenTotals {
    /// The currency.
    pub currency: Currency,
    /// Movements of which nobody knows whether they happened: open, unknown, given up.
    pub open: u64,
    /// What they would move.
    pub amount: Money,
    /// What is owed to holders of cards: given up, and then it turned out to have been taken; less
    /// what was given back since.
    pub owed: Money,
}

/// What is not settled; of what is owed, only what was not given back whole.
const OPEN: &str = "SELECT txid FROM purses AS p
     WHERE stage IN ('open', 'unknown', 'given_up', 'owed')
       AND (stage <> 'owed' OR minor > (
            SELECT coalesce(sum(b.minor), 0) FROM purses AS b
            WHERE b.of_txid = p.txid AND b.stage = 'done'))
     ORDER BY intended DESC LIMIT ?1";

/// The same of one card, by way of the few that are open: a card may have paid here a thousand times.
const OPEN_OF_CARD: &str = "SELECT txid FROM purses AS p INDEXED BY purses_to_settle
     WHERE stage IN ('open', 'unknown', 'given_up', 'owed') AND card = ?1
       AND (stage <> 'owed' OR minor > (
            SELECT coalesce(sum(b.minor), 0) FROM purses AS b
            WHERE b.of_txid = p.txid AND b.stage = 'done'))
     ORDER BY intended DESC LIMIT ?2";

impl Store {
    /// Movements that somebody has to look after, newest first: open, unknown, given up, and owed as
    /// far as it was not given back. At most `limit`, and never more than [`PURSE_ROW_LIMIT`].
    pub fn open_purses(&self, limit: usize) -> Result<Vec<PurseRow>, StoreError> {
        self.read(|conn| {
            let found = txids(conn, OPEN, [capped(limit)])?;
            rows(conn, found)
        })
    }

    /// [`Store::open_purses`] of one card.
    pub fn open_purses_of_card(
        &self,
        card: &CardIdentity,
        limit: usize,
    ) -> Result<Vec<PurseRow>, StoreError> {
        self.read(|conn| {
            let found = txids(conn, OPEN_OF_CARD, (card.as_str(), capped(limit)))?;
            rows(conn, found)
        })
    }

    /// The movements that were begun for a sale, oldest first: payments and their voids.
    pub fn purses_of_sale(&self, sale: SaleId) -> Result<Vec<PurseRow>, StoreError> {
        self.read(|conn| rows(conn, of_sale(conn, sale)?))
    }

    /// How far one movement is; [`Store::purse`] without what people look at.
    pub fn purse_state(&self, txid: PurseTx) -> Result<Option<PurseState>, StoreError> {
        self.read(|conn| state(conn, txid))
    }

    /// One movement.
    pub fn purse(&self, txid: PurseTx) -> Result<Option<PurseRow>, StoreError> {
        self.read(|conn| row(conn, txid))
    }

    /// The newest state, by its own counter, in which this terminal has recorded a card: one that
    /// shows another is worth a [`tillside_core::PurseSighted`].
    pub fn seen_last(&self, card: &CardIdentity) -> Result<Option<CardSeen>, StoreError> {
        self.read(|conn| known(conn, card))
    }

    /// What a business day's movements come to, by currency.
    pub fn purse_totals_on(&self, date: Date) -> Result<Vec<PurseTotals>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT currency, sum(action = 'pay'), sum(iif(action = 'pay', minor, 0)),
                        sum(action = 'top_up'), sum(iif(action = 'top_up', minor, 0)),
                        sum(iif(action IN ('void', 'refund'), minor, 0)),
                        sum(iif(action = 'restore', minor, 0))
                 FROM purses WHERE ended_on = ?1 AND stage IN ('done', 'owed')
                 GROUP BY currency ORDER BY currency",
            )?;
            let mut rows = statement.query([date.to_string()])?;
            let mut totals = Vec::new();
            while let Some(row) = rows.next()? {
                let currency = row.get::<_, Checked<Currency>>(0)?.0;
                totals.push(PurseTotals {
                    currency,
                    payments: row.get::<_, i64>(1)? as u64,
                    taken: money(row.get(2)?, currency)?,
                    top_ups: row.get::<_, i64>(3)? as u64,
                    topped_up: money(row.get(4)?, currency)?,
                    given_back: money(row.get(5)?, currency)?,
                    restored: money(row.get(6)?, currency)?,
                });
            }
            Ok(totals)
        })
    }

    /// What is not settled, by currency.
    pub fn open_purse_totals(&self) -> Result<Vec<OpenTotals>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT currency, sum(stage <> 'owed'), sum(iif(stage <> 'owed', minor, 0)),
                        sum(iif(stage = 'owed', minor - (
                            SELECT coalesce(sum(b.minor), 0) FROM purses AS b
                            WHERE b.of_txid = p.txid AND b.stage = 'done'), 0))
                 FROM purses AS p WHERE stage IN ('open', 'unknown', 'given_up', 'owed')
                 GROUP BY currency ORDER BY currency",
            )?;
            let mut rows = statement.query([])?;
            let mut totals = Vec::new();
            while let Some(row) = rows.next()? {
                let currency = row.get::<_, Checked<Currency>>(0)?.0;
                totals.push(OpenTotals {
                    currency,
                    open: row.get::<_, i64>(1)? as u64,
                    amount: money(row.get(2)?, currency)?,
                    owed: money(row.get(3)?, currency)?,
                });
            }
            totals.retain(|sum| sum.open > 0 || sum.owed.minor() > 0);
            Ok(totals)
        })
    }
}

fn capped(limit: usize) -> i64 {
    limit.min(PURSE_ROW_LIMIT) as i64
}

fn rows(conn: &Connection, txids: Vec<PurseTx>) -> Within<Vec<PurseRow>> {
    let rows = txids.into_iter().map(|txid| row(conn, txid));
    rows.filter_map(Within::transpose).collect()
}

fn row(conn: &Connection, txid: PurseTx) -> Within<Option<PurseRow>> {
    type Records = (
        RecordId,
        Option<RecordId>,
        Option<RecordId>,
        Option<RecordId>,
        bool,
    );
    let found: Option<Records> = conn
        .prepare_cached(
            "SELECT intended, unknown, given_up, ended,
                    EXISTS (SELECT 1 FROM outbox WHERE id IN (intended, unknown, given_up, ended))
             FROM purses WHERE txid = ?1",
        )?
        .query_row([TxColumn(txid)], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let (Some((id, unknown, given_up, ended, unconfirmed)), Some(state)) =
        (found, state(conn, txid)?)
    else {
        return Ok(None);
    };
    let mut finder = Finder::new(conn)?;
    let mut event = |id: Option<RecordId>| -> Within<Option<Event>> {
        id.map(|id| finder.record(id).map(|record| record.event))
            .transpose()
    };
    let given_back: i64 = conn
        .prepare_cached(
            "SELECT coalesce(sum(minor), 0) FROM purses WHERE of_txid = ?1 AND stage <> 'not_done'",
        )?
        .query_row([TxColumn(txid)], |row| row.get(0))?;
    Ok(Some(PurseRow {
        seq: id.seq(),
        unknown: match event(unknown)? {
            Some(Event::PurseUnknown(unknown)) => Some(unknown),
            _ => None,
        },
        given_up: match event(given_up)? {
            Some(Event::PurseGivenUp(given_up)) => Some(given_up),
            _ => None,
        },
        ended: match event(ended)? {
            Some(Event::PurseEnded(ended)) => Some(*ended),
            _ => None,
        },
        given_back: money(given_back, state.intended.amount.currency())?,
        state,
        unconfirmed,
    }))
}
