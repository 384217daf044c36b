//! What a bundle holds before it is signed, and whether it can be published.

use super::BundleNote;
use crate::replay::Told;
use std::collections::{BTreeMap, HashSet};
use tillside_core::engine::{Document, DocumentError};
use tillside_core::{
    CouponEntry, CouponNumber, OpenNumbers, PlanId, Product, PurseSheetError, RuleBook, StoreId,
    Timestamp,
};
use tillside_protocol::StoreTarget;

/// Everything of one bundle.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Rules and plans.
    pub rules: Document,
    /// Which of HQ's rule documents that is; none before the first.
    pub document: Option<i64>,
    /// Products.
    pub products: Vec<Product>,
    /// What each store gets.
    pub stores: Vec<StoreTarget>,
    /// How many coupons that no store holds were issued, signed ones and numbers, of each plan in the rules
    /// that has any.
    pub issued: BTreeMap<PlanId, u64>,
    /// Of those, the numbers that any till may take.
    pub open: Vec<OpenNumbers>,
    /// How many tills the chain has.
    pub tills: u64,
}

/// Why a bundle cannot be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditionError {
    /// There is nobody to publish to.
    #[error(
        "there are no stores to publish to: import them with `tillside-hq import stores FILE.csv`"
    )]
    NoStores,
    /// The rules contradict each other or pass a limit.
    #[error("the rules cannot be used")]
    Rules(#[source] DocumentError),
    /// What stores would be told of e-money is no use to them.
    #[error("what stores would be told of e-money cannot be used")]
    Purse(#[source] PurseSheetError),
    /// A coupon's plan is not in the rules any more.
    #[error(
        "coupon {number} of store {store} names plan {plan}, which the rules do not have: import rules that have it"
    )]
    PlanMissing {
        /// The coupon.
        number: CouponNumber,
        /// Its store.
        store: StoreId,
        /// The plan.
        plan: PlanId,
    },
}

impl Edition {
    /// Refuses what no till could use, with the code the tills run.
    pub fn check(&self, version: u64) -> Result<(), EditionError> {
        if self.stores.is_empty() {
            return Err(EditionError::NoStores);
        }
        RuleBook::of(version, &self.rules).map_err(EditionError::Rules)?;
        for store in &self.stores {
            if let Some(purse) = &store.purse {
                purse.check().map_err(EditionError::Purse)?;
            }
        }
        let plans: HashSet<&PlanId> = self.rules.plans.iter().map(|plan| &plan.plan).collect();
        for store in &self.stores {
            let mut coupons = store.coupons.numbers.iter();
            if let Some(coupon) = coupons.find(|coupon| !plans.contains(&coupon.plan)) {
                return Err(EditionError::PlanMissing {
                    number: coupon.number.clone(),
                    store: store.profile.store.clone(),
                    plan: coupon.plan.clone(),
                });
            }
        }
        Ok(())
    }

    /// What its sales are decided by, beside what they record themselves.
    pub fn told(&self) -> Told {
        let tiers = self.stores.iter().flat_map(|store| {
            let members = store.members.members.iter();
            let code = &store.profile.store;
            members.map(move |member| (code.clone(), member.member, member.tier.clone()))
        });
        Told {
            document: self.document,
            tiers: tiers.collect(),
        }
    }

    /// How much of everything it holds.
    pub fn note(&self, version: u64, published_at: Timestamp) -> BundleNote {
        let members = self.stores.iter().map(|store| store.members.members.len());
        // Of coupons that no store holds a store is told only the uses.
        let printed = |coupon: &&CouponEntry| !self.issued.contains_key(&coupon.plan);
        let open = self.open.iter().map(|of| of.digests.len());
        let coupons = self.stores.iter();
        let coupons = coupons.map(|store| store.coupons.numbers.iter().filter(printed).count());
        BundleNote {
            version,
            published_at,
            rules: self.rules.rules.len(),
            plans: self.rules.plans.len(),
            products: self.products.len(),
            stores: self.stores.len(),
            members: members.sum(),
            coupons: coupons.sum::<usize>() + open.sum::<usize>(),
        }
    }
}
