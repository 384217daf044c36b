//! What coupons need of the database.

use super::import::CouponRow;
use crate::import::{Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::{CouponNumber, Timestamp};

/// Keeps coupon numbers.
#[async_trait]
pub trait CouponStore: Send + Sync {
    /// Issues numbers to stores. A number that another plan or store has is a bad row.
    async fn import_coupons(
        &self,
        coupons: Parsed<CouponRow>,
        policy: Policy,
    ) -> Result<Imported, StoreError>;

    /// Takes numbers back, from the next bundle on. Not found: one was never issued; then none is.
    /// Gives how many were not revoked before.
    async fn revoke_coupons(
        &self,
        numbers: Vec<CouponNumber>,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}
