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
    /// ([`LeaseRequest::check`]).
    async fn lease(&self, request: LeaseRequest, now: Timestamp)
    -> Result<LeaseAnswer, StoreError>;

    /// Each quota that was ever leased, in figures.
    async fn quotas(&self, now: Timestamp) -> Result<Vec<(Subject, Figures)>, StoreError>;
}
