//! Deciding on purses: what may begin, what evidence settles, what may pay for a sale.

use crate::{
    BeginPurse, CardSeen, CarryOver, EndEvidence, EndPurse, Event, GiveUpPurse, Money, Now,
    PurseAction, PurseEnd, PurseEnded, PurseEvidence, PurseGivenUp, PurseIntended, PurseKind,
    PurseStage, PurseState, PurseTerms, PurseTx, PurseUnknown, Recovery, Refusal, SaleId, State,
    Tender, TenderKind, recover,
};

pub(super) fn begin(state: &State, command: BeginPurse, now: Now) -> Result<Event, Refusal> {
    let terms = state.purse.as_ref().ok_or(Refusal::NoPurse)?;
    let txid = command.txid;
    let on_card = command.before.as_ref().and_then(|before| before.last);
    if state.purses.contains_key(&txid) || on_card == Some(txid) {
        return Err(Refusal::PurseTxUsed { txid });
    }
    amount_fits(terms, command.amount)?;
    if let Some(why) = terms.blocked.get(&command.card) {
        let why = why.clone();
        return Err(Refusal::PurseBlocked { why });
    }
    nothing_unsettled(state, &command)?;
    if (command.kind == PurseKind::OnCard) != command.before.is_some() {
        return Err(Refusal::PurseCardNeeded);
    }
    if command.kind == PurseKind::Account && command.member.is_none() {
        return Err(Refusal::PurseMemberNeeded);
    }
    allowed(state, terms, &command, now)?;
    if let Some(before) = &command.before {
        goes_on(terms, &command, before)?;
        room(terms, &command, before.balance)?;
    }
    Ok(Event::PurseIntended(Box::new(PurseIntended {
        txid,
        kind: command.kind,
        action: command.action,
        card: command.card,
        member: command.member,
        lane: command.lane,
        cashier: command.cashier,
        at: now.at,
        date: now.date,
        amount: command.amount,
        before: command.before,
    })))
}

/// No second movement beside one whose outcome is not known, of the same card or for the same sale:
/// both may turn out to have happened (invariant 5).
fn nothing_unsettled(state: &State, command: &BeginPurse) -> Result<(), Refusal> {
    let sale = command.action.sale();
    let beside = |purse: &&PurseState| {
        let same_sale = sale.is_some() && purse.intended.action.sale() == sale;
        matches!(purse.stage, PurseStage::Open | PurseStage::Unknown)
            && (same_sale || purse.intended.card == command.card)
    };
    match state.purses.values().find(beside) {
        Some(purse) => Err(Refusal::PurseUnresolved {
            txid: purse.intended.txid,
        }),
        None => Ok(()),
    }
}

/// Whether a card goes on from where this terminal knows it: a counter that went back, or another
/// balance under the same count, is not the card that was here.
fn goes_on(terms: &PurseTerms, command: &BeginPurse, before: &CardSeen) -> Result<(), Refusal> {
    let Some(known) = terms.known.get(&command.card) else {
        return Ok(());
    };
    match before.tmc > known.tmc || before == known {
        true => Ok(()),
        false => Err(Refusal::PurseContradiction {
            txid: known.last.unwrap_or(command.txid),
        }),
    }
}

fn amount_fits(terms: &PurseTerms, amount: Money) -> Result<(), Refusal> {
    let expected = terms.scheme.currency;
    if amount.currency() != expected {
        let found = amount.currency();
        return Err(Refusal::PurseCurrency { expected, found });
    }
    match amount.minor() > 0 {
        true => Ok(()),
        false => Err(Refusal::TenderNotPositive { amount }),
    }
}

/// Whether this till, today, may do that.
fn allowed(
    state: &State,
    terms: &PurseTerms,
    command: &BeginPurse,
    now: Now,
) -> Result<(), Refusal> {
    let puts_on = matches!(
        command.action,
        PurseAction::TopUp { .. } | PurseAction::Refund { .. } | PurseAction::Restore { .. }
    );
    if puts_on && !terms.desk.top_up {
        return Err(Refusal::PurseNoDesk);
    }
    match &command.action {
        PurseAction::Pay { sale } if state.sales.contains_key(sale) => {
            Err(Refusal::AlreadyCompleted { sale: *sale })
        }
        PurseAction::Pay { .. } => Ok(()),
        PurseAction::TopUp {
            tender: TenderKind::Purse,
        } => Err(Refusal::PurseTopUpTender),
        PurseAction::TopUp { .. } => Ok(()),
        PurseAction::Void { of, sale } => {
            let payment = payment(state, *of, command)?;
            let of_sale = payment.intended.action.sale() == Some(*sale);
            if !of_sale || payment.intended.amount != command.amount {
                return Err(Refusal::PursePaymentUnknown { txid: *of });
            }
            match payment.intended.date == now.date {
                true => Ok(()),
                false => Err(Refusal::NotSameDay {
                    sold: payment.intended.date,
                }),
            }
        }
        PurseAction::Refund { of } => payment(state, *of, command).map(|_| ()),
        PurseAction::Restore { from } => {
            let due = |over: &&CarryOver| {
                over.from == *from && over.to == command.card && over.amount == command.amount
            };
            let over = terms.carry_overs.iter().find(due);
            let over = over.ok_or(Refusal::PurseNoCarryOver)?;
            if over.from_day > now.date {
                return Err(Refusal::PurseCarryOverWaits { day: over.from_day });
            }
            if !terms.restores {
                return Err(Refusal::PurseOtherTill);
            }
            let before = |purse: &PurseState| {
                matches!(&purse.intended.action, PurseAction::Restore { from: other } if other == from)
                    && purse.stage != PurseStage::NotDone
            };
            match state.purses.values().any(before) {
                true => Err(Refusal::PurseTakenBack),
                false => Ok(()),
            }
        }
    }
}

