//! What the world puts into the engine: time and chance.

use std::time::Duration;
use tillside_protocol::tillside_core::Timestamp;

/// One moment as the edge sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Time since the engine began, by a clock that never runs backwards; waits are measured by it.
    pub elapsed: Duration,
    /// What the PC's clock says; only shown and compared with HQ's, never waited for.
    pub wall: Timestamp,
    /// Chance, for the jitter of waits.
    pub chance: u32,
}
