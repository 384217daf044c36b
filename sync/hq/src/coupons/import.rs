//! `coupons.csv`.

use crate::import::{BadCell, FileError, Parsed, Row, parse};
use tillside_core::{CouponNumber, PlanId, StoreId};

/// The columns of `coupons.csv`.
pub const COUPON_COLUMNS: &[&str] = &["number", "plan", "store"];

/// One row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponRow {
    /// The number.
    pub number: CouponNumber,
    /// Its plan.
    pub plan: PlanId,
    /// The store it is given to; none: any till may take it, as far as its plan's risk cap goes.
    pub store: Option<StoreId>,
}

/// Reads `coupons.csv`.
pub fn coupons(bytes: &[u8]) -> Result<Parsed<CouponRow>, FileError> {
    let key = |coupon: &CouponRow| ("number", format!("coupon {}", coupon.number));
    parse(bytes, COUPON_COLUMNS, key, coupon)
}

fn coupon(row: &Row<'_>) -> Result<CouponRow, BadCell> {
    Ok(CouponRow {
        number: row.cell("number").parse(CouponNumber::new)?,
        plan: row.cell("plan").parse(PlanId::new)?,
        store: row.cell("store").optional(StoreId::new)?,
    })
}
