//! The facts of a lessor. They are kept as [`crate::authority::Written`].

use crate::authority::{AllowanceId, Terms};
use crate::{TerminalId, Timestamp};
use serde::{Deserialize, Serialize};

/// By which word of its holder a lease ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// The holder closed it: gave the rest back, or saw it end.
    Closed,
    /// The holder took a newer one and not this one: it takes it no more.
    NeverTaken,
    /// The holder answered a call that HQ made at the lease's end plus the clock bound, or later.
    AnsweredAfterEnd,
    /// A person at HQ gave up waiting for it, after the lease was surely over.
    GivenUp,
}

/// What happened to a quota. `at` is HQ's time, kept for those who read it; nothing depends on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LessorFact {
    /// Some of it was leased.
    Granted {
        /// On which terms.
        terms: Terms,
        /// When.
        at: Timestamp,
    },
    /// It became larger or smaller.
    Resized {
        /// What it is now.
        total: u64,
        /// When.
        at: Timestamp,
    },
    /// A report was taken in.
    Heard {
        /// Whose.
        holder: TerminalId,
        /// Of which epoch.
        epoch: u32,
        /// Its number.
        number: u64,
        /// When.
        at: Timestamp,
    },
    /// A lease was used so much, as far as was heard.
    Used {
        /// Which.
        id: AllowanceId,
        /// How much in all.
        used: u64,
        /// When.
        at: Timestamp,
    },
    /// A lease will be used no more; what was not used is free again.
    Ended {
        /// Which.
        id: AllowanceId,
        /// How much was used in the end.
        used: u64,
        /// By which word.
        why: Ending,
        /// When.
        at: Timestamp,
    },
    /// More was used than HQ counted with: past the amount, or after it ended. That takes a clock beyond
    /// the bound, a copied or restored disk, or a broken program: a case for a person. It counts.
    Beyond {
        /// Of which lease.
        id: AllowanceId,
        /// How much past it in all.
        beyond: u64,
        /// When it was heard.
        at: Timestamp,
    },
    /// A holder began a later epoch: its open leases of earlier ones are lost.
    EpochBegun {
        /// Who.
        holder: TerminalId,
        /// Which.
        epoch: u32,
        /// When.
        at: Timestamp,
    },
}
