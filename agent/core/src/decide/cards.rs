//! Deciding on cards themselves: made the programme's, seen, frozen and freed.

use crate::{
    CARD_LOG_LIMIT, CardFrozen, CardIdentity, CardIssued, CardLogEntry, CardSeen, CardUnfrozen,
    Event, FreezeCard, IssueCard, Now, PurseSighted, Refusal, State, UnfreezeCard,
};

pub(super) fn issue(state: &State, command: IssueCard, now: Now) -> Result<Event, Refusal> {
    let terms = state.purse.as_ref().ok_or(Refusal::NoPurse)?;
    if !terms.desk.issue {
        return Err(Refusal::NoIssueDesk);
    }
    // First: the lost card is blocked too, and this says more.
    if command.replaces.as_ref() == Some(&command.card) {
        return Err(Refusal::CardReplacesItself);
    }
    if let Some(why) = terms.blocked.get(&command.card) {
        let why = why.clone();
        return Err(Refusal::PurseBlocked { why });
    }
    Ok(Event::CardIssued(CardIssued {
        card: command.card,
        member: command.member,
        key_version: command.key_version,
        expires: command.expires,
        replaces: command.replaces,
        cashier: command.cashier,
        date: now.date,
    }))
}

/// Keeps what a card showed, its log as far as [`CARD_LOG_LIMIT`] goes.
pub(super) fn sight(
    card: CardIdentity,
    seen: CardSeen,
    mut log: Vec<CardLogEntry>,
    now: Now,
) -> Event {
    log.truncate(CARD_LOG_LIMIT);
    let at = now.at;
    Event::PurseSighted(Box::new(PurseSighted {
        card,
        seen,
        log,
        at,
    }))
}

/// Freezing a frozen card again is another fact: the newest reason counts.
pub(super) fn freeze(state: &State, command: FreezeCard, now: Now) -> Result<Event, Refusal> {
    if state.purse.is_none() {
        return Err(Refusal::NoPurse);
    }
    super::check_reason(&command.why)?;
    Ok(Event::CardFrozen(CardFrozen {
        card: command.card,
        why: command.why,
        date: now.date,
        by: command.by,
    }))
}

pub(super) fn unfreeze(state: &State, command: UnfreezeCard, now: Now) -> Result<Event, Refusal> {
    let terms = state.purse.as_ref().ok_or(Refusal::NoPurse)?;
    super::check_reason(&command.reason)?;
    if !terms.frozen.contains(&command.card) {
        return Err(Refusal::CardNotFrozen);
    }
    Ok(Event::CardUnfrozen(CardUnfrozen {
        card: command.card,
        approved_by: command.approved_by,
        reason: command.reason,
        date: now.date,
    }))
}
