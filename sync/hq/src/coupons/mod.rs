//! Coupons at HQ: the one state machine of a number, and how numbers come in.
//!
//! A number is issued to one store, or to none where its plan has a risk cap, used at most once at a time,
//! freed by a void. Deciding at the till is left to `tillside-core`; booking a redemption to `ingest`.

pub mod import;
mod open;
mod signed;
mod store;
mod worst;

pub use open::OpenAtHq;
pub use signed::{PlanKeyError, TokenBatch, TokensAtHq, newest_plan_secret, next_plan_secret};
pub use store::CouponStore;
pub use worst::{PlanWorst, worst_cases};

use tillside_core::authority::TokenError;
use tillside_core::{CouponUsed, PlanId, Proof, SaleId, StoreId};

/// What HQ knows of one number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponAtHq {
    /// The plan it was issued under.
    pub plan: PlanId,
    /// The store it was given to.
    pub store: StoreId,
    /// Its use, unless that was voided.
    pub used: Option<CouponUsed>,
}

/// Why a redemption does not stand.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CouponFault {
    /// HQ never issued it.
    #[error("HQ never issued this number")]
    NotIssued,
    /// It belongs to another store.
    #[error("it belongs to store {0}")]
    OtherStore(StoreId),
    /// It belongs to another plan.
    #[error("it belongs to plan {0}")]
    OtherPlan(PlanId),
    /// The proof names another store than the one that redeemed it.
    #[error("its proof speaks of another store")]
    OtherProof,
    /// The plan's keys did not sign it.
    #[error("HQ did not sign it for this plan")]
    NotGenuine,
    /// What was scanned of a manufacturer's coupon is none, or another.
    #[error("what was scanned is not the manufacturer's coupon that the sale names")]
    NotRead,
    /// HQ signed it, not for this sale.
    #[error("HQ signed it for another store, day or member: {0}")]
    NotForThis(#[source] TokenError),
    /// It was used before.
    #[error("it was used before, in store {} by terminal {} in sale {}", .0.store, .0.terminal, .0.sale)]
    UsedBefore(Box<CouponUsed>),
}

impl CouponAtHq {
    /// Whether a redemption by `by` under `plan` stands.
    ///
    /// A number that was revoked meanwhile still stands: the store held the authority until it heard.
    pub fn check(&self, plan: &PlanId, proof: &Proof, by: &CouponUsed) -> Result<(), CouponFault> {
        if self.store != by.store {
            return Err(CouponFault::OtherStore(self.store.clone()));
        }
        if self.plan != *plan {
            return Err(CouponFault::OtherPlan(self.plan.clone()));
        }
        match proof {
            Proof::StoreBound { store, .. } if *store == by.store => {}
            _ => return Err(CouponFault::OtherProof),
        }
        match &self.used {
            Some(used) => Err(CouponFault::UsedBefore(Box::new(used.clone()))),
            None => Ok(()),
        }
    }

    /// Frees the number, if `sale` is what used it.
    pub fn release(&mut self, sale: SaleId) {
        self.used.take_if(|used| used.sale == sale);
    }
}
