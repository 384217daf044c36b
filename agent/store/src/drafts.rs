//! Open sales, as the agent writes them down so that they survive a restart.

use crate::Store;
use crate::columns::{Id, Text};
use crate::error::{StoreError, Within};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tillside_core::{LaneId, SaleId};

/// The most open sales.
pub const DRAFT_LIMIT: u64 = 200;
/// The longest text of one, in bytes.
pub const DRAFT_BYTES: usize = 1 << 20;

/// An open sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// The sale it will be.
    pub sale: SaleId,
    /// The till.
    pub lane: LaneId,
    /// The agent's own JSON.
    pub json: String,
}

impl Store {
    /// Writes an open sale down, in the place of what was written of it before.
    pub fn save_draft(
        &mut self,
        sale: SaleId,
        lane: &LaneId,
        json: &str,
    ) -> Result<(), StoreError> {
        let draft = Draft {
            sale,
            lane: lane.clone(),
            json: json.to_owned(),
        };
        self.write(|tx| save(tx, &draft))
    }

    /// All open sales, in the order they were begun.
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        self.read(|conn| {
            let mut statement =
                conn.prepare_cached("SELECT sale, lane, body FROM drafts ORDER BY number")?;
            let rows = statement.query_map([], draft)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One open sale.
    pub fn draft(&self, sale: SaleId) -> Result<Option<Draft>, StoreError> {
        self.read(|conn| {
            Ok(conn
                .prepare_cached("SELECT sale, lane, body FROM drafts WHERE sale = ?1")?
                .query_row([Id(sale.uuid())], draft)
                .optional()?)
        })
    }

    /// Forgets an open sale. Whether there was one.
    pub fn remove_draft(&mut self, sale: SaleId) -> Result<bool, StoreError> {
        self.write(|tx| remove(tx, sale))
    }
}

pub(crate) fn save(conn: &Connection, draft: &Draft) -> Within<()> {
    if draft.json.len() > DRAFT_BYTES {
        let (what, limit) = ("the size of an open sale in bytes", DRAFT_BYTES as u64);
        return Err(StoreError::Limit { what, limit }.into());
    }
    conn.prepare_cached(
        "INSERT INTO drafts (sale, lane, body) VALUES (?1, ?2, ?3)
         ON CONFLICT (sale) DO UPDATE SET lane = excluded.lane, body = excluded.body",
    )?
    .execute(params![
        Id(draft.sale.uuid()),
        draft.lane.as_str(),
        draft.json
    ])?;
    let open: i64 = conn
        .prepare_cached("SELECT count(*) FROM drafts")?
        .query_row([], |row| row.get(0))?;
    if open as u64 > DRAFT_LIMIT {
        let (what, limit) = ("the number of open sales", DRAFT_LIMIT);
        return Err(StoreError::Limit { what, limit }.into());
    }
    Ok(())
}

pub(crate) fn remove(conn: &Connection, sale: SaleId) -> Within<bool> {
    let removed = conn
        .prepare_cached("DELETE FROM drafts WHERE sale = ?1")?
        .execute([Id(sale.uuid())])?;
    Ok(removed > 0)
}

fn draft(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        sale: SaleId::new(row.get::<_, Id>(0)?.0),
        lane: row.get::<_, Text<_>>(1)?.0,
        json: row.get(2)?,
    })
}
