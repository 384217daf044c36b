//! Shares of quotas in SQLite: a fold of each quota's facts, made anew for each call.

mod set_aside;

use super::codec::{UuidId, count, failed, signed};
use super::publish::newest_rules;
use super::{SqliteStore, account, run};
use crate::ingest::book::Closed;
use crate::ingest::points::BookedPoints;
use crate::leases::points::{Keeping, quota};
use crate::leases::{LeaseAnswer, LeaseStore, Round, SetAside, Wanted, not_taken, round};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use tillside_core::authority::{
    AllowanceId, Figures, Lessor, LessorFact, Report, Standing, Subject, Terms, Written,
};
use tillside_core::engine::Document;
use tillside_core::{MemberId, ProofKind, TerminalId, Timestamp, quota_of};
use tillside_protocol::{LEASE_GRANT_LIMIT, LeaseRequest, LeaseWish};
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

    async fn set_aside(&self, number: &str) -> Result<Option<Vec<SetAside>>, StoreError> {
        let number = number.to_owned();
        self.read(move |transaction| set_aside::of(transaction, &number))
            .await
    }

    async fn free_points(
        &self,
        number: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let (number, reason) = (number.to_owned(), reason.to_owned());
        self.write(move |transaction| set_aside::free(transaction, &number, &reason, now))
            .await
    }

    async fn quotas(&self, now: Timestamp) -> Result<Vec<(Subject, Figures)>, StoreError> {
        self.read(move |transaction| {
            let known = campaigns(transaction)?.into_iter();
            known
                .map(|subject| {
                    let figures = lessor(transaction, &subject)?.figures(now);
                    Ok((subject, figures))
                })
                .collect()
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
    let rules = newest_rules(transaction)?;
    let (campaigns, tills) = (quotas(&rules), tills(transaction)?);
    let mut wishes: BTreeMap<&Subject, Wanted> = BTreeMap::new();
    for wish in &request.wishes {
        if let Some(wanted) = wanted(&rules, wish) {
            wishes.insert(&wish.subject, wanted);
        }
    }
    let mut subjects: BTreeSet<Subject> = held_by(transaction, report.terminal)?;
    subjects.extend(campaigns.keys().cloned());
    subjects.extend(wishes.keys().copied().cloned());
    let mut serial = newest_serial(transaction, report)?;
    let mut answer = LeaseAnswer::default();
    for subject in &subjects {
        let mut lessor = lessor(transaction, subject)?;
        let id = AllowanceId::new(Uuid::now_v7());
        let mut asked = Round {
            report,
            quota: campaigns.get(subject).copied(),
            wish: wishes.get(subject).copied(),
            tills: &tills,
            now,
        };
        let mut facts = Vec::new();
        if let (Subject::MemberPoints { member }, Some(Wanted::Points(keeping))) =
            (subject, asked.wish)
        {
            // What is free is known once the till was heard.
            let heard = Round {
                wish: None,
                ..asked
            };
            facts = round(&mut lessor, &heard, id, serial + 1);
            let until = Timestamp(now.0.saturating_add(keeping.life_ms()));
            asked.quota = points(transaction, *member, &lessor, now, until)?;
        }
        facts.extend(round(&mut lessor, &asked, id, serial + 1));
        for fact in facts {
            if let LessorFact::Granted { terms, .. } = &fact {
                serial = terms.serial;
            }
            keep(transaction, subject, fact)?;
        }
        answer
            .granted
            .extend(not_taken(&lessor, report, now).cloned());
        let settled = lessor.settled(report);
        if settled.is_empty() && !still_holds(&lessor, report.terminal) {
            let terminal = report.terminal.to_string();
            transaction
                .prepare_cached("DELETE FROM lease_holder WHERE terminal = ?1 AND subject = ?2")
                .map_err(failed)?
                .execute(params![terminal, written(subject)?])
                .map_err(failed)?;
        }
        answer.settled.extend(settled);
    }
    keep_serial(transaction, report, serial)?;
    answer.granted.sort_by_key(|terms| terms.serial);
    answer.granted.truncate(LEASE_GRANT_LIMIT);
    Ok(answer)
}

/// What a wish comes to by the rules in force; none where they give nothing of it.
fn wanted(rules: &Document, wish: &LeaseWish) -> Option<Wanted> {
    match (&wish.subject, rules.points.redeem) {
        (Subject::CampaignQuota { .. }, _) => Some(Wanted::Share),
        (Subject::MemberPoints { .. }, Some(redeem)) => {
            let aside = || redeem.dark.map(Keeping::Aside);
            let keeping = wish.want.map(Keeping::Now).or_else(aside)?;
            Some(Wanted::Points(keeping))
        }
        _ => None,
    }
}

/// What all tills may spend of a member's points; none for a member that HQ does not have, or whose account cannot be
/// worked out.
fn points(
    transaction: &Transaction<'_>,
    member: MemberId,
    lessor: &Lessor,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let Some(account) = account::account_of(transaction, member)? else {
        return Ok(None);
    };
    let account = match account::read(transaction, account, member, now)? {
        Ok(account) => account,
        Err(why) => {
            tracing::error!(%member, %why, "a member's points cannot be worked out, so no till may spend them");
            return Ok(None);
        }
    };
    let booked = booked(transaction, lessor.subject())?;
    Ok(Some(quota(&account.lots, lessor, &booked, now, until)))
}

/// What the ledger has booked of the allowances of a subject.
fn booked(
    transaction: &Transaction<'_>,
    subject: &Subject,
) -> Result<BTreeMap<AllowanceId, i64>, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT allowance, points FROM lease_booked WHERE subject = ?1")
        .map_err(failed)?;
    let mut rows = list.query([written(subject)?]).map_err(failed)?;
    let mut booked = BTreeMap::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let id: String = row.get(0).map_err(failed)?;
        let id = Uuid::parse_str(&id).map_err(|_| UNREADABLE)?;
        booked.insert(AllowanceId::new(id), row.get(1).map_err(failed)?);
    }
    Ok(booked)
}

