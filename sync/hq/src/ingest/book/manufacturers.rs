//! The use of a manufacturer's coupon: it is what the sale says, and good once where it has a serial number.

use super::{Redeemed, SharedUse, Shown, redemption};
use crate::coupons::CouponFault;
use crate::ingest::{Fault, Working};
use tillside_core::gs1::ShownCoupon;
use tillside_core::{CouponRedeemed, CouponUsed, SaleCompleted};

impl Redeemed {
    /// Adds a use of the coupon that `text` was kept of. Whether a plan took it `replay` says.
    pub(super) fn manufacturers(
        &mut self,
        working: &Working,
        sale: &SaleCompleted,
        coupon: &CouponRedeemed,
        text: &str,
        used: &CouponUsed,
    ) -> Result<(), Fault> {
        let number = &coupon.number;
        let shown = ShownCoupon::read(text);
        let shown = shown.filter(|shown| shown.stands_for(number, sale.sale));
        let shown = shown.ok_or_else(|| Fault::Coupon {
            number: number.clone(),
            fault: CouponFault::NotRead,
        })?;
        let (plan, redemption) = (coupon.plan.clone(), redemption(sale, number, used)?);
        match shown.coupon().serial {
            Some(_) => {
                let before = working.printed.get(number).cloned();
                self.once(plan, Shown::Open, redemption, before);
            }
            // Not told from its copies.
            None => self.shared_uses.push(SharedUse {
                plan,
                shown: Shown::Everybodys,
                redemption,
            }),
        }
        Ok(())
    }
}
