//! What shares of quotas need of the database.

use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::authority::{AllowanceId, Figures, Subject, Terms};
use tillside_core::{StoreId, TerminalId, Timestamp};
use tillside_protocol::LeaseRequest;

/// What HQ answers, before it is sealed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeaseAnswer {
    /// What the till may take, by ascending serial.
    pub granted: Vec<Terms>,
    /// What it may forget.
    pub settled: Vec<AllowanceId>,
}

/// Points of a member's that one till may spend, or may have spent untold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetAside {
    /// Which till.
    pub terminal: TerminalId,
    /// In which store.
    pub store: StoreId,
    /// How many, as far as the till told what it used.
    pub points: u64,
    /// Until when the till may spend them.
    pub until: Timestamp,
    /// From when on a person may give up waiting for its word.
    pub over: Timestamp,
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

    /// What tills may spend of a member's points, or may have spent untold. None: there is no such member.
    async fn set_aside(&self, number: &str) -> Result<Option<Vec<SetAside>>, StoreError>;

    /// Gives up waiting for the word of tills on a member's points, where that is surely over; the reason is kept.
    /// How many points are free again. None: there is no such member.
    async fn free_points(
        &self,
        number: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError>;

    /// Each quota that was ever leased, in figures.
    async fn quotas(&self, now: Timestamp) -> Result<Vec<(Subject, Figures)>, StoreError>;
}
