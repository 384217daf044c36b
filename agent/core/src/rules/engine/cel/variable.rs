//! What expressions may name.

use super::types::Type;

/// The names that an expression may use, by their order here.
pub const CEL_VARIABLES: [&str; 20] = [
    "basket.amount",
    "basket.items",
    "basket.lines",
    "basket.currency",
    "basket.categories",
    "member.known",
    "member.tier",
    "member.groups",
    "member.segments",
    "member.visit",
    "member.home_store",
    "store",
    "lane",
    "channel",
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
];

/// Something of a basket, of who buys it, of where and of when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Variable {
    /// What all lines cost before discounts, in minor units of the basket's currency.
    Amount,
    /// How many items there are.
    Items,
    /// How many lines.
    Lines,
    /// The currency's code.
    Currency,
    /// The categories of the lines.
    Categories,
    /// Whether a member is known.
    Known,
    /// The member's tier. This and all below of members is not known without one.
    Tier,
    /// The member's groups.
    Groups,
    /// The member's segments.
    Segments,
    /// Which purchase of the member's it is, this one counted.
    Visit,
    /// The member's home store.
    HomeStore,
    /// The store.
    Store,
    /// The till.
    Lane,
    /// Where it is bought.
    Channel,
    /// The year,
    Year,
    /// the month, 1 to 12,
    Month,
    /// and the day of the month.
    Day,
    /// The day of the week.
    Weekday,
    /// The hour, 0 to 23,
    Hour,
    /// and the minute of it.
    Minute,
}

/// As a document writes channels and weekdays.
const CHANNELS: &[&str] = &["till", "self_checkout", "web", "app", "sms", "phone"];
const WEEKDAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

impl Variable {
    /// In the order of [`CEL_VARIABLES`].
    const ALL: [Self; 20] = [
        Self::Amount,
        Self::Items,
        Self::Lines,
        Self::Currency,
        Self::Categories,
        Self::Known,
        Self::Tier,
        Self::Groups,
        Self::Segments,
        Self::Visit,
        Self::HomeStore,
        Self::Store,
        Self::Lane,
        Self::Channel,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Weekday,
        Self::Hour,
        Self::Minute,
    ];

    /// What has a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let at = CEL_VARIABLES.iter().position(|known| *known == name)?;
        Self::ALL.get(at).copied()
    }

    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        CEL_VARIABLES[self as usize]
    }

    /// What kind of thing it is.
    pub(super) const fn kind(self) -> Type {
        match self {
            Self::Amount | Self::Items | Self::Lines | Self::Visit => Type::Number,
            Self::Year | Self::Month | Self::Day | Self::Hour | Self::Minute => Type::Number,
            Self::Known => Type::Truth,
            Self::Categories | Self::Groups | Self::Segments => Type::List,
            Self::Currency | Self::Tier | Self::HomeStore | Self::Store | Self::Lane => Type::Text,
            Self::Channel | Self::Weekday => Type::Text,
        }
    }

    /// All it may be, if that is known.
    pub(super) const fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Channel => Some(CHANNELS),
            Self::Weekday => Some(WEEKDAYS),
            _ => None,
        }
    }

    /// Whether tills know it.
    pub(in super::super) const fn is_known_at_tills(self) -> bool {
        !matches!(
            self,
            Self::Groups | Self::Segments | Self::Visit | Self::HomeStore
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::super::{Channel, Weekday};
    use super::*;

    #[test]
    fn each_name_is_that_of_its_variable() {
        for (n, name) in CEL_VARIABLES.iter().enumerate() {
            let variable = Variable::named(name).unwrap();
            assert_eq!((variable as usize, variable.name()), (n, *name));
        }
    }

    #[test]
    fn weekdays_and_channels_are_written_as_elsewhere_in_the_document() {
        let days: Vec<Weekday> = serde_json::from_value(WEEKDAYS.into()).unwrap();
        let monday = jiff::civil::date(2024, 1, 1);
        for (n, day) in days.into_iter().enumerate() {
            let date = monday.saturating_add(jiff::Span::new().days(n as i64));
            assert_eq!(day, date.weekday().into());
        }
        let channels: Vec<Channel> = serde_json::from_value(CHANNELS.into()).unwrap();
        for (n, channel) in channels.into_iter().enumerate() {
            assert_eq!(channel as usize, n);
        }
    }
}
