//! Amounts of money: integers in minor units, of one currency, that cannot overflow.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest magnitude, 2^53 − 1: every amount is exact in any JSON reader.
pub const MONEY_LIMIT: i64 = (1 << 53) - 1;

/// A currency's ISO 4217 alphabetic code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Currency = Currency(*b"EUR");

    /// Checks a code: three capital letters.
    pub fn new(code: &str) -> Result<Self, MoneyError> {
        match code.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::NotACurrency(code.to_owned())),
        }
    }

    /// The code as text.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits after the decimal point (ISO 4217, list one): 2 for most, 0 for JPY and its like, 3 for KWD and its like.
    pub fn minor_digits(&self) -> u32 {
        match self.code() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::new(&code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

/// Without a `String` of its own: a sale has a dozen amounts.
impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Code;
        impl Visitor<'_> for Code {
            type Value = Currency;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an ISO 4217 code such as EUR")
            }

            fn visit_str<E: Error>(self, code: &str) -> Result<Currency, E> {
                Currency::new(code).map_err(E::custom)
            }
        }
        from.deserialize_str(Code)
    }
}

impl std::fmt::Display for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Why an amount could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// The code is not three capital letters.
    #[error("{0:?} is not a currency: use an ISO 4217 code such as EUR")]
    NotACurrency(String),
    /// The amount would leave ±(2^53 − 1).
    #[error("the amount is too large")]
    OutOfRange,
    /// Two currencies met.
    #[error("{0} and {1} cannot be added")]
    MixedCurrencies(Currency, Currency),
}

/// An amount in minor units of one currency (ISO 4217), |value| ≤ 2^53 − 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Plain", into = "Plain")]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// [`Money`] as it is written, before it is checked.
#[derive(Serialize, Deserialize)]
struct Plain {
    minor: i64,
    currency: Currency,
}

impl TryFrom<Plain> for Money {
    type Error = MoneyError;

    fn try_from(plain: Plain) -> Result<Self, MoneyError> {
        Money::new(plain.minor, plain.currency)
    }
}

impl From<Money> for Plain {
    fn from(money: Money) -> Plain {
        Plain {
            minor: money.minor,
            currency: money.currency,
        }
    }
}

impl Money {
    /// An amount of `minor` units. Errors beyond ±(2^53 − 1).
    pub fn new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor.unsigned_abs() > MONEY_LIMIT.unsigned_abs() {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Its currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Sum of two amounts. Errors if the currencies differ or the sum leaves the range.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        Money::new(self.minor + other.minor, self.currency)
    }

    /// Difference of two amounts. Errors as [`Money::checked_add`] does.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        Money::new(self.minor - other.minor, self.currency)
    }

    /// The amount taken `count` times. Errors if the product leaves the range.
    pub fn checked_mul(self, count: i64) -> Result<Money, MoneyError> {
        let product = self
            .minor
            .checked_mul(count)
            .ok_or(MoneyError::OutOfRange)?;
        Money::new(product, self.currency)
    }

    /// `basis_points` ten-thousandths of the amount, rounded toward zero.
    pub fn share_rounded_down(self, basis_points: u32) -> Result<Money, MoneyError> {
        let share = i128::from(self.minor) * i128::from(basis_points) / 10_000;
        Money::new(
            i64::try_from(share).map_err(|_| MoneyError::OutOfRange)?,
            self.currency,
        )
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::MixedCurrencies(self.currency, other.currency))
        }
    }
}

/// `12.50 EUR`, with as many decimals as the currency has.
impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.currency.minor_digits() as usize;
        let unit = 10u64.pow(self.currency.minor_digits());
        let (whole, part) = (
            self.minor.unsigned_abs() / unit,
            self.minor.unsigned_abs() % unit,
        );
        let sign = if self.minor < 0 { "-" } else { "" };
        match digits {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            _ => write!(f, "{sign}{whole}.{part:0digits$} {}", self.currency),
        }
    }
}
