//! Element strings: application identifiers with their values, as scanners send them (7.8) and as
//! they are printed under a symbol.

use super::error::{Gs1Error, Gs1Fault};
use super::table::{self, Definition, definition};
use crate::Gtin;

/// What stands behind a value whose length is not predefined: FNC1 as scanners send it.
pub const GROUP_SEPARATOR: char = '\u{1d}';

/// More than any carrier of element strings holds, in characters (a QR code of version 40: 4296).
pub(super) const TEXT_LIMIT: usize = 4_296;

/// One application identifier with its value, both checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    ai: String,
    value: String,
    definition: &'static Definition,
}

/// The elements of one carrier, in their order; at least one, and none contradicting another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elements(Vec<Element>);

/// What could be read of a text before something was wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partly {
    /// The elements before that; maybe none.
    pub elements: Vec<Element>,
    /// What was wrong, if anything was.
    pub fault: Option<Gs1Error>,
}

impl Element {
    /// Checks a value against what GS1 says about its identifier.
    ///
    /// # Errors
    /// If there is no such identifier or the value does not fit it; positions count in `value`.
    pub fn new(ai: &str, value: &str) -> Result<Self, Gs1Error> {
        let Some(definition) = definition(ai) else {
            let start = ai.chars().take(4).collect();
            return Err(Gs1Error::new(0, 0, Gs1Fault::UnknownIdentifier { start }));
        };
        check_value(ai, definition, value)?;
        let (ai, value) = (ai.to_owned(), value.to_owned());
        Ok(Self {
            ai,
            value,
            definition,
        })
    }

    /// The identifier: two to four digits.
    pub fn ai(&self) -> &str {
        &self.ai
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What GS1 says about the identifier.
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }
}

impl Elements {
    /// Reads an element string as a scanner sends it, without its symbology identifier. A separator
    /// in front, at the end or behind a predefined length does no harm.
    ///
    /// # Errors
    /// At the first thing that is wrong.
    pub fn scanned(text: &str) -> Result<Self, Gs1Error> {
        Self::whole(Self::scanned_partly(text))
    }

    /// Reads an element string as far as it goes: a till sells an item although its batch number is
    /// damaged.
    pub fn scanned_partly(text: &str) -> Partly {
        let mut elements: Vec<Element> = Vec::new();
        let mut fault = None;
        let mut at = 0;
        let mut rest = text;
        if text.chars().count() > TEXT_LIMIT {
            fault = Some(Gs1Error::new(TEXT_LIMIT, 0, Gs1Fault::TooMuch));
            return Partly { elements, fault };
        }
        loop {
            let trimmed = rest.trim_start_matches(GROUP_SEPARATOR);
            at += rest.len() - trimmed.len();
            if trimmed.is_empty() {
                break;
            }
            match first_element(trimmed).and_then(|(element, used)| {
                add(&mut elements, element)?;
                Ok(used)
            }) {
                Ok(used) => rest = &trimmed[used..],
                Err(error) => {
                    // What was read before it is ASCII: a byte is a character.
                    fault = Some(error.moved(at));
                    break;
                }
            }
            at += trimmed.len() - rest.len();
        }
        Partly { elements, fault }
    }

    /// Reads the printed form: each identifier in brackets, `(01)04006381333931(10)A1`. A `(` that
    /// belongs to a value may be written `\(`, and must be where digits and `)` follow it.
    ///
    /// # Errors
    /// At the first thing that is wrong.
    pub fn printed(text: &str) -> Result<Self, Gs1Error> {
        Self::whole(Self::printed_partly(text))
    }

    /// Reads the printed form as far as it goes.
    pub fn printed_partly(text: &str) -> Partly {
        let mut elements = Vec::new();
        let mut rest = text;
        if text.chars().count() > TEXT_LIMIT {
            let fault = Some(Gs1Error::new(TEXT_LIMIT, 0, Gs1Fault::TooMuch));
            return Partly { elements, fault };
        }
        while !rest.is_empty() {
            match first_printed(rest).and_then(|(element, used)| {
                add(&mut elements, element).map_err(|error| error.moved(1))?;
                Ok(used)
            }) {
                Ok(used) => rest = &rest[used..],
                Err(error) => {
                    // What was read before it is ASCII: a byte is a character.
                    let fault = Some(error.moved(text.len() - rest.len()));
                    return Partly { elements, fault };
                }
            }
        }
        Partly {
            elements,
            fault: None,
        }
    }

    /// All that was read, unless there was a fault.
    pub(super) fn whole(partly: Partly) -> Result<Self, Gs1Error> {
        match partly.fault {
            Some(error) => Err(error),
            None => Self::new(partly.elements),
        }
    }

    /// Takes elements together.
    ///
    /// # Errors
    /// If there is none, or two contradict each other.
    pub fn new(elements: Vec<Element>) -> Result<Self, Gs1Error> {
        let mut kept = Vec::with_capacity(elements.len());
        for element in elements {
            add(&mut kept, element)?;
        }
        match kept.is_empty() {
            true => Err(Gs1Error::new(0, 0, Gs1Fault::Empty)),
            false => Ok(Self(kept)),
        }
    }

