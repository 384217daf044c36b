//! Why an expression cannot be used: where in it, and what to do.

use super::{
    CEL_BRACKET_LIMIT, CEL_DEPTH_LIMIT, CEL_LENGTH_LIMIT, CEL_LIST_LIMIT, CEL_SIZE_LIMIT,
    CEL_STEP_LIMIT, CEL_VARIABLES,
};

/// What is wrong with a CEL expression. Characters count from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CelFault {
    /// It has too many characters, or none.
    #[error("an expression has 1 to {CEL_LENGTH_LIMIT} characters, not {found}")]
    Length {
        /// How many.
        found: usize,
    },
    /// It is no expression.
    #[error("it cannot be read at character {at}: {words}")]
    Unreadable {
        /// Where.
        at: usize,
        /// What the parser says.
        words: String,
    },
    /// It has too many parts.
    #[error("it has more than {CEL_SIZE_LIMIT} parts: split the rule")]
    TooLarge,
    /// It nests too deep.
    #[error("it nests deeper than {CEL_DEPTH_LIMIT}: make it flatter, or split the rule")]
    TooDeep,
    /// Its brackets nest too deep.
    #[error(
        "its brackets nest deeper than {CEL_BRACKET_LIMIT}: make it flatter, or split the rule"
    )]
    Brackets,
    /// A list in it is empty or too long.
    #[error("the list at character {at} has {found} values: give 1 to {CEL_LIST_LIMIT}")]
    List {
        /// Where.
        at: usize,
        /// How many.
        found: usize,
    },
    /// It could look through too many values.
    #[error(
        "it could take {found} steps in a large basket, more than {CEL_STEP_LIMIT}: look through fewer lists"
    )]
    Steps {
        /// How many.
        found: usize,
    },
    /// Something of CEL that conditions do without.
    #[error("{what} cannot be used (character {at}): {instead}")]
    NotAllowed {
        /// Where.
        at: usize,
        /// What.
        what: String,
        /// What to do.
        instead: &'static str,
    },
    /// A name that nothing has.
    #[error("there is no {name} (character {at}): the names are {}", CEL_VARIABLES.join(", "))]
    NoName {
        /// Where.
        at: usize,
        /// The name.
        name: String,
    },
    /// Something of one kind where another is needed.
    #[error("{found} stands at character {at} where {wanted} must be")]
    Kind {
        /// Where.
        at: usize,
        /// What must be there.
        wanted: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A text that the thing it is compared with never is.
    #[error("{name} is never {found:?} (character {at}): it is {}", .words.join(", "))]
    NeverIs {
        /// Where.
        at: usize,
        /// What it is compared with.
        name: &'static str,
        /// The text.
        found: String,
        /// All it may be.
        words: &'static [&'static str],
    },
    /// It asks nothing.
    #[error(
        "it names nothing and so is always the same: name something, or leave the condition out"
    )]
    Constant,
}
