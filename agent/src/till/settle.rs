//! A movement of a purse ends, or stays unknown, and what that does to its sale: completed, open
//! again, voided. Everything in one transaction (invariant 1).

use super::deed::DraftChange;
use super::points::points_paid;
use super::view::Recorded;
use super::{Desk, Draft, PendingVoid, TillError};
use crate::account::Question;
use crate::events::Happening;
use crate::purse::{MovementStage, words};
use tillside_core::{
    CardIdentity, Command, CompleteFixed, EndEvidence, EndPurse, Event, Money, Now, PurseAction,
    PurseEnd, PurseEvidence, PurseKind, PurseStage, PurseState, PurseTx, Refusal, SaleCompleted,
    SaleId, State, Tender, Void, apply, decide,
};
use tillside_store::Need;
use tillside_sync::AccountRequest;

/// How a movement came out, and what that did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// Which.
    pub txid: PurseTx,
    /// What it was for.
    pub action: PurseAction,
    /// On the card, or in the account.
    pub kind: PurseKind,
    /// The card.
    pub card: CardIdentity,
    /// How it ended; none if nobody knows yet.
    pub end: Option<PurseEnd>,
    /// How much it was about.
    pub amount: Money,
    /// What the card (or account) holds now, if it said so.
    pub balance: Option<Money>,
    /// Whether its sale is completed, or voided, with it.
    pub completed: bool,
    /// What is left to pay of its open sale.
    pub due: Option<Money>,
    /// What the cashier reads.
    pub words: String,
}

impl Desk {
    /// Settles a movement by evidence, and does to its sale what follows.
    ///
    /// # Errors
    /// If the core refuses the evidence, or it cannot be written down; nothing is settled then.
    pub fn end_purse(
        &mut self,
        txid: PurseTx,
        evidence: EndEvidence,
    ) -> Result<Settled, TillError> {
        let now = self.now()?;
        let known = self.store.purse_state(txid)?;
        let known = known.ok_or(Refusal::PursePaymentUnknown { txid })?;
        let sale = self.sale_of(&known)?;
        let draft = sale
            .map(|sale| self.open_draft(sale))
            .transpose()?
            .flatten();
        let void = sale
            .map(|sale| self.pending_void(sale))
            .transpose()?
            .flatten();
        let mut state = self.settling_state(&known, sale, draft.as_ref())?;
        let balance = balance(&evidence, &known)?;
        let end = Command::EndPurse(Box::new(EndPurse { txid, evidence }));
        let mut events = decide(&state, end, now)?;
        apply_all(&mut state, &events);
        let (change, due) = self.consequence(&mut state, &mut events, draft, void, now)?;
        self.commit(&events, &change, None, now)?;
        let settled = settled(&state, &known, &events, balance, due);
        // It is on the disk: what the screens miss of it changes nothing.
        if let Err(error) = self.tell_sale(&state, &events, now) {
            tracing::warn!(code = error.code(), "a sale was not told to the screens");
        }
        Ok(settled)
    }

    /// Keeps that nobody knows what the card did.
    ///
    /// # Errors
    /// If it is settled, or cannot be written down.
    pub fn leave_unknown(&mut self, txid: PurseTx, why: &str) -> Result<(), TillError> {
        let now = self.now()?;
        let need = Need {
            purses: vec![txid],
            ..Need::default()
        };
        let state = self.store.load(&need)?;
        let why = why.to_owned();
        let events = decide(&state, Command::LeavePurseUnknown { txid, why }, now)?;
        self.commit(&events, &DraftChange::Keep, None, now)
    }

    /// A movement as it stands while nobody knows, for the words.
    ///
    /// # Errors
    /// If there is no such movement.
    pub(crate) fn nobody_knows(&self, txid: PurseTx, words: &str) -> Result<Settled, TillError> {
        let known = self.store.purse_state(txid)?;
        let intended = known.ok_or(Refusal::PursePaymentUnknown { txid })?.intended;
        Ok(Settled {
            txid,
            action: intended.action,
            kind: intended.kind,
            card: intended.card,
            end: None,
            amount: intended.amount,
            balance: None,
            completed: false,
            due: None,
            words: words.to_owned(),
        })
    }

