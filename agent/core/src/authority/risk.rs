//! Capped risk: what a till may accept of a plan by itself since HQ was last heard, and what past that.
//!
//! Counts and decides only. Whether a number belongs to the plan, and whether this till took it
//! before, is left to the caller, and so is which uses count: those that HQ has not confirmed.
//! What all tills together may lose is [`crate::authority::WorstCase`]'s.

use super::Uncovered;
use crate::{Currency, Money, SaleId};
use serde::{Deserialize, Serialize};

/// The most uses that a till may take at its own risk before HQ confirms any.
pub const RISK_USES_LIMIT: u64 = 1_000;

/// How far a till goes by itself. Both limits hold; the one that is met first counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RiskCap {
    /// So many uses; 0 accepts none. A plan has 1 to 1000 ([`RISK_USES_LIMIT`]).
    #[cfg_attr(test, schemars(range(min = 1, max = 1000)))]
    pub uses: u64,
    /// And so much given with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What past either. In a plan only `refuse` is allowed yet.
    pub past: Uncovered,
}

/// One use that a till accepted at its own risk and HQ has not confirmed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RiskUse {
    /// In which sale.
    pub sale: SaleId,
    /// What was given with it.
    pub amount: Money,
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
    pub fn covers(&self, taken: &RiskTaken) -> bool {
        let inside = |limit: Money| {
            limit.currency() == taken.amount.currency() && taken.amount.minor() <= limit.minor()
        };
        taken.uses <= self.uses && self.amount.is_none_or(inside)
    }
}

impl RiskTaken {
    /// What these uses come to, in a currency; none where they cannot be counted together, or in it.
    pub fn of(uses: &[RiskUse], currency: Currency) -> Option<Self> {
        let nothing = Self {
            uses: 0,
            amount: Money::zero(currency),
        };
        (uses.iter()).try_fold(nothing, |taken, one| taken.and(one.amount))
    }

    /// One use more, which gives `value`; none where that cannot be counted.
    pub fn and(&self, value: Money) -> Option<Self> {
        let uses = self.uses.checked_add(1)?;
        let amount = self.amount.checked_add(value).ok()?;
        (value.minor() >= 0).then_some(Self { uses, amount })
    }
}
