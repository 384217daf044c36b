//! GS1 Digital Link URIs, uncompressed (GS1 Digital Link Standard: URI Syntax, 1.2 and later).
//!
//! Any domain and any path in front of the key; the key, its qualifiers and the data attributes
//! become elements. Where the link leads is left to whoever follows it: a till never does.

use super::element::{Element, Elements, Partly, add};
use super::error::{Gs1Error, Gs1Fault};
use super::percent;
use super::table::definition;

/// The longest link that is read, in characters.
pub const LINK_LIMIT: usize = 2_048;

/// A piece of the link with where it begins, in characters.
#[derive(Clone, Copy)]
struct Piece<'a> {
    at: usize,
    text: &'a str,
}

impl<'a> Piece<'a> {
    /// The pieces between separators, each with its place.
    fn split(self, separators: &'static [char]) -> Vec<Piece<'a>> {
        let mut at = self.at;
        let pieces = self.text.split(separators).map(|text| {
            let piece = Piece { at, text };
            at += text.chars().count() + 1;
            piece
        });
        pieces.collect()
    }

    fn error(self, fault: Gs1Fault) -> Gs1Error {
        Gs1Error::new(self.at, self.text.chars().count(), fault)
    }

    fn decoded(self) -> Result<String, Gs1Error> {
        percent::decode(self.text).ok_or_else(|| self.error(Gs1Fault::PercentEncoding))
    }
}

impl Elements {
    /// Reads a Digital Link: the key first, then its qualifiers, then the attributes in their order.
    ///
    /// A GTIN of 8, 12 or 13 digits is filled up to 14. Parameters whose names are not all digits
    /// are somebody else's and left out.
    ///
    /// # Errors
    /// [`Gs1Fault::NotALink`] and [`Gs1Fault::NoKey`] if it is another kind of text or address, and
    /// whatever else is wrong with a Digital Link, with the place in the text as it was given.
    pub fn linked(text: &str) -> Result<Self, Gs1Error> {
        Self::whole(Self::linked_partly(text))
    }

    /// Reads a Digital Link as far as it goes: its path, then each attribute.
    pub fn linked_partly(text: &str) -> Partly {
        match in_address(text) {
            Ok(partly) => partly,
            Err(error) => Partly {
                elements: Vec::new(),
                fault: Some(error),
            },
        }
    }

