//! What shares of quotas need of the database.

use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::Timestamp;
use tillside_core::authority::{AllowanceId, Figures, Subject, Terms};
use tillside_protocol::LeaseRequest;

/// What HQ answers, before it is sealed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaseAnswer {
    /// What the till may take, by ascending serial.
    pub granted: Vec<Terms>,
    /// What it may forget.
    pub settled: Vec<AllowanceId>,
}

/// Keeps the facts of each quota.
#[async_trait]
pub trait LeaseStore: Send + Sync {
    /// Takes a report in and grants what is wished for, all of it or nothing. The request was checked
    /// ([`LeaseRequest::check`]). What is granted is kept in the database and beside it
    /// ([`super::log`]) before it is answered.
    async fn lease(&self, request: LeaseRequest, now: Timestamp)
    -> Result<LeaseAnswer, StoreError>;

    /// To be asked before the first report: counts those shares again that were given after the database
    /// that is in place now was copied. How many these are.
    async fn recall_shares(&self, now: Timestamp) -> Result<usize, StoreError>;

    /// Each quota that was ever leased, in figures.
    async fn quotas(&self, now: Timestamp) -> Result<Vec<(Subject, Figures)>, StoreError>;
}
