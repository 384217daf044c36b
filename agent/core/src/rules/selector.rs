//! Which lines of a basket a plan or rule looks at, made quick to ask.

use crate::{Category, Item, Line, ProductSet};
use std::collections::BTreeSet;

/// A [`ProductSet`] that answers without walking its lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Selector {
    items: BTreeSet<Item>,
    categories: BTreeSet<Category>,
}

impl Selector {
    pub(crate) fn new(set: &ProductSet) -> Self {
        Self {
            items: set.items.iter().cloned().collect(),
            categories: set.categories.iter().cloned().collect(),
        }
    }

    /// Whether the line sells one of the products. An empty set means any product.
    pub(crate) fn covers(&self, line: &Line) -> bool {
        let any = self.items.is_empty() && self.categories.is_empty();
        any || self.items.contains(&line.item)
            || (line.category.as_ref()).is_some_and(|category| self.categories.contains(category))
    }
}
