//! Account purses in SQLite: asked, answered and moved in one transaction.

use super::cards::hold;
use super::movement::{self, By, Movement};
use super::{money, settle};
use crate::emoney::Scheme;
use crate::emoney::accounts::{AccountError, Facts, Payment, Standing, action, check, decide};
use crate::emoney::ledger::{Account, Action};
use crate::store::StoreError;
use crate::store::sqlite::codec::{UuidId, failed};
use crate::store::sqlite::ingest::terminal_row;
use crate::store::sqlite::ingest_load::card_owner;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{
    CardIdentity, DeskRights, MemberId, Money, PurseAction, PurseEnd, PurseKind, PurseTx, StoreId,
    TerminalId, Timestamp,
};
use tillside_protocol::{AccountAnswer, AccountRequest};

/// What HQ says where a person, or the till itself, ended the movement before it was asked for.
const ENDED: &str = "This movement ended before it was asked for. Begin again.";

pub(super) fn move_account(
    transaction: &Transaction<'_>,
    terminal: TerminalId,
    request: &AccountRequest,
    now: Timestamp,
) -> Result<Result<AccountAnswer, AccountError>, StoreError> {
    let body = serde_json::to_string(request).map_err(json)?;
    if let Some((known, answer)) = answered(transaction, request.txid)? {
        return Ok(match known == body {
            true => Ok(answer),
            false => Err(AccountError::OtherContents(request.txid)),
        });
    }
    let Some(scheme) = settle::scheme(transaction)? else {
        return Ok(Err(AccountError::NoScheme));
    };
    if let Err(error) = check(request, &scheme.scheme) {
        return Ok(Err(error));
    }
    let row = terminal_row(transaction, terminal)?;
    if request.store != row.store {
        return Ok(Err(AccountError::OtherStore {
            claimed: request.store.clone(),
            certified: row.store,
        }));
    }
    let begun = movement::find(transaction, request.txid)?;
    if let Some(begun) = &begun
        && !same(begun, row.id, request)
    {
        return Ok(Err(AccountError::OtherContents(request.txid)));
    }
    let refused = |why: &str| AccountAnswer::Refused {
        why: why.to_owned(),
    };
    let answer = match &begun {
        // A person was faster.
        Some(begun) if begun.ended == Some(PurseEnd::Done) => AccountAnswer::Moved {
            after: standing(transaction, &request.card)?.balance,
        },
        Some(begun) if begun.ended.is_some() => refused(ENDED),
        _ => decide(
            request,
            &facts(transaction, &scheme, row.id, &row.store, request)?,
        ),
    };
    keep_answer(transaction, request.txid, &body, &answer, now)?;
    if begun.as_ref().is_some_and(|begun| begun.ended.is_some()) {
        return Ok(Ok(answer));
    }
    if begun.is_none() {
        begin(transaction, row.id, request, now)?;
    }
    let movement = movement::find(transaction, request.txid)?;
    let movement = movement.ok_or(StoreError::Unreadable { what: "movement" })?;
    let end = match answer {
        AccountAnswer::Moved { .. } => PurseEnd::Done,
        _ => PurseEnd::NotDone,
    };
    movement::finish(transaction, request.txid, end, By::Account, now)?;
    if end == PurseEnd::Done {
        money::book(transaction, &movement, &scheme.funder, now)?;
    }
    Ok(Ok(answer))
}

