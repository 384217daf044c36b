//! The basket: what is being bought, as the POS or the cashier put it.

use crate::gs1::check_digit;
use crate::{Category, CodeError, Currency, Money, Refusal, Sku, TaxClass};
use serde::{Deserialize, Serialize};

/// The most lines a basket may hold.
pub const BASKET_LINE_LIMIT: usize = 500;
/// The most of one item on one line.
pub const LINE_QUANTITY_LIMIT: u32 = 9_999;

/// The longest name of an item on a line, in characters.
pub const LINE_NAME_LIMIT: usize = 200;

/// A GS1 Global Trade Item Number, as 14 digits with a right check digit (GS1 General Specifications, 7.9).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin(String);

/// Why a text is not a GTIN.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GtinError {
    /// Not 8, 12, 13 or 14 digits.
    #[error("{0:?} is not a GTIN: it must have 8, 12, 13 or 14 digits")]
    NotDigits(String),
    /// The last digit does not fit the others.
    #[error("{text:?} is not a GTIN: its last digit should be {expected}")]
    CheckDigit {
        /// The text as it came.
        text: String,
        /// What the last digit should be.
        expected: u8,
    },
}

impl Gtin {
    /// Checks 8, 12, 13 or 14 digits and their check digit; shorter forms are filled with zeros to 14.
    pub fn new(text: &str) -> Result<Self, GtinError> {
        let text = text.trim();
        if ![8, 12, 13, 14].contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(GtinError::NotDigits(text.to_owned()));
        }
        let padded = format!("{text:0>14}");
        let (body, check) = padded.split_at(13);
        let expected = check_digit(body);
        if check.as_bytes() != [b'0' + expected] {
            return Err(GtinError::CheckDigit {
                text: text.to_owned(),
                expected,
            });
        }
        Ok(Self(padded))
    }

    /// All 14 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Gtin {
    type Error = GtinError;

    fn try_from(text: String) -> Result<Self, GtinError> {
        Self::new(&text)
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> String {
        gtin.0
    }
}

/// As printed under a barcode: 13 digits, or 14 where the first is not zero.
impl std::fmt::Display for Gtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.strip_prefix('0').unwrap_or(&self.0))
    }
}

/// What a line sells: `gtin:04006381333931` or `sku:BREAD-1` in JSON and in plans.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Item {
    /// A product with a GTIN.
    Gtin(Gtin),
    /// A product with the shop's own number.
    Sku(Sku),
}

/// Why a text does not name an item.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ItemError {
    /// The GTIN is wrong.
    #[error(transparent)]
    Gtin(#[from] GtinError),
    /// The SKU is wrong.
    #[error(transparent)]
    Sku(#[from] CodeError),
    /// Neither kind.
    #[error("{0:?} is not an item: use gtin: or sku: and the number")]
    Kind(String),
}

impl TryFrom<String> for Item {
    type Error = ItemError;

    fn try_from(text: String) -> Result<Self, ItemError> {
        match text.split_once(':') {
            Some(("gtin", number)) => Ok(Item::Gtin(Gtin::new(number)?)),
            Some(("sku", number)) => Ok(Item::Sku(Sku::new(number)?)),
            _ => Err(ItemError::Kind(text)),
        }
    }
}

impl From<Item> for String {
    fn from(item: Item) -> String {
        match item {
            Item::Gtin(gtin) => format!("gtin:{}", gtin.as_str()),
            Item::Sku(sku) => format!("sku:{sku}"),
        }
    }
}

/// One item of a sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// What.
    pub item: Item,
    /// As the receipt prints it.
    pub name: String,
    /// How many, 1 to [`LINE_QUANTITY_LIMIT`].
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// The product group, if it has one.
    pub category: Option<Category>,
    /// The tax class.
    pub tax_class: TaxClass,
}

/// What is being bought.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Basket {
    /// The one currency of all its lines.
    pub currency: Currency,
    /// Its lines, in the order they were put, at most [`BASKET_LINE_LIMIT`].
    pub lines: Vec<Line>,
}

impl Line {
    /// Price times quantity. Refuses an amount out of range.
    pub fn subtotal(&self) -> Result<Money, Refusal> {
        Ok(self.unit_price.checked_mul(i64::from(self.quantity))?)
    }

    /// Checks the line as the `line`th (from 1) of a basket in `currency`, and says what it comes to.
    pub fn check(&self, line: usize, currency: Currency) -> Result<Money, Refusal> {
        let found = self.unit_price.currency();
        let quantity = self.quantity;
        if quantity == 0 {
            return Err(Refusal::QuantityZero { line });
        }
        if quantity > LINE_QUANTITY_LIMIT {
            return Err(Refusal::QuantityTooLarge { line, quantity });
        }
        if !(1..=LINE_NAME_LIMIT).contains(&self.name.chars().count()) {
            return Err(Refusal::LineName { line });
        }
        if found != currency {
            return Err(Refusal::MixedCurrency {
                expected: currency,
                found,
            });
        }
        if self.unit_price.minor() < 0 {
            return Err(Refusal::NegativePrice { line });
        }
        self.subtotal()
    }
}

impl Basket {
    /// Checks every line and the limits, and says what each line comes to. An empty basket passes.
    pub fn check(&self) -> Result<Vec<Money>, Refusal> {
        if self.lines.len() > BASKET_LINE_LIMIT {
            return Err(Refusal::TooManyLines {
                lines: self.lines.len(),
            });
        }
        let lines = self.lines.iter().enumerate();
        lines
            .map(|(index, line)| line.check(index + 1, self.currency))
            .collect()
    }
}
