//! Verdicts in words: the same on the screen, the receipt and the API.

use crate::{CouponUsed, Misfit, NoShare, NotTaken, Proof, Timestamp, Verdict};
use jiff::tz::TimeZone;
use std::fmt;

/// What to do where a till has nothing left to give.
const MORE: &str = "it gets more when it reaches head office";

impl Verdict {
    /// Whether the coupon may be used.
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid { .. })
    }

    /// The kind of verdict, for programs: stable, snake case, as in the verdict's JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Valid { .. } => "valid",
            Self::Used(_) => "used",
            Self::Expired { .. } => "expired",
            Self::NotYet { .. } => "not_yet",
            Self::OtherStore { .. } => "other_store",
            Self::OtherTill { .. } => "other_till",
            Self::NotForThis { .. } => "not_for_this",
            Self::NoneLeft { .. } => "none_left",
            Self::NotTaken { .. } => "not_taken",
            Self::Revoked => "revoked",
            Self::NotGenuine => "not_genuine",
            Self::Unknown => "unknown",
        }
    }

    /// The verdict in words, with the time of a use in the store's time zone:
    /// `used (S1, 2026-11-22 14:02)`.
    pub fn words(&self, zone: &TimeZone) -> String {
        match self {
            Self::Used(CouponUsed { at, store, .. }) => {
                format!("used ({store}, {})", local_minute(*at, zone))
            }
            Self::NoneLeft {
                why: NoShare::Ended { at },
            } => format!(
                "none left at this till (its share ended {}; {MORE})",
                local_minute(*at, zone)
            ),
            Self::NoneLeft {
                why: NoShare::NotYet { from },
            } => format!("not yet (from {})", local_minute(*from, zone)),
            _ => self.to_string(),
        }
    }
}

/// The verdict in words where no time zone is known: a use names the store alone.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid {
                proof: proof @ Proof::Risk { .. },
            } => write!(f, "valid (provisional: {proof})"),
            Self::Valid { proof } => write!(f, "valid (proved: {proof})"),
            Self::Used(used) => write!(f, "used ({})", used.store),
            Self::Expired { on } => write!(f, "expired (on {on})"),
            Self::NotYet { from } => write!(f, "not yet (from {from})"),
            Self::OtherStore { store } => write!(f, "other store ({store})"),
            Self::OtherTill { .. } => f.write_str("other till"),
            Self::NotForThis {
                misfit: misfit @ (Misfit::NeedsMember | Misfit::OtherMember),
            } => write!(f, "not for this member ({misfit})"),
            Self::NotForThis { misfit } => write!(f, "not for this basket ({misfit})"),
            Self::NoneLeft { why: NoShare::Out } => {
                write!(f, "none left at this till ({MORE})")
            }
            Self::NoneLeft {
                why: NoShare::AtRisk,
            } => write!(
                f,
                "none left at this till (it took what it may by itself; {MORE})"
            ),
            Self::NoneLeft {
                why: NoShare::Ended { .. },
            } => write!(f, "none left at this till (its share ended; {MORE})"),
            Self::NoneLeft {
                why: NoShare::NotYet { .. },
            } => f.write_str("not yet"),
            Self::NotTaken { why } => write!(f, "not taken here ({why})"),
            Self::Revoked => f.write_str("revoked"),
            Self::NotGenuine => f.write_str("not genuine (head office did not sign it)"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoreBound { .. } => f.write_str("bound to this store"),
            Self::Lease { .. } => f.write_str("out of this till's share"),
            Self::Token { .. } => f.write_str("signed by head office"),
            Self::Risk {
                bundle, cap, taken, ..
            } => write!(
                f,
                "risk, {} of {cap} at this till, rules v{bundle}",
                taken.uses
            ),
        }
    }
}

impl fmt::Display for NotTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Company => f.write_str("coupons of this manufacturer are not taken"),
            Self::StoreCoupon => f.write_str("it is another shop's own coupon"),
            Self::OtherRetailer => f.write_str("it is for another shop"),
            Self::TooMuch { most } => write!(f, "it gives more than {most}, the most one may give"),
            Self::Family => f.write_str(
                "it is for some of the manufacturer's items only, and the till does not know which",
            ),
            Self::MustBeRead => f.write_str("only a person can say what it asks for"),
            Self::PrintedWrong => f.write_str("it is printed wrong"),
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinimumSpend { minimum, missing } => write!(
                f,
                "its products must come to {minimum}, {missing} is missing"
            ),
            Self::NoProduct => f.write_str("none of its products is in the basket"),
            Self::NotBought { asks } => {
                write!(
                    f,
                    "it asks for {asks}, and no other coupon may have counted it"
                )
            }
            Self::OnePerBasket => f.write_str("only one of this kind in a basket"),
            Self::Stacking { with } => write!(f, "not together with coupon {with}"),
            Self::NothingLeft => f.write_str("nothing is left to take it off"),
            Self::NeedsMember => f.write_str("it is personal: the member's card comes first"),
            Self::OtherMember => f.write_str("it is another member's"),
            Self::OtherCurrency { currency } => write!(f, "it is for sales in {currency}"),
        }
    }
}

/// `2026-11-22 14:02` in a time zone; in words where the moment is beyond any calendar.
fn local_minute(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(moment) => {
            let local = zone.to_datetime(moment);
            let (hour, minute) = (local.hour(), local.minute());
            format!("{} {hour:02}:{minute:02}", local.date())
        }
        Err(_) => "time unknown".to_owned(),
    }
}
