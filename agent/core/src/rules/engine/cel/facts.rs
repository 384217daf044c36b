//! What the names in expressions stand for, in one basket.

use super::super::{Channel, Context, MemberFacts, Weekday};
use super::Variable;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(in super::super) struct CelFacts<'a> {
    pub(in super::super) context: &'a Context<'a>,
    /// How many items there are, and what they cost before discounts.
    pub(in super::super) items: u64,
    pub(in super::super) amount: i64,
}

/// What a name stands for.
pub(super) enum Fact<'a> {
    Truth(bool),
    Number(i64),
    Text(&'a str),
    List(Vec<&'a str>),
}

impl<'a> CelFacts<'a> {
    /// What a name stands for, if it is known.
    pub(super) fn of(self, variable: Variable) -> Option<Fact<'a>> {
        let context = self.context;
        let moment = context.moment;
        Some(match variable {
            Variable::Amount => Fact::Number(self.amount),
            Variable::Items => Fact::Number(i64::try_from(self.items).ok()?),
            Variable::Lines => Fact::Number(i64::try_from(context.lines.len()).ok()?),
            Variable::Currency => Fact::Text(context.currency.code()),
            Variable::Categories => {
                let lines = context.lines.iter();
                let categories = lines.filter_map(|line| line.line.category.as_ref());
                Fact::List(categories.map(|category| category.as_str()).collect())
            }
            Variable::Known => Fact::Truth(context.member.is_some()),
            Variable::Tier
            | Variable::Groups
            | Variable::Segments
            | Variable::Visit
            | Variable::HomeStore => return of_member(variable, context.member?),
            Variable::Store => Fact::Text(context.store.as_str()),
            Variable::Lane => Fact::Text(context.lane.as_str()),
            Variable::Channel => Fact::Text(channel(context.channel)),
            Variable::Year => Fact::Number(moment.date.year().into()),
            Variable::Month => Fact::Number(moment.date.month().into()),
            Variable::Day => Fact::Number(moment.date.day().into()),
            Variable::Weekday => Fact::Text(weekday(moment.date.weekday().into())),
            Variable::Hour => Fact::Number((moment.minute / 60).into()),
            Variable::Minute => Fact::Number((moment.minute % 60).into()),
        })
    }
}

fn of_member(variable: Variable, member: &MemberFacts) -> Option<Fact<'_>> {
    match variable {
        Variable::Tier => Some(Fact::Text(member.tier.as_ref()?.as_str())),
        Variable::HomeStore => Some(Fact::Text(member.home_store.as_ref()?.as_str())),
        Variable::Visit => Some(Fact::Number(i64::from(member.purchases?) + 1)),
        Variable::Groups => {
            let groups = member.groups.iter();
            Some(Fact::List(groups.map(|group| group.as_str()).collect()))
        }
        Variable::Segments => {
            let segments = member.segments.iter();
            Some(Fact::List(segments.map(|one| one.as_str()).collect()))
        }
        _ => None,
    }
}

const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Till => "till",
        Channel::SelfCheckout => "self_checkout",
        Channel::Web => "web",
        Channel::App => "app",
        Channel::Sms => "sms",
        Channel::Phone => "phone",
    }
}

const fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    }
}
