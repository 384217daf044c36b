//! The facts of a holder. They are kept as [`crate::authority::Written`].

use crate::Timestamp;
use crate::authority::{AllowanceId, Terms};
use serde::{Deserialize, Serialize};

/// So much of one allowance.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Which.
    pub allowance: AllowanceId,
    /// How much.
    pub amount: u64,
}

/// Why an allowance is spent no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Closing {
    /// The holder gave its rest back.
    GivenBack,
    /// Its time was over.
    Ended,
}

/// What happened at a holder. `at` is the holder's time, which never runs backwards.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum HolderFact {
    /// It took an allowance.
    Accepted {
        /// What HQ signed.
        terms: Terms,
        /// When.
        at: Timestamp,
    },
    /// It spent.
    Spent {
        /// The allowances that it used up, and how much of each.
        parts: Vec<Part>,
        /// When.
        at: Timestamp,
    },
    /// It took a use back.
    Released {
        /// What may be spent again.
        parts: Vec<Part>,
        /// When.
        at: Timestamp,
    },
    /// It spends no more of an allowance.
    Closed {
        /// Which.
        allowance: AllowanceId,
        /// How much was used in the end.
        used: u64,
        /// Why.
        why: Closing,
        /// When.
        at: Timestamp,
    },
    /// HQ knows of these closings; they are forgotten.
    Settled {
        /// Which, ascending.
        allowances: Vec<AllowanceId>,
        /// When.
        at: Timestamp,
    },
    /// A later epoch began, with nothing.
    EpochBegun {
        /// Which.
        epoch: u32,
        /// When.
        at: Timestamp,
    },
}

impl HolderFact {
    /// When, by the holder's time.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Accepted { at, .. }
            | Self::Spent { at, .. }
            | Self::Released { at, .. }
            | Self::Closed { at, .. }
            | Self::Settled { at, .. }
            | Self::EpochBegun { at, .. } => *at,
        }
    }

    /// The allowances that a use named, and how much of each (invariant 4); empty for other facts.
    pub fn spent(&self) -> &[Part] {
        match self {
            Self::Spent { parts, .. } => parts,
            _ => &[],
        }
    }

    /// The allowances that it changes; of a new epoch, all of them.
    pub fn names(&self) -> Vec<AllowanceId> {
        match self {
            Self::Accepted { terms, .. } => vec![terms.id],
            Self::Spent { parts, .. } | Self::Released { parts, .. } => {
                parts.iter().map(|part| part.allowance).collect()
            }
            Self::Closed { allowance, .. } => vec![*allowance],
            Self::Settled { allowances, .. } => allowances.clone(),
            Self::EpochBegun { .. } => Vec::new(),
        }
    }
}
