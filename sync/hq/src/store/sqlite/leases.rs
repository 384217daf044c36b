//! Shares of quotas in SQLite: a fold of each quota's facts, made anew for each call.

use super::codec::{UuidId, count, failed, signed};
use super::publish::newest_rules;
use super::{SqliteStore, run};
use crate::ingest::book::Closed;
use crate::leases::{LeaseAnswer, LeaseStore, Round, not_taken, round};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::BTreeMap;
use std::sync::PoisonError;
use tillside_core::authority::{
    AllowanceId, Figures, Lessor, LessorFact, Report, Subject, Terms, Written,
};
use tillside_core::{ProofKind, TerminalId, Timestamp, quota_of};
use tillside_protocol::{LEASE_GRANT_LIMIT, LeaseRequest};
use uuid::Uuid;

const UNREADABLE: StoreError = StoreError::Unreadable {
    what: "fact about a quota",
};

#[async_trait]
impl LeaseStore for SqliteStore {
    async fn lease(
        &self,
        request: LeaseRequest,
        now: Timestamp,
    ) -> Result<LeaseAnswer, StoreError> {
        let answer = self
            .write(move |transaction| answer(transaction, &request, now))
            .await?;
        if answer.granted.is_empty() {
            return Ok(answer);
        }
        let shares = self.shares.clone();
        run(move || {
            let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
            shares.keep(&answer.granted)?;
            Ok(answer)
        })
        .await
    }

    async fn recall_shares(&self, now: Timestamp) -> Result<usize, StoreError> {
        let shares = self.shares.clone();
        let given = run(move || {
            let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(shares.read(now)?)
        });
        let given = given.await?;
        self.write(move |transaction| {
            let mut recalled = 0;
            for terms in &given {
                if recover(transaction, terms, now)? {
                    raise_serial(transaction, terms)?;
                    recalled += 1;
                }
            }
            Ok(recalled)
        })
        .await
    }

    async fn quotas(&self, now: Timestamp) -> Result<Vec<(Subject, Figures)>, StoreError> {
        self.read(move |transaction| {
            let known = lessors(transaction)?.into_iter();
            Ok(known
                .map(|(subject, lessor)| (subject, lessor.figures(now)))
                .collect())
        })
        .await
    }
}

fn answer(
    transaction: &Transaction<'_>,
    request: &LeaseRequest,
    now: Timestamp,
) -> Result<LeaseAnswer, StoreError> {
    let report = &request.report;
    let (quotas, tills) = (quotas(transaction)?, tills(transaction)?);
    let mut known = lessors(transaction)?;
    for subject in quotas.keys() {
        let fresh = || Lessor::new(subject.clone(), 0);
        known.entry(subject.clone()).or_insert_with(fresh);
    }
    let mut serial = newest_serial(transaction, report)?;
    let mut answer = LeaseAnswer::default();
    for (subject, lessor) in &mut known {
        let asked = Round {
            report,
            quota: quotas.get(subject).copied(),
            wishes: request.wishes.iter().any(|wish| wish.subject == *subject),
            tills: &tills,
            now,
        };
        let id = AllowanceId::new(Uuid::now_v7());
        for fact in round(lessor, &asked, id, serial + 1) {
            if let LessorFact::Granted { terms, .. } = &fact {
                serial = terms.serial;
            }
            keep(transaction, subject, fact)?;
        }
        answer
            .granted
            .extend(not_taken(lessor, report, now).cloned());
        answer.settled.extend(lessor.settled(report));
    }
    keep_serial(transaction, report, serial)?;
    answer.granted.sort_by_key(|terms| terms.serial);
    answer.granted.truncate(LEASE_GRANT_LIMIT);
    Ok(answer)
}

/// The quotas of the plans in force.
fn quotas(transaction: &Transaction<'_>) -> Result<BTreeMap<Subject, u64>, StoreError> {
    let plans = newest_rules(transaction)?.plans;
    let leased = plans.iter().filter_map(|plan| match plan.proof {
        ProofKind::Lease { quota, .. } => Some((quota_of(&plan.plan)?, quota)),
        _ => None,
    });
    Ok(leased.collect())
}

/// The tills that may still call.
fn tills(transaction: &Transaction<'_>) -> Result<Vec<TerminalId>, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT terminal FROM terminal WHERE revoked_at IS NULL")
        .map_err(failed)?;
    let rows = list.query_map([], |row| row.get(0)).map_err(failed)?;
    rows.map(|row| row.map(TerminalId::read).map_err(failed))
        .collect()
}

