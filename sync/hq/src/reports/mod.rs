//! Reports: what HQ knows, as rows for people and programs.

use crate::ledger::LedgerCheck;
use crate::members::expiry::Holding;
use crate::store::StoreError;
use async_trait::async_trait;
use serde::Serialize;
use tillside_core::{
    CouponNumber, LaneId, MemberId, Money, PlanId, Points, SaleId, StoreId, TerminalId, Timestamp,
};

/// Reads reports, each of one moment.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Every coupon use, by time; those that were voided too.
    async fn redemptions(&self) -> Result<Vec<RedemptionRow>, StoreError>;

    /// Every member's balance at a time, by number.
    async fn balances(&self, now: Timestamp) -> Result<Vec<BalanceRow>, StoreError>;

    /// How much of everything there is.
    async fn counts(&self) -> Result<Counts, StoreError>;

    /// Proves the ledger.
    async fn check_ledger(&self) -> Result<LedgerCheck, StoreError>;
}

/// One coupon use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RedemptionRow {
    /// Which coupon.
    pub number: CouponNumber,
    /// Its plan.
    pub plan: PlanId,
    /// Where.
    pub store: StoreId,
    /// At which terminal.
    pub terminal: TerminalId,
    /// At which till.
    pub lane: LaneId,
    /// In which sale.
    pub sale: SaleId,
    /// When.
    pub at: Timestamp,
    /// What it took off.
    pub amount: Money,
    /// Whether the sale was voided, which freed the number.
    pub voided: bool,
}

/// One member's balance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BalanceRow {
    /// The printed number.
    pub number: String,
    /// Who.
    pub member: MemberId,
    /// What the ledger says.
    pub points: Points,
    /// What that is in words.
    #[serde(flatten)]
    pub holding: Holding,
}

/// How much of everything HQ has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Counts {
    /// Journal records, in HQ's copies.
    pub records: u64,
    /// Those of them that were quarantined.
    pub quarantined: u64,
    /// Records of other histories, kept aside.
    pub forked: u64,
    /// Sales booked.
    pub sales: u64,
    /// Those of them that were voided.
    pub voided: u64,
    /// Ledger movements.
    pub movements: u64,
    /// Coupon uses that stand.
    pub redemptions: u64,
    /// Cases that wait for a person.
    pub open_cases: u64,
}
