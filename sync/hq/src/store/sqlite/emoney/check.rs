//! The proof of e-money's ledger, and which money paid for what.

use super::movement::{self, Movement};
use super::report::{accounts, booked, holder_of, told_cards};
use super::{points, settle};
use crate::emoney::ledger::{Action, Holder};
use crate::emoney::lots::{Change, Pairing, Shares, Sink, pair};
use crate::emoney::sequence::gaps;
use crate::emoney::{EmoneyCheck, Scheme, Totals};
use crate::store::StoreError;
use crate::store::sqlite::codec::{count, failed};
use rusqlite::{Transaction, params};
use std::collections::BTreeMap;
use tillside_core::PurseTx;

pub(super) fn check(transaction: &Transaction<'_>) -> Result<EmoneyCheck, StoreError> {
    let accounts = accounts(transaction)?;
    let mut check = EmoneyCheck {
        accounts: count(accounts.len() as i64),
        sum: sum(
            transaction,
            "SELECT coalesce(sum(minor), 0) FROM emoney_entry",
        )?,
        differing: names(
            transaction,
            "SELECT name FROM emoney_account LEFT JOIN
                 (SELECT account, sum(minor) AS total FROM emoney_entry GROUP BY account) AS derived
                 ON derived.account = emoney_account.id
             WHERE emoney_account.minor <> coalesce(derived.total, 0) ORDER BY name",
        )?,
        misbooked: misbooked(transaction)?,
        totals: totals(&accounts),
        ..EmoneyCheck::default()
    };
    compare_cards(transaction, &mut check)?;
    if let Some(scheme) = settle::scheme(transaction)? {
        check.pairing = pair(&changes(transaction, &scheme)?);
        check.unpaired = unpaired(&check.pairing, &check.totals);
    }
    Ok(check)
}

fn sum(transaction: &Transaction<'_>, sql: &str) -> Result<i64, StoreError> {
    transaction
        .query_row(sql, [], |row| row.get(0))
        .map_err(failed)
}

