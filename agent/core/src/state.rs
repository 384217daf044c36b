//! The working set a decision looks at.
//!
//! A store may know a hundred thousand members; a decision needs one. The edge loads what a command
//! names into a [`State`] (see `tillside-store`), the core decides on it and applies the events to it.

use crate::authority::{Holder, RiskUse};
use crate::{
    CardIdentity, CardSeen, CarryOver, CouponNumber, CouponStanding, DeskRights, GoodsReturned,
    Member, MemberId, PlanId, PurseIntended, PurseScheme, PurseTx, RuleBook, SaleCompleted, SaleId,
    Setting, StoreId, TerminalId,
};
use std::collections::{BTreeMap, BTreeSet};
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
    /// What rules are asked about beside what a command names.
    pub setting: Setting,
    /// Members by id.
    pub members: BTreeMap<MemberId, Member>,
    /// Coupons by number.
    pub coupons: BTreeMap<CouponNumber, CouponStanding>,
    /// Signed coupons as they were scanned, by the number that stands for each
    /// ([`crate::authority::TokenId::number`]).
    pub tokens: BTreeMap<CouponNumber, String>,
    /// Completed sales by id.
    pub sales: BTreeMap<SaleId, SaleState>,
    /// Movements of purses by txid: those that are named, and every unsettled one of a card that is.
    pub purses: BTreeMap<PurseTx, PurseState>,
    /// E-money, where the chain has it.
    pub purse: Option<PurseTerms>,
    /// What this terminal may give by itself of quotas that it shares with others.
    pub holder: Holder,
    /// What this terminal took at its own risk and HQ has not confirmed, by plan: of the plans of the
    /// coupons that a command names.
    pub risk: BTreeMap<PlanId, Vec<RiskUse>>,
}

/// What the decisions about e-money look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurseTerms {
    /// The scheme.
    pub scheme: PurseScheme,
    /// This store's rights.
    pub desk: DeskRights,
    /// Of the cards a command names, those that HQ blocks (found by the filter, then exactly) or that
    /// this till froze, with the words why.
    pub blocked: BTreeMap<CardIdentity, String>,
    /// Of those, the ones that this till froze: HQ's it cannot free.
    pub frozen: BTreeSet<CardIdentity>,
    /// The newest state, by its own counter, in which this terminal knows each card a command names.
    pub known: BTreeMap<CardIdentity, CardSeen>,
    /// Balances to carry over, for the cards a command names.
    pub carry_overs: Vec<CarryOver>,
    /// Whether this terminal may carry balances over: one of a store may, the holder of its coupons,
    /// so that no balance is put on a card at two tills.
    pub restores: bool,
}

/// A movement of a purse and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PurseState {
    /// What was intended.
    pub intended: PurseIntended,
    /// How far it is.
    pub stage: PurseStage,
}

/// How far a movement of a purse is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PurseStage {
    /// Intended, and being tried (or the agent died while it was).
    Open,
    /// Nobody knows what the card did.
    Unknown,
    /// It happened.
    Done,
    /// It did not happen.
    NotDone,
    /// A manager let the sale go on without knowing.
    GivenUp,
    /// Given up, and then it turned out to have happened: the money is owed to the card's holder.
    Owed,
}

impl PurseStage {
    /// Whether evidence could still come.
    pub const fn is_open(self) -> bool {
        matches!(
            self,
            PurseStage::Open | PurseStage::Unknown | PurseStage::GivenUp
        )
    }
}

/// A completed sale and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleState {
    /// The sale as it was recorded.
    pub sale: SaleCompleted,
    /// Whether it was voided.
    pub voided: bool,
    /// What of it came back since, in the order it did.
    pub returns: Vec<GoodsReturned>,
}
