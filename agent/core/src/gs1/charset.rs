//! The characters GS1 values may hold (General Specifications, 7.11).

/// Which characters a value may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Charset {
    /// Digits.
    Digits,
    /// Character set 82: most of ISO/IEC 646.
    Set82,
    /// Character set 39: digits, capitals, `#`, `-` and `/`.
    Set39,
    /// Character set 64: file-safe base 64 (RFC 4648) and `=`.
    Set64,
}

impl Charset {
    /// Whether `c` may stand in a value.
    pub(super) fn holds(self, c: char) -> bool {
        match self {
            Charset::Digits => c.is_ascii_digit(),
            Charset::Set82 => c.is_ascii_alphanumeric() || "!\"%&'()*+,-./_:;<=>?".contains(c),
            Charset::Set39 => c.is_ascii_digit() || c.is_ascii_uppercase() || "#-/".contains(c),
            Charset::Set64 => c.is_ascii_alphanumeric() || "-_=".contains(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(set: Charset) -> usize {
        (0..=255u8).filter(|b| set.holds(char::from(*b))).count()
    }

    #[test]
    fn the_sets_have_the_size_they_are_named_after() {
        assert_eq!(size(Charset::Digits), 10);
        assert_eq!(size(Charset::Set82), 82);
        assert_eq!(size(Charset::Set39), 39);
        assert_eq!(size(Charset::Set64), 65, "64 and the padding");
    }
}
