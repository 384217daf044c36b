//! Goods that came back, in the database.

use super::codec::{UuidId, failed};
use crate::ingest::returns::{Returnable, Returned};
use crate::ingest::{Needs, Working};
use crate::store::StoreError;
use rusqlite::{OptionalExtension, Transaction, params};
use tillside_core::{Event, Quantities, Record, SaleCompleted, SaleId};

/// Loads the sales of which goods come back, and which returns were booked.
pub(super) fn load(
    transaction: &Transaction<'_>,
    needs: &Needs,
    working: &mut Working,
) -> Result<(), StoreError> {
    for &sale in &needs.returnable {
        if let Some(sold) = sold(transaction, sale)? {
            let back = back(transaction, sale)?;
            let sold = Returnable { sale: sold, back };
            working.returnable.insert(sale, sold);
        }
    }
    for &id in &needs.returns {
        let booked = transaction
            .prepare_cached("SELECT 1 FROM goods_return WHERE back = ?1")
            .map_err(failed)?
            .exists([id.bytes()])
            .map_err(failed)?;
        if booked {
            working.returns.insert(id);
        }
    }
    Ok(())
}

/// A sale as it was recorded, if HQ booked it.
fn sold(transaction: &Transaction<'_>, sale: SaleId) -> Result<Option<SaleCompleted>, StoreError> {
    let body: Option<String> = transaction
        .prepare_cached(
            "SELECT record.body FROM sale JOIN record ON record.id = sale.record WHERE sale.sale = ?1",
        )
        .map_err(failed)?
        .query_row([sale.bytes()], |row| row.get(0))
        .optional()
        .map_err(failed)?;
    let Some(body) = body else { return Ok(None) };
    match serde_json::from_str::<Record>(&body).map(|record| record.event) {
        Ok(Event::SaleCompleted(sale)) => Ok(Some(*sale)),
        _ => Err(StoreError::Unreadable {
            what: "journal record",
        }),
    }
}

/// What of a sale is back.
fn back(transaction: &Transaction<'_>, sale: SaleId) -> Result<Quantities, StoreError> {
    transaction
        .prepare_cached("SELECT line, quantity FROM returned_line WHERE sale = ?1")
        .map_err(failed)?
        .query_map([sale.bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(failed)?
        .collect::<Result<_, _>>()
        .map_err(failed)
}

/// Keeps what came back.
pub(super) fn write(
    transaction: &Transaction<'_>,
    record: i64,
    returned: &Returned,
) -> Result<(), StoreError> {
    let sale = returned.sale.bytes();
    transaction
        .prepare_cached("INSERT INTO goods_return (back, sale, record) VALUES (?1, ?2, ?3)")
        .map_err(failed)?
        .execute(params![returned.id.bytes(), sale, record])
        .map_err(failed)?;
    let mut add = transaction
        .prepare_cached(
            "INSERT INTO returned_line (sale, line, quantity) VALUES (?1, ?2, ?3)
             ON CONFLICT (sale, line) DO UPDATE SET quantity = quantity + excluded.quantity",
        )
        .map_err(failed)?;
    for (line, quantity) in &returned.lines {
        add.execute(params![sale, line, quantity]).map_err(failed)?;
    }
    Ok(())
}
