//! What coupons need of the database.

use super::TokenBatch;
use super::import::CouponRow;
use crate::import::{Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::{CodeKey, CouponNumber, PlanId, ProofKind, Timestamp};

/// Keeps coupon numbers.
#[async_trait]
pub trait CouponStore: Send + Sync {
    /// Issues numbers to stores. A number that another plan or store has is a bad row.
    async fn import_coupons(
        &self,
        coupons: Parsed<CouponRow>,
        policy: Policy,
    ) -> Result<Imported, StoreError>;

    /// Keeps a public key that signs a plan's coupons: what it signed counts from now on, for good.
    async fn keep_plan_key(&self, plan: PlanId, key: CodeKey) -> Result<(), StoreError>;

    /// The public keys that sign a plan's coupons, oldest first.
    async fn plan_keys(&self, plan: PlanId) -> Result<Vec<CodeKey>, StoreError>;

    /// Serials for `count` new signed coupons of a plan that no coupon of it had before.
    async fn issue_tokens(
        &self,
        plan: PlanId,
        count: u64,
        now: Timestamp,
    ) -> Result<TokenBatch, StoreError>;

    /// How a plan proves its coupons, in the newest rules; none without such a plan.
    async fn plan_proof(&self, plan: PlanId) -> Result<Option<ProofKind>, StoreError>;

    /// Takes numbers back, from the next bundle on. Not found: one was never issued; then none is.
    /// Gives how many were not revoked before.
    async fn revoke_coupons(
        &self,
        numbers: Vec<CouponNumber>,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}
