//! Adjustments: points that a person at HQ gives or takes, with the reason.
//!
//! Points that are given are a lot of their own; points that are taken are a use of the member's lots, in the order of
//! spending. What is taken must be there when it is taken. A fact that comes later may say that it was not; then the
//! adjustment stands, and the member owes.

use super::account::end_of;
use jiff::civil::Date;
use tillside_core::lots::{
    Adjusted, Charge, Lot, LotId, LotKind, LotsCommand, LotsRefusal, RecordRef,
};
use tillside_core::{FunderId, MemberId, PersonId, Points, Timestamp};

/// Points given by hand or, below zero, taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adjustment {
    /// How many; below zero if they are taken.
    pub points: Points,
    /// Who pays for what is given, or gets back what is taken.
    pub funder: FunderId,
    /// Why.
    pub reason: String,
    /// The last day on which points that are given may be spent; none if they never expire.
    pub last_day: Option<Date>,
}

/// Why an adjustment was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdjusted {
    /// Nobody has that number.
    #[error("no member has the number {0}: look at `report balances`")]
    NoMember(String),
    /// The account does not allow it.
    #[error(transparent)]
    Refused(#[from] LotsRefusal),
    /// A balance would leave its range.
    #[error(transparent)]
    Ledger(#[from] crate::ledger::LedgerError),
}

impl Adjustment {
    /// What it is to the account, as the record `source`. Once it is booked, `booked`, it is not refused any more.
    pub(super) fn command(
        &self,
        member: MemberId,
        by: &PersonId,
        (source, at): (RecordRef, Timestamp),
        booked: bool,
    ) -> LotsCommand {
        let adjusted = Adjusted {
            by: by.clone(),
            reason: self.reason.clone(),
        };
        let charge = || Charge {
            member,
            funder: self.funder.clone(),
        };
        match self.points.0 {
            0.. => LotsCommand::Grant {
                lot: Lot {
                    id: LotId { source, index: 0 },
                    member,
                    funder: self.funder.clone(),
                    amount: self.points,
                    pending_until: at,
                    expires_at: self.last_day.and_then(end_of),
                    basis: 0,
                    kind: LotKind::Granted,
                },
                adjusted,
            },
            taken => LotsCommand::Withdraw {
                id: source,
                amount: Points(taken.saturating_neg()),
                beyond: booked.then(charge),
                adjusted,
            },
        }
    }
}
