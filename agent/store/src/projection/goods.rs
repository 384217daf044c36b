//! What came back of a sale.

use super::{Target, owner};
use crate::columns::Id;
use crate::error::{StoreError, Within};
use crate::unique::or_if_taken;
use rusqlite::params;
use tillside_core::GoodsReturned;

impl Target<'_> {
    /// Goods that came back: once, and not of a sale that was voided here.
    pub(super) fn goods(&self, goods: &GoodsReturned) -> Within<()> {
        let not_there = || StoreError::NothingToReturn { sale: goods.sale }.into();
        let sale = || Id(goods.sale.uuid());
        let voided = self
            .conn
            .prepare_cached(&format!(
                "SELECT 1 FROM {}.sales WHERE sale = ?1 AND voided_by IS NOT NULL",
                self.schema
            ))?
            .exists([sale()])?;
        if voided {
            return Err(not_there());
        }
        // In range: a part of what the sale earned.
        let points = i64::try_from(goods.points()).unwrap_or(i64::MAX);
        let done = self
            .conn
            .prepare_cached(&format!(
                "INSERT INTO {}.returns (date, id, back, sale, currency, total, points)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                self.schema
            ))?
            .execute(params![
                goods.date.to_string(),
                self.id,
                Id(goods.id.uuid()),
                sale(),
                goods.total.currency().code(),
                goods.total.minor(),
                points,
            ]);
        or_if_taken(done, not_there)?;
        self.points(goods.customer.as_ref().and_then(owner), -points)
    }
}
