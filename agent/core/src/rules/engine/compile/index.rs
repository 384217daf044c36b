//! Which rules a basket can concern at all, so that its cost follows the basket and not the document.
//!
//! Each rule is filed under a few keys, of which a basket must have at least one for the rule to
//! apply; or under none, and then every basket asks it.

use super::super::{Channel, Condition, Context, HomeStore, LineKind};
use super::{CompiledRule, Leaf, LineKeys, Picked, ReadyEffect, Test};
use crate::{GroupId, LaneId, PromoCode, SegmentId, StoreId, TierId};
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
}

impl Key {
    /// How many baskets have it, roughly: rules are filed under what is rarest.
    const fn commonness(&self) -> u8 {
        match self {
            Key::Item(_) | Key::Promo(_) => 0,
            Key::Brand(_) => 1,
            Key::Category(_) | Key::Segment(_) | Key::Group(_) => 2,
            Key::Tier(_) | Key::HomeStore(_) | Key::Lane(_) | Key::Store(_) => 3,
            Key::Kind(_) | Key::Channel(_) => 4,
        }
    }
}

/// Rules by what a basket must have for them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in super::super) struct Index {
    filed: BTreeMap<Key, Vec<u32>>,
    /// Those that may apply to any basket.
    always: Vec<u32>,
}

impl Index {
    /// Files rules by their position.
    pub(super) fn new(rules: &[CompiledRule]) -> Self {
        let mut index = Self::default();
        for (position, rule) in rules.iter().enumerate() {
            // At most `DOCUMENT_RULE_LIMIT`.
            let position = position as u32;
            match keys_of(rule) {
                None => index.always.push(position),
                Some(keys) => {
                    for key in keys {
                        index.filed.entry(key).or_default().push(position);
                    }
                }
            }
        }
        index
    }

    /// The positions of all rules that may apply, ascending, each once.
    pub(in super::super) fn candidates(
        &self,
        context: &Context<'_>,
        lines: &[LineKeys],
    ) -> Vec<u32> {
        let mut found = self.always.clone();
        let mut seek = |key: Key| {
            if let Some(positions) = self.filed.get(&key) {
                found.extend_from_slice(positions);
            }
        };
        for line in lines {
            line.item.map(Key::Item).map(&mut seek);
            line.category.map(Key::Category).map(&mut seek);
            line.brand.map(Key::Brand).map(&mut seek);
            seek(Key::Kind(line.kind));
        }
        if let Some(member) = context.member {
            member
                .tier
                .iter()
                .cloned()
                .map(Key::Tier)
                .for_each(&mut seek);
            member
                .groups
                .iter()
                .cloned()
                .map(Key::Group)
                .for_each(&mut seek);
            member
                .segments
                .iter()
                .cloned()
                .map(Key::Segment)
                .for_each(&mut seek);
            member
                .home_store
                .iter()
                .cloned()
                .map(Key::HomeStore)
                .for_each(&mut seek);
        }
        context
            .promo_codes
            .iter()
            .cloned()
            .map(Key::Promo)
            .for_each(&mut seek);
        seek(Key::Store(context.store.clone()));
        seek(Key::Lane(context.lane.clone()));
        seek(Key::Channel(context.channel));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A few keys of which a basket must have one for the rule to apply. None if there are no such.
fn keys_of(rule: &CompiledRule) -> Option<Vec<Key>> {
    let condition = rule.when.as_ref().and_then(keys_of_test);
    let effects = rule.gifts.iter().map(keys_of_gift);
    // A rule applies where any of its effects reaches something.
    let reach = effects
        .collect::<Option<Vec<_>>>()
        .map(|keys| keys.concat());
    rarest([condition, reach].into_iter().flatten())
}

fn keys_of_gift(gift: &ReadyEffect) -> Option<Vec<Key>> {
    if gift.picked.is_empty() {
        return None;
    }
    let keys = gift.picked.iter().map(keys_of_picked);
    keys.collect::<Option<Vec<_>>>().map(|keys| keys.concat())
}

fn keys_of_picked(picked: &Picked) -> Option<Vec<Key>> {
    if picked.is_any() {
        return None;
    }
    let items = picked.items.iter().copied().map(Key::Item);
    let brands = picked.brands.iter().copied().map(Key::Brand);
    let categories = picked.categories.iter().copied().map(Key::Category);
    let kinds = picked.kinds.iter().copied().map(Key::Kind);
    Some(items.chain(brands).chain(categories).chain(kinds).collect())
}

fn keys_of_test(test: &Test) -> Option<Vec<Key>> {
    match test {
        Test::All(parts) => rarest(parts.iter().filter_map(keys_of_test)),
        Test::Any(parts) => {
            let keys = parts.iter().map(keys_of_test).collect::<Option<Vec<_>>>();
            keys.map(|keys| keys.concat())
        }
        Test::Not(..) => None,
        Test::Leaf(_, leaf) => keys_of_leaf(leaf),
    }
}

fn keys_of_leaf(leaf: &Leaf) -> Option<Vec<Key>> {
    fn each<T: Clone>(list: &[T], key: fn(T) -> Key) -> Option<Vec<Key>> {
        Some(list.iter().cloned().map(key).collect())
    }
    match leaf {
        Leaf::Contains {
            picked,
            items,
            amount,
        } => {
            let some_items = items.least.is_some_and(|least| least > 0);
            let some_amount = amount.least.is_some_and(|least| least.minor() > 0);
            let needed = some_items || some_amount;
            keys_of_picked(picked).filter(|_| needed)
        }
        Leaf::Plain(condition) => match condition {
            Condition::Tier(list) => each(list, Key::Tier),
            Condition::Group(list) => each(list, Key::Group),
            Condition::Segment(list) => each(list, Key::Segment),
            Condition::HomeStore(HomeStore::OneOf(list)) => each(list, Key::HomeStore),
            Condition::Store(list) => each(list, Key::Store),
            Condition::PromoCode(list) => each(list, Key::Promo),
            Condition::Channel(list) => each(list, Key::Channel),
            Condition::Lane(list) => each(list, Key::Lane),
            _ => None,
        },
    }
}

/// The keys that the fewest baskets have.
fn rarest(choices: impl Iterator<Item = Vec<Key>>) -> Option<Vec<Key>> {
    choices.min_by_key(|keys| {
        let commonest = keys.iter().map(Key::commonness).max();
        (commonest, keys.len())
    })
}
