//! One sale, with everything the journal has of it.

use crate::Store;
use crate::columns::{Id, RecordId};
use crate::error::{StoreError, Within};
use crate::journal::Finder;
use crate::returned;
use rusqlite::{Connection, OptionalExtension};
use tillside_core::{Clock, Event, GoodsReturned, SaleCompleted, SaleId, SaleVoided};

/// A completed sale, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedSale {
    /// The sale as it was recorded.
    pub sale: SaleCompleted,
    /// Its record.
    pub seq: u64,
    /// Whether the clock could be trusted then.
    pub clock: Clock,
    /// Its void, if it was voided.
    pub void: Option<SaleVoided>,
    /// What came back of it here, in the order it did.
    pub returns: Vec<GoodsReturned>,
    /// Whether HQ has not confirmed all of this.
    pub unconfirmed: bool,
}

impl Store {
    /// One sale, with its void and whether HQ has both.
    pub fn recorded(&self, sale: SaleId) -> Result<Option<RecordedSale>, StoreError> {
        self.read(|conn| {
            let found: Option<(RecordId, Option<RecordId>, bool)> = conn
                .prepare_cached(
                    "SELECT id, voided_by,
                            EXISTS (SELECT 1 FROM outbox WHERE id IN (sales.id, sales.voided_by)
                                OR id IN (SELECT r.id FROM returns AS r WHERE r.sale = ?1))
                     FROM sales WHERE sale = ?1",
                )?
                .query_row([Id(sale.uuid())], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            match found {
                Some((id, void, unconfirmed)) => recorded(conn, id, void, unconfirmed),
                None => Ok(None),
            }
        })
    }
}

fn recorded(
    conn: &Connection,
    id: RecordId,
    void: Option<RecordId>,
    unconfirmed: bool,
) -> Within<Option<RecordedSale>> {
    let mut finder = Finder::new(conn)?;
    let record = finder.record(id)?;
    let Event::SaleCompleted(sale) = record.event else {
        return Ok(None);
    };
    let void = match void {
        Some(id) => match finder.record(id)?.event {
            Event::SaleVoided(void) => Some(*void),
            _ => None,
        },
        None => None,
    };
    Ok(Some(RecordedSale {
        returns: returned::of_sale(conn, sale.sale)?,
        sale: *sale,
        seq: record.seq,
        clock: record.clock,
        void,
        unconfirmed,
    }))
}
