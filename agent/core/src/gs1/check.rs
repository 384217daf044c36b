//! What GS1 checks beyond characters: check digits, days, hours, bank account numbers.

use super::error::Gs1Fault;

/// A check on one component of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Check {
    /// Characters and length are all.
    None,
    /// Its last digit is the check digit of the others (7.9.1).
    Digit,
    /// YYMMDD, where day 00 stands for the whole month (3.4).
    DayOrMonth,
    /// YYMMDD.
    Day,
    /// YYMMDDHH.
    DayHour,
    /// HHMM.
    Time,
    /// MM or MMSS.
    MinuteSecond,
    /// Which of how many pieces, two digits each: 1 ≤ which ≤ how many.
    Piece,
    /// An International Bank Account Number (ISO 13616).
    Iban,
    /// One 0.
    Zero,
    /// 0 or 1.
    YesNo,
    /// A number without zeros in front.
    Unpadded,
    /// The two check characters of a Global Model Number (7.9.5).
    ModelPair,
}

impl Check {
    /// Checks `value`, whose characters are known to fit, for identifier `ai`.
    pub(super) fn run(self, ai: &str, value: &str) -> Result<(), Gs1Fault> {
        let ai = || ai.to_owned();
        let rule = |good: bool, rule| match good {
            true => Ok(()),
            false => Err(Gs1Fault::Value { ai: ai(), rule }),
        };
        let date = |good: bool| {
            good.then_some(())
                .ok_or_else(|| Gs1Fault::Date { ai: ai() })
        };
        let time = |good: bool| {
            good.then_some(())
                .ok_or_else(|| Gs1Fault::Time { ai: ai() })
        };
        match self {
            Check::None => Ok(()),
            Check::Digit => match last_digit(value) {
                (found, expected) if found == expected => Ok(()),
                (_, expected) => Err(Gs1Fault::CheckDigit { ai: ai(), expected }),
            },
            Check::DayOrMonth => date(is_day(value, true)),
            Check::Day => date(is_day(value, false)),
            Check::DayHour => {
                date(value.get(..6).is_some_and(|day| is_day(day, false)))?;
                time(below(value.get(6..8), 24))
            }
            Check::Time => time(below(value.get(..2), 24) && below(value.get(2..4), 60)),
            Check::MinuteSecond => time(match value.len() {
                2 => below(Some(value), 60),
                4 => below(value.get(..2), 60) && below(value.get(2..), 60),
                _ => false,
            }),
            Check::Piece => {
                let (which, of) = (number(value.get(..2)), number(value.get(2..4)));
                rule(
                    which >= Some(1) && which <= of,
                    "piece and total, such as 0102",
                )
            }
            Check::Iban => rule(is_iban(value), "a bank account number (IBAN)"),
            Check::Zero => rule(value == "0", "0 at its beginning"),
            Check::YesNo => rule(value == "0" || value == "1", "0 or 1"),
            Check::Unpadded => rule(
                value == "0" || !value.starts_with('0'),
                "a number without zeros in front",
            ),
            Check::ModelPair => rule(
                has_model_pair(value),
                "a model number with its two check characters",
            ),
        }
    }
}

/// The GS1 check digit of some digits that stand before it (General Specifications, 7.9.1).
/// Anything but a digit counts as 0.
pub fn check_digit(digits: &str) -> u8 {
    let weighted = digits.bytes().rev().zip([3u32, 1].into_iter().cycle());
    let sum: u32 = weighted
        .map(|(b, weight)| u32::from(b.wrapping_sub(b'0') % 10) * weight)
        .sum();
    ((10 - sum % 10) % 10) as u8
}

/// The last digit of a value, and what it should be.
fn last_digit(value: &str) -> (u8, u8) {
    let cut = value.len().saturating_sub(1);
    let last = value
        .as_bytes()
        .last()
        .map_or(u8::MAX, |b| b.wrapping_sub(b'0'));
    (last, check_digit(value.get(..cut).unwrap_or_default()))
}

fn number(digits: Option<&str>) -> Option<u8> {
    digits?.parse().ok()
}

fn below(digits: Option<&str>, limit: u8) -> bool {
    number(digits).is_some_and(|n| n < limit)
}

/// Whether YYMMDD is a day. A year that 4 divides is a leap year: a two-digit year is never 1900
/// or 2100 within the fifty years to either side that GS1 gives it (7.12).
pub(super) fn is_day(value: &str, whole_month: bool) -> bool {
    let parts = (
        number(value.get(..2)),
        number(value.get(2..4)),
        number(value.get(4..6)),
    );
    let (Some(year), Some(month), Some(day)) = parts else {
        return false;
    };
    let last = match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    value.len() == 6 && day <= last && (day > 0 || whole_month)
}

