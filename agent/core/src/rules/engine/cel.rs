//! Conditions in CEL, the Common Expression Language: `{"cel": "basket.amount >= 2000 && hour < 12"}`.
//!
//! Of the language: whole numbers, text, `true` and `false`, lists after `in`; `==` `!=` `<` `<=` `>` `>=`;
//! `&&` `||` `!` and `? :`; `+` `-` `*` `/` `%` on numbers, which cut off towards zero; brackets; and the
//! names of [`CEL_VARIABLES`]. No functions, no macros, no fractions, no times, no patterns. An expression
//! comes to `true` or `false`, and which kind each part is of is known before it is ever asked.
//!
//! It reads once, when the document is compiled, and asks nothing twice: there are no loops, so its steps
//! are counted beforehand, and one that could take more than [`CEL_STEP_LIMIT`] in the largest basket is
//! refused. What is not known (`member.tier` where there is no member), a number past 64 bits and a
//! division by zero make it fail, unless `&&`, `||` or `? :` comes out the same without that part. A
//! condition that fails does not hold.

mod ask;
mod facts;
mod fault;
mod node;
mod read;
mod scan;
mod types;
mod variable;

pub use ask::CelFailure;
pub use fault::CelFault;
pub use variable::CEL_VARIABLES;

pub(super) use ask::ask;
pub(super) use facts::CelFacts;
pub(super) use node::Expression;
pub(super) use read::read;
pub(super) use variable::Variable;

/// The longest expression, in characters.
pub const CEL_LENGTH_LIMIT: usize = 500;
/// The most parts of an expression: each name, value and operator is one.
pub const CEL_SIZE_LIMIT: usize = 128;
/// The deepest an expression may nest.
pub const CEL_DEPTH_LIMIT: usize = 24;
/// The deepest that brackets may nest: the parser takes much of the stack for each.
pub const CEL_BRACKET_LIMIT: usize = 6;
/// The most values of one list in an expression.
pub const CEL_LIST_LIMIT: usize = 50;
/// The most steps one expression may take at a basket: one for each part, and one for each value of a
/// list of the basket or member that is looked through.
pub const CEL_STEP_LIMIT: usize = 10_000;
/// The most rules of a document that may have a condition in CEL. No index knows these: each costs time
/// at every basket that nothing else in the rule keeps away.
pub const CEL_RULE_LIMIT: usize = 200;
/// As long as a list of the member's groups or segments is reckoned to be.
const MEMBER_LIST: usize = 500;
