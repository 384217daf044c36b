//! What HQ tells a store: products, the store's members, the store's coupon numbers.
//!
//! These are the contents of a bundle's signed targets, after they were verified. Fetching and
//! verifying them is left to `tillside-sync`, keeping them to `tillside-store`.

use crate::engine::Document;
use crate::{
    CardIdentity, Category, CodeKey, CouponNumber, CouponUsed, Currency, Hash, Item, LaneId,
    MemberId, Money, PlanId, Points, PurseSheet, StoreId, TaxClass, TerminalId, TierId, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A shop, as its receipts and its clock need it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StoreProfile {
    /// Its code.
    pub store: StoreId,
    /// Its name, for the receipt.
    pub name: String,
    /// IANA time zone: `Europe/Berlin`.
    pub time_zone: String,
    /// The currency its tills take.
    pub currency: Currency,
}

/// Everything one bundle brings to one store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// Its version; higher is newer.
    pub version: u64,
    /// The store.
    pub profile: StoreProfile,
    /// Rules and plans.
    pub rules: Document,
    /// The products.
    pub products: Vec<Product>,
    /// The store's members.
    pub members: MemberSheet,
    /// The store's coupons.
    pub coupons: CouponSheet,
    /// E-money, where the chain has it.
    pub purse: Option<PurseSheet>,
    /// The codes of members' phones, where the chain has them.
    pub member_codes: Option<MemberCodeSheet>,
    /// The public keys whose allowances count ([`crate::authority::Allowance`]): HQ's present one and
    /// those it still honours, at most [`ALLOWANCE_KEY_LIMIT`]. None where nothing is leased.
    pub allowance_keys: Vec<CodeKey>,
}

/// The most keys a till tries an allowance with.
pub const ALLOWANCE_KEY_LIMIT: usize = 4;

/// How a till checks the codes that members' phones show ([`crate::MemberCode`]).
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct MemberCodeSheet {
    /// The public keys whose certificates count: HQ's present one and those it still honours, at
    /// most [`MEMBER_CODE_KEY_LIMIT`].
    pub code_keys: Vec<CodeKey>,
    /// Phones whose certificates do not count any more, at most [`MEMBER_CODE_REVOKED_LIMIT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<CodeKey>,
}

/// The most phones that a till is told not to believe. Past it, HQ changes its own key for phones.
pub const MEMBER_CODE_REVOKED_LIMIT: usize = 10_000;
/// The most keys a till tries a phone's certificate with.
pub const MEMBER_CODE_KEY_LIMIT: usize = 8;

/// A product.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// What it is scanned by.
    pub item: Item,
    /// As the receipt prints it.
    pub name: String,
    /// The price of one.
    pub unit_price: Money,
    /// Its group.
    pub category: Option<Category>,
    /// Its tax class.
    pub tax_class: TaxClass,
}

/// The store's members with balances, and up to which record of each terminal they count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberSheet {
    /// When HQ took the balances.
    pub as_of: Timestamp,
    /// The newest record of each of the store's terminals that the balances include.
    pub included: BTreeMap<TerminalId, Included>,
    /// The members.
    pub members: Vec<MemberEntry>,
}

/// A position in a terminal's journal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Included {
    /// The epoch.
    pub epoch: u32,
    /// The newest record included.
    pub seq: u64,
}

/// One member of a sheet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MemberEntry {
    /// Who.
    pub member: MemberId,
    /// The name the cashier sees.
    pub display_name: String,
    /// Standing.
    pub tier: TierId,
    /// What may be spent at [`MemberSheet::as_of`]: active points; below zero if points are owed. A till without
    /// a line goes by this for as long as it has no other: what of it expires meanwhile it does not know.
    pub points: Points,
    /// What may be spent later; a till takes none of it for active before HQ says so.
    #[serde(default, skip_serializing_if = "Points::is_zero")]
    pub pending: Points,
    /// The cards that name the member.
    pub cards: Vec<CardIdentity>,
}

/// The store's coupon numbers, and how to tell another store's number from one that was never issued.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CouponSheet {
    /// The terminal that alone may burn the store's numbers; none before the first enrolled.
    pub holder: Option<TerminalId>,
    /// Numbers that are this store's.
    pub numbers: Vec<CouponEntry>,
    /// Numbers that were this store's and were taken back.
    pub revoked: Vec<CouponNumber>,
    /// What other stores hold, without saying the numbers.
    pub elsewhere: Vec<Elsewhere>,
    /// What HQ gave to no store, without saying the numbers: any till may take them at its own risk. The
    /// same for all stores, and so in a part of the bundle of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenNumbers>,
}

/// One number of the store's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CouponEntry {
    /// The number.
    pub number: CouponNumber,
    /// Its plan.
    pub plan: PlanId,
    /// Its use, as far as HQ knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<CouponUsed>,
}

/// The digests of another store's numbers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The store.
    pub store: StoreId,
    /// [`number_digest`] of each number, ascending.
    pub digests: Vec<String>,
}

/// The digests of a plan's numbers that HQ gave to no store. A number that was used, and is not told of
/// in [`CouponSheet::numbers`], is left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OpenNumbers {
    /// The plan.
    pub plan: PlanId,
    /// [`number_digest`] of each number, ascending.
    pub digests: Vec<String>,
}

/// The first 16 hex digits of a number's SHA-256: enough to know a number again, not to guess one.
pub fn number_digest(number: &CouponNumber) -> String {
    let mut digest = Hash::of(number.as_str().as_bytes()).to_string();
    digest.truncate(16);
    digest
}

/// What a terminal is, as HQ enrolled it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TerminalProfile {
    /// The terminal.
    pub terminal: TerminalId,
    /// Its till.
    pub lane: LaneId,
    /// Its store.
    pub profile: StoreProfile,
    /// The epoch its journal begins with.
    pub epoch: u32,
    /// Whether HQ made it the holder of its store's coupons when it enrolled. Counts while the bundle
    /// in force names no holder: one that was published before the store had a terminal.
    #[serde(default)]
    pub coupon_holder: bool,
}
