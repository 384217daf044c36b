//! Dropping the projections and making them again from the journal (invariant 2).

use crate::Store;
use crate::error::{StoreError, Within};
use crate::journal::each;
use crate::projection::{Place, TABLES, apply};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, TransactionBehavior};

/// How many differences are told one by one.
pub const DIFFERENCES_TOLD: usize = 100;

/// What a rebuild found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rebuilt {
    /// How many records it read.
    pub records: u64,
    /// Rows of the old projections that the journal does not bear out, and rows that were missing;
    /// at most [`DIFFERENCES_TOLD`]. Empty: they came out equal.
    pub differences: Vec<String>,
}

impl Store {
    /// Makes fresh projections from the journal, compares them with the live ones row by row, and puts
    /// them in their place. A journal that does not hold together is an error, and changes nothing.
    pub fn rebuild(&mut self) -> Result<Rebuilt, StoreError> {
        self.read(|conn| Ok(conn.execute_batch("ATTACH DATABASE '' AS rebuilt")?))?;
        let rebuilt = self.rebuild_beside();
        self.conn.flush_prepared_statement_cache();
        self.read(|conn| Ok(conn.execute_batch("DETACH DATABASE rebuilt")?))?;
        rebuilt
    }

    fn rebuild_beside(&mut self) -> Result<Rebuilt, StoreError> {
        let profile = self.till.as_ref().map(|till| till.profile.clone());
        let file = self.file.clone();
        let mut work = || -> Within<Rebuilt> {
            let tx = self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            make_tables(&tx)?;
            let mut records = 0;
            if let Some(profile) = &profile {
                each(&tx, profile, |id, record, counts| {
                    records += 1;
                    match counts {
                        true => apply(&tx, Place::Rebuilt, id, &record.event),
                        false => Ok(()),
                    }
                })?;
            }
            let mut differences = Vec::new();
            for table in TABLES {
                compare(&tx, table, &mut differences)?;
            }
            if !differences.is_empty() {
                swap(&tx)?;
            }
            tx.commit()?;
            Ok(Rebuilt {
                records,
                differences,
            })
        };
        work().map_err(|fault| fault.at(&file))
    }
}

/// The projection tables again, in the schema `rebuilt`, as the database itself describes them.
fn make_tables(conn: &Connection) -> Within<()> {
    for table in TABLES {
        let sql: String = conn.query_row(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1",
            [table],
            |row| row.get(0),
        )?;
        let plain = format!("CREATE TABLE {table}");
        let here = format!("CREATE TABLE {}.{table}", Place::Rebuilt.schema());
        conn.execute_batch(&sql.replacen(&plain, &here, 1))?;
    }
    Ok(())
}

fn compare(conn: &Connection, table: &str, differences: &mut Vec<String>) -> Within<()> {
    let (live, rebuilt) = (Place::Live.schema(), Place::Rebuilt.schema());
    for (from, without, says) in [
        (live, rebuilt, "the journal does not bear out"),
        (rebuilt, live, "missing or different:"),
    ] {
        let mut rows = conn.prepare(&format!(
            "SELECT * FROM {from}.{table} EXCEPT SELECT * FROM {without}.{table}"
        ))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            if differences.len() == DIFFERENCES_TOLD {
                return Ok(());
            }
            let values: Vec<String> = (0..columns)
                .map(|column| row.get_ref(column).map(show))
                .collect::<Result<_, _>>()?;
            differences.push(format!("{table}: {says} ({})", values.join(", ")));
        }
    }
    Ok(())
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "none".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn swap(conn: &Connection) -> Within<()> {
    for table in TABLES {
        conn.execute_batch(&format!(
            "DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM {}.{table}",
            Place::Rebuilt.schema()
        ))?;
    }
    Ok(())
}
