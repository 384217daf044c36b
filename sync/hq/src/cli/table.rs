//! Rows for people, for spreadsheets and for programs.

use super::say;
use clap::Args;
use serde_json::{Map, Value};

/// How rows are printed.
#[derive(Args)]
pub(super) struct Format {
    /// As CSV.
    #[arg(long)]
    csv: bool,
    /// As JSON, one list of objects.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
}

impl Format {
    /// Whether a program reads it.
    pub(super) const fn is_for_programs(&self) -> bool {
        self.csv || self.json
    }
}

/// Rows under named columns.
pub(super) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

impl Table {
    pub(super) const fn new(columns: &'static [&'static str]) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row of texts and numbers.
    pub(super) fn row<V: Into<Value>>(&mut self, cells: impl IntoIterator<Item = V>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    pub(super) fn print(&self, format: &Format) -> anyhow::Result<()> {
        if format.json {
            say(&self.json()?);
        } else if format.csv {
            say(self.csv()?.trim_end());
        } else {
            say(&self.text());
        }
        Ok(())
    }

    fn json(&self) -> anyhow::Result<String> {
        let object = |row: &Vec<Value>| -> Map<String, Value> {
            let names = self.columns.iter().map(|name| (*name).to_owned());
            names.zip(row.iter().cloned()).collect()
        };
        let rows: Vec<_> = self.rows.iter().map(object).collect();
        Ok(serde_json::to_string_pretty(&rows)?)
    }

    pub(super) fn csv(&self) -> anyhow::Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.columns)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(harmless))?;
        }
        Ok(String::from_utf8(writer.into_inner()?)?)
    }

    pub(super) fn text(&self) -> String {
        let names = self.columns.iter().map(|name| name.replace('_', " "));
        let mut lines: Vec<Vec<String>> = vec![names.collect()];
        lines.extend(self.rows.iter().map(|row| row.iter().map(text).collect()));
        let width = |column: usize| {
            let cells = lines.iter().map(|line| line[column].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: &Vec<String>| {
            let cells = cells.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            cells.join("  ").trim_end().to_owned()
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn text(cell: &Value) -> String {
    match cell {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text that a spreadsheet would run as a formula gets a quote before it.
fn harmless(cell: &Value) -> String {
    match cell {
        Value::String(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => {
            format!("'{text}")
        }
        other => text(other),
    }
}
