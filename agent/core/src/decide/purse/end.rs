//! What ends a movement: evidence, and the word of a manager who cannot wait for it.

use super::known;
use crate::decide::check_reason;
use crate::{
    EndEvidence, EndPurse, Event, GiveUpPurse, Now, PurseEnd, PurseEnded, PurseEvidence,
    PurseGivenUp, PurseIntended, PurseKind, PurseStage, PurseState, PurseTx, PurseUnknown,
    Recovery, Refusal, State, recover,
};

pub(in crate::decide) fn end(state: &State, command: EndPurse, now: Now) -> Result<Event, Refusal> {
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
                let entry = log.into_iter().find(|entry| match end {
                    PurseEnd::Done => entry.txid == txid,
                    PurseEnd::NotDone => intended.is_next(entry),
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

pub(in crate::decide) fn leave_unknown(
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

pub(in crate::decide) fn give_up(
    state: &State,
    command: GiveUpPurse,
    now: Now,
) -> Result<Event, Refusal> {
    check_reason(&command.reason)?;
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