fn names(transaction: &Transaction<'_>, sql: &str) -> Result<Vec<String>, StoreError> {
    let mut list = transaction.prepare(sql).map_err(failed)?;
    let rows = list.query_map([], |row| row.get(0)).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Movements that are done and not booked just so, and the other way round.
fn misbooked(transaction: &Transaction<'_>) -> Result<Vec<PurseTx>, StoreError> {
    let mut list = transaction
        .prepare(
            "SELECT p.txid FROM purse_movement AS p LEFT JOIN emoney_movement AS m
                 ON m.txid = p.txid AND m.kind <> 'give_up'
             GROUP BY p.txid
             HAVING (p.ended IS 'done') <> (count(m.id) = 1)
                 OR coalesce(sum(m.minor), 0) <> CASE WHEN p.ended IS 'done' THEN p.minor ELSE 0 END
             ORDER BY p.txid",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([], |row| row.get(0).map(PurseTx::new))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

fn totals(accounts: &[(String, i64)]) -> Totals {
    let mut totals = Totals::default();
    for (name, minor) in accounts {
        let kind = name.split(':').next().unwrap_or_default();
        match kind {
            "issued" => totals.issued -= minor,
            "on_card" | "account" => totals.held += minor,
            "spent" => totals.spent += minor,
            "owed" => totals.owed += minor,
            _ => totals.expired += minor,
        }
    }
    totals
}

/// Where every transaction of a card is booked, the ledger must hold what the card last showed.
fn compare_cards(transaction: &Transaction<'_>, check: &mut EmoneyCheck) -> Result<(), StoreError> {
    for card in told_cards(transaction)? {
        let newest = points::newest(transaction, &card)?;
        let Some((newest, shown)) = newest.and_then(|point| Some((point.tmc, point.balance?)))
        else {
            check.incomplete += 1;
            continue;
        };
        if !gaps(&booked(transaction, &card)?, newest).is_empty() {
            check.incomplete += 1;
            continue;
        }
        let moved = movement::select(
            transaction,
            "WHERE card = ?1 AND kind = 'on_card' AND ended = 'done' AND before_tmc < ?2",
            params![card.as_str(), newest],
        )?;
        let booked: i64 = moved
            .iter()
            .map(|m| {
                if m.action == Action::Pay {
                    -m.minor
                } else {
                    m.minor
                }
            })
            .sum();
        if booked != shown {
            check.cards.push(card);
        }
    }
    Ok(())
}

/// What of the pairing does not agree with the ledger.
fn unpaired(pairing: &Pairing, totals: &Totals) -> Vec<String> {
    let mut wrong = Vec::new();
    let broken = pairing.funders.iter().filter(|(_, shares)| !shares.holds());
    wrong.extend(broken.map(|(funder, _)| format!("the money of funder {funder}")));
    let of = |sink| pairing.unfunded.get(&sink).copied().unwrap_or(0);
    let all = |part: fn(&Shares) -> i64| pairing.funders.values().map(part).sum::<i64>();
    let lost = of(Sink::Spent) + of(Sink::Owed) + of(Sink::Expired);
    for (what, paired, booked) in [
        ("issued", all(|s| s.issued), totals.issued),
        ("spent", all(|s| s.spent) + of(Sink::Spent), totals.spent),
        ("owed", all(|s| s.owed) + of(Sink::Owed), totals.owed),
        (
            "expired",
            all(|s| s.expired) + of(Sink::Expired),
            totals.expired,
        ),
        ("held", all(|s| s.held) - lost, totals.held),
    ] {
        if paired != booked {
            wrong.push(format!(
                "{what}: paired {paired}, booked {booked} (minor units)"
            ));
        }
    }
    wrong
}

/// Every purse's booked changes, in its own order, for the pairing of debits with lots.
pub(super) fn changes(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
) -> Result<BTreeMap<Holder, Vec<Change>>, StoreError> {
    let mut purses: BTreeMap<Holder, Vec<Change>> = BTreeMap::new();
    // A card's order is its counter's; an account's is the order in which HQ moved it.
    let done = movement::select(
        transaction,
        "WHERE ended = 'done' ORDER BY before_tmc, ended_at, at, txid",
        [],
    )?;
    let mut carried = Vec::new();
    for movement in done {
        let holder = movement.holder()?;
        if movement.action == Action::Restore
            && let Some(from) = &movement.from
        {
            let take = Change::Take {
                txid: Some(movement.txid),
                minor: movement.minor,
                sink: Sink::Carried,
            };
            carried.push((Holder::Card(from.clone()), take));
        }
        let change = change_of(scheme, &movement);
        purses.entry(holder).or_default().extend(change);
    }
    // What leaves a lost card leaves it last: what a dark till took comes before, however late it is told.
    for (holder, take) in carried {
        purses.entry(holder).or_default().push(take);
    }
    let mut expired = transaction
        .prepare(
            "SELECT a.name, m.minor FROM emoney_movement AS m
             JOIN emoney_account AS a ON a.id = m.from_account WHERE m.kind = 'expire' ORDER BY m.id",
        )
        .map_err(failed)?;
    let mut rows = expired.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let name: String = row.get(0).map_err(failed)?;
        if let Some(holder) = holder_of(&name) {
            purses.entry(holder).or_default().push(Change::Take {
                txid: None,
                minor: row.get(1).map_err(failed)?,
                sink: Sink::Expired,
            });
        }
    }
    Ok(purses)
}

fn change_of(scheme: &Scheme, movement: &Movement) -> Option<Change> {
    let minor = movement.minor;
    Some(match movement.action {
        Action::Pay => Change::Take {
            txid: Some(movement.txid),
            minor,
            sink: match movement.given_up {
                true => Sink::Owed,
                false => Sink::Spent,
            },
        },
        Action::TopUp => Change::Fund {
            funder: scheme.funder.clone(),
            minor,
        },
        Action::Void | Action::Refund => Change::Return {
            of: movement.of?,
            minor,
        },
        Action::Restore => Change::CarryIn {
            txid: movement.txid,
            from: Holder::Card(movement.from.clone()?),
            minor,
        },
    })
}
