//! What rules are asked about beyond the basket and the member: the till, the store's clock, and what
//! earlier sales used up of the caps.
//!
//! Loading it is left to the edge. The counters are a fold of the journal ([`crate::apply`]).

use crate::engine::{CapSpan, CounterKey, Counters, Used};
use crate::{LaneId, MemberId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a terminal knows beside what a command names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The till.
    pub lane: LaneId,
    /// The store's time zone.
    pub zone: TimeZone,
    /// What this terminal's sales used up of the caps; what is not there is untouched.
    pub counters: BTreeMap<Counter, Used>,
}

/// One counter of a cap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Counter {
    /// Whose cap, over what.
    pub key: CounterKey,
    /// The member, if the cap counts by member.
    pub member: Option<MemberId>,
    /// The business day, if the cap counts by day.
    pub day: Option<Date>,
}

/// How far a sale moved a cap's counter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Counted {
    /// Which: for the sale's member and day.
    pub key: CounterKey,
    /// So much was used up.
    pub used: Used,
}

impl Setting {
    /// A till that knows nothing more.
    pub const fn new(lane: LaneId, zone: TimeZone) -> Self {
        Self {
            lane,
            zone,
            counters: BTreeMap::new(),
        }
    }

    /// What was used up before, as it counts for a member on a day.
    pub(crate) fn used(&self, member: Option<MemberId>, day: Date) -> Counters {
        let counters = self.counters.iter();
        let own = counters.filter(|(counter, _)| {
            Counter::of(&counter.key, member, day).as_ref() == Some(counter)
        });
        own.map(|(counter, used)| (counter.key.clone(), *used))
            .collect()
    }

    /// Moves counters on by what a sale used up, or back if it was voided.
    pub(crate) fn count(
        &mut self,
        counted: &[Counted],
        member: Option<MemberId>,
        day: Date,
        moved: fn(Used, Used) -> Used,
    ) {
        for Counted { key, used } in counted {
            let Some(counter) = Counter::of(key, member, day) else {
                continue;
            };
            let before = self.counters.get(&counter).copied().unwrap_or_default();
            match moved(before, *used) {
                nothing if nothing == Used::default() => self.counters.remove(&counter),
                after => self.counters.insert(counter, after),
            };
        }
    }
}

impl Counter {
    /// The counter of a cap for a member and a business day. None if the cap counts by member and
    /// there is none, or within one basket only.
    pub fn of(key: &CounterKey, member: Option<MemberId>, day: Date) -> Option<Self> {
        let (member, day) = match key.over {
            CapSpan::Basket => return None,
            CapSpan::Day => (None, Some(day)),
            CapSpan::MemberDay => (Some(member?), Some(day)),
            CapSpan::Member => (Some(member?), None),
            CapSpan::Total => (None, None),
        };
        let key = key.clone();
        Some(Self { key, member, day })
    }
}

impl Used {
    /// This and more. Saturates: no chain of real sales comes near.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self {
            times: self.times.saturating_add(more.times),
            points: self.points.saturating_add(more.points),
            amount: self.amount.saturating_add(more.amount),
        }
    }

    /// This without what was given back.
    #[must_use]
    pub const fn without(self, less: Self) -> Self {
        Self {
            times: self.times.saturating_sub(less.times),
            points: self.points.saturating_sub(less.points),
            amount: self.amount.saturating_sub(less.amount),
        }
    }
}
