//! What members need of the database.

use super::adjust::{Adjustment, NotAdjusted};
use super::expiry::{Asked, Expired, Holding};
use super::{MemberAccount, MemberRow};
use crate::import::{Imported, Parsed, Policy};
use crate::store::StoreError;
use async_trait::async_trait;
use tillside_core::Timestamp;

/// Keeps members and cards.
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// Adds members, or changes those that are there, by their number.
    ///
    /// A new member's points are booked from the opening account; what a card earned before it had an
    /// owner moves to the member. The cards of a row are all the member has from then on.
    async fn import_members(
        &self,
        members: Parsed<MemberRow>,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Imported, StoreError>;

    /// A member's account as lots at a time, by the printed number; none if nobody has it.
    async fn member_account(
        &self,
        number: &str,
        now: Timestamp,
    ) -> Result<Option<MemberAccount>, StoreError>;

    /// Books what has expired in at most [`super::expiry::BATCH_ACCOUNTS`] accounts after the place `after`, 0
    /// for the first, as one transaction. Gives the place to go on after; none if no account is left.
    async fn expire_batch(
        &self,
        after: i64,
        asked: Asked,
    ) -> Result<(Expired, Option<i64>), StoreError>;

    /// Gives a member points, or takes them, and says what the member holds then.
    async fn adjust(
        &self,
        number: &str,
        adjustment: Adjustment,
        now: Timestamp,
    ) -> Result<Result<Holding, NotAdjusted>, StoreError>;
}
