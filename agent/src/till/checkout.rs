//! Checkout: decided, recorded with its answer in one transaction, and only then a receipt.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::view::Recorded;
use super::{Desk, Draft, TillError};
use crate::receipt::receipt;
use crate::view::SaleView;
use serde::{Deserialize, Serialize};
use tillside_core::{
    CheckOut, Command, Event, Money, Now, PersonId, SaleId, State, Tender, TenderKind, apply,
    decide, quote,
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

/// The answer to a checkout or a void.
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
        let (mut state, customer) = self.working_set(&draft)?;
        let total = quote(&state, super::view::request(&draft, customer.as_ref()), now)?.total;
        let check_out = CheckOut {
            sale: draft.sale,
            lane: draft.lane,
            cashier: person,
            basket: draft.basket,
            customer,
            coupons: draft.coupons,
            tenders: whole(tenders, total)?,
        };
        let events = decide(&state, Command::CheckOut(check_out), now)?;
        for event in &events {
            apply(&mut state, event);
        }
        let answer = self.completed(&state, &events, now)?;
        let view = answer.sale.clone();
        let deed = Deed::new(200, &answer, DraftChange::Drop(draft.sale))?;
        Ok(deed.with_facts(events).telling(view))
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
            sale: self.recorded_view(sale, &recorded, state),
            receipt: receipt(&self.profile()?.profile, sale, None),
            seq: self.next_seq()?,
        })
    }
}

/// The tenders with their amounts. A total of zero needs none.
fn whole(tenders: &[TenderRequest], total: Money) -> Result<Vec<Tender>, TillError> {
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
