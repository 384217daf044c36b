//! Shares of quotas between a terminal and HQ: what it used, what it wants, and what it is allowed.
//!
//! What a report means is the core's ([`tillside_core::authority`]); who may ask for whose is HQ's to check.

use data_encoding::HEXLOWER;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tillside_core::authority::{ALLOWANCE_BYTES_LIMIT, AllowanceId, HOLDER_LIMIT, Report, Subject};
use tillside_core::{TerminalId, Timestamp};

/// POST [`LeaseRequest`], gzip-compressed or not.
pub const LEASES: &str = "/v1/leases";
/// The most wishes in one request.
pub const LEASE_WISH_LIMIT: usize = 200;
/// The most allowances in one answer.
pub const LEASE_GRANT_LIMIT: usize = LEASE_WISH_LIMIT;

/// A terminal tells all it knows of its allowances, and for what it wants more. Sent again it changes
/// nothing more at HQ, except that a wish may be granted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseRequest {
    /// What it holds and used. It answers [`LeaseResponse::call`] of the answer before; the epoch's
    /// beginning (moment 0) if there was none.
    pub report: Report,
    /// What it wants more of, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wishes: Vec<LeaseWish>,
}

/// What a terminal wants more of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseWish {
    /// For what.
    pub subject: Subject,
    /// What it can spend of it now.
    pub left: u64,
    /// Of a member's points: how many it must be able to spend for the sale before it. Without it, what
    /// the rules let it keep aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub want: Option<u64>,
}

/// What HQ allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseResponse {
    /// When HQ answered, by its own clock: the next report names it, and thereby says that the terminal
    /// was heard after it.
    pub call: Timestamp,
    /// Allowances, sealed, by ascending serial: new ones, and those HQ granted before and has not seen in
    /// a report. At most [`LEASE_GRANT_LIMIT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<SealedAllowance>,
    /// Closed allowances that the terminal may forget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<AllowanceId>,
}

/// Why a request is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseRequestError {
    /// It speaks for another terminal.
    #[error("the report is of terminal {found}, which did not send it")]
    OtherTerminal {
        /// For whom.
        found: TerminalId,
    },
    /// Too many lines in the report.
    #[error("the report has {found} lines, more than {HOLDER_LIMIT}")]
    Lines {
        /// How many.
        found: usize,
    },
    /// Too many wishes.
    #[error("{found} wishes are more than {LEASE_WISH_LIMIT}")]
    Wishes {
        /// How many.
        found: usize,
    },
    /// A line or a wish is there twice.
    #[error("a line or a wish is there twice")]
    Twice,
}

impl LeaseRequestError {
    /// Whether the same request can be taken later: never.
    pub const fn is_retryable(&self) -> bool {
        false
    }
}

impl LeaseRequest {
    /// Whether the terminal of the certificate may say this, and it is within its limits.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, sender: TerminalId) -> Result<(), LeaseRequestError> {
        let (found, lines) = (self.report.terminal, &self.report.lines);
        if found != sender {
            return Err(LeaseRequestError::OtherTerminal { found });
        }
        if lines.len() > HOLDER_LIMIT {
            let found = lines.len();
            return Err(LeaseRequestError::Lines { found });
        }
        if self.wishes.len() > LEASE_WISH_LIMIT {
            let found = self.wishes.len();
            return Err(LeaseRequestError::Wishes { found });
        }
        let lines = is_a_set(lines.iter().map(|line| line.allowance));
        match lines && is_a_set(self.wishes.iter().map(|wish| &wish.subject)) {
            true => Ok(()),
            false => Err(LeaseRequestError::Twice),
        }
    }
}

fn is_a_set<T: Ord>(all: impl Iterator<Item = T>) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let mut all = all;
    all.all(|one| seen.insert(one))
}

/// An allowance as HQ signed it, in lower-case hex. Opening it is the core's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedAllowance(pub Vec<u8>);

impl Serialize for SealedAllowance {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEXLOWER.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for SealedAllowance {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom("an allowance is not lower-case hex of the right length");
        if text.len() > 2 * ALLOWANCE_BYTES_LIMIT {
            return Err(wrong());
        }
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        bytes.map(Self).ok_or_else(wrong)
    }
}
