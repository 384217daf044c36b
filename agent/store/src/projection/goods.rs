//! What came back of a sale.

use super::{Target, owner, spent};
use crate::columns::{Id, RecordId};
use crate::error::{StoreError, Within};
use crate::unique::or_if_taken;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;
use tillside_core::GoodsReturned;

impl Target<'_> {
    /// Goods that came back: once, and not of a sale that was voided here.
    pub(super) fn goods(&self, goods: &GoodsReturned) -> Within<()> {
        let not_there = || StoreError::NothingToReturn { sale: goods.sale }.into();
        let sale = || Id(goods.sale.uuid());
        let sold: Option<(RecordId, bool, i64)> = self
            .conn
            .prepare_cached(&format!(
                "SELECT id, voided_by IS NOT NULL, at FROM {}.sales WHERE sale = ?1",
                self.schema
            ))?
            .query_row([sale()], |row| row.try_into())
            .optional()?;
        if sold.is_some_and(|(_, voided, _)| voided) {
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
        let owner = goods.customer.as_ref().and_then(owner);
        let mut later: BTreeMap<i64, i64> = BTreeMap::new();
        for lot in &goods.lots {
            if let Some(until) = lot.pending_until {
                *later.entry(until.0).or_default() -= lot.points.0;
            }
        }
        if let Some((sold, _, at)) = sold {
            let waited: i64 = later.values().sum();
            self.not_waiting(owner.as_deref(), at, -points - waited, sold)?;
        }
        // Of a sale at another till HQ knew before.
        let sold = sold.map_or(self.id, |(id, ..)| id);
        self.pending(owner.as_deref(), later, sold)?;
        self.points(owner, spent(&goods.tenders) - points)
    }
}
