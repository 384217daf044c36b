//! Selections of products, made quick to ask: names become numbers, once for the document and once
//! for each line of a basket.

use super::super::{ContextLine, LineKind, Selection};
use crate::{Brand, Category, Item};
use std::collections::BTreeMap;

/// The products, categories and brands that a document names, numbered as they first come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in super::super) struct Names {
    items: BTreeMap<Item, u32>,
    categories: BTreeMap<Category, u32>,
    brands: BTreeMap<Brand, u32>,
}

/// A line in the document's numbers. A name that no rule knows has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) struct LineKeys {
    pub(in super::super) item: Option<u32>,
    pub(in super::super) category: Option<u32>,
    pub(in super::super) brand: Option<u32>,
    pub(in super::super) kind: LineKind,
}

impl Names {
    /// A line in numbers.
    pub(in super::super) fn line(&self, line: &ContextLine<'_>) -> LineKeys {
        let category = line.line.category.as_ref();
        LineKeys {
            item: self.items.get(&line.line.item).copied(),
            category: category.and_then(|name| self.categories.get(name).copied()),
            brand: line.brand.and_then(|name| self.brands.get(name).copied()),
            kind: line.kind,
        }
    }

    /// A selection in numbers.
    pub(super) fn pick(&mut self, selection: &Selection) -> Picked {
        let except = &selection.except;
        Picked {
            any: selection.is_any(),
            items: numbers(&mut self.items, &selection.items),
            categories: numbers(&mut self.categories, &selection.categories),
            brands: numbers(&mut self.brands, &selection.brands),
            kinds: selection.kinds.clone(),
            except: Lists {
                items: numbers(&mut self.items, &except.items),
                categories: numbers(&mut self.categories, &except.categories),
                brands: numbers(&mut self.brands, &except.brands),
                kinds: except.kinds.clone(),
            },
        }
    }
}

fn numbers<T: Ord + Clone>(known: &mut BTreeMap<T, u32>, names: &[T]) -> Vec<u32> {
    let number = |name: &T| {
        // A document names at most `SELECTION_TOTAL_LIMIT` things, far below 2^32.
        let next = known.len() as u32;
        *known.entry(name.clone()).or_insert(next)
    };
    let mut numbers: Vec<u32> = names.iter().map(number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Sorted numbers of names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Lists {
    items: Vec<u32>,
    categories: Vec<u32>,
    brands: Vec<u32>,
    kinds: Vec<LineKind>,
}

/// A [`Selection`] in numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Picked {
    any: bool,
    pub(super) items: Vec<u32>,
    pub(super) categories: Vec<u32>,
    pub(super) brands: Vec<u32>,
    pub(super) kinds: Vec<LineKind>,
    except: Lists,
}

impl Picked {
    /// Whether it means every line but the excepted.
    pub(super) const fn is_any(&self) -> bool {
        self.any
    }

    /// Whether it selects a line.
    pub(in super::super) fn covers(&self, line: &LineKeys) -> bool {
        let among = |numbers: &[u32], number: Option<u32>| {
            number.is_some_and(|number| numbers.binary_search(&number).is_ok())
        };
        let wanted = self.any
            || among(&self.items, line.item)
            || among(&self.categories, line.category)
            || among(&self.brands, line.brand)
            || self.kinds.contains(&line.kind);
        let except = &self.except;
        wanted
            && !(among(&except.items, line.item)
                || among(&except.categories, line.category)
                || among(&except.brands, line.brand)
                || except.kinds.contains(&line.kind))
    }
}
