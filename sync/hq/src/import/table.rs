//! The table of a CSV file: its header, its rows, and what is wrong with the file as a whole.

use super::{BadCell, BadRow, Cell};
use csv::{ByteRecord, ReaderBuilder};

/// The largest file, in bytes.
pub const FILE_BYTE_LIMIT: u64 = 256 << 20;
/// The most rows of a file.
pub const ROW_LIMIT: u64 = 2_000_000;

/// What is wrong with a file as a whole. Nothing of it was imported.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is nothing in it, or only a header.
    #[error("the file has no rows: it needs the columns {} and at least one row", .0.join(","))]
    Empty(&'static [&'static str]),
    /// It is separated by semicolons.
    #[error(
        "the file is separated by semicolons: save it as CSV separated by commas (in a spreadsheet: CSV UTF-8, field separator comma)"
    )]
    Semicolons,
    /// Columns are missing.
    #[error("the file lacks {}: its first line must name the columns {}", .missing.join(", "), .needed.join(","))]
    MissingColumns {
        /// What is missing.
        missing: Vec<&'static str>,
        /// All that is needed.
        needed: &'static [&'static str],
    },
    /// A column stands twice.
    #[error("the file has the column {0} twice: keep one of the two")]
    ColumnTwice(String),
    /// The header cannot be read as UTF-8.
    #[error("the first line is not UTF-8: save the file as CSV UTF-8")]
    HeaderNotUtf8,
    /// It is larger than [`FILE_BYTE_LIMIT`].
    #[error("the file is larger than {} MB: split it", FILE_BYTE_LIMIT >> 20)]
    TooLarge,
    /// It has more than [`ROW_LIMIT`] rows.
    #[error("the file has more than {ROW_LIMIT} rows: split it")]
    TooManyRows,
}

/// One row: its cells by column.
#[derive(Debug)]
pub struct Row<'a> {
    columns: &'a [&'static str],
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The cell of a column, without blanks around it.
    pub fn cell(&self, column: &'static str) -> Cell<'a> {
        let place = self.columns.iter().position(|name| *name == column);
        let text = place.and_then(|place| self.cells.get(place));
        Cell::new(column, text.copied().unwrap_or_default())
    }
}

/// Reads a file row by row; `take` says what is wrong with a row. Gives back every bad row.
///
/// `optional` columns may be left out of the file; their cells are empty then.
pub fn read(
    bytes: &[u8],
    columns: &'static [&'static str],
    optional: &'static [&'static str],
    mut take: impl FnMut(u64, &Row<'_>) -> Result<(), BadCell>,
) -> Result<Vec<BadRow>, FileError> {
    if bytes.len() as u64 > FILE_BYTE_LIMIT {
        return Err(FileError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes);
    let (mut record, mut bad, mut rows) = (ByteRecord::new(), Vec::new(), 0);
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        return Err(FileError::Empty(columns));
    }
    let (names, places, width) = header(&record, columns, optional)?;
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        let line = record.position().map_or(0, csv::Position::line);
        rows += 1;
        if rows > ROW_LIMIT {
            return Err(FileError::TooManyRows);
        }
        match row(&record, &names, &places, width, line) {
            Err(wrong) => bad.push(wrong),
            Ok(row) => bad.extend(take(line, &row).err().map(|wrong| wrong.on(line))),
        }
    }
    if rows == 0 {
        return Err(FileError::Empty(columns));
    }
    Ok(bad)
}

/// Which columns there are, where each stands, and how many cells a row has.
fn header(
    record: &ByteRecord,
    columns: &'static [&'static str],
    optional: &'static [&'static str],
) -> Result<(Vec<&'static str>, Vec<usize>, usize), FileError> {
    let names: Result<Vec<String>, _> = record
        .iter()
        .map(|name| std::str::from_utf8(name).map(|name| name.trim().to_ascii_lowercase()))
        .collect();
    let names = names.map_err(|_| FileError::HeaderNotUtf8)?;
    if names.len() == 1 && names[0].contains(';') {
        return Err(FileError::Semicolons);
    }
    for (place, name) in names.iter().enumerate() {
        let ours = columns.contains(&name.as_str()) || optional.contains(&name.as_str());
        if ours && names[..place].contains(name) {
            return Err(FileError::ColumnTwice(name.clone()));
        }
    }
    let place = |column: &&str| names.iter().position(|name| name == column);
    let missing: Vec<_> = columns.iter().filter(|c| place(c).is_none()).collect();
    if !missing.is_empty() {
        return Err(FileError::MissingColumns {
            missing: missing.into_iter().copied().collect(),
            needed: columns,
        });
    }
    let present: Vec<&'static str> = columns
        .iter()
        .chain(optional)
        .filter(|column| place(column).is_some())
        .copied()
        .collect();
    let places = present.iter().filter_map(place).collect();
    Ok((present, places, names.len()))
}

fn row<'a>(
    record: &'a ByteRecord,
    columns: &'a [&'static str],
    places: &[usize],
    width: usize,
    line: u64,
) -> Result<Row<'a>, BadRow> {
    let found = record.len();
    if found != width {
        return Err(BadRow {
            line,
            column: None,
            reason: format!(
                "the row has {found} cells and the first line names {width}: check its commas, and put text with a comma in quotes"
            ),
        });
    }
    let mut cells = Vec::with_capacity(columns.len());
    for (column, place) in columns.iter().zip(places) {
        let bytes = record.get(*place).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| BadRow {
            line,
            column: Some(column),
            reason: "the text is not UTF-8: save the file as CSV UTF-8".to_owned(),
        })?;
        cells.push(text.trim());
    }
    Ok(Row { columns, cells })
}
