//! A coupon behind AI 8110 as it is shown in a sale: what stands for it there, and what is kept of it.
//!
//! A coupon with a serial number is one coupon wherever it is shown. One without is not told from its
//! copies, so that each sale's is a coupon of its own.

use super::error::CouponError;
use super::fields::NorthAmericanCoupon;
use crate::{CouponNumber, Hash, SaleId};
use data_encoding::BASE32HEX_NOPAD;

/// What its kept text begins with.
const IDENTIFIER: &str = "(8110)";

/// A coupon that was shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShownCoupon {
    coupon: NorthAmericanCoupon,
    digits: String,
    /// In which sale, if it has no serial number.
    sale: Option<SaleId>,
}

impl ShownCoupon {
    /// The coupon of these digits, shown in a sale.
    ///
    /// # Errors
    /// At the first field that is wrong, with its place.
    pub fn new(digits: &str, sale: SaleId) -> Result<Self, CouponError> {
        let coupon = NorthAmericanCoupon::parse(digits)?;
        let sale = coupon.serial.is_none().then_some(sale);
        Ok(Self {
            coupon,
            digits: digits.to_owned(),
            sale,
        })
    }

    /// Whether a text is meant as what is kept of one.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(IDENTIFIER)
    }

    /// Reads what was kept of one. None if that is not as [`ShownCoupon::text`] writes it.
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(IDENTIFIER)?;
        let (digits, sale) = match rest.split_once('@') {
            Some((digits, sale)) => (digits, Some(sale.parse::<SaleId>().ok()?)),
            None => (rest, None),
        };
        let read = Self {
            coupon: NorthAmericanCoupon::parse(digits).ok()?,
            digits: digits.to_owned(),
            sale,
        };
        let whole = read.coupon.serial.is_some() == sale.is_none();
        (whole && read.text() == text).then_some(read)
    }

    /// What is kept of it: its element string as it is printed and, if it has no serial number, `@` and
    /// the sale.
    pub fn text(&self) -> String {
        let digits = &self.digits;
        match self.sale {
            Some(sale) => format!("{IDENTIFIER}{digits}@{sale}"),
            None => format!("{IDENTIFIER}{digits}"),
        }
    }

    /// The number that stands for it in sales, receipts and reports: `MFR` and 100 bits of a digest in
    /// base 32. Of one with a serial number it comes from issuer, offer and serial alone.
    pub fn number(&self) -> CouponNumber {
        let NorthAmericanCoupon {
            issuer,
            offer,
            serial,
            ..
        } = &self.coupon;
        let once = match serial {
            Some(serial) => format!("8110 {issuer} {offer} {serial}"),
            None => self.text(),
        };
        let mut digits = BASE32HEX_NOPAD.encode(Hash::of(once.as_bytes()).bytes());
        digits.truncate(20);
        CouponNumber::coined(format!("MFR{digits}"))
    }

    /// What it says.
    pub const fn coupon(&self) -> &NorthAmericanCoupon {
        &self.coupon
    }

    /// Whether it is the coupon that a sale knows by this number.
    pub fn stands_for(&self, number: &CouponNumber, sale: SaleId) -> bool {
        self.number() == *number && self.sale.is_none_or(|own| own == sale)
    }
}
