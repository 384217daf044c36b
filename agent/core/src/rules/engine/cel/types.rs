//! Of which kind the parts of an expression are.

/// A kind of thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    Truth,
    Number,
    Text,
    /// A list of texts.
    List,
}

impl Type {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Truth => "true or false",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
        }
    }
}
