//! Reads the digits behind AI 8110 (the guideline, 5.2). Optional fields come in rising order.

use super::cursor::Cursor;
use super::error::{CouponError, CouponFault, CouponField, Nth};
use super::family::{CompanyPrefix, FamilyCode};
use super::fields::{
    AdditionalRule, NorthAmericanCoupon, Purchase, Requirement, SaveValue, ShortDate,
};
use crate::gs1::check::is_day;

/// Optional field 9, or what holds without it.
struct Miscellaneous {
    save: SaveValue,
    applies_to: Nth,
    store_flag: u8,
    may_be_multiplied: bool,
}

impl NorthAmericanCoupon {
    /// Reads the digits behind (8110).
    ///
    /// # Errors
    /// At the first field that is wrong, with its place.
    pub fn parse(digits: &str) -> Result<Self, CouponError> {
        let mut cursor = Cursor::new(digits)?;
        let cursor = &mut cursor;
        let issuer = company(cursor, CouponField::CompanyPrefix(Nth::First))?;
        let offer = cursor.take(6, CouponField::OfferCode)?.to_owned();
        let value = number(cursor, CouponField::SaveValue)?;
        let (requirement, family) = requirement(cursor, Nth::First)?;
        let company = issuer.clone();
        let first = Purchase {
            requirement,
            family,
            company,
        };
        let (rule, second) = match cursor.begins(b'1') {
            true => {
                let rule = additional_rule(cursor)?;
                (Some(rule), Some(purchase(cursor, Nth::Second, &issuer)?))
            }
            false => (None, None),
        };
        let third = match cursor.begins(b'2') {
            true => Some(purchase(cursor, Nth::Third, &issuer)?),
            false => None,
        };
        let (expires, starts) = days(cursor)?;
        let serial = optional(cursor, b'5', CouponField::SerialNumber, 0..=9)?;
        let retailer = optional(cursor, b'6', CouponField::Retailer, 1..=7)?;
        let Miscellaneous {
            save,
            applies_to,
            store_flag,
            may_be_multiplied,
        } = miscellaneous(cursor, value)?;
        cursor.end()?;
        Ok(Self {
            issuer,
            offer,
            save,
            first,
            rule,
            second,
            third,
            expires,
            starts,
            serial,
            retailer,
            applies_to,
            store_flag,
            may_be_multiplied,
        })
    }
}

/// A company prefix: indicator 0 to 6, then six more digits than it says.
pub(super) fn company(
    cursor: &mut Cursor<'_>,
    field: CouponField,
) -> Result<CompanyPrefix, CouponError> {
    let digits = cursor.variable(field, 0..=6, 6)?;
    let wrong = || cursor.behind(digits.len(), CouponFault::Length(field));
    CompanyPrefix::new(digits).ok_or_else(wrong)
}

/// A number of one to five digits behind its indicator.
fn number(cursor: &mut Cursor<'_>, field: CouponField) -> Result<u32, CouponError> {
    let digits = cursor.variable(field, 1..=5, 0)?;
    let wrong = |_| cursor.behind(digits.len(), CouponFault::Length(field));
    digits.parse().map_err(wrong)
}

fn requirement(
    cursor: &mut Cursor<'_>,
    nth: Nth,
) -> Result<(Requirement, FamilyCode), CouponError> {
    let amount = number(cursor, CouponField::Requirement(nth))?;
    let field = CouponField::RequirementCode(nth);
    let requirement = match cursor.one(field)? {
        0 => Requirement::Units(amount),
        1 => Requirement::ItemsWorth(amount),
        2 => Requirement::TransactionWorth(amount),
        3 => Requirement::Pounds(amount),
        4 => Requirement::Kilograms(amount),
        9 => Requirement::AskCashier(amount),
        _ => return Err(cursor.behind(1, CouponFault::Code(field))),
    };
    let field = CouponField::FamilyCode(nth);
    let digits = cursor.take(3, field)?;
    let family = digits
        .parse()
        .ok()
        .and_then(|code| FamilyCode::new(code).ok());
    let wrong = || cursor.behind(3, CouponFault::Code(field));
    Ok((requirement, family.ok_or_else(wrong)?))
}

