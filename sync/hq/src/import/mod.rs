//! Importing CSV files: every bad row is named with its line, its column and what to do.
//!
//! This reads rows and reports; what a row means is left to the slice it belongs to, keeping it to
//! the store.

mod cell;
mod table;

pub use cell::{Cell, one_of, price, whole_number};
pub use table::{FILE_BYTE_LIMIT, FileError, ROW_LIMIT, Row, read};

use std::collections::HashMap;

/// Something on a line of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line<T> {
    /// Which line, from 1.
    pub line: u64,
    /// What.
    pub row: T,
}

/// A row that cannot be imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadRow {
    /// Which line of the file, from 1.
    pub line: u64,
    /// Which column; none where the row as a whole is wrong.
    pub column: Option<&'static str>,
    /// What is wrong and what to do.
    pub reason: String,
}

/// `line 7, column price: ...`
impl std::fmt::Display for BadRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.column {
            Some(column) => write!(f, "line {}, column {column}: {}", self.line, self.reason),
            None => write!(f, "line {}: {}", self.line, self.reason),
        }
    }
}

/// Why one cell is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadCell {
    /// Which column.
    pub column: &'static str,
    /// What is wrong and what to do.
    pub reason: String,
}

impl BadCell {
    /// A wrong cell.
    pub fn new(column: &'static str, reason: impl std::fmt::Display) -> Self {
        Self {
            column,
            reason: reason.to_string(),
        }
    }

    /// On its line.
    pub fn on(self, line: u64) -> BadRow {
        BadRow {
            line,
            column: Some(self.column),
            reason: self.reason,
        }
    }
}

/// A file's rows, before the database was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parsed<T> {
    /// The good rows, in the file's order.
    pub rows: Vec<Line<T>>,
    /// The bad ones.
    pub bad: Vec<BadRow>,
}

/// What to do where rows are bad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Import nothing.
    AllOrNothing,
    /// Import the others.
    SkipBad,
}

/// What one row did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It is new.
    Added,
    /// It was there, different.
    Changed,
    /// It was there, the same.
    Unchanged,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// New rows.
    pub added: u64,
    /// Rows that were there, different.
    pub changed: u64,
    /// Rows that were there, the same.
    pub unchanged: u64,
    /// Rows that cannot be imported, by line.
    pub bad: Vec<BadRow>,
    /// Whether the database was changed: not, where rows are bad and none may be.
    pub applied: bool,
}

impl Imported {
    /// Counts one row.
    pub fn count(&mut self, change: Change) {
        match change {
            Change::Added => self.added += 1,
            Change::Changed => self.changed += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }
}

/// Reads a file's rows with `parse`, and refuses a second row with the same key; `key` says in which
/// column it stands, and names it.
pub fn parse<T>(
    bytes: &[u8],
    columns: &'static [&'static str],
    key: impl Fn(&T) -> (&'static str, String),
    parse: impl Fn(&Row<'_>) -> Result<T, BadCell>,
) -> Result<Parsed<T>, FileError> {
    parse_with(bytes, columns, &[], key, parse)
}

/// As [`parse`], with columns that may be left out of the file.
pub fn parse_with<T>(
    bytes: &[u8],
    columns: &'static [&'static str],
    optional: &'static [&'static str],
    key: impl Fn(&T) -> (&'static str, String),
    parse: impl Fn(&Row<'_>) -> Result<T, BadCell>,
) -> Result<Parsed<T>, FileError> {
    let (mut rows, mut first_lines) = (Vec::new(), HashMap::new());
    let mut bad = read(bytes, columns, optional, |line, row| {
        let row = parse(row)?;
        let (column, name) = key(&row);
        if let Some(first) = first_lines.get(&name) {
            return Err(BadCell::new(
                column,
                format!("{name} stands on line {first} already: keep one of the two"),
            ));
        }
        first_lines.insert(name, line);
        rows.push(Line { line, row });
        Ok(())
    })?;
    bad.sort_by_key(|bad| bad.line);
    Ok(Parsed { rows, bad })
}
