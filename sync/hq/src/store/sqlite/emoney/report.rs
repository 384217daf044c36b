//! Reports on e-money, and the proof of its ledger.

use super::movement::{self, Movement};
use super::{cards, money, points, settle};
use crate::emoney::ledger::{Account, Action, Holder};
use crate::emoney::lots::{Change, Pairing, Sink, pair};
use crate::emoney::sequence::gaps;
use crate::emoney::{EmoneyCheck, Gap, OpenMovement, PurseRow, Scheme, Totals};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, code, count, failed, signed};
use rusqlite::{Transaction, params};
use std::collections::{BTreeMap, BTreeSet};
use tillside_core::{CardIdentity, MemberId, Money, PurseTx, TerminalId, Timestamp};

/// A day, in milliseconds.
const DAY: i64 = 86_400_000;

/// The moment before which what is open is past the time-out.
pub(super) fn timeout(scheme: &Scheme, now: Timestamp) -> i64 {
    now.0.saturating_sub(i64::from(scheme.timeout_days) * DAY)
}

pub(super) fn amount(scheme: &Scheme, minor: i64) -> Result<Money, StoreError> {
    Money::new(minor, scheme.scheme.currency).map_err(|_| StoreError::Unreadable { what: "amount" })
}

/// Counts of a card that are booked, ascending.
pub(super) fn booked(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Vec<u32>, StoreError> {
    let mut list = transaction
        .prepare_cached(
            "SELECT before_tmc + 1 FROM purse_movement
             WHERE card = ?1 AND kind = 'on_card' AND ended = 'done' ORDER BY before_tmc",
        )
        .map_err(failed)?;
    let rows = list
        .query_map([card.as_str()], |row| row.get(0))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Every card that anybody told a history of.
fn told_cards(transaction: &Transaction<'_>) -> Result<Vec<CardIdentity>, StoreError> {
    let mut list = transaction
        .prepare("SELECT DISTINCT card FROM card_point ORDER BY card")
        .map_err(failed)?;
    let rows: Result<Vec<String>, _> = list
        .query_map([], |row| row.get(0))
        .map_err(failed)?
        .collect();
    let rows = rows.map_err(failed)?.into_iter();
    rows.map(|card| code("card", card)).collect()
}

pub(super) fn all_gaps(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<Gap>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let before = timeout(&scheme, now);
    let mut found = Vec::new();
    for card in told_cards(transaction)? {
        let Some(newest) = points::newest(transaction, &card)? else {
            continue;
        };
        for (first, last) in gaps(&booked(transaction, &card)?, newest.tmc) {
            // A hole is known since somebody told of its end, or of what came after it.
            let since: i64 = transaction
                .prepare_cached(
                    "SELECT min(known_at) FROM card_point WHERE card = ?1 AND tmc >= ?2",
                )
                .map_err(failed)?
                .query_row(params![card.as_str(), last], |row| row.get(0))
                .map_err(failed)?;
            if since <= before {
                found.push(Gap {
                    card: card.clone(),
                    first,
                    last,
                    newest: newest.tmc,
                    since: Timestamp(since),
                });
            }
        }
    }
    Ok(found)
}

pub(super) fn open(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<OpenMovement>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let before = timeout(&scheme, now);
    let rows = movement::select(transaction, "WHERE ended IS NULL ORDER BY at, txid", [])?;
    rows.into_iter()
        .map(|row| {
            let terminal: [u8; 16] = transaction
                .prepare_cached("SELECT terminal FROM terminal WHERE id = ?1")
                .map_err(failed)?
                .query_row([row.terminal], |row| row.get(0))
                .map_err(failed)?;
            Ok(OpenMovement {
                txid: row.txid,
                terminal: TerminalId::read(terminal),
                store: row.store,
                kind: row.kind,
                action: row.action,
                card: row.card,
                amount: amount(&scheme, row.minor)?,
                at: row.at,
                given_up: row.given_up,
                in_doubt: row.at.0 < before,
                case: row.case.map(count),
            })
        })
        .collect()
}

pub(super) fn rows(transaction: &Transaction<'_>) -> Result<Vec<PurseRow>, StoreError> {
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Vec::new());
    };
    let mut holders = BTreeSet::new();
    for (name, _) in accounts(transaction)? {
        holders.extend(holder_of(&name));
    }
    for movement in movement::select(transaction, "WHERE ended IS NULL", [])? {
        holders.insert(movement.holder()?);
    }
    holders
        .into_iter()
        .map(|holder| {
            let balance = money::balance(transaction, &holder.account())?;
            let owed = money::balance(transaction, &Account::Owed(holder.clone()))?;
            let doubt = match &holder {
                Holder::Card(card) => cards::in_doubt(transaction, card)?,
                Holder::Member(_) => 0,
            };
            Ok(PurseRow {
                balance: amount(&scheme, balance)?,
                owed: amount(&scheme, owed)?,
                in_doubt: amount(&scheme, doubt)?,
                holder,
            })
        })
        .collect()
}

/// Every account's name and running balance.
fn accounts(transaction: &Transaction<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    let mut list = transaction
        .prepare("SELECT name, minor FROM emoney_account ORDER BY name")
        .map_err(failed)?;
    let rows = list
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Whose purse, or whose claim, an account is.
fn holder_of(name: &str) -> Option<Holder> {
    let (kind, rest) = name.split_once(':')?;
    let (kind, rest) = match kind {
        "owed" => rest.split_once(':')?,
        "on_card" => ("card", rest),
        "account" => ("member", rest),
        _ => return None,
    };
    match kind {
        "card" => CardIdentity::new(rest).ok().map(Holder::Card),
        _ => rest.parse::<MemberId>().ok().map(Holder::Member),
    }
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
    let all = |part: fn(&crate::emoney::lots::Shares) -> i64| {
        pairing.funders.values().map(part).sum::<i64>()
    };
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

/// On-card movements that are open past the time-out and no case is about.
pub(super) fn overdue(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    now: Timestamp,
) -> Result<Vec<Movement>, StoreError> {
    movement::select(
        transaction,
        "WHERE ended IS NULL AND case_id IS NULL AND at < ?1 AND intended IS NOT NULL ORDER BY at",
        [timeout(scheme, now)],
    )
}

/// Movements that wait for the terminal to be told.
pub(super) fn untold(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    limit: usize,
) -> Result<Vec<Movement>, StoreError> {
    movement::select(
        transaction,
        "WHERE terminal = (SELECT id FROM terminal WHERE terminal = ?1) AND told = 0
             AND ended IS NOT NULL AND ended_by <> 'terminal' AND intended IS NOT NULL
         ORDER BY ended_at, txid LIMIT ?2",
        params![terminal.bytes(), signed(limit as u64)],
    )
}
