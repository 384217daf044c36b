//! What tills may spend of one member's points: shown, and freed where a till will never tell.

use super::super::codec::{UuidId, code, failed};
use super::{booked, keep, lessor};
use crate::leases::SetAside;
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::authority::{Lessor, LessorFact, Standing};
use tillside_core::{MemberId, StoreId, TerminalId, Timestamp, points_of};

pub(super) fn of(
    transaction: &Transaction<'_>,
    number: &str,
) -> Result<Option<Vec<SetAside>>, StoreError> {
    let Some(lessor) = of_member(transaction, number)? else {
        return Ok(None);
    };
    let open = lessor
        .leases()
        .filter(|lease| lease.standing != Standing::Closed && lease.used < lease.terms.amount);
    let rows = open.map(|lease| {
        let terms = &lease.terms;
        Ok(SetAside {
            terminal: terms.holder,
            store: store_of(transaction, terms.holder)?,
            points: terms.amount - lease.used,
            until: terms.ends(),
            over: terms.surely_over(),
        })
    });
    rows.collect::<Result<Vec<_>, _>>().map(Some)
}

pub(super) fn free(
    transaction: &Transaction<'_>,
    number: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let Some(lessor) = of_member(transaction, number)? else {
        return Ok(None);
    };
    let booked = booked(transaction, lessor.subject())?;
    let mut freed = 0;
    for lease in lessor.leases() {
        let id = lease.terms.id;
        let known = booked.get(&id).copied().unwrap_or(0);
        let Some(fact) = lessor.give_up(id, u64::try_from(known).unwrap_or(0), now) else {
            continue;
        };
        let LessorFact::Ended { used, .. } = fact else {
            continue;
        };
        let rest = lease.terms.amount - used;
        keep(transaction, lessor.subject(), fact)?;
        transaction
            .prepare_cached(
                "INSERT INTO lease_given_up (allowance, freed, reason, at) VALUES (?1, ?2, ?3, ?4)",
            )
            .map_err(failed)?
            .execute(params![id.to_string(), super::signed(rest), reason, now.0])
            .map_err(failed)?;
        freed += rest;
    }
    Ok(Some(freed))
}

fn of_member(transaction: &Transaction<'_>, number: &str) -> Result<Option<Lessor>, StoreError> {
    let found = transaction
        .prepare_cached("SELECT member FROM member WHERE number = ?1")
        .map_err(failed)?
        .query_row([number], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let member = found.map(MemberId::read);
    member
        .map(|member| lessor(transaction, &points_of(member)))
        .transpose()
}

fn store_of(transaction: &Transaction<'_>, till: TerminalId) -> Result<StoreId, StoreError> {
    let store: String = transaction
        .prepare_cached("SELECT store FROM terminal WHERE terminal = ?1")
        .map_err(failed)?
        .query_row([till.bytes()], |row| row.get(0))
        .map_err(failed)?;
    code("store", store)
}
