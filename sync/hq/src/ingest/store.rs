//! What taking in needs of the database.

use crate::store::StoreError;
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap};
use tillside_core::{Hash, Head, Timestamp};
use tillside_protocol::{PushRequest, PushResponse};

/// Keeps journals and what they book.
#[async_trait]
pub trait IngestStore: Send + Sync {
    /// Takes in a batch in one transaction: records, ledger, coupons, cases and the new head.
    ///
    /// Places it with [`super::chain::place`], decides with [`super::plan()`], and writes what they say.
    async fn take(&self, request: PushRequest, now: Timestamp) -> Result<PushResponse, StoreError>;
}

/// What HQ has of the part of a journal that a batch speaks of.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Where HQ's copy ends.
    pub head: Head,
    /// HQ's records at the batch's positions: hash, and the case each opened.
    pub known: BTreeMap<u64, (Hash, Option<u64>)>,
    /// Records of other histories at the batch's positions and one before: the case each is kept in.
    pub forks: HashMap<(u64, Hash), u64>,
    /// Whether HQ has the record that the epoch's first record says it goes on from, where it says so.
    pub continues: bool,
}

impl Standing {
    /// Of a journal HQ has nothing of.
    pub fn empty(head: Head) -> Self {
        Self {
            head,
            known: BTreeMap::new(),
            forks: HashMap::new(),
            continues: true,
        }
    }
}