fn answered(
    transaction: &Transaction<'_>,
    txid: PurseTx,
) -> Result<Option<(String, AccountAnswer)>, StoreError> {
    let found: Option<(String, String)> = transaction
        .prepare_cached("SELECT request, answer FROM account_request WHERE txid = ?1")
        .map_err(failed)?
        .query_row([txid.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    let Some((request, answer)) = found else {
        return Ok(None);
    };
    let what = "account answer";
    let answer = serde_json::from_str(&answer).map_err(|_| StoreError::Unreadable { what })?;
    Ok(Some((request, answer)))
}

fn keep_answer(
    transaction: &Transaction<'_>,
    txid: PurseTx,
    request: &str,
    answer: &AccountAnswer,
    now: Timestamp,
) -> Result<(), StoreError> {
    let answer = serde_json::to_string(answer).map_err(json)?;
    transaction
        .prepare_cached(
            "INSERT INTO account_request (txid, request, answer, at) VALUES (?1, ?2, ?3, ?4)",
        )
        .map_err(failed)?
        .execute(params![txid.bytes(), request, answer, now.0])
        .map_err(failed)?;
    Ok(())
}

pub(super) fn json(error: serde_json::Error) -> StoreError {
    StoreError::Database {
        source: Box::new(error),
    }
}

/// Whether the journal began just this.
fn same(begun: &Movement, terminal: i64, request: &AccountRequest) -> bool {
    begun.terminal == terminal
        && begun.kind == PurseKind::Account
        && begun.card == request.card
        && begun.member == Some(request.member)
        && begun.minor == request.amount.minor()
        && Some(begun.action) == action(&request.action)
}

/// The row of a movement whose intent is still on its way.
fn begin(
    transaction: &Transaction<'_>,
    terminal: i64,
    request: &AccountRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let of = payment_of(&request.action).map(|of| *of.bytes());
    transaction
        .prepare_cached(
            "INSERT INTO purse_movement (txid, terminal, store, kind, action, card, member, minor,
                 of_txid, sale, at)
             VALUES (?1, ?2, ?3, 'account', ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .map_err(failed)?
        .execute(params![
            request.txid.bytes(),
            terminal,
            request.store.as_str(),
            request.action.number(),
            request.card.as_str(),
            request.member.bytes(),
            request.amount.minor(),
            of,
            request.action.sale().map(|sale| sale.bytes()),
            now.0
        ])
        .map_err(failed)?;
    Ok(())
}

const fn payment_of(action: &PurseAction) -> Option<PurseTx> {
    match action {
        PurseAction::Void { of, .. } | PurseAction::Refund { of } => Some(*of),
        _ => None,
    }
}

fn facts(
    transaction: &Transaction<'_>,
    scheme: &Scheme,
    terminal: i64,
    store: &StoreId,
    request: &AccountRequest,
) -> Result<Facts, StoreError> {
    let payment = match payment_of(&request.action) {
        Some(of) => payment(transaction, of, terminal)?,
        None => None,
    };
    Ok(Facts {
        scheme: scheme.scheme.clone(),
        store: store.clone(),
        desk: desk(transaction, store)?,
        owner: card_owner(transaction, &request.card)?,
        blocked: hold(transaction, &request.card)?.map(|hold| hold.why),
        frozen: frozen(transaction, request.member)?,
        balance: money::balance(transaction, &Account::Member(request.member))?,
        payment,
    })
}

fn payment(
    transaction: &Transaction<'_>,
    of: PurseTx,
    terminal: i64,
) -> Result<Option<Payment>, StoreError> {
    let Some(paid) = movement::find(transaction, of)? else {
        return Ok(None);
    };
    let done = paid.kind == PurseKind::Account
        && paid.action == Action::Pay
        && paid.ended == Some(PurseEnd::Done);
    let (Some(member), true) = (paid.member, done) else {
        return Ok(None);
    };
    Ok(Some(Payment {
        txid: of,
        member,
        minor: paid.minor,
        given_back: movement::given_back(transaction, of)?,
        same_terminal: paid.terminal == terminal,
    }))
}

/// What a store may do.
pub(super) fn desk(
    transaction: &Transaction<'_>,
    store: &StoreId,
) -> Result<DeskRights, StoreError> {
    let found: Option<(bool, bool)> = transaction
        .prepare_cached("SELECT desk_top_up, desk_issue FROM store WHERE store = ?1")
        .map_err(failed)?
        .query_row([store.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed)?;
    match found {
        Some((top_up, issue)) => Ok(DeskRights { top_up, issue }),
        None => Err(StoreError::NotFound(format!("HQ has no store {store}"))),
    }
}

fn frozen(transaction: &Transaction<'_>, member: MemberId) -> Result<Option<String>, StoreError> {
    transaction
        .prepare_cached("SELECT why FROM account_freeze WHERE member = ?1")
        .map_err(failed)?
        .query_row([member.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)
}

pub(super) fn standing(
    transaction: &Transaction<'_>,
    card: &CardIdentity,
) -> Result<Standing, StoreError> {
    let not_found = |words: &str| StoreError::NotFound(words.to_owned());
    let scheme = settle::scheme(transaction)?;
    let scheme = scheme.ok_or_else(|| not_found("This chain has no e-money."))?;
    let owner = card_owner(transaction, card)?;
    let member = owner.ok_or_else(|| not_found("HQ does not know whose card this is."))?;
    let balance = money::balance(transaction, &Account::Member(member))?;
    let balance = Money::new(balance, scheme.scheme.currency);
    let frozen = frozen(transaction, member)?;
    let hold = hold(transaction, card)?.map(|hold| hold.why);
    Ok(Standing {
        card: card.clone(),
        member,
        balance: balance.map_err(|_| StoreError::Unreadable { what: "balance" })?,
        frozen: hold.or(frozen),
    })
}

pub(super) fn freeze(
    transaction: &Transaction<'_>,
    number: &str,
    why: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let member = member_numbered(transaction, number)?;
    let changed = match why {
        Some(why) => transaction.execute(
            "INSERT INTO account_freeze (member, why, since) VALUES (?1, ?2, ?3)
             ON CONFLICT (member) DO UPDATE SET why = excluded.why WHERE why <> excluded.why",
            params![member.bytes(), why, now.0],
        ),
        None => transaction.execute(
            "DELETE FROM account_freeze WHERE member = ?1",
            params![member.bytes()],
        ),
    };
    Ok(changed.map_err(failed)? > 0)
}

/// The member with this printed number.
pub(super) fn member_numbered(
    transaction: &Transaction<'_>,
    number: &str,
) -> Result<MemberId, StoreError> {
    let found: Option<[u8; 16]> = transaction
        .prepare_cached("SELECT member FROM member WHERE number = ?1")
        .map_err(failed)?
        .query_row([number], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let missing = || StoreError::NotFound(format!("HQ has no member {number}"));
    found.map(MemberId::read).ok_or_else(missing)
}