/// The payment that is to be given back, if that much of it is left to give.
fn payment<'s>(
    state: &'s State,
    of: PurseTx,
    command: &BeginPurse,
) -> Result<&'s PurseState, Refusal> {
    let unknown = Refusal::PursePaymentUnknown { txid: of };
    let payment = state.purses.get(&of).ok_or(unknown.clone())?;
    let fits = payment.intended.action.takes()
        && matches!(payment.stage, PurseStage::Done | PurseStage::Owed)
        && payment.intended.card == command.card
        && payment.intended.kind == command.kind;
    if !fits {
        return Err(unknown);
    }
    let given = given_back(state, of)?;
    let left = payment.intended.amount.checked_sub(given)?;
    match command.amount.minor() <= left.minor() {
        true => Ok(payment),
        false => Err(Refusal::PurseTakenBack),
    }
}

/// What was given back of a payment, or may have been.
fn given_back(state: &State, of: PurseTx) -> Result<Money, Refusal> {
    let gives_back = |purse: &&PurseState| match purse.intended.action {
        PurseAction::Void { of: other, .. } | PurseAction::Refund { of: other } => {
            other == of && purse.stage != PurseStage::NotDone
        }
        _ => false,
    };
    let currency = state.purses.get(&of).map(|p| p.intended.amount.currency());
    let zero = Money::zero(currency.unwrap_or(crate::Currency::EUR));
    let parts = state.purses.values().filter(gives_back);
    let mut sum = zero;
    for part in parts {
        sum = sum.checked_add(part.intended.amount)?;
    }
    Ok(sum)
}

fn room(terms: &PurseTerms, command: &BeginPurse, balance: i64) -> Result<(), Refusal> {
    let balance = Money::new(balance, terms.scheme.currency)?;
    if command.action.takes() {
        return match balance.minor() >= command.amount.minor() {
            true => Ok(()),
            false => Err(Refusal::PurseTooLow { balance }),
        };
    }
    let cap = terms.scheme.cap;
    match balance.checked_add(command.amount)?.minor() <= cap.minor() {
        true => Ok(()),
        false => Err(Refusal::PurseFull { balance, cap }),
    }
}

pub(super) fn end(state: &State, command: EndPurse, now: Now) -> Result<Event, Refusal> {
    let txid = command.txid;
    let purse = known(state, txid)?;
    if !purse.stage.is_open() {
        return Err(Refusal::PurseSettled { txid });
    }
    let (end, evidence) = judge(purse, command.evidence)?;
    Ok(Event::PurseEnded(Box::new(PurseEnded {
        txid,
        card: purse.intended.card.clone(),
        end,
        amount: purse.intended.amount,
        evidence,
        date: now.date,
    })))
}

fn judge(purse: &PurseState, evidence: EndEvidence) -> Result<(PurseEnd, PurseEvidence), Refusal> {
    let intended = &purse.intended;
    let txid = intended.txid;
    let contradiction = Refusal::PurseContradiction { txid };
    let account = intended.kind == PurseKind::Account;
    match evidence {
        EndEvidence::Hq(end) => Ok((end, PurseEvidence::Hq)),
        EndEvidence::CardAsked { seen, log } => match recover(intended, &seen, &log) {
            Recovery::Settled(end) => {
                let entry = log.into_iter().find(|entry| {
                    entry.txid == txid
                        || (end == PurseEnd::NotDone && seen.last == Some(entry.txid))
                });
                Ok((end, PurseEvidence::CardAsked { seen, entry }))
            }
            Recovery::StillUnknown => Err(Refusal::PurseStillUnknown { txid }),
            Recovery::Contradiction => Err(contradiction),
        },
        EndEvidence::Plain(evidence) => match &evidence {
            PurseEvidence::CommitAnswer { tmc, after, .. }
                if commit_fits(intended, *tmc, *after) =>
            {
                Ok((PurseEnd::Done, evidence))
            }
            // Once it is unknown, "it was never sent" is no longer anybody's to say.
            PurseEvidence::NeverSent { .. } if purse.stage == PurseStage::Open => {
                Ok((PurseEnd::NotDone, evidence))
            }
            PurseEvidence::AccountMoved { .. } if account => Ok((PurseEnd::Done, evidence)),
            PurseEvidence::AccountRefused { .. } if account => Ok((PurseEnd::NotDone, evidence)),
            _ => Err(contradiction),
        },
    }
}

