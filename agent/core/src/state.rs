//! The working set a decision looks at.
//!
//! A store may know a hundred thousand members; a decision needs one. The edge loads what a command
//! names into a [`State`] (see `tillside-store`), the core decides on it and applies the events to it.

use crate::{
    CouponNumber, CouponStanding, Member, MemberId, RuleBook, SaleCompleted, SaleId, StoreId,
    TerminalId,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the things a command names. A coupon that is not in the map is not issued.
#[derive(Clone, Debug)]
pub struct State {
    /// This store.
    pub store: StoreId,
    /// This terminal.
    pub terminal: TerminalId,
    /// The rules and coupon plans in force.
    pub rules: Arc<RuleBook>,
    /// Members by id.
    pub members: BTreeMap<MemberId, Member>,
    /// Coupons by number.
    pub coupons: BTreeMap<CouponNumber, CouponStanding>,
    /// Completed sales by id.
    pub sales: BTreeMap<SaleId, SaleState>,
}

/// A completed sale and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleState {
    /// The sale as it was recorded.
    pub sale: SaleCompleted,
    /// Whether it was voided.
    pub voided: bool,
}
