//! What is in the basket: lines put, counted, taken off.

use super::deed::{Answer, Deed, DraftChange, WriteKey};
use super::{Desk, Draft, TillError};
use serde::{Deserialize, Serialize};
use tillside_core::{Category, Item, Line, Money, Product, SaleId, TaxClass};

/// One line as the POS puts it; what is missing comes from the product list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRequest {
    /// `gtin:…` or `sku:…`.
    pub item: String,
    /// How many, 1 to 9999.
    pub quantity: i64,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The price of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::view::schema::Money>)]
    pub unit_price: Option<Money>,
    /// Its product group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// Its tax class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tax_class: Option<TaxClass>,
}

impl Desk {
    /// Puts a whole basket in place of what was there.
    ///
    /// # Errors
    /// If a line is wrong, or names no product and says too little.
    pub fn put_lines(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        lines: Vec<LineRequest>,
    ) -> Result<Answer, TillError> {
        self.change(key, sale, |desk, draft| {
            let lines = lines.into_iter().enumerate();
            draft.basket.lines = lines
                .map(|(index, line)| desk.line(index + 1, line))
                .collect::<Result<_, _>>()?;
            Ok(())
        })
    }

    /// Sets one line's quantity; zero takes the line off.
    ///
    /// # Errors
    /// If there is no such line or the quantity is wrong.
    pub fn put_quantity(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        index: usize,
        quantity: i64,
    ) -> Result<Answer, TillError> {
        self.change(key, sale, |_, draft| {
            let quantity = count(quantity)?;
            let line = draft.basket.lines.get_mut(index);
            let line = line.ok_or(TillError::NoSuchLine(index))?;
            match quantity {
                0 => drop(draft.basket.lines.remove(index)),
                _ => line.quantity = quantity,
            }
            Ok(())
        })
    }

    /// Changes an open sale and answers with how it stands then.
    pub(super) fn change(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        work: impl FnOnce(&mut Self, &mut Draft) -> Result<(), TillError>,
    ) -> Result<Answer, TillError> {
        self.write(key, |desk, now| {
            let mut draft = desk.draft(sale)?;
            draft.changeable()?;
            work(desk, &mut draft)?;
            let view = desk.open_view(&draft, now)?;
            Deed::new(200, &view, DraftChange::Save(Box::new(draft)))
        })
    }

    fn line(&mut self, number: usize, request: LineRequest) -> Result<Line, TillError> {
        let quantity = count(request.quantity)?;
        let item = Item::try_from(request.item.clone()).map_err(|error| TillError::BadItem {
            line: number,
            reason: error.to_string(),
        })?;
        let known = self.store.product(&item)?;
        let product = |pick: fn(&Product) -> Option<String>| known.as_ref().and_then(pick);
        let unknown = || TillError::UnknownItem {
            line: number,
            item: request.item.clone(),
        };
        Ok(Line {
            name: (request.name.clone())
                .or_else(|| product(|p| Some(p.name.clone())))
                .ok_or_else(unknown)?,
            quantity,
            unit_price: (request.unit_price)
                .or(known.as_ref().map(|p| p.unit_price))
                .ok_or_else(unknown)?,
            category: (request.category.clone())
                .or_else(|| known.as_ref().and_then(|p| p.category.clone())),
            tax_class: (request.tax_class.clone())
                .or_else(|| known.as_ref().map(|p| p.tax_class.clone()))
                .ok_or_else(unknown)?,
            item,
        })
    }
}

/// A quantity as it may stand on a line; its upper limit and zero are the core's to judge.
pub(super) fn count(quantity: i64) -> Result<u32, TillError> {
    match quantity {
        ..0 => Err(TillError::NegativeQuantity(quantity)),
        _ => Ok(u32::try_from(quantity).unwrap_or(u32::MAX)),
    }
}
