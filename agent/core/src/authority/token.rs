//! Coupon tokens: a coupon that proves itself, as a QR code that HQ signed.
//!
//! ```text
//! version 1 ‖ serial 8 ‖ last day 4 (days since 1970) ‖ plan ‖ stores ‖ bearer 0 | member 1 ‖ 16 ‖ HQ's signature 64
//! ```
//!
//! big-endian, as `TSC1` and base 32 (RFC 4648's extended hex alphabet, without padding), which a QR
//! code holds in its alphanumeric mode: 4 + ⌈8/5 · bytes⌉ characters, 145 for a plan of 8 letters that
//! anybody may use in any store. A plan or store is its code after one byte of length; stores are a count
//! of 0 for all, or 1 to 20 of them, ascending. There is one text of each token.
//!
//! A token proves that HQ issued it, what for, until when, where and to whom. **It does not prove that it
//! was not used before**: which ([`TokenId`]) were spent, and what happens at two dark stores, is the
//! plan's proof and the caller's. What the plan gives is left to [`crate::CouponPlan`].

mod error;

pub use error::*;

use super::seal::{Cursor, put_text, seal, unseal};
use crate::{CodeKey, CouponNumber, Hash, MemberId, PlanId, StoreId};
use data_encoding::BASE32HEX_NOPAD;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a token begins with.
pub const COUPON_TOKEN_PREFIX: &str = "TSC1";
/// The longest token, in characters: the largest has 20 stores with codes of 16 letters.
pub const COUPON_TOKEN_LIMIT: usize = 1_024;
/// The most stores one token may name.
pub const TOKEN_STORES_LIMIT: usize = 20;
/// What HQ signs begins with: no other signature can be taken for this one.
const CONTEXT: &[u8] = b"tillside coupon token\0";
/// The only version of the layout yet.
const VERSION: u8 = 1;
const EPOCH: Date = date(1970, 1, 1);
/// The last day that a token can name: the last of the year 9999.
const LAST_DAY: u32 = 2_932_896;

/// One coupon of a plan: by what a store knows it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenId {
    /// The plan.
    pub plan: PlanId,
    /// The coupon's number within it.
    pub serial: u64,
}

impl TokenId {
    /// As the sets of issued and revoked codes know it: 32 bytes.
    pub fn code(&self) -> Hash {
        Hash::of(format!("{} {}", self.plan, self.serial).as_bytes())
    }

    /// The number that stands for it in sales, receipts and reports: `TOK` and 100 bits of its digest in
    /// base 32, so that no two tokens, and no token and a printed number, come to one by chance.
    pub fn number(&self) -> CouponNumber {
        let mut digits = BASE32HEX_NOPAD.encode(self.code().bytes());
        digits.truncate(20);
        CouponNumber::coined(format!("TOK{digits}"))
    }
}

/// Where a token is good.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenStores {
    /// In every store.
    All,
    /// In these, 1 to [`TOKEN_STORES_LIMIT`], ascending, each once.
    Only(Vec<StoreId>),
}

/// Whose a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenHolder {
    /// Whoever shows it.
    Bearer,
    /// This member, who must be identified in the sale.
    Member(MemberId),
}

/// What a token says. HQ seals it; a till believes it only as a [`CouponToken`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenTerms {
    /// Which coupon.
    pub id: TokenId,
    /// The last day, in the store's time zone.
    pub valid_until: Date,
    /// Where.
    pub stores: TokenStores,
    /// Whose.
    pub holder: TokenHolder,
}

impl TokenTerms {
    /// The text of the QR code, signed with HQ's secret key.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] for stores out of order, too many or none, or a day before 1970.
    pub fn seal(&self, secret: &[u8; 32]) -> Result<String, TokenError> {
        let bytes = self.bytes().ok_or(TokenError::Malformed)?;
        let digits = BASE32HEX_NOPAD.encode(&seal(secret, CONTEXT, bytes));
        Ok(format!("{COUPON_TOKEN_PREFIX}{digits}"))
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.id.serial.to_be_bytes());
        let days = (self.valid_until - EPOCH).get_days();
        bytes.extend(u32::try_from(days).ok()?.to_be_bytes());
        put_text(&mut bytes, self.id.plan.as_str());
        match &self.stores {
            TokenStores::All => bytes.push(0),
            TokenStores::Only(stores) => {
                let sound = (1..=TOKEN_STORES_LIMIT).contains(&stores.len()) && ascend(stores);
                bytes.push(u8::try_from(stores.len()).ok().filter(|_| sound)?);
                for store in stores {
                    put_text(&mut bytes, store.as_str());
                }
            }
        }
        match &self.holder {
            TokenHolder::Bearer => bytes.push(0),
            TokenHolder::Member(member) => {
                bytes.push(1);
                bytes.extend(member.uuid().as_bytes());
            }
        }
        Some(bytes)
    }

    /// Reads what comes after the version.
    fn read(from: &mut Cursor<'_>) -> Option<Self> {
        let serial = from.u64()?;
        let valid_until = day(from.u32()?)?;
        let plan = PlanId::new(from.text()?).ok()?;
        let stores = match usize::from(from.byte()?) {
            0 => TokenStores::All,
            count @ 1..=TOKEN_STORES_LIMIT => {
                let code = |_| StoreId::new(from.text()?).ok();
                let stores: Vec<StoreId> = (0..count).map(code).collect::<Option<_>>()?;
                TokenStores::Only(Some(stores).filter(|stores| ascend(stores))?)
            }
            _ => return None,
        };
        let holder = match from.byte()? {
            0 => TokenHolder::Bearer,
            1 => TokenHolder::Member(MemberId::new(Uuid::from_bytes(from.take()?))),
            _ => return None,
        };
        let id = TokenId { plan, serial };
        Some(Self {
            id,
            valid_until,
            stores,
            holder,
        })
    }
}

