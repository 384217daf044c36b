//! One cell: what it must be, and what to say where it is not.

use super::BadCell;
use tillside_core::{Currency, Money};

/// The text of one cell.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    column: &'static str,
    text: &'a str,
}

impl<'a> Cell<'a> {
    /// A cell of a column.
    pub const fn new(column: &'static str, text: &'a str) -> Self {
        Self { column, text }
    }

    /// Its text; empty where nothing stands.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Something wrong with it.
    pub fn wrong(&self, reason: impl std::fmt::Display) -> BadCell {
        BadCell::new(self.column, reason)
    }

    /// Its text as `T`, checked by `T`'s own rules.
    pub fn parse<T, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, BadCell> {
        let text = self.filled()?;
        parse(text).map_err(|error| self.wrong(error))
    }

    /// Its text as `T`, or nothing where it is empty.
    pub fn optional<T, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, BadCell> {
        if self.text.is_empty() {
            return Ok(None);
        }
        self.parse(parse).map(Some)
    }

    /// Its text, which must be there.
    pub fn filled(&self) -> Result<&'a str, BadCell> {
        if self.text.is_empty() {
            return Err(self.wrong("nothing stands here: fill it in"));
        }
        Ok(self.text)
    }

    /// A text of 1 to `longest` characters.
    pub fn text_up_to(&self, longest: usize) -> Result<String, BadCell> {
        let text = self.filled()?;
        let length = text.chars().count();
        if length > longest {
            return Err(self.wrong(format!(
                "the text has {length} characters, and {longest} is the most: shorten it"
            )));
        }
        Ok(text.to_owned())
    }
}

/// Exactly one of two cells must be filled.
pub fn one_of<'a>(first: Cell<'a>, second: Cell<'a>) -> Result<Cell<'a>, BadCell> {
    match (first.text.is_empty(), second.text.is_empty()) {
        (false, true) => Ok(first),
        (true, false) => Ok(second),
        (true, true) => Err(first.wrong(format!(
            "nothing stands here nor in {}: fill one in",
            second.column
        ))),
        (false, false) => Err(second.wrong(format!(
            "{} is filled too: keep one of the two",
            first.column
        ))),
    }
}

/// A whole number from 0 to 2^53 − 1.
pub fn whole_number(cell: Cell<'_>) -> Result<i64, BadCell> {
    let text = cell.filled()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(cell.wrong(format!("{text:?} is not a whole number: write it as 1250")));
    }
    if text.starts_with('-') {
        return Err(cell.wrong(format!("{text} is below zero: it must be 0 or more")));
    }
    text.parse()
        .ok()
        .filter(|number| *number <= crate::ledger::BALANCE_LIMIT)
        .ok_or_else(|| cell.wrong(format!("{text} is too large")))
}

/// A price of zero or more, with a decimal point and at most the currency's decimals.
pub fn price(cell: Cell<'_>, currency: Currency) -> Result<Money, BadCell> {
    let text = cell.filled()?;
    if text.starts_with('-') {
        return Err(cell.wrong(format!("{text} is below zero: a price must be 0 or more")));
    }
    let places = currency.minor_digits() as usize;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let example = Money::new(199 * 10_i64.pow(currency.minor_digits()) / 100, currency);
    if whole.is_empty() || !digits(whole) || !digits(part) || text.ends_with('.') {
        let example = example.map(|money| money.to_string()).unwrap_or_default();
        let example = example.split(' ').next().unwrap_or_default().to_owned();
        return Err(cell.wrong(format!(
            "{text:?} is not a price: write it with a decimal point, such as {example}"
        )));
    }
    if part.len() > places {
        return Err(cell.wrong(format!(
            "{text} has {} decimals, and {currency} has {places}",
            part.len()
        )));
    }
    let minor: Option<i64> = format!("{whole}{part:0<places$}").parse().ok();
    minor
        .and_then(|minor| Money::new(minor, currency).ok())
        .ok_or_else(|| cell.wrong(format!("{text} is too large for a price")))
}
