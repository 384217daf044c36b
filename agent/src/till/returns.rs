//! Goods that come back: some of a recorded sale, on its day or later, allowed by a manager.

use super::checkout::{RecordedAnswer, TenderRequest, whole};
use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::view::Recorded;
use super::{Desk, TillError};
use crate::chance;
use crate::receipt::return_slip;
use crate::view::{ReturnLineView, ReturnPrice};
use serde::{Deserialize, Serialize};
use tillside_core::{
    BASKET_LINE_LIMIT, Command, Event, GoodsReturned, Now, PersonId, PricedReturn, Refusal, SaleId,
    TakeGoodsBack, apply, decide, price_return, quantities,
};

/// Goods of one line that come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GoodsRequest {
    /// The line's place in the sale, from 0.
    pub line: u32,
    /// How many.
    pub quantity: u32,
}

/// A return, once its manager is known to be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnRequest {
    /// Who asks.
    pub cashier: PersonId,
    /// The manager who allows it.
    pub approved_by: PersonId,
    /// Why.
    pub reason: String,
    /// What comes back.
    pub goods: Vec<GoodsRequest>,
    /// How it is paid back; one without an amount pays all of it.
    pub tenders: Vec<TenderRequest>,
}

impl Desk {
    /// What a return would come to.
    ///
    /// # Errors
    /// If the sale is not recorded here, or has not what is named.
    pub(crate) fn price_return(
        &mut self,
        sale: SaleId,
        goods: &[GoodsRequest],
    ) -> Result<ReturnPrice, TillError> {
        let priced = self.priced(sale, &pairs(goods)?)?;
        Ok(ReturnPrice {
            points: priced.lots.iter().map(|lot| lot.points.0).sum(),
            points_back: priced.points.map_or(0, |(points, _)| points.0),
            worth_back: priced.points.map(|(_, worth)| worth),
            lines: priced.lines.iter().map(ReturnLineView::from).collect(),
            total: priced.total,
        })
    }

    /// Takes goods of a recorded sale back.
    ///
    /// # Errors
    /// If the core refuses it; nothing is recorded then.
    pub fn take_goods_back(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        request: ReturnRequest,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| desk.goods_back(sale, request, now))
    }

    fn priced(&mut self, sale: SaleId, goods: &[(u32, u32)]) -> Result<PricedReturn, TillError> {
        if self.open_draft(sale)?.is_some() {
            return Err(TillError::StillOpen);
        }
        let known = self.store.sale(sale)?.ok_or(TillError::NoSuchSale)?;
        let back = quantities(&known.returns);
        Ok(price_return(&known.sale, &back, goods).map_err(Refusal::from)?)
    }

    fn goods_back(
        &mut self,
        sale: SaleId,
        request: ReturnRequest,
        now: Now,
    ) -> Result<Deed, TillError> {
        let goods = pairs(&request.goods)?;
        let priced = self.priced(sale, &goods)?;
        let due = match priced.points {
            Some((_, worth)) => priced.total.checked_sub(worth).map_err(Refusal::from)?,
            None => priced.total,
        };
        // A void of it waits for its cards.
        if self.pending_void(sale)?.is_some() {
            return Err(TillError::JobRunning);
        }
        let mut state = self.recorded_state(sale)?;
        let command = TakeGoodsBack {
            id: chance::return_id(now.at)?,
            sale,
            lane: self.profile()?.lane,
            cashier: request.cashier,
            approved_by: request.approved_by,
            reason: request.reason,
            goods,
            tenders: whole(&request.tenders, due)?,
        };
        let events = decide(&state, Command::TakeGoodsBack(command), now)?;
        for event in &events {
            apply(&mut state, event);
        }
        let returned = events.iter().find_map(|event| match event {
            Event::GoodsReturned(goods) => Some(goods),
            _ => None,
        });
        let answer = self.returned(returned.ok_or(TillError::Failed)?, &state, now)?;
        let view = answer.sale.clone();
        let deed = Deed::new(200, &answer, DraftChange::Keep)?;
        Ok(deed.with_facts(events).telling(view))
    }

    fn returned(
        &mut self,
        goods: &GoodsReturned,
        state: &tillside_core::State,
        now: Now,
    ) -> Result<RecordedAnswer, TillError> {
        let known = state.sales.get(&goods.sale).ok_or(TillError::NoSuchSale)?;
        let recorded = Recorded {
            voided: false,
            confirmed: false,
            clock: now.clock,
        };
        Ok(RecordedAnswer {
            sale: self.recorded_view(&known.sale, &recorded, state)?,
            receipt: return_slip(&self.profile()?.profile, &known.sale, goods),
            seq: self.next_seq()?,
        })
    }
}

/// What is asked for, as the core takes it.
fn pairs(goods: &[GoodsRequest]) -> Result<Vec<(u32, u32)>, TillError> {
    if goods.len() > BASKET_LINE_LIMIT {
        return Err(Refusal::TooManyLines { lines: goods.len() }.into());
    }
    Ok(goods.iter().map(|one| (one.line, one.quantity)).collect())
}
