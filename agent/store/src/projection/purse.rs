//! What records of e-money do to the projections: movements and their stages, how sales were paid,
//! issued and frozen cards, and in which state each card was seen last.

use super::Target;
use crate::columns::{Id, TxColumn};
use crate::error::{Fault, StoreError, Within};
use crate::unique::or_if_taken;
use rusqlite::params;
use tillside_core::{
    CardFrozen, CardIdentity, CardIssued, CardSeen, Event, PurseAction, PurseEnded, PurseEvidence,
    PurseIntended, PurseKind, PurseStage, PurseTx, SaleCompleted, TenderKind, stage_after,
};

/// The effect of a record that is not a sale's, a coupon's or a bundle's.
pub(super) fn apply(to: &Target<'_>, event: &Event) -> Within<()> {
    match event {
        Event::PurseIntended(intended) => begun(to, intended),
        Event::PurseEnded(ended) => self::ended(to, ended),
        Event::PurseUnknown(unknown) => moved(to, unknown.txid, Mark::Unknown),
        Event::PurseGivenUp(given_up) => moved(to, given_up.txid, Mark::GivenUp),
        Event::PurseSighted(sighted) => seen(to, &sighted.card, &sighted.seen),
        Event::CardIssued(issued) => self::issued(to, issued),
        Event::CardFrozen(frozen) => self::frozen(to, frozen),
        Event::CardUnfrozen(freed) => {
            delete(to, "frozen_cards", &freed.card)?;
            delete(to, "card_seen", &freed.card)
        }
        _ => Ok(()),
    }
}

/// How a sale was paid. Each movement of a purse pays for the one sale it was begun for.
pub(super) fn tenders(to: &Target<'_>, sale: &SaleCompleted) -> Within<()> {
    let mut insert = to.conn.prepare_cached(&format!(
        "INSERT INTO {}.tenders (id, number, kind, minor, txid) VALUES (?1, ?2, ?3, ?4, ?5)",
        to.schema
    ))?;
    for (number, tender) in sale.tenders.iter().enumerate() {
        if let Some(txid) = tender.purse {
            let paid = to
                .conn
                .prepare_cached(&format!(
                    "SELECT 1 FROM {}.purses
                     WHERE txid = ?1 AND stage = 'done' AND action = 'pay' AND sale = ?2
                       AND minor = ?3",
                    to.schema
                ))?
                .exists(params![
                    TxColumn(txid),
                    Id(sale.sale.uuid()),
                    tender.amount.minor()
                ])?;
            if !paid {
                return Err(StoreError::PurseCounted { txid }.into());
            }
        }
        let done = insert.execute(params![
            to.id,
            number as i64,
            tender_code(tender.kind),
            tender.amount.minor(),
            tender.purse.map(TxColumn),
        ]);
        or_if_taken(done, || match tender.purse {
            Some(txid) => StoreError::PurseCounted { txid }.into(),
            None => StoreError::SaleRecorded { sale: sale.sale }.into(),
        })?;
    }
    Ok(())
}

fn begun(to: &Target<'_>, intended: &PurseIntended) -> Within<()> {
    let (mut of, mut from) = (None, None);
    match &intended.action {
        PurseAction::Void { of: txid, .. } | PurseAction::Refund { of: txid } => of = Some(*txid),
        PurseAction::Restore { from: card } => from = Some(card.as_str()),
        _ => {}
    }
    let done = to
        .conn
        .prepare_cached(&format!(
            "INSERT INTO {}.purses (txid, card, kind, action, sale, of_txid, from_card, minor,
                                    currency, stage, date, intended)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'open', ?10, ?11)",
            to.schema
        ))?
        .execute(params![
            TxColumn(intended.txid),
            intended.card.as_str(),
            match intended.kind {
                PurseKind::Account => "account",
                _ => "on_card",
            },
            action_code(&intended.action),
            intended.action.sale().map(|sale| Id(sale.uuid())),
            of.map(TxColumn),
            from,
            intended.amount.minor(),
            intended.amount.currency().code(),
            intended.date.to_string(),
            to.id,
        ]);
    let txid = intended.txid;
    or_if_taken(done, || StoreError::PurseBegun { txid }.into())?;
    match &intended.before {
        Some(before) => seen(to, &intended.card, before),
        None => Ok(()),
    }
}

fn ended(to: &Target<'_>, ended: &PurseEnded) -> Within<()> {
    let txid = ended.txid;
    let not_open = || -> Fault { StoreError::PurseSettled { txid }.into() };
    let stage: Option<String> = {
        let mut statement = to.conn.prepare_cached(&format!(
            "SELECT stage FROM {}.purses WHERE txid = ?1",
            to.schema
        ))?;
        let mut rows = statement.query([TxColumn(txid)])?;
        rows.next()?.map(|row| row.get(0)).transpose()?
    };
    let stage = stage.as_deref().and_then(stage_of).ok_or_else(not_open)?;
    let changed = to
        .conn
        .prepare_cached(&format!(
            "UPDATE {}.purses SET stage = ?2, ended = ?3, ended_on = ?4
             WHERE txid = ?1 AND ended IS NULL",
            to.schema
        ))?
        .execute(params![
            TxColumn(txid),
            stage_code(stage_after(stage, ended.end)),
            to.id,
            ended.date.to_string(),
        ])?;
    if changed != 1 {
        return Err(not_open());
    }
    match &ended.evidence {
        PurseEvidence::CommitAnswer { tmc, after, .. } => {
            let state = CardSeen {
                balance: *after,
                tmc: *tmc,
                last: Some(txid),
            };
            seen(to, &ended.card, &state)
        }
        PurseEvidence::CardAsked { seen: state, .. } => seen(to, &ended.card, state),
        _ => Ok(()),
    }
}

