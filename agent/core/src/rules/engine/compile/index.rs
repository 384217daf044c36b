//! Which rules a basket can concern at all, so that its cost follows the basket and not the document.
//!
//! Each rule is filed under a few keys and ranges, of which a basket must meet at least one for the
//! rule to apply; or under none, and then every basket asks it. What a rule is filed under is always
//! a weaker demand than the rule itself: whether it holds is asked again of those that are found.

mod filed;
mod filing;
mod found;
mod ranges;

use super::super::{Campaign, Channel, Context, LineKind, Weekday};
use super::{CompiledRule, Leaf, LineKeys, Picked, ReadyEffect, Test};
use crate::{GroupId, LaneId, PromoCode, SegmentId, StoreId, TenderKind, TierId};
use filed::Filing;
use filing::Filed;
pub(in super::super) use found::Found;
use jiff::civil::Date;
use ranges::Ranges;
use std::collections::BTreeMap;

/// Something that a basket has or has not.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Key {
    Item(u32),
    Brand(u32),
    Category(u32),
    Kind(LineKind),
    Promo(PromoCode),
    Segment(SegmentId),
    Group(GroupId),
    Tier(TierId),
    HomeStore(StoreId),
    Store(StoreId),
    Lane(LaneId),
    Channel(Channel),
    Tender(TenderKind),
    Weekday(Weekday),
    /// Whether a member is known.
    Member(bool),
    /// Whether a card was shown.
    Customer,
}

/// Something that a basket has so much of, or is at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Axis {
    /// The day, as [`day_number`] counts.
    Day,
    /// The minute since midnight.
    Minute,
    /// All items.
    Items,
    /// What they cost before discounts, in minor units.
    Amount,
    /// The member's purchases before this one.
    Purchases,
    /// The day the member joined.
    Joined,
}

/// Rules by what a basket must have for them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in super::super) struct Index {
    filed: Filing,
    ranges: BTreeMap<Axis, Ranges>,
    /// Those that may apply to any basket.
    always: Found,
}

impl Index {
    /// Files rules by their position.
    pub(super) fn new(rules: &[CompiledRule], campaigns: &[Campaign]) -> Self {
        let mut index = Self {
            always: Found::none_of(rules.len()),
            ..Self::default()
        };
        let mut ranges: BTreeMap<Axis, Vec<(i64, i64, u32)>> = BTreeMap::new();
        for (position, rule) in rules.iter().enumerate() {
            // At most `DOCUMENT_RULE_LIMIT`.
            let position = position as u32;
            let campaign = rule.campaign.and_then(|n| campaigns.get(n));
            let Some(demands) = filing::of_rule(rule, campaign) else {
                index.always.add(position);
                continue;
            };
            for demand in demands {
                match demand {
                    Filed::Has(key) => index.filed.add(key, position),
                    Filed::Within(axis, least, most) => {
                        let all = ranges.entry(axis).or_default();
                        all.push((least, most, position));
                    }
                }
            }
        }
        let ranges = ranges.into_iter();
        index.ranges = ranges
            .map(|(axis, all)| (axis, Ranges::new(&all)))
            .collect();
        index
    }

    /// All rules that may apply to a basket of so many items, which cost so many minor units before
    /// discounts.
    pub(in super::super) fn candidates<'a>(
        &self,
        context: &Context<'_>,
        lines: impl Iterator<Item = &'a LineKeys>,
        items: u64,
        amount: i64,
    ) -> Found {
        let mut found = self.always.clone();
        self.seek_keys(context, lines, &mut found);
        self.seek_ranges(context, items, amount, &mut found);
        found
    }

    fn seek_keys<'a>(
        &self,
        context: &Context<'_>,
        lines: impl Iterator<Item = &'a LineKeys>,
        found: &mut Found,
    ) {
        let mut seek = |key: Key| {
            found.add_all(self.filed.under(&key));
        };
        let mut before = None;
        for line in lines {
            line.item.map(Key::Item).map(&mut seek);
            line.category.map(Key::Category).map(&mut seek);
            line.brand.map(Key::Brand).map(&mut seek);
            if before != Some(line.kind) {
                seek(Key::Kind(line.kind));
                before = Some(line.kind);
            }
        }
        if let Some(member) = context.member {
            let groups = member.groups.iter().cloned().map(Key::Group);
            let segments = member.segments.iter().cloned().map(Key::Segment);
            let tier = member.tier.iter().cloned().map(Key::Tier);
            let home = member.home_store.iter().cloned().map(Key::HomeStore);
            let all = groups.chain(segments).chain(tier).chain(home);
            all.for_each(&mut seek);
        }
        let codes = context.promo_codes.iter().cloned().map(Key::Promo);
        codes.for_each(&mut seek);
        let tenders = context.tenders.iter().copied().map(Key::Tender);
        tenders.for_each(&mut seek);
        if context.customer {
            seek(Key::Customer);
        }
        seek(Key::Member(context.member.is_some()));
        seek(Key::Store(context.store.clone()));
        seek(Key::Lane(context.lane.clone()));
        seek(Key::Channel(context.channel));
        seek(Key::Weekday(context.moment.date.weekday().into()));
    }

    fn seek_ranges(&self, context: &Context<'_>, items: u64, amount: i64, found: &mut Found) {
        let member = context.member;
        for (axis, ranges) in &self.ranges {
            let at = match axis {
                Axis::Day => Some(day_number(context.moment.date)),
                Axis::Minute => Some(context.moment.minute.into()),
                Axis::Items => i64::try_from(items).ok(),
                Axis::Amount => Some(amount),
                Axis::Purchases => member.and_then(|member| member.purchases).map(i64::from),
                Axis::Joined => member.and_then(|member| member.joined).map(day_number),
            };
            if let Some(at) = at {
                ranges.holding(at, found);
            }
        }
    }
}

/// A number for a day, larger for later ones. Not every number is a day.
fn day_number(day: Date) -> i64 {
    (i64::from(day.year()) * 16 + i64::from(day.month())) * 32 + i64::from(day.day())
}
