//! How ids, amounts and JSON stand in columns.

use crate::error::{Fault, Within, unreadable};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use tillside_core::{Currency, Hash, Included, Money, PurseTx};
use uuid::Uuid;

/// A record's place across epochs, in one integer: `epoch * 2^40 + seq`.
///
/// 2^40 records are 34,000 years of a sale a second, and 2^23 epochs fit above them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RecordId(pub i64);

const SEQ_BITS: u32 = 40;

impl RecordId {
    /// The place of `seq` in `epoch`. Clamped to the last place there is, which no record reaches.
    pub(crate) fn new(epoch: u32, seq: u64) -> Self {
        let epoch = i64::from(epoch.min((1 << 23) - 1));
        let seq = seq.min((1 << SEQ_BITS) - 1) as i64;
        Self(epoch << SEQ_BITS | seq)
    }

    pub(crate) fn epoch(self) -> u32 {
        (self.0 >> SEQ_BITS) as u32
    }

    pub(crate) fn seq(self) -> u64 {
        (self.0 & ((1 << SEQ_BITS) - 1)) as u64
    }
}

impl From<Included> for RecordId {
    fn from(included: Included) -> Self {
        Self::new(included.epoch, included.seq)
    }
}

impl ToSql for RecordId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for RecordId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(Self)
    }
}

/// A UUID as 16 bytes.
pub(crate) struct Id(pub Uuid);

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(|bytes| Self(Uuid::from_bytes(bytes)))
    }
}

/// A hash as 32 bytes.
pub(crate) struct HashColumn(pub Hash);

impl ToSql for HashColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.bytes())))
    }
}

impl FromSql for HashColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(|bytes| Self(Hash::from_bytes(bytes)))
    }
}

/// The txid of a purse's movement as 8 bytes.
pub(crate) struct TxColumn(pub PurseTx);

impl ToSql for TxColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.bytes())))
    }
}

impl FromSql for TxColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 8]>::column_result(value).map(|bytes| Self(PurseTx::new(bytes)))
    }
}

/// A text column that is a checked type: an id, a code, a date.
pub(crate) struct Text<T>(pub T);

impl<T: std::str::FromStr> FromSql for Text<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value
            .as_str()?
            .parse()
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

/// A text column that is a type which checks itself with `TryFrom<String>`.
pub(crate) struct Checked<T>(pub T);

impl<T: TryFrom<String>> FromSql for Checked<T>
where
    T::Error: std::error::Error + Send + Sync + 'static,
{
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::try_from(value.as_str()?.to_owned())
            .map(Self)
            .map_err(FromSqlError::other)
    }
}

/// An amount that stands in two columns.
pub(crate) fn money(minor: i64, currency: Currency) -> Within<Money> {
    Money::new(minor, currency).map_err(|source| unreadable("an amount", source))
}

pub(crate) fn to_json<T: Serialize + ?Sized>(what: &str, value: &T) -> Within<String> {
    serde_json::to_string(value).map_err(|source| unreadable(what, source))
}

pub(crate) fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Within<T> {
    serde_json::from_str(text).map_err(|source| -> Fault { unreadable(what, source) })
}
