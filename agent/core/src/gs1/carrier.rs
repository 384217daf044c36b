//! What a scanner or a person put in, told apart: element string, printed form, Digital Link, other.

use super::element::{Element, Elements, GROUP_SEPARATOR, Partly};
use super::error::Gs1Fault;
use super::link::is_web_address;

/// The symbology identifiers (ISO/IEC 15424) that promise element strings: GS1-128, GS1 DataBar and
/// its composites, GS1 DataMatrix, GS1 QR Code, GS1 DotCode (General Specifications, section 5.1).
const PROMISES: [&str; 7] = ["]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"];

/// A code as it came in, with the GS1 data in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Carried<'a> {
    /// The code without its symbology identifier.
    pub body: &'a str,
    /// The GS1 data; `None` if it is another kind of code.
    pub gs1: Option<Partly>,
}

impl<'a> Carried<'a> {
    /// Takes a code apart, with or without a symbology identifier. Never fails: what is no GS1 data
    /// may be a coupon or a card, and damaged GS1 data comes with its fault.
    pub fn read(code: &'a str) -> Self {
        let (promised, body) = strip_symbology(code);
        let gs1 = if body.starts_with('(') {
            unless(Elements::printed_partly(body), &Gs1Fault::Brackets)
        } else if promised || body.contains(GROUP_SEPARATOR) {
            Some(Elements::scanned_partly(body))
        } else if is_web_address(body) {
            unless(Elements::linked_partly(body), &Gs1Fault::NoKey)
        } else {
            None
        };
        Self { body, gs1 }
    }

    /// The elements that could be read, none if it is another kind of code.
    pub fn elements(&self) -> &[Element] {
        self.gs1.as_ref().map_or(&[], |partly| &partly.elements)
    }
}

/// What was read; nothing at all if its fault says that it is another kind of code.
fn unless(partly: Partly, other: &Gs1Fault) -> Option<Partly> {
    let is_other = partly
        .fault
        .as_ref()
        .is_some_and(|error| error.fault == *other);
    (!is_other || !partly.elements.is_empty()).then_some(partly)
}

/// Drops the symbology identifier (`]`, a letter, a modifier) and says whether it promises GS1 data.
fn strip_symbology(code: &str) -> (bool, &str) {
    match code.as_bytes() {
        [b']', letter, modifier, ..] if letter.is_ascii_alphabetic() && modifier.is_ascii() => {
            (PROMISES.contains(&&code[..3]), &code[3..])
        }
        _ => (false, code),
    }
}
