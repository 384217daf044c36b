//! Goods that came back, as the till and the store manager ask for them.

use crate::Store;
use crate::columns::{Id, RecordId};
use crate::error::{StoreError, Within};
use crate::journal::Finder;
use jiff::civil::Date;
use rusqlite::Connection;
use tillside_core::{Event, GoodsReturned, SaleId};

/// Goods that came back on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnRow {
    /// Its record.
    pub seq: u64,
    /// What came back.
    pub goods: GoodsReturned,
    /// Whether HQ has not confirmed it.
    pub unconfirmed: bool,
}

impl Store {
    /// What came back on a business day, oldest first.
    pub fn returns_on(&self, date: Date) -> Result<Vec<ReturnRow>, StoreError> {
        self.read(|conn| {
            let mut finder = Finder::new(conn)?;
            let mut list = conn.prepare_cached(
                "SELECT id, id IN (SELECT id FROM outbox) FROM returns WHERE date = ?1 ORDER BY id",
            )?;
            let mut rows = list.query([date.to_string()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let record = finder.record(row.get(0)?)?;
                if let Event::GoodsReturned(goods) = record.event {
                    found.push(ReturnRow {
                        seq: record.seq,
                        goods: *goods,
                        unconfirmed: row.get(1)?,
                    });
                }
            }
            Ok(found)
        })
    }
}

/// What came back of a sale at this terminal, in the order it did.
pub(crate) fn of_sale(conn: &Connection, sale: SaleId) -> Within<Vec<GoodsReturned>> {
    let ids: Vec<RecordId> = conn
        .prepare_cached("SELECT id FROM returns WHERE sale = ?1 ORDER BY id")?
        .query_map([Id(sale.uuid())], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut found = Vec::with_capacity(ids.len());
    if ids.is_empty() {
        return Ok(found);
    }
    let mut finder = Finder::new(conn)?;
    for id in ids {
        if let Event::GoodsReturned(goods) = finder.record(id)?.event {
            found.push(*goods);
        }
    }
    Ok(found)
}
