//! Conditions, as a rule document writes them.
//!
//! All are judged once, on the basket as it was put: before any discount, in the store's own time.
//! What is not known does not hold: a condition on the member fails where no member is known, and
//! `not` of it then holds.

use super::{Channel, DateWindow, Selection};
use crate::{GroupId, LaneId, Money, PartName, PromoCode, SegmentId, StoreId, TenderKind, TierId};
use serde::{Deserialize, Serialize};

/// What must hold for a rule to apply.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// Each of these, one or more.
    All(#[cfg_attr(test, schemars(length(min = 1)))] Vec<Condition>),
    /// At least one of these, one or more.
    Any(#[cfg_attr(test, schemars(length(min = 1)))] Vec<Condition>),
    /// Not this.
    Not(Box<Condition>),
    /// What the document's `conditions` say under this name.
    Named(PartName),
    /// What is in the basket.
    Contains(Contains),
    /// The whole basket.
    Basket(BasketRange),
    /// It is paid, at least in part, in one of these ways.
    Tender(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<TenderKind>),
    /// The member's tier is one of these.
    Tier(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<TierId>),
    /// The member is in one of these groups.
    Group(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<GroupId>),
    /// The member is in one of these segments.
    Segment(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<SegmentId>),
    /// Whether a member is known.
    Member(bool),
    /// The day is near the member's birthday.
    Birthday(Birthday),
    /// The day the member joined.
    Joined(Joined),
    /// The member's home store.
    HomeStore(HomeStore),
    /// The store is one of these.
    Store(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<StoreId>),
    /// One of these codes was given.
    PromoCode(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<PromoCode>),
    /// The day.
    Date(DateWindow),
    /// The day of the week.
    Weekday(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<Weekday>),
    /// The time of day.
    Time(TimeWindow),
    /// Whether it is the member's first purchase.
    FirstPurchase(bool),
    /// Which purchase of the member's it is.
    Visit(Visit),
    /// Where it is bought.
    Channel(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<Channel>),
    /// The till is one of these.
    Lane(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<LaneId>),
    /// An expression in CEL that comes to true: `basket.amount >= 2000 && hour < 12`. What it may say and
    /// name is in `CEL_VARIABLES` and beside it; at most 200 rules of a document have such conditions.
    Cel(#[cfg_attr(test, schemars(length(min = 1, max = 500)))] String),
}

/// The selected lines come to so many items and to so much.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Contains {
    /// Which products.
    pub products: Selection,
    /// How many items. None: at least one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<CountRange>,
    /// What they cost before discounts.
    #[serde(default, skip_serializing_if = "AmountRange::is_open")]
    pub amount: AmountRange,
}

/// All lines come to so many items and to so much.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BasketRange {
    /// How many items.
    #[serde(default, skip_serializing_if = "CountRange::is_open")]
    pub items: CountRange,
    /// What they cost before discounts.
    #[serde(default, skip_serializing_if = "AmountRange::is_open")]
    pub amount: AmountRange,
}

/// Numbers, both ends included; an end that is missing is open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CountRange {
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u32>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

impl CountRange {
    /// Whether it holds every number.
    pub const fn is_open(&self) -> bool {
        self.least.is_none() && self.most.is_none()
    }

    /// Whether it holds a number.
    pub fn holds(&self, number: u64) -> bool {
        self.least.is_none_or(|least| u64::from(least) <= number)
            && self.most.is_none_or(|most| number <= u64::from(most))
    }
}

/// Amounts, both ends included; an end that is missing is open.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AmountRange {
    /// The smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<Money>,
    /// The largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
}

impl AmountRange {
    /// Whether it holds every amount.
    pub const fn is_open(&self) -> bool {
        self.least.is_none() && self.most.is_none()
    }

    /// Whether it holds so many minor units of the rule's currency.
    pub fn holds(&self, minor: i64) -> bool {
        self.least.is_none_or(|least| least.minor() <= minor)
            && self.most.is_none_or(|most| minor <= most.minor())
    }
}

/// How near a birthday. One on 29 February falls on 28 February in other years.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Birthday {
    /// In its month.
    Month,
    /// From `before` days before it to `after` days after it, each 0 to 60; also across New Year.
    Window {
        /// Days before.
        #[cfg_attr(test, schemars(range(max = 60)))]
        before: u8,
        /// Days after.
        #[cfg_attr(test, schemars(range(max = 60)))]
        after: u8,
    },
}

/// When a member joined.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// On one of these days,
    #[serde(default, skip_serializing_if = "DateWindow::is_open")]
    pub on: DateWindow,
    /// and so many days ago; 0 is today. A day to come never holds where this is given.
    #[serde(default, skip_serializing_if = "CountRange::is_open")]
    pub days_ago: CountRange,
}

/// A member's home store.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HomeStore {
    /// It is this one.
    Here,
    /// It is one of these.
    OneOf(#[cfg_attr(test, schemars(length(min = 1, max = 1_000)))] Vec<StoreId>),
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl From<jiff::civil::Weekday> for Weekday {
    fn from(day: jiff::civil::Weekday) -> Self {
        match day {
            jiff::civil::Weekday::Monday => Self::Monday,
            jiff::civil::Weekday::Tuesday => Self::Tuesday,
            jiff::civil::Weekday::Wednesday => Self::Wednesday,
            jiff::civil::Weekday::Thursday => Self::Thursday,
            jiff::civil::Weekday::Friday => Self::Friday,
            jiff::civil::Weekday::Saturday => Self::Saturday,
            jiff::civil::Weekday::Sunday => Self::Sunday,
        }
    }
}

/// From one time of day to before another; past midnight if it ends earlier than it begins. The day
/// that other conditions ask about is always the moment's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TimeWindow {
    /// The first minute.
    pub from: TimeOfDay,
    /// The first minute that is out again; another than `from`.
    pub until: TimeOfDay,
}

impl TimeWindow {
    /// Whether it holds a minute of the day, counted from midnight.
    pub const fn holds(&self, minute: u16) -> bool {
        let (from, until) = (self.from.0, self.until.0);
        if from < until {
            from <= minute && minute < until
        } else {
            from <= minute || minute < until
        }
    }
}

/// A time of day to the minute, `00:00` to `23:59`; in JSON as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// A text that is no time of day.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("{0:?} is not a time of day: use 00:00 to 23:59")]
pub struct TimeOfDayError(pub String);

impl TimeOfDay {
    /// The minute of the day, 0 to 1439.
    pub const fn minute(self) -> u16 {
        self.0
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = TimeOfDayError;

    fn try_from(text: String) -> Result<Self, TimeOfDayError> {
        let two = |digits: &[u8]| {
            let number = digits.iter().try_fold(0u16, |number, digit| {
                digit
                    .is_ascii_digit()
                    .then(|| number * 10 + u16::from(digit - b'0'))
            });
            number.filter(|_| digits.len() == 2)
        };
        let minute = match text.as_bytes().split_at_checked(2) {
            Some((hour, [b':', minute @ ..])) => two(hour).zip(two(minute)),
            _ => None,
        };
        match minute {
            Some((hour, minute)) if hour < 24 && minute < 60 => Ok(Self(hour * 60 + minute)),
            _ => Err(TimeOfDayError(text)),
        }
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        time.to_string()
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Which purchase of a member's, this one counted; the first is 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Visit {
    /// This very one.
    Nth(#[cfg_attr(test, schemars(range(min = 1)))] u32),
    /// Each of so many: 10 means the 10th, 20th, 30th.
    Every(#[cfg_attr(test, schemars(range(min = 1)))] u32),
}