/// The second or third purchase. Indicator 9 stands for the issuer's own items.
fn purchase(
    cursor: &mut Cursor<'_>,
    nth: Nth,
    issuer: &CompanyPrefix,
) -> Result<Purchase, CouponError> {
    let (requirement, family) = requirement(cursor, nth)?;
    let company = match cursor.begins(b'9') {
        true => issuer.clone(),
        false => company(cursor, CouponField::CompanyPrefix(nth))?,
    };
    Ok(Purchase {
        requirement,
        family,
        company,
    })
}

fn additional_rule(cursor: &mut Cursor<'_>) -> Result<AdditionalRule, CouponError> {
    Ok(match cursor.one(CouponField::AdditionalRule)? {
        0 => AdditionalRule::Any,
        1 => AdditionalRule::All,
        2 => AdditionalRule::FirstAndAnother,
        3 => AdditionalRule::Mixed,
        _ => return Err(cursor.behind(1, CouponFault::Code(CouponField::AdditionalRule))),
    })
}

/// Optional fields 3 and 4: the last day, then the first.
fn days(cursor: &mut Cursor<'_>) -> Result<(Option<ShortDate>, Option<ShortDate>), CouponError> {
    let expires = match cursor.begins(b'3') {
        true => Some(day(cursor, CouponField::ExpirationDate)?),
        false => None,
    };
    let starts = match cursor.begins(b'4') {
        true => Some(day(cursor, CouponField::StartDate)?),
        false => None,
    };
    match (expires, starts) {
        // Both fields are named, with their marks: twice one and six digits.
        (Some(expires), Some(starts)) if expires.is_before(starts) => {
            Err(cursor.behind(14, CouponFault::ExpiresBeforeStart))
        }
        days => Ok(days),
    }
}

fn day(cursor: &mut Cursor<'_>, field: CouponField) -> Result<ShortDate, CouponError> {
    let digits = cursor.take(6, field)?;
    let wrong = || cursor.behind(6, CouponFault::Date(field));
    let two = |at: usize| digits[at..at + 2].parse().map_err(|_| wrong());
    match is_day(digits, false) {
        true => Ok(ShortDate {
            year: two(0)?,
            month: two(2)?,
            day: two(4)?,
        }),
        false => Err(wrong()),
    }
}

/// Optional field 5 or 6: digits behind an indicator that says how many more than six.
fn optional(
    cursor: &mut Cursor<'_>,
    mark: u8,
    field: CouponField,
    allowed: std::ops::RangeInclusive<u8>,
) -> Result<Option<String>, CouponError> {
    match cursor.begins(mark) {
        true => Ok(Some(cursor.variable(field, allowed, 6)?.to_owned())),
        false => Ok(None),
    }
}

/// Optional field 9; without it cents are taken off the first purchase.
fn miscellaneous(cursor: &mut Cursor<'_>, value: u32) -> Result<Miscellaneous, CouponError> {
    if !cursor.begins(b'9') {
        return Ok(Miscellaneous {
            save: SaveValue::CentsOff(value),
            applies_to: Nth::First,
            store_flag: 0,
            may_be_multiplied: true,
        });
    }
    let save = match cursor.one(CouponField::SaveValueCode)? {
        0 => SaveValue::CentsOff(value),
        1 => SaveValue::ItemFree { up_to: value },
        2 => SaveValue::ItemsFree(value),
        5 => SaveValue::PercentOff(value),
        6 => SaveValue::CentsOffTransaction(value),
        _ => return Err(cursor.behind(1, CouponFault::Code(CouponField::SaveValueCode))),
    };
    let applies_to = match cursor.one(CouponField::AppliesTo)? {
        0 => Nth::First,
        1 => Nth::Second,
        2 => Nth::Third,
        _ => return Err(cursor.behind(1, CouponFault::Code(CouponField::AppliesTo))),
    };
    let store_flag = cursor.one(CouponField::StoreFlag)?;
    let may_be_multiplied = match cursor.one(CouponField::MultiplyFlag)? {
        0 => true,
        1 => false,
        _ => return Err(cursor.behind(1, CouponFault::Code(CouponField::MultiplyFlag))),
    };
    Ok(Miscellaneous {
        save,
        applies_to,
        store_flag,
        may_be_multiplied,
    })
}
