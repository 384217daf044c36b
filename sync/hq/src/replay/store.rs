//! What replaying needs of the database.

use crate::store::StoreError;
use async_trait::async_trait;
use jiff::tz::TimeZone;
use tillside_core::engine::Document;
use tillside_core::{Head, LaneId, MemberId, StoreId, TerminalId, TierId};

/// Reads journals and what bundles held.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// Every terminal that ever enrolled, of one store or of all, by store and age.
    async fn replay_terminals(
        &self,
        store: Option<StoreId>,
    ) -> Result<Vec<ReplayTerminal>, StoreError>;

    /// Records of a terminal after a position (epoch and number), in order, at most `limit`.
    async fn replay_page(
        &self,
        terminal: TerminalId,
        after: (u32, u64),
        limit: usize,
    ) -> Result<Vec<ReplayRecord>, StoreError>;

    /// Where the terminal's later epochs go on from, each with its own number.
    async fn replay_forks(&self, terminal: TerminalId) -> Result<Vec<(u32, Head)>, StoreError>;

    /// The rules of a bundle; none if it was published before HQ kept which.
    async fn rules_of_bundle(&self, version: u64) -> Result<Option<Document>, StoreError>;

    /// The tier by which a bundle told a store of a member; none if it did not.
    async fn told_tier(
        &self,
        store: StoreId,
        member: MemberId,
        version: u64,
    ) -> Result<Option<TierId>, StoreError>;
}

/// A terminal whose journal is walked.
#[derive(Clone, Debug)]
pub struct ReplayTerminal {
    /// Which.
    pub terminal: TerminalId,
    /// Of which store.
    pub store: StoreId,
    /// At which till.
    pub lane: LaneId,
    /// The store's time zone.
    pub zone: TimeZone,
}

/// A record as it came.
#[derive(Clone, Debug)]
pub struct ReplayRecord {
    /// The journal's epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: u64,
    /// Its text.
    pub body: String,
}

/// What a bundle told the stores, noted with it.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Which of HQ's rule documents it has; none before the first.
    pub document: Option<i64>,
    /// Each store's members, with the tier it knows them by.
    pub tiers: Vec<(StoreId, MemberId, TierId)>,
}
