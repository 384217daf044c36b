//! HQ's tests: the store's story, ingest, ledger, imports, certificates and bundles.
#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test stops where something is wrong"
)]

mod bundles;
mod epochs;
mod expiry;
mod expiry_histories;
mod fixture;
mod forks;
mod imports;
mod ingest;
mod journal;
mod leases;
mod ledger;
mod limits;
mod line;
mod lots;
mod manufacturers;
mod open_coupons;
mod program;
mod purse;
mod redeem;
mod replaying;
mod returns;
mod share_log;
mod signing;
mod story;
mod tls;
mod tokens;
