//! The rule engine: [`Document`] → [`Rules`] → [`Outcome`].
//!
//! Pure and exact: no clock, no chance, no floats, and nothing that depends on a platform. It neither
//! judges coupons (see [`quote`](crate::quote())) nor keeps counters; both come in as facts.
//!
//! # Which rules apply
//! Rules are tried by priority, higher first, equal ones in document order. A rule *holds* if
//! 1. today is among its days and its campaign's;
//! 2. its amounts and its campaign's, if it has any, are in the basket's currency;
//! 3. its condition holds, judged on the basket as it was put ([`Condition`]);
//! 4. one of its effects *reaches* something: it selects a line, or asks for none. An effect that needs
//!    a customer ([`Effect::needs_customer`]) reaches nothing without one.
//!
//! A condition in CEL ([`Condition::Cel`]) that fails does not hold; if the rule would have held without
//! that failure, its step in the trace says so ([`Ending::Failed`]).
//!
//! A rule that holds *applies* unless, asked in this order,
//! 1. one of its caps or its campaign's counts by member, and no member is known;
//! 2. one of these caps was used up before this basket, in any of its limits;
//! 3. a rule of its exclusive group applies already.
//!
//! # What they give
//! First all discounts, then everything else; each by rule order, then by effect order.
//! - **Lines.** A discount takes from the lines that it selects and that still cost something, without
//!   those that the exclusions name and those *closed* to it: a line from which a rule of one stacking
//!   category took is closed to rules of categories that do not stack with that one. Rules without a
//!   category stack with all.
//! - **Sets.** An item that is free or part of a set (cheapest free, n for m, bundle) is in no later set.
//!   Items that cost nothing any more are in none. A discount that a cap leaves nothing of uses no items.
//! - **Earning** counts what lines cost after all discounts, without lines that the exclusions name. Where
//!   redeemed amounts earn nothing, they are first spread over all lines in proportion to what those cost.
//!   Multipliers count points only, all that came before in this basket, and no exclusions of their own.
//! - **Caps.** What an effect comes to, already rounded, is held down to what the rule's caps and then the
//!   campaign's leave: points by `points`, discounts and cashback by `amount`. Vouchers, stamps and tier
//!   progress are only limited by `times`, which counts baskets in which something was given.
//! - **Rounding.** Down to the whole unit, always; never twice within one effect. What is spread, over lines
//!   or funders, is spread by largest remainder: each share rounded down, the units left over to those that
//!   lost most by it, the earlier first.

mod cel;
mod compile;
mod condition;
mod document;
mod effect;
mod error;
mod evaluate;
mod facts;
pub mod lint;
mod outcome;
mod read;
mod reason;
mod schema;
pub(crate) mod tills;
mod words;

pub use cel::{
    CEL_BRACKET_LIMIT, CEL_DEPTH_LIMIT, CEL_LENGTH_LIMIT, CEL_LIST_LIMIT, CEL_RULE_LIMIT,
    CEL_SIZE_LIMIT, CEL_STEP_LIMIT, CEL_VARIABLES, CelFailure, CelFault,
};
pub use compile::Rules;
pub use condition::*;
pub use document::*;
pub use effect::*;
pub use error::*;
pub(crate) use evaluate::spread;
pub use evaluate::{earned_on, evaluate, looked_at};
pub use facts::*;
pub use outcome::*;
pub use reason::Reason;
pub use schema::DOCUMENT_SCHEMA;
pub(crate) use words::percent;
