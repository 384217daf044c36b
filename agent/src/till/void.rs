//! Voids: a whole sale taken back on its own day, allowed by a manager, both names recorded.

use super::checkout::RecordedAnswer;
use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::view::Recorded;
use super::{Desk, TillError};
use crate::receipt::receipt;
use serde::{Deserialize, Serialize};
use tillside_core::{Command, Event, Now, PersonId, SaleId, State, Void, apply, decide};

/// A void, once its manager is known to be one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VoidRequest {
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why.
    pub reason: String,
}

impl Desk {
    /// Takes a recorded sale back.
    ///
    /// # Errors
    /// If the core refuses it; nothing is recorded then.
    pub fn void(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        request: VoidRequest,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| desk.take_back(sale, request, now))
    }

    fn take_back(
        &mut self,
        sale: SaleId,
        request: VoidRequest,
        now: Now,
    ) -> Result<Deed, TillError> {
        if self.open_draft(sale)?.is_some() {
            return Err(TillError::StillOpen);
        }
        let mut state = self.recorded_state(sale)?;
        let void = Void {
            sale,
            cashier: request.cashier,
            approved_by: request.approved_by,
            reason: request.reason,
        };
        let events = decide(&state, Command::Void(void), now)?;
        for event in &events {
            apply(&mut state, event);
        }
        let answer = self.voided(sale, &state, &events, now)?;
        let view = answer.sale.clone();
        let deed = Deed::new(200, &answer, DraftChange::Keep)?;
        Ok(deed.with_facts(events).telling(view))
    }

    fn voided(
        &mut self,
        sale: SaleId,
        state: &State,
        events: &[Event],
        now: Now,
    ) -> Result<RecordedAnswer, TillError> {
        let void = events.iter().find_map(|event| match event {
            Event::SaleVoided(void) => Some(void),
            _ => None,
        });
        let known = state.sales.get(&sale).ok_or(TillError::NoSuchSale)?;
        let recorded = Recorded {
            voided: true,
            confirmed: false,
            clock: now.clock,
        };
        Ok(RecordedAnswer {
            sale: self.recorded_view(&known.sale, &recorded, state)?,
            receipt: receipt(
                &self.profile()?.profile,
                &known.sale,
                void.map(|void| &**void),
                &self.paid_by_cards(&known.sale)?,
            ),
            seq: self.next_seq()?,
        })
    }
}
