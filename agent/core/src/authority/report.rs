//! What a holder tells HQ about its allowances. Carrying it is left to `tillside-sync`.

use super::{AllowanceId, AuthorityVersion};
use crate::{TerminalId, Timestamp};
use serde::{Deserialize, Serialize};

/// All that a holder knows of its allowances at one moment. It replaces every report before it, so
/// losing some, or getting one twice or late, changes nothing once the newest arrived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Its version.
    pub v: AuthorityVersion,
    /// Whose.
    pub terminal: TerminalId,
    /// Of which epoch.
    pub epoch: u32,
    /// How many facts of the epoch it counts: a report with a higher number is newer.
    pub number: u64,
    /// When HQ made the call that this answers, by HQ's clock as it stands in the call.
    pub answers: Timestamp,
    /// The highest serial that was taken: what is lower and not below was never taken, or is settled.
    pub newest_serial: u64,
    /// Each allowance that is held or not settled, by id.
    pub lines: Vec<ReportLine>,
}

/// One allowance in a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportLine {
    /// Which.
    pub allowance: AllowanceId,
    /// How much of it was spent.
    pub used: u64,
    /// Whether its rest was given back, or it ended: it is never spent again.
    pub closed: bool,
}