fn ascend(stores: &[StoreId]) -> bool {
    stores.is_sorted_by(|one, next| one < next)
}

fn day(days: u32) -> Option<Date> {
    let days = Some(days).filter(|days| *days <= LAST_DAY)?;
    EPOCH
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

/// The bytes of a scanned text.
fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    let digits = text
        .strip_prefix(COUPON_TOKEN_PREFIX)
        .filter(|_| text.len() <= COUPON_TOKEN_LIMIT)
        .ok_or(TokenError::Unreadable)?;
    let bytes = BASE32HEX_NOPAD.decode(digits.as_bytes());
    bytes.map_err(|_| TokenError::Unreadable)
}

/// A token that HQ signed: there is no other way to have one than [`CouponToken::open`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouponToken(TokenTerms);

impl CouponToken {
    /// Whether a scanned text is meant as a token.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(COUPON_TOKEN_PREFIX)
    }

    /// Which coupon a scanned text says it is. **Not believed**: for looking up which plan's keys it must be
    /// signed with, and what is known of its uses.
    ///
    /// # Errors
    /// [`TokenError::Unreadable`] or [`TokenError::UnknownVersion`].
    pub fn claimed(text: &str) -> Result<TokenId, TokenError> {
        let bytes = decode(text)?;
        let mut from = Cursor::new(&bytes);
        match from.byte() {
            Some(VERSION) => Self::claim(&mut from).ok_or(TokenError::Unreadable),
            Some(_) => Err(TokenError::UnknownVersion),
            None => Err(TokenError::Unreadable),
        }
    }

    fn claim(from: &mut Cursor<'_>) -> Option<TokenId> {
        let serial = from.u64()?;
        from.u32()?;
        let plan = PlanId::new(from.text()?).ok()?;
        Some(TokenId { plan, serial })
    }

    /// Believes a scanned text if one of the pinned keys signed it, and only then reads it.
    ///
    /// # Errors
    /// [`TokenError::Unreadable`], [`TokenError::Forged`], [`TokenError::UnknownVersion`] or
    /// [`TokenError::Malformed`].
    pub fn open(text: &str, keys: &[CodeKey]) -> Result<Self, TokenError> {
        let bytes = decode(text)?;
        let body = unseal(&bytes, CONTEXT, keys).ok_or(TokenError::Forged)?;
        let mut from = Cursor::new(body);
        if from.byte() != Some(VERSION) {
            return Err(TokenError::UnknownVersion);
        }
        let terms = TokenTerms::read(&mut from).filter(|_| from.is_done());
        terms.map(Self).ok_or(TokenError::Malformed)
    }

    /// What it says.
    pub const fn terms(&self) -> &TokenTerms {
        &self.0
    }

    /// Whether it is good in this store, on this day, for this shopper. Whether it was spent before is the
    /// caller's to know.
    ///
    /// # Errors
    /// Why not.
    pub fn check(
        &self,
        store: &StoreId,
        today: Date,
        member: Option<MemberId>,
    ) -> Result<(), TokenError> {
        let terms = &self.0;
        if today > terms.valid_until {
            let on = terms.valid_until;
            return Err(TokenError::Expired { on });
        }
        if let TokenStores::Only(stores) = &terms.stores
            && !stores.contains(store)
        {
            return Err(TokenError::OtherStore);
        }
        match (terms.holder, member) {
            (TokenHolder::Bearer, _) => Ok(()),
            (TokenHolder::Member(owner), Some(member)) if owner == member => Ok(()),
            (TokenHolder::Member(_), Some(_)) => Err(TokenError::OtherMember),
            (TokenHolder::Member(_), None) => Err(TokenError::NeedsMember),
        }
    }
}
