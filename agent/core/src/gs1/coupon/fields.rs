//! The fields of a North American coupon, parsed.

use super::error::Nth;
use super::family::{CompanyPrefix, FamilyCode};
use jiff::civil::Date;

/// A coupon behind AI 8110.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NorthAmericanCoupon {
    /// Who issued it and pays, and whose items count first.
    pub issuer: CompanyPrefix,
    /// The issuer's number of the offer, six digits.
    pub offer: String,
    /// What is saved.
    pub save: SaveValue,
    /// What must be bought.
    pub first: Purchase,
    /// How the purchases go together; `None` without optional field 1.
    pub rule: Option<AdditionalRule>,
    /// The second purchase.
    pub second: Option<Purchase>,
    /// The third purchase.
    pub third: Option<Purchase>,
    /// The last day it counts.
    pub expires: Option<ShortDate>,
    /// The first day it counts.
    pub starts: Option<ShortDate>,
    /// The number of this very coupon, 6 to 15 digits.
    pub serial: Option<String>,
    /// The only retailer that may take it: a GS1 Company Prefix or GLN, 7 to 13 digits.
    pub retailer: Option<String>,
    /// Which purchase the value is taken off.
    pub applies_to: Nth,
    /// 0 for a manufacturer's coupon; otherwise a store's own, with a meaning of its own.
    pub store_flag: u8,
    /// Whether a store may double or triple it at its own cost.
    pub may_be_multiplied: bool,
}

/// What of whose must be bought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purchase {
    /// How much.
    pub requirement: Requirement,
    /// Of which family.
    pub family: FamilyCode,
    /// Of which company.
    pub company: CompanyPrefix,
}

/// How much must be bought (the guideline, 5.2: purchase requirement codes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Requirement {
    /// Code 0: so many units.
    Units(u32),
    /// Code 1: qualifying items worth so many cents.
    ItemsWorth(u32),
    /// Code 2: a whole transaction of so many cents.
    TransactionWorth(u32),
    /// Code 3: so many hundredths of a pound.
    Pounds(u32),
    /// Code 4: so many grams (three implied decimals of a kilogram).
    Kilograms(u32),
    /// Code 9: only a cashier can say.
    AskCashier(u32),
}

/// How several purchases go together (the guideline, 5.3: additional purchase rules codes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum AdditionalRule {
    /// Code 0: any one of them.
    Any,
    /// Code 1: all of them.
    All,
    /// Code 2: the first, and the second or the third.
    FirstAndAnother,
    /// Code 3: the first requirement, made up of items of any of them.
    Mixed,
}

/// What is saved (the guideline, 5.2: save value codes).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SaveValue {
    /// Code 0: so many cents off the items.
    CentsOff(u32),
    /// Code 1: one item free, up to so many cents; 0 is without limit.
    ItemFree {
        /// The limit in cents, or 0.
        up_to: u32,
    },
    /// Code 2: so many items free.
    ItemsFree(u32),
    /// Code 5: so many percent off the items.
    PercentOff(u32),
    /// Code 6: so many cents off the whole transaction.
    CentsOffTransaction(u32),
}

/// A day with two digits of its year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShortDate {
    /// The last two digits of the year.
    pub year: u8,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, as the month has them.
    pub day: u8,
}

impl NorthAmericanCoupon {
    /// The purchases there are, in order.
    pub fn purchases(&self) -> impl Iterator<Item = (Nth, &Purchase)> {
        let first = Some((Nth::First, &self.first));
        let second = self.second.as_ref().map(|purchase| (Nth::Second, purchase));
        let third = self.third.as_ref().map(|purchase| (Nth::Third, purchase));
        [first, second, third].into_iter().flatten()
    }

    /// Whether a store and not a manufacturer pays.
    pub fn is_store_coupon(&self) -> bool {
        self.store_flag != 0
    }
}

impl ShortDate {
    /// The day meant, seen from `today`: within 50 years (General Specifications, 7.12). `None` if
    /// that year has no such day.
    pub fn seen_from(self, today: Date) -> Option<Date> {
        let this = today.year().rem_euclid(100);
        let century = today.year() - this;
        let year = i16::from(self.year);
        let century = match year - this {
            51.. => century - 100,
            ..=-50 => century + 100,
            _ => century,
        };
        let (month, day) = (i8::try_from(self.month).ok()?, i8::try_from(self.day).ok()?);
        Date::new(century + year, month, day).ok()
    }

    /// Whether this is an earlier day than `other`, if they lie less than 50 years apart.
    pub fn is_before(self, other: ShortDate) -> bool {
        match (i16::from(self.year) - i16::from(other.year)).rem_euclid(100) {
            0 => (self.month, self.day) < (other.month, other.day),
            later => later >= 50,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_century_is_the_one_within_fifty_years() {
        let day = |year| ShortDate {
            year,
            month: 2,
            day: 29,
        };
        let year = |short: u8, today: i16| {
            ShortDate {
                month: 3,
                day: 1,
                ..day(short)
            }
            .seen_from(date(today, 6, 1))
            .map(|d| d.year())
        };
        assert_eq!(year(26, 2026), Some(2026));
        assert_eq!(year(76, 2026), Some(2076));
        assert_eq!(year(77, 2026), Some(1977));
        assert_eq!(year(0, 2051), Some(2100));
        assert_eq!(year(99, 2026), Some(1999));
        assert_eq!(
            day(0).seen_from(date(2060, 1, 1)),
            None,
            "2100 is no leap year"
        );
    }

    #[test]
    fn order_knows_the_turn_of_the_century() {
        let day = |year, month| ShortDate {
            year,
            month,
            day: 1,
        };
        assert!(day(99, 12).is_before(day(0, 1)) && !day(0, 1).is_before(day(99, 12)));
        assert!(day(26, 1).is_before(day(26, 2)) && !day(26, 2).is_before(day(26, 2)));
        assert!(day(26, 12).is_before(day(27, 1)));
    }
}
