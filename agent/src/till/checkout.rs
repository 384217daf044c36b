//! Checkout: decided, recorded with its answer in one transaction, and only then a receipt.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::settle::{left, paid_so_far, payments};
use super::view::Recorded;
use super::{Desk, Draft, TillError};
use crate::receipt::receipt;
use crate::view::SaleView;
use serde::{Deserialize, Serialize};
use tillside_core::{
    CheckOut, Command, CompleteFixed, Event, Money, Now, PersonId, SaleCompleted, SaleId, State,
    Tender, TenderKind, apply, decide, points_tender, quote,
};

/// One way of paying, as the POS says it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenderRequest {
    /// `cash` or `card`.
    #[schema(value_type = String)]
    pub kind: TenderKind,
    /// How much; without it, and alone, everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::view::schema::Money>)]
    pub amount: Option<Money>,
}

/// The answer to a checkout, a void or a return.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct RecordedAnswer {
    /// The sale as it was recorded.
    pub(super) sale: SaleView,
    /// The receipt, 40 columns of text.
    pub(super) receipt: String,
    /// The journal record's number.
    pub(super) seq: u64,
}

impl Desk {
    /// Completes an open sale.
    ///
    /// # Errors
    /// If the core refuses it; nothing is recorded then.
    pub fn check_out(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        person: PersonId,
        tenders: Vec<TenderRequest>,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let draft = desk.draft(sale)?;
            desk.complete(draft, person, &tenders, now)
        })
    }

    fn complete(
        &mut self,
        draft: Draft,
        person: PersonId,
        tenders: &[TenderRequest],
        now: Now,
    ) -> Result<Deed, TillError> {
        let sale = draft.sale;
        let (mut state, command) = match draft.fixed {
            Some(fixed) => self.fixed_checkout(*fixed, tenders)?,
            None => self.fresh_checkout(draft, person, tenders, now)?,
        };
        let events = decide(&state, command, now)?;
        for event in &events {
            apply(&mut state, event);
        }
        let answer = self.completed(&state, &events, now)?;
        let view = answer.sale.clone();
        let deed = Deed::new(200, &answer, DraftChange::Drop(sale))?;
        Ok(deed.with_facts(events).telling(view))
    }

    fn fresh_checkout(
        &mut self,
        draft: Draft,
        person: PersonId,
        tenders: &[TenderRequest],
        now: Now,
    ) -> Result<(State, Command), TillError> {
        let (state, customer) = self.working_set(&draft)?;
        let request = super::view::request(&draft, customer.as_ref(), &state);
        let total = quote(&state, request, now)?.total;
        let points = draft.points_to_pay(customer.as_ref());
        let paid =
            points.map(|points| points_tender(&state, customer.as_ref(), points, total, now));
        let due = left(total, paid.transpose()?.as_slice())?;
        let check_out = CheckOut {
            sale: draft.sale,
            lane: draft.lane,
            cashier: person,
            basket: draft.basket,
            customer,
            coupons: draft.coupons,
            points,
            tenders: whole(tenders, due)?,
        };
        Ok((state, Command::CheckOut(check_out)))
    }

    /// A sale that cards have begun to pay for: what they paid is counted by itself, the tenders are
    /// the rest.
    fn fixed_checkout(
        &mut self,
        fixed: SaleCompleted,
        tenders: &[TenderRequest],
    ) -> Result<(State, Command), TillError> {
        let state = self.fixed_state(&fixed, None)?;
        let mut all = payments(&state, fixed.sale)?;
        let due = left(fixed.total, &paid_so_far(&state, &fixed)?)?;
        all.extend(whole(tenders, due)?);
        let complete = CompleteFixed {
            fixed,
            tenders: all,
        };
        Ok((state, Command::CompleteFixed(Box::new(complete))))
    }

    fn completed(
        &mut self,
        state: &State,
        events: &[Event],
        now: Now,
    ) -> Result<RecordedAnswer, TillError> {
        let sale = events.iter().find_map(|event| match event {
            Event::SaleCompleted(sale) => Some(sale),
            _ => None,
        });
        let sale = sale.ok_or(TillError::Failed)?;
        let recorded = Recorded {
            voided: false,
            confirmed: false,
            clock: now.clock,
        };
        Ok(RecordedAnswer {
            sale: self.recorded_view(sale, &recorded, state)?,
            receipt: receipt(
                &self.profile()?.profile,
                sale,
                None,
                &self.paid_by_cards(sale)?,
            ),
            seq: self.next_seq()?,
        })
    }
}

/// The tenders with their amounts. A total of zero needs none.
pub(super) fn whole(tenders: &[TenderRequest], total: Money) -> Result<Vec<Tender>, TillError> {
    if let [only] = tenders
        && only.amount.is_none()
    {
        let paid = Tender::new(only.kind, total);
        return Ok(if total.minor() == 0 {
            Vec::new()
        } else {
            vec![paid]
        });
    }
    let tender = |tender: &TenderRequest| {
        let amount = tender.amount.ok_or(TillError::TenderWithoutAmount)?;
        let kind = tender.kind;
        Ok(Tender::new(kind, amount))
    };
    tenders.iter().map(tender).collect()
}
