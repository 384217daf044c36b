//! Identities: UUIDv7 newtypes for what the programme makes, short codes for what people name.
//!
//! Making a UUID needs a clock and chance, so it is left to the edges. A copy of a code costs no allocation.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID (version 7 where Tillside makes it).
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// One purchase.
    SaleId
);
uuid_id!(
    /// Goods of one purchase that came back together.
    ReturnId
);
uuid_id!(
    /// One installed agent with its own key and journal.
    TerminalId
);
uuid_id!(
    /// One person in the programme.
    MemberId
);

/// A text that is not a valid code of its kind.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{text:?} is not a {kind}: use 1 to {longest} letters, digits, '-', '_' or '.'")]
pub struct CodeError {
    /// What the text was meant to be, in words.
    pub kind: &'static str,
    /// The text as it came.
    pub text: String,
    /// The longest a code of this kind may be, in characters.
    pub longest: usize,
}

fn checked(kind: &'static str, longest: usize, text: &str) -> Result<Arc<str>, CodeError> {
    let fits = !text.is_empty()
        && text.len() <= longest
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    fits.then(|| text.into()).ok_or_else(|| CodeError {
        kind,
        text: text.to_owned(),
        longest,
    })
}

macro_rules! code_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $longest:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        #[cfg(test)]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": concat!("A ", $kind, "."),
                    "type": "string",
                    "pattern": "^[A-Za-z0-9._-]+$",
                    "maxLength": $longest,
                })
            }
        }

        impl $name {
            /// Checks a text: 1 to n ASCII letters, digits, `-`, `_`, `.`.
            pub fn new(text: &str) -> Result<Self, CodeError> {
                checked($kind, $longest, text).map(Self)
            }

            /// The code as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, CodeError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> String {
                code.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = CodeError;

            fn from_str(text: &str) -> Result<Self, CodeError> {
                Self::new(text)
            }
        }
    };
}

code_id!(
    /// A shop, as HQ names it: `S1`.
    StoreId, "store code", 16
);
code_id!(
    /// A till with its reader, within a terminal: `1`.
    LaneId, "lane code", 16
);
code_id!(
    /// Numbers and rules issued together: `SPRING-5`.
    PlanId, "coupon plan code", 32
);
code_id!(
    /// One rule of the rule set: `base-points`.
    RuleId, "rule code", 32
);
code_id!(
    /// A standing by behaviour: `gold`.
    TierId, "tier code", 16
);
code_id!(
    /// A shop's own number for a product without a GTIN.
    Sku, "SKU", 32
);
code_id!(
    /// A product group that rules and plans can name: `coffee`.
    Category, "category", 32
);
code_id!(
    /// The tax class of a product, as the shop's fiscal set-up names it: `standard`.
    TaxClass, "tax class", 16
);
code_id!(
    /// Somebody who works in the store, as the sign-in list names them: `anna`.
    PersonId, "staff code", 32
);
code_id!(
    /// Who pays for a point or a discount: `chain`, or a brand.
    FunderId, "funder code", 32
);
code_id!(
    /// Who makes a product, as the product list names it: `acme`.
    Brand, "brand", 32
);
code_id!(
    /// A time-boxed programme of rules: `autumn-2026`.
    CampaignId, "campaign code", 32
);
code_id!(
    /// A set of members made by hand: `staff`.
    GroupId, "group code", 32
);
code_id!(
    /// A set of members that HQ computes: `lapsed-90-days`.
    SegmentId, "segment code", 32
);
code_id!(
    /// A card of stamps to fill: `ten-coffees`.
    StampCardId, "stamp card code", 32
);
code_id!(
    /// A word that a shopper says or types for an offer. Capitals and small letters differ: `HELLO10`.
    PromoCode, "promo code", 32
);
code_id!(
    /// A name that a rule document gives to one of its own parts: `happy-hour`.
    PartName, "name within the rules", 32
);