fn lessors(transaction: &Transaction<'_>) -> Result<BTreeMap<Subject, Lessor>, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT subject, fact FROM lease_fact ORDER BY id")
        .map_err(failed)?;
    let mut rows = list.query([]).map_err(failed)?;
    let mut known: BTreeMap<Subject, Lessor> = BTreeMap::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let text = |column| row.get::<_, String>(column).map_err(failed);
        let subject: Subject = serde_json::from_str(&text(0)?).map_err(|_| UNREADABLE)?;
        let written: Written<LessorFact> =
            serde_json::from_str(&text(1)?).map_err(|_| UNREADABLE)?;
        let lessor = known
            .entry(subject.clone())
            .or_insert_with(|| Lessor::new(subject, 0));
        lessor.apply(&written.fact);
    }
    Ok(known)
}

/// For what an allowance was granted to this terminal, if it was.
pub(super) fn granted(
    transaction: &Transaction<'_>,
    id: AllowanceId,
    terminal: TerminalId,
) -> Result<Option<Subject>, StoreError> {
    let text: Option<String> = transaction
        .prepare_cached(
            "SELECT fact FROM lease_fact WHERE json_extract(fact, '$.fact.terms.id') = ?1",
        )
        .map_err(failed)?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let Some(text) = text else { return Ok(None) };
    let written: Written<LessorFact> = serde_json::from_str(&text).map_err(|_| UNREADABLE)?;
    Ok(match written.fact {
        LessorFact::Granted { terms, .. } if terms.holder == terminal => Some(terms.subject),
        _ => None,
    })
}

/// Counts a share again that was given before HQ was put back. False: HQ knows an allowance of that id.
pub(super) fn recover(
    transaction: &Transaction<'_>,
    terms: &Terms,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let known = transaction
        .prepare_cached("SELECT 1 FROM lease_fact WHERE json_extract(fact, '$.fact.terms.id') = ?1")
        .map_err(failed)?
        .exists([terms.id.to_string()])
        .map_err(failed)?;
    if known {
        return Ok(false);
    }
    let (terms, at) = (terms.clone(), now);
    let subject = terms.subject.clone();
    keep(transaction, &subject, LessorFact::Granted { terms, at })?;
    Ok(true)
}

/// Keeps the end of a share, as its till's journal tells it.
pub(super) fn close(
    transaction: &Transaction<'_>,
    closed: &Closed,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = lessors(transaction)?;
    let lessor = known.get(&closed.subject);
    match lessor.and_then(|lessor| lessor.closed(closed.allowance, closed.used, now)) {
        Some(fact) => keep(transaction, &closed.subject, fact),
        None => Ok(()),
    }
}

fn keep(
    transaction: &Transaction<'_>,
    subject: &Subject,
    fact: LessorFact,
) -> Result<(), StoreError> {
    let subject = serde_json::to_string(subject).map_err(|_| UNREADABLE)?;
    let fact = serde_json::to_string(&Written::from(fact)).map_err(|_| UNREADABLE)?;
    transaction
        .prepare_cached("INSERT INTO lease_fact (subject, fact) VALUES (?1, ?2)")
        .map_err(failed)?
        .execute(params![subject, fact])
        .map_err(failed)?;
    Ok(())
}

/// At least what the till says: after HQ was restored, it knows of more than HQ does.
fn newest_serial(transaction: &Transaction<'_>, report: &Report) -> Result<u64, StoreError> {
    let kept: Option<i64> = transaction
        .prepare_cached("SELECT serial FROM lease_serial WHERE terminal = ?1 AND epoch = ?2")
        .map_err(failed)?
        .query_row(params![report.terminal.bytes(), report.epoch], |row| {
            row.get(0)
        })
        .optional()
        .map_err(failed)?;
    Ok(count(kept.unwrap_or(0)).max(report.newest_serial))
}

/// No serial that was given is given again.
fn raise_serial(transaction: &Transaction<'_>, terms: &Terms) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO lease_serial (terminal, epoch, serial) VALUES (?1, ?2, ?3)
             ON CONFLICT (terminal, epoch) DO UPDATE SET serial = max(serial, excluded.serial)",
        )
        .map_err(failed)?
        .execute(params![
            terms.holder.bytes(),
            terms.epoch,
            signed(terms.serial)
        ])
        .map_err(failed)?;
    Ok(())
}

fn keep_serial(
    transaction: &Transaction<'_>,
    report: &Report,
    serial: u64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO lease_serial (terminal, epoch, serial) VALUES (?1, ?2, ?3)
             ON CONFLICT (terminal, epoch) DO UPDATE SET serial = excluded.serial",
        )
        .map_err(failed)?
        .execute(params![
            report.terminal.bytes(),
            report.epoch,
            signed(serial)
        ])
        .map_err(failed)?;
    Ok(())
}
