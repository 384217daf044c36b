//! Points as lots: stories by example, refusals, and a naive oracle, one little struct a point, that
//! every account must agree with over histories of several members by chance.
#![allow(clippy::unwrap_used)]

mod history;
mod naive;
mod naive_moves;
mod refusals;
mod stories;
mod world;
mod written;