/// Which mark a movement that did not end gets.
enum Mark {
    Unknown,
    GivenUp,
}

fn moved(to: &Target<'_>, txid: PurseTx, mark: Mark) -> Within<()> {
    let change = match mark {
        Mark::Unknown => "stage = 'unknown', unknown = ?2 WHERE txid = ?1 AND stage = 'open'",
        Mark::GivenUp => "stage = 'given_up', given_up = ?2 WHERE txid = ?1 AND stage = 'unknown'",
    };
    let changed = to
        .conn
        .prepare_cached(&format!("UPDATE {}.purses SET {change}", to.schema))?
        .execute(params![TxColumn(txid), to.id])?;
    match changed {
        1 => Ok(()),
        _ => Err(StoreError::PurseSettled { txid }.into()),
    }
}

/// Keeps a card's state, unless a newer one is known.
fn seen(to: &Target<'_>, card: &CardIdentity, seen: &CardSeen) -> Within<()> {
    to.conn
        .prepare_cached(&format!(
            "INSERT INTO {}.card_seen (card, tmc, balance, last) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (card) DO UPDATE
             SET tmc = excluded.tmc, balance = excluded.balance, last = excluded.last
             WHERE excluded.tmc >= tmc",
            to.schema
        ))?
        .execute(params![
            card.as_str(),
            seen.tmc,
            seen.balance,
            seen.last.map(TxColumn)
        ])?;
    Ok(())
}

/// A card that is made anew counts from the start again.
fn issued(to: &Target<'_>, issued: &CardIssued) -> Within<()> {
    to.conn
        .prepare_cached(&format!(
            "INSERT INTO {}.issued_cards (card, id, member, replaces) VALUES (?1, ?2, ?3, ?4)",
            to.schema
        ))?
        .execute(params![
            issued.card.as_str(),
            to.id,
            Id(issued.member.uuid()),
            issued.replaces.as_ref().map(CardIdentity::as_str),
        ])?;
    delete(to, "card_seen", &issued.card)
}

fn frozen(to: &Target<'_>, frozen: &CardFrozen) -> Within<()> {
    to.conn
        .prepare_cached(&format!(
            "INSERT INTO {}.frozen_cards (card, id, why) VALUES (?1, ?2, ?3)
             ON CONFLICT (card) DO UPDATE SET id = excluded.id, why = excluded.why",
            to.schema
        ))?
        .execute(params![frozen.card.as_str(), to.id, frozen.why])?;
    Ok(())
}

fn delete(to: &Target<'_>, table: &str, card: &CardIdentity) -> Within<()> {
    to.conn
        .prepare_cached(&format!(
            "DELETE FROM {}.{table} WHERE card = ?1",
            to.schema
        ))?
        .execute([card.as_str()])?;
    Ok(())
}

const STAGES: [(PurseStage, &str); 6] = [
    (PurseStage::Open, "open"),
    (PurseStage::Unknown, "unknown"),
    (PurseStage::Done, "done"),
    (PurseStage::NotDone, "not_done"),
    (PurseStage::GivenUp, "given_up"),
    (PurseStage::Owed, "owed"),
];

/// A stage as it stands in its column.
fn stage_code(stage: PurseStage) -> &'static str {
    let found = STAGES.iter().find(|(of, _)| *of == stage);
    found.map_or("unknown", |(_, code)| code)
}

/// The stage that a column says.
pub(crate) fn stage_of(code: &str) -> Option<PurseStage> {
    let found = STAGES.iter().find(|(_, of)| *of == code);
    found.map(|(stage, _)| *stage)
}

fn action_code(action: &PurseAction) -> &'static str {
    match action {
        PurseAction::Pay { .. } => "pay",
        PurseAction::TopUp { .. } => "top_up",
        PurseAction::Void { .. } => "void",
        PurseAction::Refund { .. } => "refund",
        PurseAction::Restore { .. } => "restore",
        _ => "other",
    }
}

/// The kinds of tender as they stand in their column.
pub(crate) const TENDERS: [(TenderKind, &str); 4] = [
    (TenderKind::Cash, "cash"),
    (TenderKind::Card, "card"),
    (TenderKind::Purse, "purse"),
    (TenderKind::Points, "points"),
];

fn tender_code(kind: TenderKind) -> &'static str {
    let found = TENDERS.iter().find(|(of, _)| *of == kind);
    found.map_or("other", |(_, code)| code)
}
