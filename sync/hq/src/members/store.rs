//! What members need of the database.

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
}
