//! The signed targets of a bundle: their names, and how they become a [`Bundle`].
//!
//! Signatures are checked by `tough` before any of these bytes are read (invariant 8).

use serde::{Deserialize, Serialize};
use std::error::Error;
use tillside_core::engine::Document;
use tillside_core::{
    Bundle, CodeKey, CouponSheet, MemberCodeSheet, MemberSheet, OpenNumbers, Product, PurseSheet,
    StoreId, StoreProfile,
};

/// The rules and plans: [`Document`], of any layout that [`Document::read`] knows.
pub const RULES: &str = "rules.json";
/// The products: a list of [`Product`].
pub const PRODUCTS: &str = "products.json";
/// The numbers that HQ gave to no store, where there are any: a list of [`OpenNumbers`].
pub const OPEN_COUPONS: &str = "open-coupons.json";
/// The largest target, in bytes.
pub const TARGET_BYTE_LIMIT: u64 = 256 << 20;

/// The target with what one store gets: [`StoreTarget`].
pub fn store_target(store: &StoreId) -> String {
    format!("store-{store}.json")
}

/// What one store gets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreTarget {
    /// The shop.
    pub profile: StoreProfile,
    /// Its members.
    pub members: MemberSheet,
    /// Its coupons.
    pub coupons: CouponSheet,
    /// E-money, where the chain has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purse: Option<PurseSheet>,
    /// The codes of members' phones, where the chain has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_codes: Option<MemberCodeSheet>,
    /// With what HQ signs allowances, where it leases any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowance_keys: Vec<CodeKey>,
}

/// Targets of one bundle, verified, as bytes.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedTargets<'a> {
    /// The version of the signed `targets.json`: the bundle's version.
    pub version: u64,
    /// [`RULES`].
    pub rules: &'a [u8],
    /// [`PRODUCTS`].
    pub products: &'a [u8],
    /// [`store_target`].
    pub store: &'a [u8],
    /// [`OPEN_COUPONS`], if the bundle has it.
    pub open_coupons: Option<&'a [u8]>,
}

/// A verified target that this program cannot read.
#[derive(Debug, thiserror::Error)]
#[error("the part {target:?} of bundle {version} cannot be read by this program")]
pub struct TargetError {
    /// Which target.
    pub target: &'static str,
    /// Of which bundle.
    pub version: u64,
    /// Why.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl VerifiedTargets<'_> {
    /// Reads the targets.
    pub fn read(&self) -> Result<Bundle, TargetError> {
        let version = self.version;
        fn error<E: Error + Send + Sync + 'static>(
            target: &'static str,
            version: u64,
        ) -> impl FnOnce(E) -> TargetError {
            move |source| TargetError {
                target,
                version,
                source: source.into(),
            }
        }
        let rules = Document::read(self.rules).map_err(error("rules", version))?;
        let products: Vec<Product> =
            serde_json::from_slice(self.products).map_err(error("products", version))?;
        let store: StoreTarget =
            serde_json::from_slice(self.store).map_err(error("store", version))?;
        let StoreTarget {
            profile,
            members,
            mut coupons,
            purse,
            member_codes,
            allowance_keys,
        } = store;
        if let Some(open) = self.open_coupons {
            let open: Vec<OpenNumbers> =
                serde_json::from_slice(open).map_err(error("open coupons", version))?;
            coupons.open = open;
        }
        Ok(Bundle {
            version,
            profile,
            rules,
            products,
            members,
            coupons,
            purse,
            member_codes,
            allowance_keys,
        })
    }
}
