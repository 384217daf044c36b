//! Rules under the keys that they are filed under. Most questions are about keys of a kind that no rule
//! is filed under, or about products: neither costs a search.

use super::Key;
use std::collections::BTreeMap;

/// Positions of rules by key.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Filing {
    /// By the number of the product, the brand, the category.
    numbered: [Vec<Vec<u32>>; 3],
    others: BTreeMap<Key, Vec<u32>>,
    /// Bit by bit, the kinds of keys in `others`.
    kinds: u32,
}

/// Where a key is kept.
enum Kept {
    /// In which list, and under which number.
    Numbered(usize, usize),
    /// Among the others, as which kind.
    Other(u32),
}

impl Filing {
    pub(super) fn add(&mut self, key: Key, position: u32) {
        match kept(&key) {
            Kept::Numbered(list, number) => {
                let list = &mut self.numbered[list];
                if list.len() <= number {
                    list.resize(number + 1, Vec::new());
                }
                list[number].push(position);
            }
            Kept::Other(kind) => {
                self.kinds |= 1 << kind;
                self.others.entry(key).or_default().push(position);
            }
        }
    }

    pub(super) fn under(&self, key: &Key) -> &[u32] {
        let found = match kept(key) {
            Kept::Numbered(list, number) => self.numbered[list].get(number),
            Kept::Other(kind) if self.kinds >> kind & 1 == 1 => self.others.get(key),
            Kept::Other(_) => None,
        };
        found.map_or(&[], Vec::as_slice)
    }
}

const fn kept(key: &Key) -> Kept {
    match key {
        Key::Item(number) => Kept::Numbered(0, *number as usize),
        Key::Brand(number) => Kept::Numbered(1, *number as usize),
        Key::Category(number) => Kept::Numbered(2, *number as usize),
        Key::Kind(_) => Kept::Other(0),
        Key::Promo(_) => Kept::Other(1),
        Key::Segment(_) => Kept::Other(2),
        Key::Group(_) => Kept::Other(3),
        Key::Tier(_) => Kept::Other(4),
        Key::HomeStore(_) => Kept::Other(5),
        Key::Store(_) => Kept::Other(6),
        Key::Lane(_) => Kept::Other(7),
        Key::Channel(_) => Kept::Other(8),
        Key::Tender(_) => Kept::Other(9),
        Key::Weekday(_) => Kept::Other(10),
        Key::Member(_) => Kept::Other(11),
        Key::Customer => Kept::Other(12),
    }
}