fn commit_fits(intended: &PurseIntended, tmc: u32, after: i64) -> bool {
    let before = intended.before.as_ref();
    let next = before.and_then(|before| before.tmc.checked_add(1));
    next == Some(tmc) && intended.balance_after() == Some(after)
}

pub(super) fn leave_unknown(
    state: &State,
    txid: PurseTx,
    why: String,
    now: Now,
) -> Result<Event, Refusal> {
    let purse = known(state, txid)?;
    match purse.stage {
        PurseStage::Open => {}
        PurseStage::Unknown => return Err(Refusal::PurseUnresolved { txid }),
        _ => return Err(Refusal::PurseSettled { txid }),
    }
    Ok(Event::PurseUnknown(PurseUnknown {
        txid,
        card: purse.intended.card.clone(),
        why: why.chars().take(crate::REASON_LIMIT).collect(),
        date: now.date,
    }))
}

pub(super) fn give_up(state: &State, command: GiveUpPurse, now: Now) -> Result<Event, Refusal> {
    super::check_reason(&command.reason)?;
    let txid = command.txid;
    let purse = known(state, txid)?;
    if !purse.intended.action.takes() {
        return Err(Refusal::PurseNotAPayment);
    }
    match purse.stage {
        PurseStage::Unknown => {}
        PurseStage::Open => return Err(Refusal::PurseBusy),
        _ => return Err(Refusal::PurseSettled { txid }),
    }
    Ok(Event::PurseGivenUp(PurseGivenUp {
        txid,
        card: purse.intended.card.clone(),
        cashier: command.cashier,
        approved_by: command.approved_by,
        reason: command.reason,
        date: now.date,
    }))
}

fn known(state: &State, txid: PurseTx) -> Result<&PurseState, Refusal> {
    (state.purses.get(&txid)).ok_or(Refusal::PursePaymentUnknown { txid })
}

/// Whether the purse tenders of a sale are exactly the payments its purses made.
///
/// Nothing may be unknown (invariant 5), nothing that was taken may be left out, and nothing that was
/// given back may be counted.
pub(super) fn check_tenders(
    state: &State,
    sale: SaleId,
    tenders: &[Tender],
) -> Result<(), Refusal> {
    let mut named: Vec<PurseTx> = Vec::new();
    for tender in tenders {
        match (tender.kind, tender.purse) {
            (TenderKind::Purse, Some(txid)) if !named.contains(&txid) => {
                let purse = known(state, txid)?;
                let paid = purse.stage == PurseStage::Done
                    && purse.intended.action == (PurseAction::Pay { sale })
                    && purse.intended.amount == tender.amount
                    && given_back(state, txid)?.minor() == 0;
                if !paid {
                    return Err(Refusal::PurseTender);
                }
                named.push(txid);
            }
            (TenderKind::Purse, _) | (_, Some(_)) => return Err(Refusal::PurseTender),
            _ => {}
        }
    }
    for (txid, purse) in &state.purses {
        if purse.intended.action.sale() != Some(sale) {
            continue;
        }
        if matches!(purse.stage, PurseStage::Open | PurseStage::Unknown) {
            return Err(Refusal::PurseUnresolved { txid: *txid });
        }
        let paid = purse.intended.action.takes() && purse.stage == PurseStage::Done;
        if paid && !named.contains(txid) {
            let amount = purse
                .intended
                .amount
                .checked_sub(given_back(state, *txid)?)?;
            if amount.minor() > 0 {
                return Err(Refusal::PursePaymentForgotten { amount });
            }
        }
    }
    Ok(())
}

/// Whether everything that purses paid for a sale was given back: its void may then be recorded.
pub(super) fn check_given_back(state: &State, tenders: &[Tender]) -> Result<(), Refusal> {
    for txid in tenders.iter().filter_map(|tender| tender.purse) {
        let purse = known(state, txid)?;
        let done = |purse: &&PurseState| {
            purse.stage == PurseStage::Done
                && matches!(purse.intended.action,
                    PurseAction::Void { of, .. } | PurseAction::Refund { of } if of == txid)
        };
        let mut given = Money::zero(purse.intended.amount.currency());
        for part in state.purses.values().filter(done) {
            given = given.checked_add(part.intended.amount)?;
        }
        if given != purse.intended.amount {
            let amount = purse.intended.amount;
            return Err(Refusal::PurseNotReturned { amount });
        }
    }
    Ok(())
}
