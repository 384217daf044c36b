//! Coupons that HQ signs: each plan's key, and whether a use of one stands.
//!
//! One secret of the chain lies in a file; every plan's own key is derived from it, so that a coupon of one
//! plan is no coupon of another. Which serials were issued, and which were used, is kept by the store.

use super::CouponFault;
use crate::data::{DataDir, DataError, write_private};
use std::collections::HashMap;
use tillside_core::authority::{CouponToken, TokenId};
use tillside_core::{
    CodeKey, CouponNumber, CouponRedeemed, CouponUsed, Hash, PlanId, SaleCompleted, SaleId, StoreId,
};

/// Why there is no key for a plan's coupons.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanKeyError {
    /// The secret's file.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The secret's file holds something else.
    #[error("the secret for signed coupons (keys/coupon.key) is damaged: restore it from a backup")]
    Damaged,
    /// No randomness.
    #[error("this computer gives no randomness")]
    NoChance,
}

/// The secret key of a plan; the chain's secret is made where there is none.
///
/// # Errors
/// If the chain's secret cannot be read or made.
pub fn plan_secret(data: &DataDir, plan: &PlanId) -> Result<[u8; 32], PlanKeyError> {
    let path = data.coupon_key();
    let secret: [u8; 32] = match std::fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| PlanKeyError::Damaged)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|_| PlanKeyError::NoChance)?;
            write_private(&path, &secret)?;
            secret
        }
        Err(source) => return Err(DataError::Read { path, source }.into()),
    };
    let mut from = b"tillside coupon plan key\0".to_vec();
    from.extend(secret);
    from.extend(plan.as_str().as_bytes());
    Ok(*Hash::of(&from).bytes())
}

/// The public key of a plan.
///
/// # Errors
/// As [`plan_secret`].
pub fn plan_key(data: &DataDir, plan: &PlanId) -> Result<CodeKey, PlanKeyError> {
    Ok(CodeKey::of_secret(&plan_secret(data, plan)?))
}

/// Serials of a plan that were issued together: so many from `first` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenBatch {
    /// The first serial.
    pub first: u64,
    /// How many.
    pub count: u64,
}

/// What HQ knows of the signed coupons that a batch of records names.
#[derive(Clone, Debug, Default)]
pub struct TokensAtHq {
    /// The keys of the plans named.
    pub keys: HashMap<PlanId, Vec<CodeKey>>,
    /// The uses that stand.
    pub used: HashMap<CouponNumber, CouponUsed>,
}

impl TokensAtHq {
    /// Which coupon a sale used, if HQ signed it for this store, day and member. Whether it was used before
    /// is in [`TokensAtHq::used`].
    pub(crate) fn check(
        &self,
        store: &StoreId,
        sale: &SaleCompleted,
        coupon: &CouponRedeemed,
        text: &str,
    ) -> Result<TokenId, CouponFault> {
        let keys = self.keys.get(&coupon.plan).map_or(&[][..], Vec::as_slice);
        let token = CouponToken::open(text, keys).map_err(|_| CouponFault::NotGenuine)?;
        let id = &token.terms().id;
        if id.plan != coupon.plan || id.number() != coupon.number {
            return Err(CouponFault::NotGenuine);
        }
        let member = sale.customer.as_ref().and_then(|customer| customer.member);
        let stands = token.check(store, sale.date, member);
        stands.map_err(CouponFault::NotForThis)?;
        Ok(id.clone())
    }

    /// Frees a coupon, if `sale` is what used it.
    pub(crate) fn release(&mut self, number: &CouponNumber, sale: SaleId) {
        if self.used.get(number).is_some_and(|used| used.sale == sale) {
            self.used.remove(number);
        }
    }
}
