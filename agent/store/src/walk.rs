//! Walking a stretch of the journal, for whoever takes it along: nothing is checked here.

use crate::columns::RecordId;
use crate::error::StoreError;
use crate::history::History;
use crate::journal::sealed;
use crate::{HashColumn, Store};
use rusqlite::OptionalExtension;
use tillside_core::{Head, Sealed, Timestamp};

/// A stretch of the journal without gaps, by its first and last record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The first.
    pub first: Head,
    /// The last.
    pub last: Head,
}

impl Store {
    /// The records from a moment on until before another, and all between them; none if there are none.
    pub fn stretch(
        &self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Option<Stretch>, StoreError> {
        let from = from.map_or(i64::MIN, |at| at.0);
        let until = until.map_or(i64::MAX, |at| at.0);
        self.read(|conn| {
            let end = |order: &str| {
                let sql = format!(
                    "SELECT id, hash FROM journal WHERE at >= ?1 AND at < ?2 ORDER BY id {order} LIMIT 1"
                );
                let mut statement = conn.prepare(&sql)?;
                let head = statement.query_row((from, until), |row| {
                    let id: RecordId = row.get(0)?;
                    Ok(Head {
                        epoch: id.epoch(),
                        seq: id.seq(),
                        hash: row.get::<_, HashColumn>(1)?.0,
                    })
                });
                head.optional()
            };
            let ends = (end("ASC")?, end("DESC")?);
            Ok(match ends {
                (Some(first), Some(last)) => Some(Stretch { first, last }),
                _ => None,
            })
        })
    }

    /// Visits each record of a stretch, oldest first, with its epoch; only one is in memory at a time.
    pub fn walk(
        &self,
        stretch: &Stretch,
        mut visit: impl FnMut(u32, Sealed) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        self.walk_saying(stretch, |epoch, sealed, _| visit(epoch, sealed))
    }

    /// As [`Store::walk`], only records that count: not what a later epoch tells again.
    pub fn walk_history(
        &self,
        stretch: &Stretch,
        mut visit: impl FnMut(Sealed) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        self.walk_saying(stretch, |_, sealed, counts| match counts {
            true => visit(sealed),
            false => Ok(()),
        })
    }

    fn walk_saying(
        &self,
        stretch: &Stretch,
        mut visit: impl FnMut(u32, Sealed, bool) -> std::io::Result<()>,
    ) -> Result<(), StoreError> {
        let place = |head: &Head| RecordId::new(head.epoch, head.seq);
        self.read(|conn| {
            let history = History::read(conn)?;
            let mut statement = conn.prepare_cached(
                "SELECT id, hash, body FROM journal WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
            )?;
            let mut rows = statement.query((place(&stretch.first), place(&stretch.last)))?;
            while let Some(row) = rows.next()? {
                let id: RecordId = row.get(0)?;
                visit(id.epoch(), sealed(row)?, history.counts(id))
                    .map_err(|source| StoreError::of_file("the export".as_ref(), source))?;
            }
            Ok(())
        })
    }
}
