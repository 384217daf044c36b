//! `stores.csv`.

use crate::import::{BadCell, FileError, Parsed, Row, parse_with};
use tillside_core::{Currency, DeskRights, StoreId, StoreProfile};

/// The columns of `stores.csv`.
pub const STORE_COLUMNS: &[&str] = &["store", "name", "time_zone", "currency"];
/// A column that may be left out: what the store may do with e-money, `top_up`, `top_up issue` or `none`.
/// Empty leaves it as it is.
pub const STORE_OPTIONAL_COLUMNS: &[&str] = &["desk"];
const NAME_LIMIT: usize = 60;

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreRow {
    /// The shop.
    pub profile: StoreProfile,
    /// What it may do with e-money; none leaves that as it is.
    pub desk: Option<DeskRights>,
}

/// Reads `stores.csv`.
pub fn stores(bytes: &[u8]) -> Result<Parsed<StoreRow>, FileError> {
    let key = |row: &StoreRow| ("store", format!("store {}", row.profile.store));
    parse_with(bytes, STORE_COLUMNS, STORE_OPTIONAL_COLUMNS, key, |row| {
        Ok(StoreRow {
            profile: profile(row)?,
            desk: desk(row)?,
        })
    })
}

fn desk(row: &Row<'_>) -> Result<Option<DeskRights>, BadCell> {
    let cell = row.cell("desk");
    let mut words: Vec<&str> = cell.text().split_whitespace().collect();
    words.sort_unstable();
    match words.as_slice() {
        [] => Ok(None),
        ["none"] => Ok(Some(DeskRights::default())),
        ["top_up"] => Ok(Some(DeskRights {
            top_up: true,
            issue: false,
        })),
        ["issue", "top_up"] => Ok(Some(DeskRights {
            top_up: true,
            issue: true,
        })),
        _ => Err(cell.wrong(format!(
            "{:?} is not what a store may do: use top_up, top_up issue, or none",
            cell.text()
        ))),
    }
}

fn profile(row: &Row<'_>) -> Result<StoreProfile, BadCell> {
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
