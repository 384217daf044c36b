//! What may begin: which movement, with which card, here and today.

use super::given_back;
use crate::{
    BeginPurse, CardSeen, CarryOver, Event, Money, Now, PurseAction, PurseIntended, PurseKind,
    PurseStage, PurseState, PurseTerms, PurseTx, Refusal, State, TenderKind,
};

pub(in crate::decide) fn begin(
    state: &State,
    command: BeginPurse,
    now: Now,
) -> Result<Event, Refusal> {
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
