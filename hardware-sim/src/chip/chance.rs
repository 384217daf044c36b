//! A chip's randomness: drawn from a seed, so that a run can be repeated byte for byte.
//!
//! SplitMix64. Good enough to tell challenges apart; a simulated card keeps no secret from anybody.

use std::collections::VecDeque;

/// Draws bytes; what was put in its queue comes first, which is how published examples are replayed.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    state: u64,
    queue: VecDeque<u8>,
}

impl Chance {
    /// The seed of a chip is its UID, unless somebody wants another one.
    pub(crate) fn of_uid(uid: &[u8]) -> Self {
        let seed = uid.iter().fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3)
        });
        Self {
            state: seed,
            queue: VecDeque::new(),
        }
    }

    /// These bytes come next.
    #[cfg(test)]
    pub(crate) fn foresee(&mut self, bytes: &[u8]) {
        self.queue.extend(bytes);
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.queue
            .pop_front()
            .unwrap_or_else(|| self.number().to_le_bytes()[7])
    }

    pub(crate) fn draw<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_uid_draws_the_same_and_another_one_does_not() {
        let draw = |uid: &[u8]| Chance::of_uid(uid).draw::<16>();
        assert_eq!(draw(&[4, 1]), draw(&[4, 1]));
        assert_ne!(draw(&[4, 1]), draw(&[4, 2]));
        let mut chance = Chance::of_uid(&[4]);
        assert_ne!(chance.draw::<16>(), chance.draw::<16>());
        chance.foresee(&[1, 2]);
        assert_eq!(chance.draw::<2>(), [1, 2]);
    }
}
