//! Numbers that HQ gave to no store: taken by any till at its own risk.

use super::CouponFault;
use tillside_core::{CouponUsed, PlanId, SaleId};

/// What HQ knows of one such number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenAtHq {
    /// The plan it was issued under.
    pub plan: PlanId,
    /// The use that stands, unless that was voided. A later one is a case, and changes nothing here.
    pub used: Option<CouponUsed>,
}

impl OpenAtHq {
    /// Whether HQ issued it under `plan`. One that was revoked meanwhile still is: the till had not heard.
    pub(crate) fn check(&self, plan: &PlanId) -> Result<(), CouponFault> {
        match self.plan == *plan {
            true => Ok(()),
            false => Err(CouponFault::OtherPlan(self.plan.clone())),
        }
    }

    /// Frees the number, if `sale` is what used it.
    pub(crate) fn release(&mut self, sale: SaleId) {
        self.used.take_if(|used| used.sale == sale);
    }
}
