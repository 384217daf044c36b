//! Small facts by name: the terminal's profile, where HQ stands, the line.

use crate::columns::{from_json, to_json};
use crate::error::Within;
use rusqlite::{Connection, OptionalExtension};
use serde::{Serialize, de::DeserializeOwned};

/// The names that stand in `meta`; one place, so that no two mean different things.
pub(crate) const PROFILE: &str = "profile";
pub(crate) const HQ_HEAD: &str = "hq_head";
pub(crate) const LINE: &str = "line";
pub(crate) const LEASE_CALL: &str = "lease_call";
pub(crate) const EPOCH_KEY: &str = "epoch_key";
pub(crate) const CODES_FLOOR: &str = "codes_floor";

pub(crate) fn read<T: DeserializeOwned>(conn: &Connection, name: &str) -> Within<Option<T>> {
    let text: Option<String> = conn
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    text.map(|text| from_json(name, &text)).transpose()
}

pub(crate) fn write<T: Serialize>(conn: &Connection, name: &str, value: &T) -> Within<()> {
    let text = to_json(name, value)?;
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute([name, &text])?;
    Ok(())
}
