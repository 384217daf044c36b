//! Authority without HQ as its users see it: allowances and leases by example, a model of HQ and dark
//! tills that never overshoots a quota, naive oracles, and bytes that nobody signed.
#![allow(clippy::unwrap_used)]

mod allowances;
mod codes;
mod edges;
mod holding;
mod lending;
mod model;
mod plans;
mod splitting;
mod tokens;
mod world;
