//! Booking what expired, and what members hold in words, as it was worked out last.

use super::account::{account_of, read};
use super::codec::{UuidId, failed, signed};
use super::ledger::Accounts;
use crate::ledger::{Account, Balances, LedgerError, Movement, MovementKind};
use crate::members::expiry::{Asked, Expired, Holding, Unbooked, next_change, unbooked};
use crate::store::StoreError;
use rusqlite::{CachedStatement, OptionalExtension, Transaction, params};
use std::collections::BTreeSet;
use tillside_core::{MemberId, Points, Timestamp};

/// One batch of a run.
pub(super) fn batch(
    transaction: &Transaction<'_>,
    after: i64,
    asked: Asked,
) -> Result<(Expired, Option<i64>), StoreError> {
    let at = asked.seen_at();
    let mut list = transaction
        .prepare_cached(
            "SELECT h.account, a.name FROM holding AS h JOIN account AS a ON a.id = h.account
             WHERE h.account > ?1 AND (h.due_at <= ?2 OR h.seen_at > ?2)
             ORDER BY h.account LIMIT ?3",
        )
        .map_err(failed)?;
    let due = list
        .query_map(params![after, at.0, asked.batch() as i64], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(failed)?;
    let due: Vec<(i64, String)> = due.collect::<Result<_, _>>().map_err(failed)?;
    let mut run = Run::new(transaction, asked);
    for (account, name) in &due {
        let member = name.strip_prefix("member:").and_then(|id| id.parse().ok());
        let member = member.ok_or(StoreError::Unreadable { what: "account" })?;
        run.account(*account, member)?;
    }
    let last = due.last().filter(|_| due.len() == asked.batch());
    Ok((run.finish()?, last.map(|(account, _)| *account)))
}

/// Takes back at once what was booked as expired of points that a void took out of these accounts.
pub(super) fn correct(
    transaction: &Transaction<'_>,
    accounts: &BTreeSet<Account>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut run = Run::new(transaction, Asked::all(now));
    for account in accounts {
        let Account::Member(member) = account else {
            continue;
        };
        let Some(account) = account_of(transaction, *member)? else {
            continue;
        };
        let ever: Option<i64> = transaction
            .prepare_cached("SELECT movement FROM expiry WHERE account = ?1 LIMIT 1")
            .map_err(failed)?
            .query_row([account], |row| row.get(0))
            .optional()
            .map_err(failed)?;
        if ever.is_some() {
            run.account(account, *member)?;
        }
    }
    let done = run.finish()?;
    for (member, why) in &done.failures {
        tracing::error!(%member, %why, "what expired of a member's points cannot be worked out");
    }
    Ok(())
}

struct Run<'t> {
    transaction: &'t Transaction<'t>,
    asked: Asked,
    accounts: Accounts,
    balances: Balances,
    /// What is known of each account now, and until when.
    seen: Vec<(i64, Holding, Timestamp)>,
    done: Expired,
}

impl<'t> Run<'t> {
    fn new(transaction: &'t Transaction<'t>, asked: Asked) -> Self {
        Self {
            transaction,
            asked,
            accounts: Accounts::default(),
            balances: Balances::default(),
            seen: Vec::new(),
            done: Expired::default(),
        }
    }

    fn account(&mut self, account: i64, member: MemberId) -> Result<(), StoreError> {
        let at = self.asked.seen_at();
        let read = match read(self.transaction, account, member, at)? {
            Ok(read) => read,
            Err(refused) => {
                self.done.fail(member.to_string(), refused.to_string());
                return Ok(());
            }
        };
        let Some(parts) = unbooked(&read, self.asked.ended) else {
            let why = "points were booked as expired that the account never had";
            self.done.fail(member.to_string(), why.to_owned());
            return Ok(());
        };
        if self.asked.book {
            if let Err(error) = self.book(account, member, &parts)? {
                self.done.fail(member.to_string(), error.to_string());
                return Ok(());
            }
            // What ended since the day that the run is for waits for another run.
            let all = unbooked(&read, at).is_some_and(|all| all.len() == parts.len());
            let next = next_change(&read.lots, at).unwrap_or(Timestamp(i64::MAX));
            let due = if all { next } else { Timestamp(0) };
            self.seen.push((account, Holding::of(&read.lots, at), due));
        }
        self.done.count(&parts);
        Ok(())
    }

