//! The rule engine as its users see it: stories by example, and a naive evaluator, written from the
//! documentation alone, that it must agree with on documents and baskets by chance.
#![allow(clippy::unwrap_used)]

mod agreement;
mod cel;
mod cel_faults;
mod cel_world;
mod coverage;
mod faults;
mod index;
mod lints;
mod naive;
mod naive_conditions;
mod naive_gifts;
mod schema;
mod stories;
mod world;
mod world_rules;
