//! The sentences a cashier reads.

use super::{CapSpan, Gift};
use crate::{Money, Points};

/// What a cap counts over, in words.
pub(super) const fn span(over: CapSpan) -> &'static str {
    match over {
        CapSpan::Basket => "one basket",
        CapSpan::Day => "one day",
        CapSpan::MemberDay => "one member's day",
        CapSpan::Member => "one member",
        CapSpan::Total => "everything",
    }
}

/// That a cap was used up before.
pub(super) const fn used_up(over: CapSpan) -> &'static str {
    match over {
        CapSpan::Basket => "used up in this basket",
        CapSpan::Day => "used up for today",
        CapSpan::MemberDay => "this member has used it up for today",
        CapSpan::Member => "this member has used it up",
        CapSpan::Total => "all of it has been given out",
    }
}

/// What was taken off.
pub(super) fn off(amount: Money) -> String {
    format!("{amount} off")
}

/// What was given.
pub(super) fn gift(gift: &Gift) -> String {
    let many = |count: i64, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    match gift {
        Gift::Points(points) => points.to_string(),
        Gift::Voucher { count, .. } => many(i64::from(*count), "coupon", "coupons"),
        Gift::Cashback(amount) => format!("{amount} cashback"),
        Gift::Stamps { stamps, .. } => many(*stamps, "stamp", "stamps"),
        Gift::TierProgress { units } => {
            format!("{} towards the next tier", Points(*units))
        }
    }
}

/// `10 %`, `12.5 %`, `0.05 %`.
pub(crate) fn percent(basis_points: u32) -> String {
    let (whole, part) = (basis_points / 100, basis_points % 100);
    match part {
        0 => format!("{whole} %"),
        _ if part % 10 == 0 => format!("{whole}.{} %", part / 10),
        _ => format!("{whole}.{part:02} %"),
    }
}