/// Whether a till may yet spend of a quota, as far as HQ knows.
fn still_holds(lessor: &Lessor, till: TerminalId) -> bool {
    let mut theirs = lessor.leases().filter(|lease| lease.terms.holder == till);
    theirs.any(|lease| lease.standing == Standing::Open)
}

/// Keeps what of allowances the ledger has booked.
pub(super) fn book(
    transaction: &Transaction<'_>,
    booked: &[BookedPoints],
) -> Result<(), StoreError> {
    for one in booked {
        transaction
            .prepare_cached(
                "INSERT INTO lease_booked (allowance, subject, points)
                 SELECT ?1, subject, ?2 FROM lease_fact WHERE json_extract(fact, '$.fact.terms.id') = ?1
                 ON CONFLICT (allowance) DO UPDATE SET points = points + excluded.points",
            )
            .map_err(failed)?
            .execute(params![one.allowance.to_string(), one.points])
            .map_err(failed)?;
    }
    Ok(())
}

/// The quotas of the plans in force.
fn quotas(rules: &Document) -> BTreeMap<Subject, u64> {
    let leased = rules.plans.iter().filter_map(|plan| match plan.proof {
        ProofKind::Lease { quota, .. } => Some((quota_of(&plan.plan)?, quota)),
        _ => None,
    });
    leased.collect()
}

/// Of what a till holds a share, or held one that it has not forgotten yet.
fn held_by(
    transaction: &Transaction<'_>,
    till: TerminalId,
) -> Result<BTreeSet<Subject>, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT subject FROM lease_holder WHERE terminal = ?1")
        .map_err(failed)?;
    let mut rows = list.query([till.to_string()]).map_err(failed)?;
    let mut held = BTreeSet::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let text: String = row.get(0).map_err(failed)?;
        held.insert(serde_json::from_str(&text).map_err(|_| UNREADABLE)?);
    }
    Ok(held)
}

fn written(subject: &Subject) -> Result<String, StoreError> {
    serde_json::to_string(subject).map_err(|_| UNREADABLE)
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

/// A quota as its facts say.
fn lessor(transaction: &Transaction<'_>, subject: &Subject) -> Result<Lessor, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT fact FROM lease_fact WHERE subject = ?1 ORDER BY id")
        .map_err(failed)?;
    let mut rows = list.query([written(subject)?]).map_err(failed)?;
    let mut lessor = Lessor::new(subject.clone(), 0);
    while let Some(row) = rows.next().map_err(failed)? {
        let text: String = row.get(0).map_err(failed)?;
        let written: Written<LessorFact> = serde_json::from_str(&text).map_err(|_| UNREADABLE)?;
        lessor.apply(&written.fact);
    }
    Ok(lessor)
}

/// The campaigns that were ever leased.
fn campaigns(transaction: &Transaction<'_>) -> Result<Vec<Subject>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT DISTINCT subject FROM lease_fact WHERE json_extract(subject, '$.kind') = 'campaign_quota'
             ORDER BY subject",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(failed)?;
    rows.map(|text| serde_json::from_str(&text.map_err(failed)?).map_err(|_| UNREADABLE))
        .collect()
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
    let lessor = lessor(transaction, &closed.subject)?;
    match lessor.closed(closed.allowance, closed.used, now) {
        Some(fact) => keep(transaction, &closed.subject, fact),
        None => Ok(()),
    }
}

fn keep(
    transaction: &Transaction<'_>,
    subject: &Subject,
    fact: LessorFact,
) -> Result<(), StoreError> {
    let subject = written(subject)?;
    if let LessorFact::Granted { terms, .. } = &fact {
        transaction
            .prepare_cached(
                "INSERT OR IGNORE INTO lease_holder (terminal, subject) VALUES (?1, ?2)",
            )
            .map_err(failed)?
            .execute(params![terms.holder.to_string(), subject])
            .map_err(failed)?;
    }
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
