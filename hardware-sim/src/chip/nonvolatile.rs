//! Memory that outlives power, and the moment power is lost around a write to it.
//!
//! A write is one step: what a chip does in several cells at once (an anti-tearing mechanism) goes
//! into one call. What is *not* atomic on the real chip, the chip writes in several calls.

use std::ops::Deref;

use super::Tear;

/// Power went away around a write. The chip answers nothing more until it has power again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PowerLost;

/// What a chip remembers without power. Reads go through `Deref`; there is no way to change it but
/// [`Nonvolatile::write`].
#[derive(Debug)]
pub(crate) struct Nonvolatile<T> {
    memory: T,
    tear: Option<Tear>,
}

impl<T> Nonvolatile<T> {
    pub(crate) fn new(memory: T) -> Self {
        Self { memory, tear: None }
    }

    #[allow(dead_code, reason = "faults of the bench come next")]
    /// One-shot: the next write loses power before or after it happened.
    pub(crate) fn arm(&mut self, tear: Tear) {
        self.tear = Some(tear);
    }

    /// One atomic write.
    pub(crate) fn write(&mut self, change: impl FnOnce(&mut T)) -> Result<(), PowerLost> {
        match self.tear.take() {
            Some(Tear::BeforeWrite) => Err(PowerLost),
            Some(Tear::AfterWrite) => {
                change(&mut self.memory);
                Err(PowerLost)
            }
            None => {
                change(&mut self.memory);
                Ok(())
            }
        }
    }
}

impl<T> Deref for Nonvolatile<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tear_strikes_once_and_on_its_side_of_the_write() {
        for (tear, kept) in [(Tear::BeforeWrite, 1), (Tear::AfterWrite, 2)] {
            let mut memory = Nonvolatile::new(1);
            memory.arm(tear);
            assert_eq!(memory.write(|value| *value = 2), Err(PowerLost));
            assert_eq!(*memory, kept, "{tear:?}");
            assert_eq!(memory.write(|value| *value = 3), Ok(()));
            assert_eq!(*memory, 3);
        }
    }
}
