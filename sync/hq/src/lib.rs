//! Tillside HQ: takes in journals, keeps the ledger, publishes signed bundles, holds the cases.
//!
//! Built in slices by capability, each a folder that holds its rules, its calls and what it needs of
//! the database; the queries are under `store`. Rules and verdicts are `tillside-core`'s, so that both
//! ends decide with the same code.

pub mod cases;
pub mod catalogue;
pub mod clock;
pub mod coupons;
pub mod data;
pub mod emoney;
pub mod fleet;
pub mod import;
pub mod ingest;
pub mod leases;
pub mod ledger;
pub mod members;
pub mod publish;
pub mod replay;
pub mod reports;
pub mod serve;
pub mod setup;
pub mod store;
