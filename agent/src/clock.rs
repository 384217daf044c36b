//! The wall clock, as an argument: the program passes the computer's, tests pass their own.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tillside_core::Timestamp;

/// Where the agent reads the wall time. What may be believed of it is decided by the store
/// (invariant 9), never here.
#[derive(Clone)]
pub struct WallClock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl WallClock {
    /// The computer's clock.
    pub fn system() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let ms = since.map(|since| since.as_millis()).unwrap_or_default();
            Timestamp(i64::try_from(ms).unwrap_or(i64::MAX))
        })
    }

    /// Any other clock.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// The present.
    pub fn read(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for WallClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WallClock(..)")
    }
}
