//! What the decisions about e-money look at: the terms for the cards a command names, and movements.

use super::{Need, holder};
use crate::Till;
use crate::columns::{Id, RecordId, TxColumn};
use crate::error::{Within, unreadable};
use crate::journal::Finder;
use crate::projection::stage_of;
use crate::reference::purse::{carry_overs, hot};
use rusqlite::{Connection, OptionalExtension, Params};
use std::collections::{BTreeMap, BTreeSet};
use tillside_core::{CardIdentity, CardSeen, Event, PurseState, PurseTerms, PurseTx, SaleId};

/// The terms of e-money for the cards a command names; none where the chain has no e-money.
pub(super) fn terms(conn: &Connection, till: &Till, need: &Need) -> Within<Option<PurseTerms>> {
    let Some(purse) = &till.reference.purse else {
        return Ok(None);
    };
    let mut terms = PurseTerms {
        scheme: purse.scheme.clone(),
        desk: purse.desk,
        blocked: BTreeMap::new(),
        frozen: BTreeSet::new(),
        known: BTreeMap::new(),
        carry_overs: Vec::new(),
        restores: holder(till) == Some(till.profile.terminal),
    };
    for card in &need.cards {
        if let Some(why) = hot(conn, till, card)? {
            terms.blocked.insert(card.clone(), why);
        }
        if let Some(why) = frozen(conn, card)? {
            terms.frozen.insert(card.clone());
            terms.blocked.entry(card.clone()).or_insert(why);
        }
        if let Some(seen) = known(conn, card)? {
            terms.known.insert(card.clone(), seen);
        }
        for over in carry_overs(conn, card)? {
            if !terms.carry_overs.contains(&over) {
                terms.carry_overs.push(over);
            }
        }
    }
    Ok(Some(terms))
}

/// Why this terminal froze a card, if it did.
pub(crate) fn frozen(conn: &Connection, card: &CardIdentity) -> Within<Option<String>> {
    let why = conn
        .prepare_cached("SELECT why FROM frozen_cards WHERE card = ?1")?
        .query_row([card.as_str()], |row| row.get(0))
        .optional()?;
    Ok(why)
}

/// The newest state in which this terminal knows a card.
pub(crate) fn known(conn: &Connection, card: &CardIdentity) -> Within<Option<CardSeen>> {
    let seen = conn
        .prepare_cached("SELECT balance, tmc, last FROM card_seen WHERE card = ?1")?
        .query_row([card.as_str()], |row| {
            let last: Option<TxColumn> = row.get(2)?;
            Ok(CardSeen {
                balance: row.get(0)?,
                tmc: row.get(1)?,
                last: last.map(|last| last.0),
            })
        })
        .optional()?;
    Ok(seen)
}

/// The movements that a command's sales, cards and txids bring.
pub(super) fn movements(
    conn: &Connection,
    need: &Need,
    found: &mut BTreeMap<PurseTx, PurseState>,
) -> Within<()> {
    let mut wanted: BTreeSet<PurseTx> = need.purses.iter().copied().collect();
    for &sale in &need.sales {
        wanted.extend(of_sale(conn, sale)?);
    }
    for card in &need.cards {
        let sql = "SELECT txid FROM purses
                   WHERE card = ?1 AND stage IN ('open', 'unknown', 'given_up')";
        wanted.extend(txids(conn, sql, [card.as_str()])?);
        let sql = "SELECT txid FROM purses WHERE from_card = ?1
                   UNION SELECT txid FROM purses WHERE card = ?1 AND action = 'restore'";
        wanted.extend(txids(conn, sql, [card.as_str()])?);
        // A balance that is carried over to it may have been put on another card before.
        let sql =
            "SELECT p.txid FROM carry_overs AS c JOIN purses AS p ON p.from_card = c.from_card
                   WHERE c.to_card = ?1";
        wanted.extend(txids(conn, sql, [card.as_str()])?);
    }
    let mut beside = BTreeSet::new();
    for &txid in &wanted {
        let sql = "SELECT of_txid FROM purses WHERE txid = ?1 AND of_txid IS NOT NULL";
        beside.extend(txids(conn, sql, [TxColumn(txid)])?);
    }
    wanted.extend(beside);
    let mut giving = BTreeSet::new();
    for &txid in &wanted {
        let sql = "SELECT txid FROM purses WHERE of_txid = ?1";
        giving.extend(txids(conn, sql, [TxColumn(txid)])?);
    }
    wanted.extend(giving);
    for txid in wanted {
        if let Some(state) = state(conn, txid)? {
            found.insert(txid, state);
        }
    }
    Ok(())
}

/// The movements that were begun for a sale.
pub(crate) fn of_sale(conn: &Connection, sale: SaleId) -> Within<Vec<PurseTx>> {
    let sql = "SELECT txid FROM purses WHERE sale = ?1 ORDER BY intended";
    txids(conn, sql, [Id(sale.uuid())])
}

/// The txids that `sql` gives, in its order.
pub(crate) fn txids(conn: &Connection, sql: &str, values: impl Params) -> Within<Vec<PurseTx>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| row.get::<_, TxColumn>(0))?;
    let txids = rows.map(|txid| txid.map(|column| column.0));
    Ok(txids.collect::<Result<_, _>>()?)
}

/// A movement as it was intended, and how far it is.
pub(crate) fn state(conn: &Connection, txid: PurseTx) -> Within<Option<PurseState>> {
    let found: Option<(RecordId, String)> = conn
        .prepare_cached("SELECT intended, stage FROM purses WHERE txid = ?1")?
        .query_row([TxColumn(txid)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((id, stage)) = found else {
        return Ok(None);
    };
    let stage = stage_of(&stage)
        .ok_or_else(|| unreadable("the stage of a purse's movement", stage.clone()))?;
    match Finder::new(conn)?.record(id)?.event {
        Event::PurseIntended(intended) => Ok(Some(PurseState {
            intended: *intended,
            stage,
        })),
        _ => Ok(None),
    }
}
