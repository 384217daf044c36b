//! Who was given the keys of which new card, in SQLite.

use super::account::desk;
use super::cards::hold;
use super::settle;
use crate::emoney::card_keys::{Facts, NoCardKeys, decide};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, failed};
use crate::store::sqlite::ingest::terminal_row;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CardIdentity, PurseScheme, TerminalId, Timestamp};

pub(super) fn give(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    card: &CardIdentity,
    version: u8,
    now: Timestamp,
) -> Result<Result<PurseScheme, NoCardKeys>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Err(NoCardKeys::NoScheme));
    };
    let terminal = terminal_row(transaction, terminal)?;
    let facts = Facts {
        issues: desk(transaction, &terminal.store)?.issue,
        version: scheme.scheme.key_version,
        made: is_made(transaction, card)?,
        blocked: hold(transaction, card)?.map(|hold| hold.why),
    };
    if let Err(why) = decide(card, version, facts) {
        return Ok(Err(why));
    }
    transaction
        .prepare_cached(
            "INSERT INTO card_keys_given (card, terminal, first_at, last_at) VALUES (?1, ?2, ?3, ?3)
             ON CONFLICT (card, terminal) DO UPDATE SET last_at = excluded.last_at",
        )
        .map_err(failed)?
        .execute(params![card.as_str(), terminal.id, now.0])
        .map_err(failed)?;
    Ok(Ok(scheme.scheme))
}

/// Whether a desk made it, or anybody used it as a purse.
fn is_made(transaction: &Transaction<'_>, card: &CardIdentity) -> Result<bool, StoreError> {
    transaction
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM purse_card WHERE card = ?1)
                 OR EXISTS (SELECT 1 FROM card_point WHERE card = ?1)",
        )
        .map_err(failed)?
        .query_row([card.as_str()], |row| row.get(0))
        .map_err(failed)
}

/// A card was made by a terminal, and another was given its keys: who, in words. That may be a card that
/// was begun at one desk and finished at another.
pub(in crate::store::sqlite) fn made_elsewhere(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    terminal: i64,
) -> Result<Option<String>, StoreError> {
    let other: Option<[u8; 16]> = transaction
        .prepare_cached(
            "SELECT t.terminal FROM card_keys_given AS g JOIN terminal AS t ON t.id = g.terminal
             WHERE g.card = ?1 AND g.terminal <> ?2 ORDER BY g.first_at LIMIT 1",
        )
        .map_err(failed)?
        .query_row(params![card.as_str(), terminal], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    Ok(other.map(|other| {
        let other = TerminalId::read(other);
        format!("card {card} was issued, and terminal {other} was given its keys before: was it begun there?")
    }))
}
