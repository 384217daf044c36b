//! How the product's types and errors look in SQLite.

use crate::store::StoreError;
use rusqlite::ErrorCode;
use tillside_core::{Hash, MemberId, ReturnId, SaleId, TerminalId};

/// What SQLite said, in our words.
pub(super) fn failed(error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DiskFull) => StoreError::Full,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt {
            source: Box::new(error),
        },
        _ => StoreError::Database {
            source: Box::new(error),
        },
    }
}

/// A hash from its 32 bytes.
pub(super) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    let bytes: [u8; 32] = bytes
        .try_into()
        .map_err(|_| StoreError::Unreadable { what: "hash" })?;
    Ok(Hash::from_bytes(bytes))
}

/// A code (store, plan, tier, ...) from its text.
pub(super) fn code<T: TryFrom<String>>(what: &'static str, text: String) -> Result<T, StoreError> {
    T::try_from(text).map_err(|_| StoreError::Unreadable { what })
}

/// A count or position from SQLite's signed integer.
pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A count or position as SQLite's signed integer; what does not fit is past every limit and is cut.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An id that is kept as the 16 bytes of its UUID.
pub(super) trait UuidId: Sized {
    /// Its bytes.
    fn bytes(&self) -> [u8; 16];
    /// From its bytes.
    fn read(bytes: [u8; 16]) -> Self;
}

macro_rules! uuid_id {
    ($($id:ty),*) => {$(
        impl UuidId for $id {
            fn bytes(&self) -> [u8; 16] {
                *self.uuid().as_bytes()
            }
            fn read(bytes: [u8; 16]) -> Self {
                Self::new(uuid::Uuid::from_bytes(bytes))
            }
        }
    )*};
}

uuid_id!(TerminalId, MemberId, SaleId, ReturnId);