    /// Movements of accounts that HQ is to be asked for: what was given up is HQ's alone to settle.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn accounts_to_ask(&self) -> Result<Vec<Question>, TillError> {
        let store = self.profile()?.profile.store;
        let open = self.store.open_purses(tillside_store::PURSE_ROW_LIMIT)?;
        let open = open.into_iter().filter_map(|row| {
            let PurseState { intended, stage } = row.state;
            let waits = intended.kind == PurseKind::Account
                && matches!(stage, PurseStage::Open | PurseStage::Unknown);
            Some(Question {
                asked_before: stage != PurseStage::Open,
                request: AccountRequest {
                    txid: intended.txid,
                    action: intended.action,
                    card: intended.card,
                    member: intended.member?,
                    amount: intended.amount,
                    store: store.clone(),
                },
            })
            .filter(|_| waits)
        });
        Ok(open.collect())
    }

    /// At the start: what was being tried when the agent ended is unknown now.
    ///
    /// # Errors
    /// If it cannot be written down.
    pub fn purses_after_start(&mut self) -> Result<usize, TillError> {
        if self.store.profile().is_none() {
            return Ok(0);
        }
        let open = self.store.open_purses(tillside_store::PURSE_ROW_LIMIT)?;
        let open = open
            .iter()
            .filter(|row| row.state.stage == PurseStage::Open);
        let txids: Vec<PurseTx> = open.map(|row| row.state.intended.txid).collect();
        for &txid in &txids {
            self.leave_unknown(txid, words::RESTARTED)?;
        }
        Ok(txids.len())
    }

    /// The sale that a movement bears on: its own, or that of the payment it refunds.
    fn sale_of(&self, known: &PurseState) -> Result<Option<SaleId>, TillError> {
        let PurseAction::Refund { of } = known.intended.action else {
            return Ok(known.intended.action.sale());
        };
        let paid = self.store.purse_state(of)?;
        Ok(paid.and_then(|paid| paid.intended.action.sale()))
    }

    fn settling_state(
        &self,
        known: &PurseState,
        sale: Option<SaleId>,
        draft: Option<&Draft>,
    ) -> Result<State, TillError> {
        let mut need = Need {
            purses: vec![known.intended.txid],
            cards: vec![known.intended.card.clone()],
            sales: sale.into_iter().collect(),
            ..Need::default()
        };
        if let Some(fixed) = draft.and_then(|draft| draft.fixed.as_ref()) {
            need.coupons = fixed.coupons.iter().map(|c| c.number.clone()).collect();
            need.members = fixed.customer.iter().filter_map(|c| c.member).collect();
        }
        let mut state = self.store.load(&need)?;
        // A sale that is to be voided: its member, for the answer, and its coupons.
        if let Some(recorded) = sale.and_then(|sale| state.sales.get(&sale)) {
            let recorded = &recorded.sale;
            need.coupons = recorded.coupons.iter().map(|c| c.number.clone()).collect();
            need.members = recorded.customer.iter().filter_map(|c| c.member).collect();
            state = self.store.load(&need)?;
        }
        Ok(state)
    }

    /// What follows for the sale: facts are added, and the open sale changes.
    fn consequence(
        &mut self,
        state: &mut State,
        events: &mut Vec<Event>,
        draft: Option<Draft>,
        void: Option<PendingVoid>,
        now: Now,
    ) -> Result<(DraftChange, Option<Money>), TillError> {
        if let Some(void) = void {
            return Ok((finish_void(state, events, void, now), None));
        }
        let Some(mut draft) = draft else {
            return Ok((DraftChange::Keep, None));
        };
        let Some(fixed) = draft.fixed.as_deref() else {
            return Ok((DraftChange::Keep, None));
        };
        let sale = draft.sale;
        let paid = payments(state, sale)?;
        let due = left(fixed.total, &paid_so_far(state, fixed)?)?;
        if paid.is_empty() && !unresolved(state, sale) {
            draft.fixed = None;
            return Ok((DraftChange::Save(Box::new(draft)), Some(due)));
        }
        if due.minor() != 0 {
            return Ok((DraftChange::Keep, Some(due)));
        }
        let complete = CompleteFixed {
            fixed: fixed.clone(),
            tenders: paid,
        };
        match decide(state, Command::CompleteFixed(Box::new(complete)), now) {
            Ok(completing) => {
                apply_all(state, &completing);
                events.extend(completing);
                Ok((DraftChange::Drop(sale), Some(due)))
            }
            // The evidence counts all the same: the sale stays open, with the payment on it.
            Err(refusal) => {
                tracing::warn!(%sale, code = refusal.code(), "a paid sale could not be completed");
                Ok((DraftChange::Keep, Some(due)))
            }
        }
    }

    /// The screens hear of a sale that was completed or voided.
    pub(super) fn tell_sale(
        &mut self,
        state: &State,
        events: &[Event],
        now: Now,
    ) -> Result<(), TillError> {
        let sale = events.iter().find_map(|event| match event {
            Event::SaleCompleted(sale) => Some((sale.sale, false)),
            Event::SaleVoided(void) => Some((void.sale, true)),
            _ => None,
        });
        let Some((sale, voided)) = sale else {
            return Ok(());
        };
        let Some(known) = state.sales.get(&sale) else {
            return Ok(());
        };
        let recorded = Recorded {
            voided,
            confirmed: false,
            clock: now.clock,
        };
        let sale = Box::new(self.recorded_view(&known.sale, &recorded, state)?);
        self.hub.tell(Happening::Sale { sale });
        Ok(())
    }
}

/// What is paid of a fixed sale: by points, and by e-money.
pub(super) fn paid_so_far(state: &State, fixed: &SaleCompleted) -> Result<Vec<Tender>, TillError> {
    let mut paid: Vec<Tender> = points_paid(&fixed.tenders).cloned().collect();
    paid.extend(payments(state, fixed.sale)?);
    Ok(paid)
}

