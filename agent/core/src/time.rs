//! Time as an argument.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// How far the wall clock can be trusted at a moment (invariant 9: time is suspect).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// It runs on from the last record.
    #[default]
    Trusted,
    /// It ran backwards past the journal's newest record, or far ahead of HQ's.
    Suspect,
}

/// The present, as the edge that calls the core sees it.
///
/// `at` never runs backwards within one journal: where the wall clock does, the edge passes the
/// newest record's time (a hybrid logical clock) and says [`Clock::Suspect`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The moment.
    pub at: Timestamp,
    /// The store's business day at that moment, in the store's time zone.
    pub date: Date,
    /// Whether the wall clock agrees.
    pub clock: Clock,
}
