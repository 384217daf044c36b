//! Rules that were found, each once and in order, however often they were found.

/// Positions of rules, as bits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(in super::super::super) struct Found(Vec<u64>);

impl Found {
    /// None of so many.
    pub(super) fn none_of(rules: usize) -> Self {
        Self(vec![0; rules.div_ceil(64)])
    }

    pub(super) fn add(&mut self, position: u32) {
        if let Some(word) = self.0.get_mut(position as usize / 64) {
            *word |= 1 << (position % 64);
        }
    }

    pub(super) fn add_all(&mut self, positions: &[u32]) {
        positions.iter().for_each(|position| self.add(*position));
    }

    /// How many.
    pub(in super::super::super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Their positions, ascending.
    pub(in super::super::super) fn positions(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(n, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(n * 64 + bit)
            })
        })
    }
}
