//! A pause that doubles up to a cap.

use std::time::Duration;

/// Pauses between tries.
#[derive(Debug, Clone)]
pub(super) struct Delay {
    first: Duration,
    next: Duration,
    cap: Duration,
}

impl Delay {
    /// Pauses of `first`, twice `first`, … up to `cap`.
    pub(super) fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            next: first.min(cap),
            cap,
        }
    }

    /// The pause to take now.
    pub(super) fn next(&mut self) -> Duration {
        let now = self.next;
        self.next = now.saturating_mul(2).min(self.cap);
        now
    }

    /// Back to the first pause: it worked.
    pub(super) fn reset(&mut self) {
        self.next = self.first.min(self.cap);
    }
}
