//! Invites, letting terminals in, and their certificates, in SQLite.

use super::codec::{UuidId, failed, hash};
use super::fleet::{profile, store_profile};
use crate::fleet::{Invitation, Invited, IssuedCertificate, Refused};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{Hash, LaneId, TerminalId, TerminalProfile, Timestamp};

pub(super) fn invite(
    transaction: &Transaction<'_>,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    let store = invitation.store.as_str();
    let known: bool = transaction
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM store WHERE store = ?1)",
            [store],
            |row| row.get(0),
        )
        .map_err(failed)?;
    if !known {
        return Err(StoreError::NotFound(format!(
            "HQ has no store {store}: import it first with `tillside-hq import stores FILE.csv`"
        )));
    }
    if let Some(terminal) = invitation.terminal {
        check_again(transaction, terminal, store)?;
    }
    transaction
        .execute(
            "INSERT INTO invite (secret_hash, store, made_at, valid_until, certificate_seconds, terminal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                invitation.secret_hash.bytes(),
                store,
                invitation.made_at.0,
                invitation.valid_until.0,
                invitation.certificate_seconds,
                invitation.terminal.map(|terminal| terminal.bytes())
            ],
        )
        .map_err(failed)?;
    Ok(())
}

/// Checks that a terminal may be let in again. One that HQ does not know may: HQ was put back from a backup.
fn check_again(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    store: &str,
) -> Result<(), StoreError> {
    let known: Option<(String, bool)> = transaction
        .query_row(
            "SELECT store, revoked_at IS NOT NULL FROM terminal WHERE terminal = ?1",
            [terminal.bytes()],
            |row| row.try_into(),
        )
        .optional()
        .map_err(failed)?;
    match known {
        Some((_, true)) => Err(StoreError::NotFound(format!(
            "terminal {terminal} was revoked: invite a new one, without --terminal"
        ))),
        Some((its, _)) if its != store => Err(StoreError::NotFound(format!(
            "terminal {terminal} stands in store {its}, not in {store}: say --store {its}"
        ))),
        _ => Ok(()),
    }
}

pub(super) fn invited(
    transaction: &Transaction<'_>,
    secret_hash: Hash,
) -> Result<Option<Invited>, StoreError> {
    type Found = (String, i64, u32, Option<[u8; 16]>, Option<i64>, Option<i64>);
    let found: Option<Found> = transaction
        .query_row(
            "SELECT store, valid_until, certificate_seconds, terminal, used_by, used_at FROM invite
             WHERE secret_hash = ?1",
            [secret_hash.bytes()],
            |row| row.try_into(),
        )
        .optional()
        .map_err(failed)?;
    let Some((store, valid_until, certificate_seconds, terminal, used_by, used_at)) = found else {
        return Ok(None);
    };
    let used = match used_by.zip(used_at) {
        None => None,
        Some((terminal, at)) => Some((
            profile(transaction, terminal)?,
            certificate_of(transaction, terminal, at)?,
        )),
    };
    Ok(Some(Invited {
        store: store_profile(transaction, &store)?,
        valid_until: Timestamp(valid_until),
        certificate_seconds,
        terminal: terminal.map(TerminalId::read),
        used,
    }))
}

pub(super) fn admit(
    transaction: &Transaction<'_>,
    secret_hash: Hash,
    lane: LaneId,
    certificate: &IssuedCertificate,
    now: Timestamp,
) -> Result<Result<TerminalProfile, Refused>, StoreError> {
    let Some(invited) = invited(transaction, secret_hash)? else {
        return Ok(Err(Refused::Unknown));
    };
    if invited.used.is_some() {
        return Ok(Err(Refused::Used));
    }
    if now > invited.valid_until {
        return Ok(Err(Refused::TooOld));
    }
    let store = invited.store.store.as_str();
    let known: Option<(i64, bool)> = transaction
        .query_row(
            "SELECT id, revoked_at IS NOT NULL FROM terminal WHERE terminal = ?1",
            [certificate.terminal.bytes()],
            |row| row.try_into(),
        )
        .optional()
        .map_err(failed)?;
    let terminal = match known {
        Some((_, true)) => return Ok(Err(Refused::Revoked(certificate.terminal))),
        Some((terminal, false)) => {
            transaction
                .execute(
                    "UPDATE terminal SET certificate_seconds = ?2 WHERE id = ?1",
                    params![terminal, invited.certificate_seconds],
                )
                .map_err(failed)?;
            terminal
        }
        None => {
            let seconds = invited.certificate_seconds;
            insert(
                transaction,
                certificate.terminal,
                store,
                &lane,
                seconds,
                now,
            )?
        }
    };
    keep_certificate(transaction, terminal, certificate, now)?;
    transaction
        .execute(
            "UPDATE invite SET used_by = ?2, used_at = ?3 WHERE secret_hash = ?1",
            params![secret_hash.bytes(), terminal, now.0],
        )
        .map_err(failed)?;
    transaction
        .execute(
            "UPDATE store SET holder = ?2 WHERE store = ?1 AND holder IS NULL",
            params![store, certificate.terminal.bytes()],
        )
        .map_err(failed)?;
    Ok(Ok(profile(transaction, terminal)?))
}

fn insert(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    store: &str,
    lane: &LaneId,
    certificate_seconds: u32,
    now: Timestamp,
) -> Result<i64, StoreError> {
    transaction
        .execute(
            "INSERT INTO terminal (terminal, store, lane, enrolled_at, last_contact,
                 certificate_seconds)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
            params![
                terminal.bytes(),
                store,
                lane.as_str(),
                now.0,
                certificate_seconds
            ],
        )
        .map_err(failed)?;
    Ok(transaction.last_insert_rowid())
}

pub(super) fn keep_certificate(
    transaction: &Transaction<'_>,
    terminal: i64,
    certificate: &IssuedCertificate,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO certificate (serial, terminal, issued_at, not_after, key_hash, pem)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                certificate.serial,
                terminal,
                now.0,
                certificate.not_after.0,
                certificate.key_hash.bytes(),
                certificate.pem
            ],
        )
        .map_err(failed)?;
    Ok(())
}

/// The certificate that a terminal came in with at that moment.
fn certificate_of(
    transaction: &Transaction<'_>,
    terminal: i64,
    at: i64,
) -> Result<IssuedCertificate, StoreError> {
    type Found = ([u8; 16], String, i64, Vec<u8>, String);
    let (id, serial, not_after, key_hash, pem): Found = transaction
        .query_row(
            "SELECT terminal.terminal, serial, not_after, key_hash, pem FROM certificate
             JOIN terminal ON terminal.id = certificate.terminal
             WHERE certificate.terminal = ?1 AND issued_at = ?2 LIMIT 1",
            [terminal, at],
            |row| row.try_into(),
        )
        .map_err(failed)?;
    Ok(IssuedCertificate {
        terminal: TerminalId::read(id),
        serial,
        not_after: Timestamp(not_after),
        key_hash: hash(&key_hash)?,
        pem,
    })
}
