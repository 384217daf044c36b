//! Reads a coupon's digits from the front, and knows the place of whatever is wrong.

use super::error::{CouponError, CouponFault, CouponField};

/// The most digits behind (8110) or (8112).
const DIGIT_LIMIT: usize = 70;

/// Digits with a place in them.
pub(super) struct Cursor<'a> {
    digits: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Checks that there are digits only, at most 70.
    pub(super) fn new(digits: &'a str) -> Result<Self, CouponError> {
        let error = |at, len, fault| Err(CouponError { at, len, fault });
        if let Some(at) = digits.chars().position(|c| !c.is_ascii_digit()) {
            return error(at, 1, CouponFault::NotADigit);
        }
        match digits.len() {
            0..=DIGIT_LIMIT => Ok(Self { digits, at: 0 }),
            len => error(DIGIT_LIMIT, len - DIGIT_LIMIT, CouponFault::TooLong),
        }
    }

    /// An error about the last `len` digits that were read.
    pub(super) fn behind(&self, len: usize, fault: CouponFault) -> CouponError {
        CouponError {
            at: self.at - len,
            len,
            fault,
        }
    }

    /// Exactly `len` digits.
    pub(super) fn take(&mut self, len: usize, field: CouponField) -> Result<&'a str, CouponError> {
        let rest = &self.digits[self.at..];
        let Some(taken) = rest.get(..len) else {
            let fault = CouponFault::Truncated(field);
            // Where nothing is left there is nothing to point at: the whole code is too short.
            let (at, len) = match rest.len() {
                0 => (0, self.digits.len()),
                left => (self.at, left),
            };
            return Err(CouponError { at, len, fault });
        };
        self.at += len;
        Ok(taken)
    }

    /// One digit that says how the next ones are read.
    pub(super) fn one(&mut self, field: CouponField) -> Result<u8, CouponError> {
        let Some(byte) = self.digits.as_bytes().get(self.at) else {
            let (at, len) = (0, self.digits.len());
            return Err(CouponError {
                at,
                len,
                fault: CouponFault::Missing(field),
            });
        };
        self.at += 1;
        Ok(byte - b'0')
    }

    /// A field behind its variable length indicator: `allowed` are the indicator's values, and the
    /// field has `more` digits than it says.
    pub(super) fn variable(
        &mut self,
        field: CouponField,
        allowed: std::ops::RangeInclusive<u8>,
        more: usize,
    ) -> Result<&'a str, CouponError> {
        let indicator = self.one(field)?;
        if !allowed.contains(&indicator) {
            return Err(self.behind(1, CouponFault::Length(field)));
        }
        self.take(usize::from(indicator) + more, field)
    }

    /// Steps over the mark of an optional field, if it is next.
    pub(super) fn begins(&mut self, mark: u8) -> bool {
        let next = self.digits.as_bytes().get(self.at) == Some(&mark);
        self.at += usize::from(next);
        next
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), CouponError> {
        match self.digits.len() - self.at {
            0 => Ok(()),
            len => Err(CouponError {
                at: self.at,
                len,
                fault: CouponFault::Excess,
            }),
        }
    }
}
