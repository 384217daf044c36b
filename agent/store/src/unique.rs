//! Telling "it is there already" from every other way an INSERT can fail.

use crate::error::{Fault, Within};
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};

/// Passes a result on, but says `taken` where a key was in use.
pub(crate) fn or_if_taken<T>(
    done: rusqlite::Result<T>,
    taken: impl FnOnce() -> Fault,
) -> Within<T> {
    done.map_err(|error| match &error {
        rusqlite::Error::SqliteFailure(code, _)
            if [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE]
                .contains(&code.extended_code) =>
        {
            taken()
        }
        _ => error.into(),
    })
}
