//! `stores.csv`.

use crate::import::{BadCell, FileError, Parsed, Row, parse};
use tillside_core::{Currency, StoreId, StoreProfile};

/// The columns of `stores.csv`.
pub const STORE_COLUMNS: &[&str] = &["store", "name", "time_zone", "currency"];
const NAME_LIMIT: usize = 60;

/// Reads `stores.csv`.
pub fn stores(bytes: &[u8]) -> Result<Parsed<StoreProfile>, FileError> {
    let key = |store: &StoreProfile| ("store", format!("store {}", store.store));
    parse(bytes, STORE_COLUMNS, key, store)
}

fn store(row: &Row<'_>) -> Result<StoreProfile, BadCell> {
    let zone = row.cell("time_zone");
    let time_zone = zone.filled()?.to_owned();
    jiff::tz::TimeZone::get(&time_zone).map_err(|_| {
        zone.wrong(format!(
            "{time_zone:?} is not a time zone: use an IANA name such as Europe/Berlin"
        ))
    })?;
    Ok(StoreProfile {
        store: row.cell("store").parse(StoreId::new)?,
        name: row.cell("name").text_up_to(NAME_LIMIT)?,
        time_zone,
        currency: row.cell("currency").parse(Currency::new)?,
    })
}