    /// The elements in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Element> {
        self.0.iter()
    }

    /// The value of an identifier, if it is there.
    pub fn value(&self, ai: &str) -> Option<&str> {
        value(&self.0, ai)
    }

    /// The trade item's number (01), if it is there.
    pub fn gtin(&self) -> Option<Gtin> {
        Gtin::new(self.value("01")?).ok()
    }

    /// As a scanner sends it, without a symbology identifier.
    pub fn to_scan(&self) -> String {
        let mut text = String::new();
        for (index, element) in self.0.iter().enumerate() {
            text.push_str(&element.ai);
            text.push_str(&element.value);
            if !element.definition.is_predefined() && index + 1 < self.0.len() {
                text.push(GROUP_SEPARATOR);
            }
        }
        text
    }

    /// As it is printed, which [`Elements::printed`] reads again.
    pub fn to_print(&self) -> String {
        let one = |e: &Element| format!("({}){}", e.ai, e.value.replace('(', "\\("));
        self.0.iter().map(one).collect()
    }
}

impl Partly {
    /// The value of an identifier, if it could be read.
    pub fn value(&self, ai: &str) -> Option<&str> {
        value(&self.elements, ai)
    }
}

fn value<'a>(elements: &'a [Element], ai: &str) -> Option<&'a str> {
    let element = elements.iter().find(|element| element.ai == ai)?;
    Some(&element.value)
}

/// Adds an element, unless it is there already; refuses it if it is there with another value.
pub(super) fn add(elements: &mut Vec<Element>, element: Element) -> Result<(), Gs1Error> {
    match elements.iter().find(|known| known.ai == element.ai) {
        Some(known) if known.value == element.value => Ok(()),
        Some(_) => {
            let ai = element.ai;
            Err(Gs1Error::new(0, ai.len(), Gs1Fault::Contradiction { ai }))
        }
        None => {
            elements.push(element);
            Ok(())
        }
    }
}

/// The first element of a scanned text, and how many bytes it takes. Positions count in `text`.
fn first_element(text: &str) -> Result<(Element, usize), Gs1Error> {
    let Some((ai, definition)) = table::at_front(text) else {
        let start: String = text.chars().take(4).filter(|c| !c.is_control()).collect();
        return Err(Gs1Error::new(0, 2, Gs1Fault::UnknownIdentifier { start }));
    };
    let body = &text[ai.len()..];
    let value = match definition.is_predefined() {
        true => {
            let end = body
                .char_indices()
                .nth(definition.longest())
                .map_or(body.len(), |(end, _)| end);
            &body[..end]
        }
        false => body.split(GROUP_SEPARATOR).next().unwrap_or_default(),
    };
    let element = Element::new(ai, value).map_err(|error| error.moved(ai.len()))?;
    Ok((element, ai.len() + value.len()))
}

/// The first element of a printed text, and how many bytes it takes. Positions count in `text`.
fn first_printed(text: &str) -> Result<(Element, usize), Gs1Error> {
    let ai = bracket(text).ok_or_else(|| Gs1Error::new(0, 1, Gs1Fault::Brackets))?;
    let front = ai.len() + 2;
    let (value, used) = printed_value(&text[front..]);
    let element = Element::new(ai, &value).map_err(|error| match error.fault {
        Gs1Fault::UnknownIdentifier { .. } => Gs1Error {
            at: 1,
            len: ai.len(),
            ..error
        },
        _ => error.moved(front),
    })?;
    Ok((element, front + used))
}

/// Checks a value component by component; positions count in `value`.
fn check_value(ai: &str, definition: &Definition, value: &str) -> Result<(), Gs1Error> {
    let owned = || ai.to_owned();
    let chars: Vec<char> = value.chars().collect();
    let mut at = 0;
    for part in definition.parts() {
        let rest = &chars[at..];
        if rest.is_empty() && part.optional {
            continue;
        }
        let taken = &rest[..rest.len().min(part.max)];
        if let Some(bad) = taken.iter().position(|c| !part.charset.holds(*c)) {
            let fault = Gs1Fault::Character {
                ai: owned(),
                found: taken[bad],
            };
            return Err(Gs1Error::new(at + bad, 1, fault));
        }
        if taken.len() < part.min {
            return Err(Gs1Error::new(
                chars.len(),
                0,
                Gs1Fault::TooShort { ai: owned() },
            ));
        }
        let text: String = taken.iter().collect();
        let checked = part.check.run(ai, &text);
        checked.map_err(|fault| Gs1Error::new(at, taken.len(), fault))?;
        at += taken.len();
    }
    match chars.len() - at {
        0 => Ok(()),
        more => Err(Gs1Error::new(at, more, Gs1Fault::TooLong { ai: owned() })),
    }
}

/// The identifier in brackets at the front of a printed text, known or not.
fn bracket(text: &str) -> Option<&str> {
    let (ai, _) = text.strip_prefix('(')?.split_once(')')?;
    let fits = (2..=4).contains(&ai.len()) && ai.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(ai)
}

/// A printed value up to the next identifier in brackets, unescaped, and how many bytes it takes.
fn printed_value(body: &str) -> (String, usize) {
    let mut value = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if body[at + 1..].starts_with('(') => {
                value.push('(');
                chars.next();
            }
            '(' if bracket(&body[at..]).is_some() => return (value, at),
            c => value.push(c),
        }
    }
    (value, body.len())
}
