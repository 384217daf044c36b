//! Points given or taken by hand in SQLite.

use super::account::account;
use super::codec::failed;
use super::ledger::Accounts;
use crate::ledger::{Account, Balances, LedgerError, Movement, MovementKind};
use crate::members::adjust::{Adjustment, NotAdjusted};
use crate::members::expiry::Holding;
use crate::store::StoreError;
use rusqlite::{Transaction, params};
use tillside_core::{MemberId, Timestamp};

pub(super) fn adjust(
    transaction: &Transaction<'_>,
    number: &str,
    adjustment: &Adjustment,
    now: Timestamp,
) -> Result<Result<Holding, NotAdjusted>, StoreError> {
    let Some(found) = account(transaction, number, now)? else {
        return Ok(Err(NotAdjusted::NoMember(number.to_owned())));
    };
    if let Err(refused) = found.allows(adjustment, now) {
        return Ok(Err(refused.into()));
    }
    if let Err(error) = book(transaction, found.member, adjustment, now)? {
        return Ok(Err(error.into()));
    }
    let after = account(transaction, number, now)?;
    let holding = after.map(|account| Holding::of(&account.lots, now));
    Ok(Ok(holding.unwrap_or_default()))
}

fn book(
    transaction: &Transaction<'_>,
    member: MemberId,
    adjustment: &Adjustment,
    now: Timestamp,
) -> Result<Result<(), LedgerError>, StoreError> {
    let (member, funder) = (
        Account::Member(member),
        Account::Funder(adjustment.funder.clone()),
    );
    let kind = MovementKind::Adjust;
    let movement = match adjustment.points.0 {
        0.. => Movement::new(kind, funder, member, adjustment.points.0),
        taken => Movement::new(kind, member, funder, taken.saturating_neg()),
    };
    let movement = match movement {
        Ok(movement) => movement,
        Err(error) => return Ok(Err(error)),
    };
    let (mut accounts, mut balances) = (Accounts::default(), Balances::default());
    for (side, _) in movement.entries() {
        accounts.load(transaction, &mut balances, side.clone())?;
    }
    let movements = std::slice::from_ref(&movement);
    if let Err(error) = balances.book(movements) {
        return Ok(Err(error));
    }
    accounts.write(transaction, movements, None, now)?;
    transaction
        .execute(
            "INSERT INTO adjustment (movement, reason, last_day) VALUES (?1, ?2, ?3)",
            params![
                transaction.last_insert_rowid(),
                adjustment.reason,
                adjustment.last_day.map(|day| day.to_string())
            ],
        )
        .map_err(failed)?;
    accounts.settle(transaction, &balances)?;
    Ok(Ok(()))
}
