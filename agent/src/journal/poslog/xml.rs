//! Elements, one after the other: what XML allows of a text, and how amounts are written.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{Result, Write};
use tillside_core::Money;

/// An XML file being written.
pub(super) struct Xml<'a> {
    writer: Writer<&'a mut dyn Write>,
}

/// Attributes of an element.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl<'a> Xml<'a> {
    pub(super) fn new(to: &'a mut dyn Write) -> Self {
        Self {
            writer: Writer::new_with_indent(to, b' ', 1),
        }
    }

    pub(super) fn begin_file(&mut self) -> Result<()> {
        let first = BytesDecl::new("1.0", Some("UTF-8"), None);
        self.writer.write_event(Event::Decl(first))
    }

    pub(super) fn end_file(&mut self) -> Result<()> {
        self.writer.get_mut().write_all(b"\n")
    }

    pub(super) fn open(&mut self, name: &str, attributes: Attributes<'_>) -> Result<()> {
        self.writer
            .write_event(Event::Start(start(name, attributes)))
    }

    pub(super) fn close(&mut self, name: &str) -> Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element with a text in it.
    pub(super) fn text(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        text: &str,
    ) -> Result<()> {
        let start = start(name, attributes);
        let text = BytesText::new(&allowed(text)).into_owned();
        self.writer.write_event(Event::Start(start))?;
        self.writer.write_event(Event::Text(text))?;
        self.close(name)
    }

    /// An element with an amount in it.
    pub(super) fn amount(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        amount: Money,
    ) -> Result<()> {
        let digits = amount.currency().minor_digits();
        self.text(name, attributes, &decimal(amount.minor(), digits))
    }
}

fn start<'n>(name: &'n str, attributes: Attributes<'_>) -> BytesStart<'n> {
    let mut start = BytesStart::new(name);
    for (attribute, value) in attributes {
        start.push_attribute((*attribute, allowed(value).as_ref()));
    }
    start
}

/// A text without the characters that XML 1.0 has no way to write (its production `Char`); in their place
/// stands U+FFFD.
fn allowed(text: &str) -> Cow<'_, str> {
    let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    match text.chars().all(fits) {
        true => Cow::Borrowed(text),
        false => text
            .chars()
            .map(|c| {
                if fits(c) {
                    c
                } else {
                    char::REPLACEMENT_CHARACTER
                }
            })
            .collect(),
    }
}

/// An amount of minor units as a decimal number.
fn decimal(minor: i64, digits: u32) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let one = 10_u64.pow(digits);
    let (whole, rest) = (minor.unsigned_abs() / one, minor.unsigned_abs() % one);
    match digits {
        0 => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{rest:0width$}", width = digits as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_its_currencys_digits() {
        let all = [
            (429, 2, "4.29"),
            (-5, 2, "-0.05"),
            (5, 3, "0.005"),
            (7, 0, "7"),
        ];
        for (minor, digits, text) in all {
            assert_eq!(decimal(minor, digits), text);
        }
    }

    #[test]
    fn what_xml_cannot_write_is_replaced() {
        let typed = "Wrong\u{1} size\u{FFFF} <b> & \"so\" ümlaut 🙂\n";
        let written = "Wrong\u{FFFD} size\u{FFFD} <b> & \"so\" ümlaut 🙂\n";
        assert_eq!(allowed(typed), written);
        assert!(matches!(allowed("Wrong size"), Cow::Borrowed(_)));
    }
}