/// ISO 13616: country, two check digits, account; its remainder by 97 is 1 (ISO/IEC 7064).
fn is_iban(value: &str) -> bool {
    let bytes = value.as_bytes();
    let [a, b, c, d, account @ ..] = bytes else {
        return false;
    };
    if !(a.is_ascii_uppercase()
        && b.is_ascii_uppercase()
        && c.is_ascii_digit()
        && d.is_ascii_digit())
        || account.is_empty()
    {
        return false;
    }
    let turned = account.iter().chain(&bytes[..4]);
    let remainder = turned.into_iter().try_fold(0u32, |sum, byte| {
        let digit = char::from(*byte)
            .to_digit(36)
            .filter(|_| !byte.is_ascii_lowercase())?;
        Some((sum * if digit > 9 { 100 } else { 10 } + digit) % 97)
    });
    remainder == Some(1)
}

/// The 82 characters in the order their values are given (General Specifications, 7.9.5).
const MODEL_VALUES: &str =
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// The 32 check characters (7.9.5).
const MODEL_CHECKS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// The weights of a model number's characters from the right: the first primes.
const MODEL_WEIGHTS: [u32; 23] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
];

/// General Specifications, 7.9.5: the weighted sum modulo 1021, as two base 32 characters.
fn has_model_pair(value: &str) -> bool {
    let Some((body, pair)) = value
        .len()
        .checked_sub(2)
        .and_then(|at| value.split_at_checked(at))
    else {
        return false;
    };
    if body.is_empty() || body.len() > MODEL_WEIGHTS.len() {
        return false;
    }
    let weighed = body.chars().rev().zip(MODEL_WEIGHTS).map(|(c, weight)| {
        let value = MODEL_VALUES.find(c)?;
        Some(u32::try_from(value).ok()? * weight)
    });
    let Some(sum) = weighed.sum::<Option<u32>>() else {
        return false;
    };
    let sum = (sum % 1021) as usize;
    pair.as_bytes() == [MODEL_CHECKS[sum / 32], MODEL_CHECKS[sum % 32]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(check: Check, value: &str) -> bool {
        check.run("01", value).is_ok()
    }

    #[test]
    fn check_digits_are_those_of_the_general_specifications() {
        // 7.9.1's own example, then a GTIN-13, GTIN-8 and SSCC seen in print.
        for good in [
            "6291041500213",
            "4006381333931",
            "96385074",
            "106141412345678908",
        ] {
            assert!(fits(Check::Digit, good), "{good}");
            for wrong in 1..10u8 {
                let (body, last) = good.split_at(good.len() - 1);
                let last = (last.as_bytes()[0] - b'0' + wrong) % 10;
                assert!(
                    !fits(Check::Digit, &format!("{body}{last}")),
                    "{good} + {wrong}"
                );
            }
        }
    }

    #[test]
    fn days_follow_the_calendar() {
        for good in ["260131", "000229", "240229", "261200"] {
            assert!(fits(Check::DayOrMonth, good), "{good}");
        }
        for bad in [
            "261301", "260001", "260132", "260431", "250229", "26013", "2601311",
        ] {
            assert!(!fits(Check::DayOrMonth, bad), "{bad}");
        }
        assert!(!fits(Check::Day, "261200"));
        assert!(fits(Check::DayHour, "26123123") && !fits(Check::DayHour, "26123124"));
        assert!(
            fits(Check::Time, "2359") && !fits(Check::Time, "2360") && !fits(Check::Time, "2400")
        );
        assert!(fits(Check::MinuteSecond, "59") && fits(Check::MinuteSecond, "0059"));
        assert!(!fits(Check::MinuteSecond, "60") && !fits(Check::MinuteSecond, "1"));
    }

    #[test]
    fn other_values_keep_their_own_rule() {
        assert!(fits(Check::Piece, "0102") && fits(Check::Piece, "0202"));
        assert!(!fits(Check::Piece, "0302") && !fits(Check::Piece, "0002"));
        assert!(
            fits(Check::Iban, "GB82WEST12345698765432")
                && fits(Check::Iban, "DE89370400440532013000")
        );
        assert!(!fits(Check::Iban, "GB82WEST12345698765433") && !fits(Check::Iban, "DE89"));
        assert!(fits(Check::Unpadded, "0") && !fits(Check::Unpadded, "01"));
        assert!(!fits(Check::YesNo, "2") && !fits(Check::Zero, "1"));
        // General Specifications, 7.9.5, its example.
        assert!(fits(Check::ModelPair, "1987654Ad4X4bL5ttr2310c2K"));
        assert!(!fits(Check::ModelPair, "1987654Ad4X4bL5ttr2310c2L"));
    }
}
