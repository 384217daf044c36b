//! Coupons that HQ signs: each plan's key, and whether a use of one stands.
//!
//! One secret of the chain lies in a file; every plan's own keys are derived from it, so that a coupon of one
//! plan is no coupon of another, and a backup of the file covers keys that are made later. Which serials were issued, and which were used, is kept by the store.

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

/// The secret key that signs a plan's coupons now: the newest of those kept (oldest first) that the chain's
/// secret makes, or the plan's first. The chain's secret is made where there is none.
///
/// # Errors
/// If the chain's secret cannot be read or made.
pub fn newest_plan_secret(
    data: &DataDir,
    plan: &PlanId,
    kept: &[CodeKey],
) -> Result<[u8; 32], PlanKeyError> {
    let chain = chain_secret(data)?;
    let generations = (0..kept.len() as u64).rev();
    let mut made = generations.map(|generation| derived(&chain, plan, generation));
    let known = made.find(|secret| kept.contains(&CodeKey::of_secret(secret)));
    Ok(known.unwrap_or_else(|| derived(&chain, plan, 0)))
}

/// The secret key that is to sign a plan's coupons after those kept.
///
/// # Errors
/// As [`newest_plan_secret`].
pub fn next_plan_secret(
    data: &DataDir,
    plan: &PlanId,
    kept: &[CodeKey],
) -> Result<[u8; 32], PlanKeyError> {
    Ok(derived(&chain_secret(data)?, plan, kept.len() as u64))
}

fn chain_secret(data: &DataDir) -> Result<[u8; 32], PlanKeyError> {
    let path = data.coupon_key();
    match std::fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| PlanKeyError::Damaged),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|_| PlanKeyError::NoChance)?;
            write_private(&path, &secret)?;
            Ok(secret)
        }
        Err(source) => Err(DataError::Read { path, source }.into()),
    }
}

/// The first is named by its plan alone; no plan's code holds the zero that the others have after it.
fn derived(chain: &[u8; 32], plan: &PlanId, generation: u64) -> [u8; 32] {
    let mut from = b"tillside coupon plan key\0".to_vec();
    from.extend(chain);
    from.extend(plan.as_str().as_bytes());
    if generation > 0 {
        from.push(0);
        from.extend(generation.to_be_bytes());
    }
    *Hash::of(&from).bytes()
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
