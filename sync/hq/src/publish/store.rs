//! What publishing needs of the database.

use super::Edition;
use crate::replay::Told;
use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::{CodeKey, Timestamp};

/// Reads what is published, and notes what was.
#[async_trait]
pub trait PublishStore: Send + Sync {
    /// Everything that a bundle holds, as of one moment: the balances and, with them, up to which
    /// record of each terminal they count.
    async fn edition(&self, now: Timestamp) -> Result<Edition, StoreError>;

    /// The phones that were taken back, as long as a certificate of theirs would count.
    async fn revoked_phones(&self, now: Timestamp) -> Result<Vec<CodeKey>, StoreError>;

    /// The newest bundle's version; 0 before the first.
    async fn newest_bundle(&self) -> Result<u64, StoreError>;

    /// Notes a bundle that was signed, and what it told the stores.
    async fn note_bundle(&self, note: BundleNote, told: Told) -> Result<(), StoreError>;
}

/// What is in a bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BundleNote {
    /// Its version.
    pub version: u64,
    /// When it was signed.
    pub published_at: Timestamp,
    /// Rules.
    pub rules: usize,
    /// Coupon plans.
    pub plans: usize,
    /// Products.
    pub products: usize,
    /// Stores.
    pub stores: usize,
    /// Members, counted once for each store that gets them.
    pub members: usize,
    /// Coupon numbers.
    pub coupons: usize,
}
