//! Capped risk: what a till may accept of a plan by itself since HQ was last heard, and what past that.
//!
//! Counts and decides only. Whether a number belongs to the plan, and whether this till took it
//! before, is left to the caller, and so is starting [`RiskTaken`] anew once HQ has booked what it counts.
//! What all tills together may lose is [`crate::authority::WorstCase`]'s.

use super::Uncovered;
use crate::Money;
use serde::{Deserialize, Serialize};

/// How far a till goes by itself. Both limits hold; the one that is met first counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskCap {
    /// So many uses; 0 accepts none.
    pub uses: u64,
    /// And so much given with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What past either.
    pub past: Uncovered,
}

/// What a till has accepted of a plan since HQ was last heard, uses past the cap included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RiskTaken {
    /// How many uses.
    pub uses: u64,
    /// What was given with them.
    pub amount: Money,
}

/// What a till may do with one more use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum RiskVerdict {
    /// Accept it; this is then what was taken.
    Within(RiskTaken),
    /// Accept it only if a manager takes it upon themselves; this is then what was taken.
    WithManager(RiskTaken),
    /// Accept it only if HQ says so.
    AskHq,
    /// Do not accept it.
    Refused,
}

impl RiskCap {
    /// What to do with a use that gives `value`, after `taken`. An amount that cannot be counted with
    /// the others (less than nothing, another currency, out of range) is never within the cap, and
    /// no manager can take it either.
    pub fn judge(&self, taken: &RiskTaken, value: Money) -> RiskVerdict {
        let then = taken.and(value);
        match (then, self.past) {
            (Some(then), _) if self.covers(&then) => RiskVerdict::Within(then),
            (Some(then), Uncovered::Manager) => RiskVerdict::WithManager(then),
            (_, Uncovered::AskHq) => RiskVerdict::AskHq,
            (_, Uncovered::Refuse | Uncovered::Manager) => RiskVerdict::Refused,
        }
    }

    /// Whether so much is inside both limits.
    fn covers(&self, taken: &RiskTaken) -> bool {
        let inside = |limit: Money| {
            limit.currency() == taken.amount.currency() && taken.amount.minor() <= limit.minor()
        };
        taken.uses <= self.uses && self.amount.is_none_or(inside)
    }
}

impl RiskTaken {
    /// One use more, which gives `value`; none where that cannot be counted.
    fn and(&self, value: Money) -> Option<Self> {
        let uses = self.uses.checked_add(1)?;
        let amount = self.amount.checked_add(value).ok()?;
        (value.minor() >= 0).then_some(Self { uses, amount })
    }
}
