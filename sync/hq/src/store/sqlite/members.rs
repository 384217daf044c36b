//! Members, their cards and their opening balances in SQLite.

use super::SqliteStore;
use super::catalogue::{Done, import, known_store, upsert};
use super::codec::{UuidId, failed};
use super::expiry;
use super::ingest_load::card_owner;
use super::ledger::Accounts;
use crate::import::{BadCell, Change, Imported, Parsed, Policy};
use crate::ledger::{Account, Balances, LedgerError, Movement, MovementKind};
use crate::members::adjust::{Adjustment, NotAdjusted};
use crate::members::expiry::{Asked, Expired, Holding};
use crate::members::{MemberAccount, MemberRow, MemberStore};
use crate::store::StoreError;
use async_trait::async_trait;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CardIdentity, MemberId, Timestamp};

#[async_trait]
impl MemberStore for SqliteStore {
    async fn import_members(
        &self,
        members: Parsed<MemberRow>,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Imported, StoreError> {
        self.write(move |transaction| {
            import(transaction, members, policy, |transaction, row| {
                member(transaction, row, now)
            })
        })
        .await
    }

    async fn member_account(
        &self,
        number: &str,
        now: Timestamp,
    ) -> Result<Option<MemberAccount>, StoreError> {
        let number = number.to_owned();
        self.read(move |transaction| super::account::account(transaction, &number, now))
            .await
    }

    async fn adjust(
        &self,
        number: &str,
        adjustment: Adjustment,
        now: Timestamp,
    ) -> Result<Result<Holding, NotAdjusted>, StoreError> {
        let number = number.to_owned();
        self.write(move |transaction| super::adjust::adjust(transaction, &number, &adjustment, now))
            .await
    }

    async fn expire_batch(
        &self,
        after: i64,
        asked: Asked,
    ) -> Result<(Expired, Option<i64>), StoreError> {
        let work = move |transaction: &Transaction<'_>| expiry::batch(transaction, after, asked);
        match asked.book {
            true => self.write(work).await,
            false => self.read(work).await,
        }
    }
}

fn member(transaction: &Transaction<'_>, row: &MemberRow, now: Timestamp) -> Done {
    if let Err(bad) = known_store(transaction, &row.store)? {
        return Ok(Err(bad));
    }
    let found: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT member FROM member WHERE number = ?1")
        .map_err(failed)?
        .query_row([&row.number], |found| found.get(0))
        .optional()
        .map_err(failed)?;
    let member = found.map_or(row.fresh, MemberId::read);
    let mut gained = Vec::new();
    for card in &row.cards {
        match card_owner(transaction, card)? {
            Some(owner) if owner != member => {
                return Ok(Err(taken(transaction, card, owner)?));
            }
            Some(_) => {}
            None => gained.push(card),
        }
    }
    let plan = match movements(transaction, row, member, found.is_none(), &gained)? {
        Ok(plan) => plan,
        Err(error) => return Ok(Err(BadCell::new("points", error))),
    };
    let mut change = keep(transaction, row, member)?;
    let lost = drop_cards(transaction, row, member)?;
    for card in &gained {
        transaction
            .prepare_cached("INSERT INTO card (card, member) VALUES (?1, ?2)")
            .map_err(failed)?
            .execute(params![card.as_str(), member.bytes()])
            .map_err(failed)?;
    }
    plan.write(transaction, now)?;
    if change == Change::Unchanged && (lost > 0 || !gained.is_empty()) {
        change = Change::Changed;
    }
    Ok(Ok(change))
}

fn taken(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
    owner: MemberId,
) -> Result<BadCell, StoreError> {
    let number: String = transaction
        .prepare_cached("SELECT number FROM member WHERE member = ?1")
        .map_err(failed)?
        .query_row([owner.bytes()], |row| row.get(0))
        .map_err(failed)?;
    Ok(BadCell::new(
        "cards",
        format!(
            "card {card} is member {number}'s: a card names one member; import {number} without it first, or correct it"
        ),
    ))
}

fn keep(
    transaction: &Transaction<'_>,
    row: &MemberRow,
    member: MemberId,
) -> Result<Change, StoreError> {
    upsert(
        transaction,
        ("SELECT 1 FROM member WHERE number = ?1", &row.number),
        "INSERT INTO member (member, number, display_name, tier, home_store)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (number) DO UPDATE SET display_name = excluded.display_name,
             tier = excluded.tier, home_store = excluded.home_store
         WHERE (display_name, tier, home_store)
             IS NOT (excluded.display_name, excluded.tier, excluded.home_store)",
        params![
            member.bytes(),
            row.number,
            row.display_name,
            row.tier.as_str(),
            row.store.as_str()
        ],
    )
}

/// Takes the cards away that the row does not name any more.
fn drop_cards(
    transaction: &Transaction<'_>,
    row: &MemberRow,
    member: MemberId,
) -> Result<usize, StoreError> {
    let mut list = transaction
        .prepare_cached("SELECT card FROM card WHERE member = ?1")
        .map_err(failed)?;
    let held: Result<Vec<String>, _> = list
        .query_map([member.bytes()], |row| row.get(0))
        .map_err(failed)?
        .collect();
    let mut lost = 0;
    for card in held.map_err(failed)? {
        if !row.cards.iter().any(|named| named.as_str() == card) {
            lost += transaction
                .prepare_cached("DELETE FROM card WHERE card = ?1")
                .map_err(failed)?
                .execute([card])
                .map_err(failed)?;
        }
    }
    Ok(lost)
}

/// Movements that a row causes, checked against the balances they change.
struct Plan {
    accounts: Accounts,
    balances: Balances,
    movements: Vec<Movement>,
}

impl Plan {
    fn write(mut self, transaction: &Transaction<'_>, now: Timestamp) -> Result<(), StoreError> {
        self.accounts
            .write(transaction, &self.movements, None, now)?;
        self.accounts.settle(transaction, &self.balances)
    }
}

/// The opening balance of a new member, and what cards earned before they had an owner.
fn movements(
    transaction: &Transaction<'_>,
    row: &MemberRow,
    member: MemberId,
    new: bool,
    gained: &[&CardIdentity],
) -> Result<Result<Plan, LedgerError>, StoreError> {
    let mut plan = Plan {
        accounts: Accounts::default(),
        balances: Balances::default(),
        movements: Vec::new(),
    };
    let to = Account::Member(member);
    let mut wanted = Vec::new();
    if new && row.points > 0 {
        wanted.push((MovementKind::Opening, Account::Opening, row.points));
    }
    for card in gained {
        let account = Account::Card((*card).clone());
        plan.accounts
            .load(transaction, &mut plan.balances, account.clone())?;
        let earned = plan.balances.of(&account);
        wanted.push((MovementKind::Resolve, account, earned));
    }
    for (kind, account, points) in wanted {
        for side in [&account, &to] {
            plan.accounts
                .load(transaction, &mut plan.balances, side.clone())?;
        }
        let movement = match points {
            0 => continue,
            1.. => Movement::new(kind, account, to.clone(), points),
            _ => Movement::new(kind, to.clone(), account, -points),
        };
        match movement {
            Ok(movement) => plan.movements.push(movement),
            Err(error) => return Ok(Err(error)),
        }
    }
    let booked = plan.balances.book(&plan.movements);
    Ok(booked.map(|()| plan))
}
