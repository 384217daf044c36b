//! Sales opened, looked at, thrown away; receipts printed again.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::{Desk, Draft, OPEN_SALE_LIMIT, TillError};
use crate::chance;
use crate::receipt::{receipt, return_slip};
use crate::view::SaleView;
use tillside_core::{PersonId, Product, SaleId};

impl Desk {
    /// Opens a sale.
    ///
    /// # Errors
    /// If the terminal is not enrolled, or `OPEN_SALE_LIMIT` sales are open.
    pub fn open_sale(&mut self, key: &WriteKey, person: PersonId) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let profile = desk.profile()?;
            let (lane, currency) = (profile.lane.clone(), profile.profile.currency);
            if desk.drafts()?.len() >= OPEN_SALE_LIMIT {
                return Err(TillError::TooManyOpen);
            }
            let sale = chance::sale_id(now.at)?;
            let draft = Draft::new(sale, lane, person, now.at, currency);
            let view = desk.open_view(&draft, now)?;
            Deed::new(201, &view, DraftChange::Save(Box::new(draft)))
        })
    }

    /// Throws an open sale away. What was refused in it stays recorded.
    ///
    /// # Errors
    /// If the sale is not open.
    pub fn abandon(&mut self, key: &WriteKey, sale: SaleId) -> Result<Answer, TillError> {
        self.write(key, |desk, _| {
            if !desk.is_open(sale)? {
                return Err(desk.not_open(sale)?);
            }
            // One that this program cannot read is thrown away unread.
            if let Ok(Some(draft)) = desk.open_draft(sale) {
                draft.changeable()?;
            }
            Ok(Deed::silent(DraftChange::Drop(sale)))
        })
    }

    /// Products by words of their name, or a number.
    ///
    /// # Errors
    /// If the store fails.
    pub fn products(&mut self, text: &str, limit: usize) -> Result<Vec<Product>, TillError> {
        Ok(self.store.products(text, limit)?)
    }

    /// All open sales, the oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub fn open_sales(&mut self) -> Result<Vec<SaleView>, TillError> {
        let now = self.now()?;
        let drafts = self.drafts()?;
        let views = drafts.iter().map(|draft| self.open_view(draft, now));
        views.collect()
    }

    /// One sale, open or recorded.
    ///
    /// # Errors
    /// If there is no such sale.
    pub fn sale(&mut self, sale: SaleId) -> Result<SaleView, TillError> {
        if let Some(draft) = self.open_draft(sale)? {
            let now = self.now()?;
            return self.open_view(&draft, now);
        }
        let (stored, recorded) = self.recorded(sale)?;
        let state = self.recorded_state(sale)?;
        self.recorded_view(&stored.sale, &recorded, &state)
    }

    /// The receipt of a recorded sale, printed again, with the slips of what came back.
    ///
    /// # Errors
    /// If the sale is open or unknown.
    pub fn receipt(&mut self, sale: SaleId) -> Result<String, TillError> {
        if self.is_open(sale)? {
            return Err(TillError::StillOpen);
        }
        let (found, _) = self.recorded(sale)?;
        let paid = self.paid_by_cards(&found.sale)?;
        let store = self.profile()?.profile;
        let mut text = receipt(&store, &found.sale, found.void.as_ref(), &paid);
        for goods in &found.returns {
            text.push('\n');
            text.push_str(&return_slip(&store, &found.sale, goods));
        }
        Ok(text)
    }
}