    /// A Digital Link on `domain`, such as `https://id.gs1.org`; `None` if no element is a key.
    ///
    /// The first key is the link's; its qualifiers follow in the path, the rest is in the query.
    pub fn to_link(&self, domain: &str) -> Option<String> {
        let key = self
            .iter()
            .find(|element| element.definition().is_link_key())?;
        let present = |ai: &&&str| self.value(ai).is_some();
        let sequences = key.definition().qualifiers().iter();
        let sequence: Vec<&str> = sequences
            .map(|sequence| sequence.iter().filter(present).copied().collect::<Vec<_>>())
            .find(|sequence| !sequence.is_empty())
            .unwrap_or_default();
        let mut link = domain.trim_end_matches('/').to_owned();
        let in_path = std::iter::once(key.ai()).chain(sequence.iter().copied());
        for ai in in_path {
            let value = percent::encode(self.value(ai)?);
            link.push_str(&format!("/{ai}/{value}"));
        }
        let others = self
            .iter()
            .filter(|e| e.ai() != key.ai() && !sequence.contains(&e.ai()));
        for (index, element) in others.enumerate() {
            link.push(if index == 0 { '?' } else { '&' });
            link.push_str(&format!(
                "{}={}",
                element.ai(),
                percent::encode(element.value())
            ));
        }
        Some(link)
    }
}

/// The path's elements, and those of the query up to the first that is wrong.
fn in_address(text: &str) -> Result<Partly, Gs1Error> {
    let whole = Piece { at: 0, text };
    if text.chars().count() > LINK_LIMIT {
        return Err(Gs1Error::new(LINK_LIMIT, 0, Gs1Fault::TooMuch));
    }
    let (path, query) = path_and_query(text).ok_or_else(|| whole.error(Gs1Fault::NotALink))?;
    let mut elements = in_path(path)?;
    let parameters = query
        .map(|query| query.split(&['&', ';']))
        .unwrap_or_default();
    for parameter in parameters {
        let added = attribute(parameter).and_then(|element| match element {
            Some(element) => add(&mut elements, element).map_err(|error| error.moved(parameter.at)),
            None => Ok(()),
        });
        if let Err(error) = added {
            return Ok(Partly {
                elements,
                fault: Some(error),
            });
        }
    }
    Ok(Partly {
        elements,
        fault: None,
    })
}

/// Whether a text is a web address, Digital Link or not.
pub fn is_web_address(text: &str) -> bool {
    path_and_query(text).is_some()
}

/// The path without its first `/`, and the query, of an http or https address.
fn path_and_query(text: &str) -> Option<(Piece<'_>, Option<Piece<'_>>)> {
    let (scheme, rest) = text.split_once("://")?;
    if !["http", "https"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
    {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    if end == 0 {
        return None;
    }
    let place = |bytes: usize| text[..bytes].chars().count();
    let begin = scheme.len() + "://".len() + end;
    let (path, query) = match rest[end..].split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (&rest[end..], None),
    };
    let query = query.map(|text| Piece {
        at: place(begin + path.len() + 1),
        text,
    });
    let (slash, path) = path.strip_prefix('/').map_or((0, path), |path| (1, path));
    let at = place(begin + slash);
    Some((Piece { at, text: path }, query))
}

/// The key and its qualifiers: pairs at the end of the path, back to the last key.
fn in_path(path: Piece<'_>) -> Result<Vec<Element>, Gs1Error> {
    let mut segments = path.split(&['/']);
    if segments.last().is_some_and(|last| last.text.is_empty()) {
        segments.pop();
    }
    let no_key = || path.error(Gs1Fault::NoKey);
    let is_ai = |piece: &Piece<'_>| definition(piece.text).is_some();
    let pairs = || (0..segments.len().saturating_sub(1)).rev().step_by(2);
    let is_key = |at: &usize| definition(segments[*at].text).is_some_and(|d| d.is_link_key());
    let begin = pairs()
        .take_while(|at| is_ai(&segments[*at]))
        .find(is_key)
        .ok_or_else(no_key)?;
    let key = definition(segments[begin].text).ok_or_else(no_key)?;
    let mut open: Vec<&[&str]> = key.qualifiers().to_vec();
    let mut elements = Vec::new();
    for pair in segments[begin..].chunks_exact(2) {
        let (ai, value) = (pair[0], pair[1]);
        if !elements.is_empty() {
            open = open
                .iter()
                .filter_map(|sequence| after(sequence, ai.text))
                .collect();
            if open.is_empty() {
                return Err(ai.error(Gs1Fault::Qualifier {
                    ai: ai.text.to_owned(),
                }));
            }
        }
        elements.push(element(ai, value)?);
    }
    Ok(elements)
}

/// What of a sequence of qualifiers may still follow `ai`; `None` if `ai` is not in it.
fn after<'a>(sequence: &'a [&'a str], ai: &str) -> Option<&'a [&'a str]> {
    let at = sequence.iter().position(|known| *known == ai)?;
    Some(&sequence[at + 1..])
}

/// A data attribute; `None` for a parameter that is not GS1's.
fn attribute(parameter: Piece<'_>) -> Result<Option<Element>, Gs1Error> {
    let (name, value) = parameter
        .text
        .split_once('=')
        .unwrap_or((parameter.text, ""));
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    let ai = Piece {
        text: name,
        ..parameter
    };
    let at = parameter.at + name.len() + 1;
    element(ai, Piece { at, text: value }).map(Some)
}

fn element(ai: Piece<'_>, value: Piece<'_>) -> Result<Element, Gs1Error> {
    let decoded = value.decoded()?;
    let value_or_gtin = match ai.text {
        "01" if [8, 12, 13].contains(&decoded.len()) => format!("{decoded:0>14}"),
        _ => decoded,
    };
    Element::new(ai.text, &value_or_gtin).map_err(|error| match error.fault {
        Gs1Fault::UnknownIdentifier { .. } => ai.error(error.fault),
        // Decoding moved the characters: the whole value is named.
        fault => value.error(fault),
    })
}
