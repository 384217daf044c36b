//! The application identifiers: how long each value is, of which characters, and what is checked.
//!
//! From the General Specifications, section 3, and GS1's published syntax dictionary (2025). Rules
//! on which identifiers go together (4.13, 4.14) are left out: a till reads what is on the goods.

mod long;
mod measures;
mod short;

use super::charset::Charset;
use super::check::Check;

/// What GS1 says about an identifier, or about a run of alike ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Definition {
    first: &'static str,
    last: &'static str,
    title: &'static str,
    parts: &'static [Part],
    predefined: bool,
    qualifiers: Option<&'static [&'static [&'static str]]>,
}

/// One component of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Part {
    pub(super) charset: Charset,
    pub(super) min: usize,
    pub(super) max: usize,
    pub(super) optional: bool,
    pub(super) check: Check,
}

impl Definition {
    /// GS1's data title, such as `BATCH/LOT`.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Whether its length is predefined, so that no separator follows it (7.8.4).
    pub fn is_predefined(&self) -> bool {
        self.predefined
    }

    /// Whether it may be the primary key of a Digital Link.
    pub fn is_link_key(&self) -> bool {
        self.qualifiers.is_some()
    }

    /// The sequences of qualifiers that may follow it in a Digital Link's path, in their order.
    pub(super) fn qualifiers(&self) -> &'static [&'static [&'static str]] {
        self.qualifiers.unwrap_or_default()
    }

    pub(super) fn parts(&self) -> &'static [Part] {
        self.parts
    }

    /// The longest its value may be, in characters.
    pub(super) fn longest(&self) -> usize {
        self.parts.iter().map(|part| part.max).sum()
    }

    const fn predefined(self) -> Self {
        Self {
            predefined: true,
            ..self
        }
    }

    const fn key(self, qualifiers: &'static [&'static [&'static str]]) -> Self {
        Self {
            qualifiers: Some(qualifiers),
            ..self
        }
    }
}

impl Part {
    const fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }

    const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }
}

const fn run(
    first: &'static str,
    last: &'static str,
    title: &'static str,
    parts: &'static [Part],
) -> Definition {
    Definition {
        first,
        last,
        title,
        parts,
        predefined: false,
        qualifiers: None,
    }
}

const fn one(ai: &'static str, title: &'static str, parts: &'static [Part]) -> Definition {
    run(ai, ai, title, parts)
}

const fn part(charset: Charset, min: usize, max: usize) -> Part {
    Part {
        charset,
        min,
        max,
        optional: false,
        check: Check::None,
    }
}

/// Exactly `len` digits.
const fn n(len: usize) -> Part {
    part(Charset::Digits, len, len)
}

/// One to `max` digits.
const fn n_to(max: usize) -> Part {
    part(Charset::Digits, 1, max)
}

/// One to `max` characters of set 82.
const fn x(max: usize) -> Part {
    part(Charset::Set82, 1, max)
}

/// Exactly `len` digits, the last a check digit.
const fn key_number(len: usize) -> Part {
    n(len).check(Check::Digit)
}

const X20: &[Part] = &[x(20)];
const X30: &[Part] = &[x(30)];
const X90: &[Part] = &[x(90)];
const N6: &[Part] = &[n(6)];
const N15: &[Part] = &[n_to(15)];
const GTIN: &[Part] = &[key_number(14)];
const GLN: &[Part] = &[key_number(13)];
const SSCC: &[Part] = &[key_number(18)];
const DATE: &[Part] = &[n(6).check(Check::DayOrMonth)];

/// What GS1 says about an identifier; `None` if it has given out no such one.
pub fn definition(ai: &str) -> Option<&'static Definition> {
    let fits = |d: &&Definition| d.first.len() == ai.len() && (d.first..=d.last).contains(&ai);
    if !ai.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let all = [short::TABLE, measures::TABLE, long::TABLE];
    all.into_iter().flatten().find(fits)
}

/// The identifier at the front of a text, with its definition.
pub(super) fn at_front(text: &str) -> Option<(&str, &'static Definition)> {
    (2..=4).find_map(|len| {
        let ai = text.get(..len)?;
        Some((ai, definition(ai)?))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all() -> impl Iterator<Item = &'static Definition> {
        [short::TABLE, measures::TABLE, long::TABLE]
            .into_iter()
            .flatten()
    }

    #[test]
    fn no_identifier_begins_another() {
        for a in all() {
            for b in all().filter(|b| *b != a) {
                let shared = a.first.len().min(b.first.len());
                let apart =
                    a.last[..shared] < b.first[..shared] || b.last[..shared] < a.first[..shared];
                assert!(apart, "{} and {}", a.first, b.first);
            }
        }
    }

    /// General Specifications, figure 7.8.5-2: the first two digits alone say that no separator
    /// follows, and how many characters there are with the identifier.
    #[test]
    fn the_predefined_lengths_are_those_of_the_figure() {
        let figure = |two: &str| match two {
            "00" => Some(20),
            "01" | "02" | "03" => Some(16),
            "04" => Some(18),
            "11" | "12" | "13" | "14" | "15" | "16" | "17" | "18" | "19" => Some(8),
            "20" => Some(4),
            "31" | "32" | "33" | "34" | "35" | "36" => Some(10),
            "41" => Some(16),
            _ => None,
        };
        for d in all() {
            let whole = d.is_predefined().then(|| d.first.len() + d.longest());
            assert_eq!(whole, figure(&d.first[..2]), "{}", d.first);
        }
    }

    #[test]
    fn what_a_till_meets_is_known() {
        let met = "00 01 02 10 11 13 15 17 20 21 22 37 240 241 250 251 253 254 255 3103 3162 3200 3922 \
                   3953 400 410 417 420 421 422 8004 8006 8007 8008 8017 8018 8019 8020 8110 8111 8112 8200";
        for ai in met.split_whitespace() {
            assert!(definition(ai).is_some(), "{ai}");
        }
        for ai in [
            "", "0", "03", "18", "3106", "3109", "394", "3944", "8113", "9", "1a", "é",
        ] {
            assert!(definition(ai).is_none(), "{ai}");
        }
        assert_eq!(at_front("3103000195").unwrap().0, "3103");
    }
}
