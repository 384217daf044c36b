//! Ending movements: by a terminal's word, or by HQ from a card's history.

use super::movement::{self, By, Movement};
use super::{money, points};
use crate::emoney::ledger::Action;
use crate::emoney::sequence::{Point, judge};
use crate::emoney::{PurseFault, Scheme};
use crate::store::StoreError;
use crate::store::sqlite::codec::failed;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{CardIdentity, PurseEnd, PurseTx, Recovery, Timestamp};

/// Ends a movement and books its money, if it is done. What is wrong with it beside is given back: the
/// card holds what it holds, so it is booked all the same.
pub(super) fn conclude(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    movement: &Movement,
    end: PurseEnd,
    by: By,
    now: Timestamp,
) -> Result<Vec<PurseFault>, StoreError> {
    movement::finish(transaction, movement.txid, end, by, now)?;
    if end != PurseEnd::Done {
        return Ok(Vec::new());
    }
    let faults = wrong_with(transaction, movement)?;
    money::book(transaction, movement, &scheme.funder, now)?;
    Ok(faults.into_iter().collect())
}

fn wrong_with(
    transaction: &Transaction<'_>,
    done: &Movement,
) -> Result<Option<PurseFault>, StoreError> {
    match (done.action, done.of, &done.from) {
        (Action::Void | Action::Refund, Some(of), _) => {
            let paid = movement::find(transaction, of)?;
            // This one is counted in.
            let given = movement::given_back(transaction, of)?;
            let fits = paid.is_some_and(|paid| given <= paid.minor);
            Ok((!fits).then_some(PurseFault::Differs {
                txid: done.txid,
                what: "more is given back than was paid",
            }))
        }
        (Action::Restore, _, Some(from)) => {
            let ordered = restored(transaction, from, done)?;
            Ok((!ordered).then(|| PurseFault::CarryOver(from.clone())))
        }
        _ => Ok(None),
    }
}

/// Notes that an ordered carry-over was done. False: it was not ordered, not so, or done before.
fn restored(
    transaction: &Transaction<'_>,
    from: &CardIdentity,
    done: &Movement,
) -> Result<bool, StoreError> {
    let changed = transaction
        .execute(
            "UPDATE card_replacement SET restored = ?4
             WHERE old = ?1 AND new = ?2 AND minor = ?3 AND restored IS NULL",
            params![
                from.as_str(),
                done.card.as_str(),
                done.minor,
                done.txid.bytes()
            ],
        )
        .map_err(failed)?;
    Ok(changed == 1)
}

/// What settling a card's open movements came to, beside the settlements themselves.
#[derive(Default)]
pub(super) struct Settling {
    /// What is wrong with what was booked.
    pub(super) faults: Vec<PurseFault>,
    /// Movements that fit no history of the card.
    pub(super) contradictions: Vec<PurseTx>,
}

/// Settles what a card's history now says of its open movements.
pub(super) fn settle(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    card: &CardIdentity,
    now: Timestamp,
) -> Result<Settling, StoreError> {
    let open = movement::select(
        transaction,
        "WHERE card = ?1 AND ended IS NULL AND kind = 'on_card' ORDER BY before_tmc",
        [card.as_str()],
    )?;
    let mut settling = Settling::default();
    for movement in open {
        let Some(tmc) = movement.before_tmc.and_then(|tmc| tmc.checked_add(1)) else {
            continue;
        };
        let Some(next) = points::point(transaction, card, tmc)? else {
            continue;
        };
        let Some(intended) = movement.intended(transaction)? else {
            continue;
        };
        match judge(&intended, &next) {
            Recovery::Settled(end) => {
                let by = By::Hq;
                let faults = conclude(transaction, scheme, &movement, end, by, now)?;
                settling.faults.extend(faults);
                if end == PurseEnd::Done {
                    let point = Point {
                        balance: intended.balance_after(),
                        ..next
                    };
                    let clashes = points::keep(transaction, card, &[point], now)?;
                    settling.faults.extend(clashes);
                }
            }
            Recovery::StillUnknown => {}
            _ => {
                if movement.case.is_none() {
                    settling.contradictions.push(movement.txid);
                }
            }
        }
    }
    Ok(settling)
}

/// The scheme; none before e-money was set up.
pub(in crate::store::sqlite) fn scheme(
    transaction: &Transaction<'_>,
) -> Result<Option<Scheme>, StoreError> {
    let found: Option<(String, String, u16)> = transaction
        .prepare_cached("SELECT body, funder, timeout_days FROM purse_scheme")
        .map_err(failed)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(failed)?;
    let Some((body, funder, timeout_days)) = found else {
        return Ok(None);
    };
    let what = "e-money scheme";
    let scheme = serde_json::from_str(&body).map_err(|_| StoreError::Unreadable { what })?;
    let funder = crate::store::sqlite::codec::code("funder", funder)?;
    Ok(Some(Scheme {
        scheme,
        funder,
        timeout_days,
    }))
}