/// The purse tenders of a sale: payments that happened and were not given back.
pub(super) fn payments(state: &State, sale: SaleId) -> Result<Vec<Tender>, TillError> {
    let mut paid: Vec<&PurseState> = state
        .purses
        .values()
        .filter(|purse| purse.intended.action == PurseAction::Pay { sale })
        .filter(|purse| purse.stage == PurseStage::Done)
        .filter(|purse| !is_given_back(state, purse.intended.txid))
        .collect();
    paid.sort_by_key(|purse| (purse.intended.at, purse.intended.txid));
    let tender = |purse: &PurseState| Tender::purse(purse.intended.txid, purse.intended.amount);
    Ok(paid.into_iter().map(tender).collect())
}

/// Whether a payment was given back, or may have been.
pub(super) fn is_given_back(state: &State, of: PurseTx) -> bool {
    state.purses.values().any(|purse| {
        let gives = match purse.intended.action {
            PurseAction::Void { of: other, .. } | PurseAction::Refund { of: other } => other == of,
            _ => false,
        };
        gives && purse.stage != PurseStage::NotDone
    })
}

/// What is left to pay.
pub(super) fn left(total: Money, paid: &[Tender]) -> Result<Money, TillError> {
    let mut left = total;
    for tender in paid {
        left = left.checked_sub(tender.amount).map_err(Refusal::from)?;
    }
    Ok(left)
}

/// Whether a movement of the sale is not settled.
pub(super) fn unresolved(state: &State, sale: SaleId) -> bool {
    state.purses.values().any(|purse| {
        purse.intended.action.sale() == Some(sale)
            && matches!(purse.stage, PurseStage::Open | PurseStage::Unknown)
    })
}

/// Voids the sale if all its cards have their money back; else it waits on, or is forgotten if none
/// is on its way.
fn finish_void(
    state: &mut State,
    events: &mut Vec<Event>,
    pending: PendingVoid,
    now: Now,
) -> DraftChange {
    let sale = pending.sale;
    let request = pending.voiding.clone();
    let void = Void {
        sale,
        cashier: request.cashier,
        approved_by: request.approved_by,
        reason: request.reason,
    };
    match decide(state, Command::Void(void), now) {
        Ok(voiding) => {
            apply_all(state, &voiding);
            events.extend(voiding);
            DraftChange::Drop(sale)
        }
        Err(Refusal::PurseNotReturned { .. }) if any_given_back(state, sale) => DraftChange::Keep,
        Err(_) => DraftChange::Drop(sale),
    }
}

fn any_given_back(state: &State, sale: SaleId) -> bool {
    state.purses.values().any(|purse| {
        matches!(purse.intended.action, PurseAction::Void { sale: other, .. } if other == sale)
            && purse.stage != PurseStage::NotDone
    })
}

pub(super) fn apply_all(state: &mut State, events: &[Event]) {
    events.iter().for_each(|event| apply(state, event));
}

fn balance(evidence: &EndEvidence, known: &PurseState) -> Result<Option<Money>, TillError> {
    let minor = match evidence {
        EndEvidence::CardAsked { seen, .. } => Some(seen.balance),
        EndEvidence::Plain(
            PurseEvidence::CommitAnswer { after, .. } | PurseEvidence::AccountMoved { after },
        ) => Some(*after),
        _ => None,
    };
    let currency = known.intended.amount.currency();
    let money = minor.map(|minor| Money::new(minor, currency));
    Ok(money.transpose().map_err(Refusal::from)?)
}

fn settled(
    state: &State,
    known: &PurseState,
    events: &[Event],
    balance: Option<Money>,
    due: Option<Money>,
) -> Settled {
    let intended = &known.intended;
    let end = events.iter().find_map(|event| match event {
        Event::PurseEnded(ended) => Some(ended.end),
        _ => None,
    });
    let completed = events
        .iter()
        .any(|event| matches!(event, Event::SaleCompleted(_) | Event::SaleVoided(_)));
    let stage = state.purses.get(&intended.txid).map(|purse| purse.stage);
    let account = intended.kind == PurseKind::Account;
    let words = match (end, stage) {
        (Some(PurseEnd::Done), Some(PurseStage::Owed)) => words::owed(intended.amount),
        (Some(PurseEnd::Done), _) if account => words::stands(known, MovementStage::Done),
        (Some(PurseEnd::Done), _) => words::done(&intended.action, intended.amount, balance, due),
        _ if account => words::account_not_moved(hqs_reason(events)),
        _ => words::not_done(&intended.action).to_owned(),
    };
    Settled {
        txid: intended.txid,
        action: intended.action.clone(),
        kind: intended.kind,
        card: intended.card.clone(),
        end,
        amount: intended.amount,
        balance,
        completed,
        due,
        words,
    }
}

/// Why HQ did not move the account.
fn hqs_reason(events: &[Event]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        Event::PurseEnded(ended) => match &ended.evidence {
            PurseEvidence::AccountRefused { why } => Some(why.as_str()),
            _ => None,
        },
        _ => None,
    })
}
