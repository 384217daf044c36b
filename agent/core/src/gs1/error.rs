//! Why GS1 data cannot be read: where, what, and what a cashier does about it.

/// Why a text is not the GS1 data it should be.
///
/// Scanning again helps if the scanner misread; the same text is refused again.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{fault} (character {}). Scan the code again, or type the number printed under it.", .at + 1)]
pub struct Gs1Error {
    /// Where the bad part begins, in characters from 0, in the text as it was given.
    pub at: usize,
    /// How many characters are bad; 0 where something is missing.
    pub len: usize,
    /// What is wrong there.
    pub fault: Gs1Fault,
}

/// What is wrong with GS1 data.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Gs1Fault {
    /// There is nothing to read.
    #[error("This GS1 code is empty")]
    Empty,
    /// It is longer than any carrier holds.
    #[error("This GS1 code is too long")]
    TooMuch,
    /// No application identifier that GS1 has given out.
    #[error("This GS1 code holds a part ({start:?}) that this till does not know")]
    UnknownIdentifier {
        /// How the part begins.
        start: String,
    },
    /// A value has fewer characters than its identifier asks for.
    #[error("The value of ({ai}) in this GS1 code is cut short")]
    TooShort {
        /// Of which identifier.
        ai: String,
    },
    /// A value has more characters than its identifier allows, or a separator is missing.
    #[error("The value of ({ai}) in this GS1 code is too long")]
    TooLong {
        /// Of which identifier.
        ai: String,
    },
    /// A character that the value may not hold (digits, character set 82, 39 or 64).
    #[error("The value of ({ai}) in this GS1 code holds {found:?}, which may not stand there")]
    Character {
        /// Of which identifier.
        ai: String,
        /// The character.
        found: char,
    },
    /// The check digit (General Specifications, 7.9) does not fit.
    #[error("The check digit of ({ai}) in this GS1 code should be {expected}")]
    CheckDigit {
        /// Of which identifier.
        ai: String,
        /// What the digit should be.
        expected: u8,
    },
    /// A day that no calendar has.
    #[error("({ai}) in this GS1 code is no date")]
    Date {
        /// Of which identifier.
        ai: String,
    },
    /// An hour or minute that no clock has.
    #[error("({ai}) in this GS1 code is no time of day")]
    Time {
        /// Of which identifier.
        ai: String,
    },
    /// A value that its identifier rules out although its characters are right.
    #[error("({ai}) in this GS1 code must be {rule}")]
    Value {
        /// Of which identifier.
        ai: String,
        /// What it must be.
        rule: &'static str,
    },
    /// The same identifier twice with two values (General Specifications, 4.13).
    #[error("This GS1 code says ({ai}) twice, and not the same")]
    Contradiction {
        /// Which identifier.
        ai: String,
    },
    /// A `(` of the printed form does not begin an identifier.
    #[error("This GS1 code does not begin with a number in brackets such as (01)")]
    Brackets,
    /// Not a web address at all.
    #[error("This code is no web address")]
    NotALink,
    /// A web address without a GS1 key such as `/01/` in its path (it may be a compressed one).
    #[error("This web address holds no product or other GS1 number")]
    NoKey,
    /// A key qualifier that does not belong to the key, or stands in the wrong place.
    #[error("({ai}) does not belong there in this web address")]
    Qualifier {
        /// Which identifier.
        ai: String,
    },
    /// A `%` that is not followed by two hex digits, or bytes that are no text.
    #[error("This web address is damaged")]
    PercentEncoding,
}

impl Gs1Error {
    pub(super) fn new(at: usize, len: usize, fault: Gs1Fault) -> Self {
        Self { at, len, fault }
    }

    /// The same error in a text that has `by` more characters in front.
    #[must_use]
    pub fn moved(self, by: usize) -> Self {
        let at = self.at + by;
        Self { at, ..self }
    }
}