    /// Books all parts, or none where a balance would leave its range.
    fn book(
        &mut self,
        account: i64,
        member: MemberId,
        parts: &[Unbooked],
    ) -> Result<Result<(), LedgerError>, StoreError> {
        let movements = parts.iter().map(|part| movement(member, part));
        let movements: Vec<Movement> = match movements.collect() {
            Ok(movements) => movements,
            Err(error) => return Ok(Err(error)),
        };
        for side in movements.iter().flat_map(Movement::entries) {
            let side = side.0.clone();
            self.accounts
                .load(self.transaction, &mut self.balances, side)?;
        }
        if let Err(error) = self.balances.book(&movements) {
            return Ok(Err(error));
        }
        for (part, movement) in parts.iter().zip(&movements) {
            let one = std::slice::from_ref(movement);
            self.accounts
                .write(self.transaction, one, None, self.asked.now)?;
            let source = part.lot.source;
            self.transaction
                .prepare_cached(
                    "INSERT INTO expiry (movement, account, terminal, epoch, seq, lot)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .map_err(failed)?
                .execute(params![
                    self.transaction.last_insert_rowid(),
                    account,
                    source.terminal.bytes(),
                    source.epoch,
                    signed(source.seq),
                    part.lot.index
                ])
                .map_err(failed)?;
        }
        Ok(Ok(()))
    }

    /// Writes the balances and, last, what is known of the accounts: a booking makes it unknown.
    fn finish(self) -> Result<Expired, StoreError> {
        self.accounts.settle(self.transaction, &self.balances)?;
        let mut keep = self
            .transaction
            .prepare_cached(
                "INSERT INTO holding
                     (account, seen_at, due_at, active, pending, spent, expired, negative)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                 ON CONFLICT (account) DO UPDATE SET seen_at = excluded.seen_at,
                     due_at = excluded.due_at, active = excluded.active,
                     pending = excluded.pending, spent = excluded.spent,
                     expired = excluded.expired, negative = excluded.negative",
            )
            .map_err(failed)?;
        for (account, has, due) in &self.seen {
            keep.execute(params![
                account,
                self.asked.now.0,
                due.0,
                has.active.0,
                has.pending.0,
                has.spent.0,
                has.expired.0,
                has.negative.0
            ])
            .map_err(failed)?;
        }
        Ok(self.done)
    }
}

fn movement(member: MemberId, part: &Unbooked) -> Result<Movement, LedgerError> {
    let (member, expired) = (
        Account::Member(member),
        Account::Expired(part.funder.clone()),
    );
    match part.points.0 {
        0.. => Movement::new(MovementKind::Expire, member, expired, part.points.0),
        back => Movement::new(MovementKind::Expire, expired, member, -back),
    }
}

/// Notes that something was booked in a member's account: what was known of it is over.
pub(super) fn unsettle(transaction: &Transaction<'_>, account: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO holding (account) VALUES (?1)
             ON CONFLICT (account) DO UPDATE SET due_at = 0 WHERE due_at <> 0",
        )
        .map_err(failed)?
        .execute([account])
        .map_err(failed)?;
    Ok(())
}

/// Looks up what members hold, one after the other.
pub(super) struct Holdings<'t> {
    transaction: &'t Transaction<'t>,
    find: CachedStatement<'t>,
    now: Timestamp,
}

impl<'t> Holdings<'t> {
    pub(super) fn prepare(
        transaction: &'t Transaction<'_>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let find = transaction
            .prepare_cached(
                "SELECT a.id, a.points, h.due_at > ?2 AND h.seen_at <= ?2, h.active, h.pending,
                     h.spent, h.expired, h.negative
                 FROM account AS a LEFT JOIN holding AS h ON h.account = a.id WHERE a.name = ?1",
            )
            .map_err(failed)?;
        Ok(Self {
            transaction,
            find,
            now,
        })
    }

    /// What the ledger says, and what the member holds in words.
    pub(super) fn of(&mut self, member: MemberId) -> Result<(Points, Holding), StoreError> {
        type Found = (i64, Points, Option<Holding>);
        let name = Account::Member(member).to_string();
        let found: Option<Found> = self
            .find
            .query_row(params![name, self.now.0], |row| {
                let points = |column| Ok::<_, rusqlite::Error>(Points(row.get(column)?));
                let known: Option<bool> = row.get(2)?;
                let has = match known {
                    Some(true) => Some(Holding {
                        active: points(3)?,
                        pending: points(4)?,
                        spent: points(5)?,
                        expired: points(6)?,
                        negative: points(7)?,
                    }),
                    _ => None,
                };
                Ok((row.get(0)?, points(1)?, has))
            })
            .optional()
            .map_err(failed)?;
        let Some((account, in_book, known)) = found else {
            return Ok(Default::default());
        };
        if let Some(has) = known {
            return Ok((in_book, has));
        }
        let has = match read(self.transaction, account, member, self.now)? {
            Ok(read) => Holding::of(&read.lots, self.now),
            // Better what the ledger says than nothing at all.
            Err(why) => {
                tracing::error!(%member, %why, "a member's points cannot be worked out");
                Holding {
                    active: in_book,
                    ..Holding::default()
                }
            }
        };
        Ok((in_book, has))
    }
}
